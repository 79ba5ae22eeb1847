package github

import (
	"strconv"
	"strings"
	"time"

	"github.com/specweave/specweave/workers"
)

// connection is what is read of an IssueConnection (GraphQL's schema,
// docs.github.com).
type connection struct {
	TotalCount int      `json:"totalCount"`
	PageInfo   pageInfo `json:"pageInfo"`
	Nodes      []node   `json:"nodes"`
}

type pageInfo struct {
	HasNextPage bool   `json:"hasNextPage"`
	EndCursor   string `json:"endCursor"`
}

type node struct {
	Number    int64      `json:"number"`
	Title     string     `json:"title"`
	Body      string     `json:"body"`
	State     string     `json:"state"`
	URL       string     `json:"url"`
	CreatedAt time.Time  `json:"createdAt"`
	UpdatedAt time.Time  `json:"updatedAt"`
	ClosedAt  *time.Time `json:"closedAt"`
	IssueType *struct {
		Name string `json:"name"`
	} `json:"issueType"`
	Milestone *struct {
		Title string `json:"title"`
	} `json:"milestone"`
	Parent *struct {
		Number     int64 `json:"number"`
		Repository struct {
			NameWithOwner string `json:"nameWithOwner"`
		} `json:"repository"`
	} `json:"parent"`
	Labels struct {
		Nodes []struct {
			Name string `json:"name"`
		} `json:"nodes"`
	} `json:"labels"`
	Assignees struct {
		Nodes []actor `json:"nodes"`
	} `json:"assignees"`
	Comments struct {
		PageInfo pageInfo `json:"pageInfo"`
		Nodes    []struct {
			FullDatabaseID string    `json:"fullDatabaseId"`
			Author         *actor    `json:"author"` // null: a ghost
			CreatedAt      time.Time `json:"createdAt"`
			UpdatedAt      time.Time `json:"updatedAt"`
			Body           string    `json:"body"`
		} `json:"nodes"`
	} `json:"comments"`
}

type actor struct {
	Login string `json:"login"`
}

func (n node) item(source string) workers.Item {
	labels := make([]string, len(n.Labels.Nodes))
	for i, l := range n.Labels.Nodes {
		labels[i] = l.Name
	}
	state := strings.ToLower(n.State)
	number := strconv.FormatInt(n.Number, 10)
	body, mark := workers.CutMark(n.Body)
	item := workers.Item{
		Platform: "github", Source: source, ID: idOf(source, number), Number: number, URL: n.URL,
		Title: n.Title, Body: workers.Text{Raw: body, Markup: workers.Markdown}, Mark: mark,
		Type: workers.TypeOf(labels), State: state, Status: workers.StatusOf(state == "closed", labels),
		Priority: workers.PriorityOf(labels), Labels: labels, Created: n.CreatedAt, Updated: n.UpdatedAt,
	}
	if n.IssueType != nil {
		item.Type = n.IssueType.Name
	}
	if n.Milestone != nil {
		item.Milestone = n.Milestone.Title
	}
	if n.Parent != nil {
		item.Parent = idOf(n.Parent.Repository.NameWithOwner, strconv.FormatInt(n.Parent.Number, 10))
	}
	if n.ClosedAt != nil {
		item.Closed = *n.ClosedAt
	}
	for _, a := range n.Assignees.Nodes {
		item.Assignees = append(item.Assignees, a.Login)
	}
	for _, c := range n.Comments.Nodes {
		body, mark := workers.CutMark(c.Body)
		comment := workers.Comment{
			ID: c.FullDatabaseID, Created: c.CreatedAt, Updated: c.UpdatedAt, Body: workers.Text{Raw: body, Markup: workers.Markdown}, Mark: mark,
		}
		if c.Author != nil {
			comment.Author = c.Author.Login
		}
		item.Comments = append(item.Comments, comment)
	}
	item.Version = workers.VersionOf(item)
	return item
}
