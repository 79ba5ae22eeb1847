package jira

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/specweave/specweave/workers"
)

// change is what a request says of an issue ("Create issue", "Edit issue",
// developer.atlassian.com).
type change struct {
	Fields     map[string]any      `json:"fields,omitempty"`
	Update     map[string]any      `json:"update,omitempty"`
	Properties []map[string]string `json:"properties,omitempty"`
}

// change is what makes an issue that is as it is now one with the values of f. The
// zero issue is a new one.
func (p *Provider) change(ctx context.Context, s site, f workers.Fields, now issue, subtask bool) (change, error) {
	item := s.item(p.client.Base(), "", now)
	c := change{Fields: make(map[string]any), Update: make(map[string]any)}
	if f.Title != nil && *f.Title != item.Title {
		c.Fields["summary"] = *f.Title
	}
	if err := c.text(s, "description", f.Body, item.Body); err != nil {
		return c, err
	}
	if f.Criteria != nil && *f.Criteria != item.Criteria {
		if len(s.areas) == 0 {
			return c, &workers.RefusedError{Field: "criteria", Reason: "the site has no field of several lines with the name Acceptance Criteria"}
		}
		if err := c.text(s, s.area(now), f.Criteria, item.Criteria); err != nil {
			return c, err
		}
	}
	if f.Labels != nil && !slices.Equal(sorted(*f.Labels), sorted(item.Labels)) {
		c.Fields["labels"] = append([]string{}, *f.Labels...)
	}
	if f.Parent != nil && *f.Parent != item.Parent {
		if err := c.parent(s, *f.Parent, subtask); err != nil {
			return c, err
		}
	}
	if f.Priority != nil && *f.Priority != item.Priority {
		id, err := p.priorityID(ctx, s, *f.Priority)
		if err != nil {
			return c, err
		}
		c.set("priority", "id", id)
	}
	if f.Assignees != nil && !slices.Equal(*f.Assignees, item.Assignees) {
		who, err := p.assignee(ctx, s, *f.Assignees)
		if err != nil {
			return c, err
		}
		key := "name"
		if s.cloud {
			key = "id"
		}
		c.set("assignee", key, who)
	}
	return c, nil
}

// set sets a field to what has a value for its key; "": to nothing.
func (c change) set(field, key, value string) {
	c.Fields[field] = nil
	if value != "" {
		c.Fields[field] = map[string]string{key: value}
	}
}

func (c change) text(s site, field string, t *workers.Text, now workers.Text) error {
	if t == nil || *t == now || t.Raw == "" && now.Raw == "" {
		return nil
	}
	raw, err := s.raw(*t)
	if err == nil {
		c.Fields[field] = raw
	}
	return err
}

// area is the field that criteria are written to: the one that they were read
// from, or the first.
func (s site) area(now issue) string {
	for _, id := range s.areas {
		if s.text(now.Fields[id]).Raw != "" {
			return id
		}
	}
	return s.areas[0]
}

// parent sets the issue above. On Data Center it is the epic; what a sub-task
// belongs to is said when that is made.
func (c change) parent(s site, key string, subtask bool) error {
	switch {
	case s.cloud && key == "":
		c.Update["parent"] = []map[string]any{{"set": map[string]bool{"none": true}}}
	case s.cloud || subtask:
		c.set("parent", "key", key)
	case len(s.epic) == 0:
		return &workers.RefusedError{Field: "parent", Value: key, Reason: "the site has no epics"}
	default:
		c.Fields[s.epic[0]] = nil
		if key != "" {
			c.Fields[s.epic[0]] = key
		}
	}
	return nil
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// raw is a text as Jira takes it.
func (s site) raw(t workers.Text) (any, error) {
	want := workers.Wiki
	if s.cloud {
		want = workers.ADF
	}
	switch {
	case t.Raw == "":
		return nil, nil
	case t.Markup != want:
		return nil, &workers.InputError{Input: workers.Show(string(t.Markup)), Reason: "no text for this Jira, which takes " + string(want)}
	case !s.cloud:
		return t.Raw, nil
	case !json.Valid([]byte(t.Raw)):
		return nil, &workers.InputError{Input: "a text", Reason: "no document in the Atlassian Document Format"}
	}
	return json.RawMessage(t.Raw), nil
}
