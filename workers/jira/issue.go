package jira

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// fields are what is asked for of issues.
func (s site) fields(q workers.ItemQuery) []string {
	list := []string{
		"summary", "description", "issuetype", "status", "statuscategorychangedate", "priority", "labels", "assignee", "creator",
		"fixVersions", "parent", "created", "updated", "resolutiondate", "attachment", "issuelinks",
	}
	if q.Comments {
		list = append(list, "comment")
	}
	return append(append(list, s.criteria...), s.epic...)
}

// issue is what is read of an issue. A field may hold anything.
type issue struct {
	Key        string                     `json:"key"`
	Fields     map[string]json.RawMessage `json:"fields"`
	Properties map[string]json.RawMessage `json:"properties"`
}

// number is the one in the key, which is unique in a project; 0 if there is none.
func (i issue) number() int64 {
	n, err := strconv.ParseUint(i.Key[strings.LastIndexByte(i.Key, '-')+1:], 10, 63)
	if err != nil {
		return 0
	}
	return int64(n)
}

// read returns a field, or the zero value if it is not there or something else.
func read[T any](i issue, name string) T {
	var v T
	if json.Unmarshal(i.Fields[name], &v) != nil {
		var zero T
		return zero
	}
	return v
}

// named is what Jira has a name for.
type named struct {
	Name string `json:"name"`
}

type person struct {
	Account string `json:"accountId"` // of Cloud
	Name    string `json:"name"`      // of Data Center
	Display string `json:"displayName"`
}

// id is what Jira knows a person by.
func (p person) id() string { return cmp.Or(p.Account, p.Name) }

func (p person) String() string {
	if p.Display != "" {
		return p.Display
	}
	return p.Name
}

type status struct {
	Name     string `json:"name"`
	Category struct {
		Key string `json:"key"`
	} `json:"statusCategory"`
}

// items makes items of issues, with their comments. What this user made when made
// says so gets the marks that did not come along: on Data Center those of issues,
// on Cloud those of comments.
func (p *Provider) items(ctx context.Context, s site, q workers.ItemQuery, issues []issue, made func(time.Time) bool) ([]workers.Item, error) {
	var list []workers.Item
	var ours []int64 // comments
	for _, i := range issues {
		item := s.item(p.client.Base(), q.Source, i)
		var err error
		if !s.cloud && i.Properties == nil && made(item.Created) && s.own(read[person](i, "creator")) {
			if item.Mark, err = p.markOfIssue(ctx, s, i.Key); err != nil {
				return nil, err
			}
		}
		var said []comment
		if q.Comments {
			if said, err = p.comments(ctx, s, i, made); err != nil {
				return nil, err
			}
		}
		for _, c := range said {
			item.Comments = append(item.Comments, s.comment(c))
			if id, err := strconv.ParseInt(c.ID, 10, 64); err == nil && s.cloud && s.ours(c, made) {
				ours = append(ours, id)
			}
		}
		list = append(list, item)
	}
	return list, p.markComments(ctx, s, list, ours)
}

func (s site) item(base *url.URL, source string, i issue) workers.Item {
	state := read[status](i, "status")
	item := workers.Item{
		Platform: "jira", Source: source, ID: i.Key, Number: i.Key, URL: browse(base, i.Key),
		Title: read[string](i, "summary"), Body: s.text(i.Fields["description"]), Type: read[named](i, "issuetype").Name,
		State: state.Name, Status: state.meaning(), Priority: priority(read[named](i, "priority").Name), Labels: read[[]string](i, "labels"),
		Parent: s.parent(i), Created: parseTime(read[string](i, "created")), Updated: parseTime(read[string](i, "updated")),
		Links: links(base, i), Mark: i.mark(),
	}
	for _, id := range s.criteria {
		if item.Criteria.Raw == "" {
			item.Criteria = s.text(i.Fields[id])
		}
	}
	if name := read[person](i, "assignee").String(); name != "" {
		item.Assignees = []string{name}
	}
	if versions := read[[]named](i, "fixVersions"); len(versions) > 0 {
		item.Milestone = versions[0].Name
	}
	if item.Status == workers.StatusCompleted {
		item.Closed = item.Updated // if it does not say
		for _, name := range []string{"statuscategorychangedate", "resolutiondate"} {
			if t := parseTime(read[string](i, name)); !t.IsZero() {
				item.Closed = t
			}
		}
	}
	item.Version = version(item)
	return item
}

func browse(base *url.URL, key string) string {
	return base.JoinPath("browse", rest.Path(key)).String()
}

// text is a text of either kind: a document on Cloud, wiki markup elsewhere.
// What Cloud has as a string is a field of one line.
func (s site) text(raw json.RawMessage) workers.Text {
	var text string
	var document struct {
		Type string `json:"type"`
	}
	switch {
	case json.Unmarshal(raw, &text) == nil && text != "":
		if s.cloud {
			return workers.Text{Raw: text, Markup: workers.Markdown}
		}
		return workers.Text{Raw: text, Markup: workers.Wiki}
	case json.Unmarshal(raw, &document) == nil && document.Type == "doc":
		return workers.Text{Raw: string(raw), Markup: workers.ADF}
	}
	return workers.Text{}
}

// meaning goes by the category of a status, which has any name. Old servers do
// not tell it.
func (s status) meaning() workers.ItemStatus {
	switch s.Category.Key {
	case "new":
		return workers.StatusOpen
	case "indeterminate":
		return workers.StatusInProgress
	case "done":
		return workers.StatusCompleted
	}
	switch strings.ToLower(s.Name) {
	case "in progress":
		return workers.StatusInProgress
	case "done", "closed", "resolved", "won't do":
		return workers.StatusCompleted
	}
	return workers.StatusOpen
}

// priority knows those that Jira comes with, and came with before version 7.
func priority(name string) string {
	switch strings.ToLower(name) {
	case "highest", "blocker":
		return "P0"
	case "high", "critical":
		return "P1"
	case "medium", "major":
		return "P2"
	case "low", "minor":
		return "P3"
	case "lowest", "trivial":
		return "P4"
	}
	return ""
}

// parent is the issue above: of a sub-task, of any on Cloud, or the epic.
func (s site) parent(i issue) string {
	above := read[struct {
		Key string `json:"key"`
	}](i, "parent").Key
	for _, id := range s.epic {
		if above == "" {
			above = read[string](i, id)
		}
	}
	return above
}

// links are files, and issues with what they are to this one.
func links(base *url.URL, i issue) []workers.Link {
	var list []workers.Link
	for _, a := range read[[]struct {
		Name string `json:"filename"`
		URL  string `json:"content"`
	}](i, "attachment") {
		list = append(list, workers.Link{Title: a.Name, URL: a.URL})
	}
	for _, l := range read[[]struct {
		Type struct {
			Inward  string `json:"inward"`
			Outward string `json:"outward"`
		} `json:"type"`
		Inward  issue `json:"inwardIssue"`
		Outward issue `json:"outwardIssue"`
	}](i, "issuelinks") {
		if l.Outward.Key != "" {
			list = append(list, workers.Link{Title: l.Type.Outward + " " + l.Outward.Key, URL: browse(base, l.Outward.Key)})
		}
		if l.Inward.Key != "" {
			list = append(list, workers.Link{Title: l.Type.Inward + " " + l.Inward.Key, URL: browse(base, l.Inward.Key)})
		}
	}
	return list
}

// parseTime reads a time as Jira writes it, "2026-01-02T03:04:05.000+0000",
// which is the zero time if it is another.
func parseTime(s string) time.Time {
	for _, layout := range []string{"2006-01-02T15:04:05Z0700", time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
