package gitlab

import (
	"cmp"
	"strconv"
	"time"

	"github.com/specweave/specweave/workers"
)

// issue is what is used of API_Entities_Issue.
type issue struct {
	ID             int64     `json:"id"`
	IID            int64     `json:"iid"`
	Title          string    `json:"title"`
	Description    string    `json:"description"`
	State          string    `json:"state"`
	CreatedAt      time.Time `json:"created_at"`
	UpdatedAt      time.Time `json:"updated_at"`
	ClosedAt       time.Time `json:"closed_at"`
	Labels         []string  `json:"labels"`
	Assignees      []user    `json:"assignees"`
	IssueType      string    `json:"issue_type"`
	WebURL         string    `json:"web_url"`
	UserNotesCount int       `json:"user_notes_count"`
	Milestone      *struct {
		Title string `json:"title"`
	} `json:"milestone"`
}

type user struct {
	ID       int64  `json:"id"`
	Username string `json:"username"`
}

// note is what is used of a note ("Notes API", docs.gitlab.com).
type note struct {
	ID        int64     `json:"id"`
	Author    user      `json:"author"`
	Body      string    `json:"body"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	System    bool      `json:"system"`
}

func (n note) comment() workers.Comment {
	body, mark := workers.CutMark(spoken(n.Body))
	return workers.Comment{
		ID: strconv.FormatInt(n.ID, 10), Author: n.Author.Username, Created: n.CreatedAt, Updated: n.UpdatedAt,
		Body: workers.Text{Raw: body, Markup: workers.Markdown}, Mark: mark,
	}
}

func (i issue) item(source string) workers.Item {
	number := strconv.FormatInt(i.IID, 10)
	body, mark := workers.CutMark(spoken(i.Description))
	item := workers.Item{
		Platform: "gitlab", Source: source, ID: "gitlab#" + source + "#" + number, Number: number, URL: i.WebURL,
		Title: i.Title, Body: workers.Text{Raw: body, Markup: workers.Markdown}, Mark: mark,
		Type: i.kind(), State: i.State, Status: workers.StatusOf(i.State == "closed", i.Labels),
		Priority: workers.PriorityOf(i.Labels), Labels: i.Labels, Created: i.CreatedAt, Updated: i.UpdatedAt, Closed: i.ClosedAt,
	}
	for _, a := range i.Assignees {
		item.Assignees = append(item.Assignees, a.Username)
	}
	if i.Milestone != nil {
		item.Milestone = i.Milestone.Title
	}
	item.Version = workers.VersionOf(item)
	return item
}

// kind is the type that labels give a mere issue; others, such as incidents,
// have one.
func (i issue) kind() string {
	if i.IssueType == "issue" {
		return cmp.Or(workers.TypeOf(i.Labels), i.IssueType)
	}
	return i.IssueType
}
