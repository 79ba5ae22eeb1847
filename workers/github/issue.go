package github

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/go-github/v92/github"

	"github.com/specweave/specweave/workers"
)

func itemOf(source string, i *github.Issue) workers.Item {
	labels := make([]string, len(i.Labels))
	for n, l := range i.Labels {
		labels[n] = l.Name
	}
	number := strconv.Itoa(i.GetNumber())
	body, mark := workers.CutMark(i.GetBody())
	item := workers.Item{
		Platform: "github", Source: source, ID: idOf(source, number), Number: number, URL: i.GetHTMLURL(),
		Title: i.GetTitle(), Body: workers.Text{Raw: body, Markup: workers.Markdown}, Mark: mark,
		Type: cmp.Or(i.GetType().GetName(), workers.TypeOf(labels)), State: i.GetState(),
		Status: workers.StatusOf(i.GetState() == "closed", labels), Priority: workers.PriorityOf(labels),
		Labels: labels, Milestone: i.GetMilestone().GetTitle(), Parent: parentOf(i.GetParentIssueURL()),
		Created: i.GetCreatedAt().Time, Updated: i.GetUpdatedAt().Time, Closed: i.GetClosedAt().Time,
	}
	for _, a := range i.Assignees {
		item.Assignees = append(item.Assignees, a.GetLogin())
	}
	item.Version = workers.VersionOf(item)
	return item
}

func commentOf(c *github.IssueComment) workers.Comment {
	body, mark := workers.CutMark(c.GetBody())
	return workers.Comment{
		ID: strconv.FormatInt(c.GetID(), 10), Author: c.GetUser().GetLogin(), Created: c.GetCreatedAt().Time, Updated: c.GetUpdatedAt().Time,
		Body: workers.Text{Raw: body, Markup: workers.Markdown}, Mark: mark,
	}
}

func idOf(source, number string) string { return "github#" + source + "#" + number }

// parentOf reads …/repos/OWNER/REPO/issues/1.
func parentOf(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(u.Path, "/repos/")
	s := strings.Split(rest, "/")
	if len(s) != 4 || s[2] != "issues" {
		return ""
	}
	return idOf(s[0]+"/"+s[1], s[3])
}
