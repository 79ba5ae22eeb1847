package gitlab

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// Abilities are those of issues. Criteria are a part of the description; status
// and priority are labels. Labels that are not there yet are made by GitLab
// itself, and one that has no licence keeps the first assignee only.
func (p *Provider) Abilities() workers.Abilities {
	return workers.PlainAbilities()
}

// edit is what is sent of an issue ("Issues API", docs.gitlab.com).
type edit struct {
	Title       *string  `json:"title,omitempty"`
	Description *string  `json:"description,omitempty"`
	Type        string   `json:"issue_type,omitempty"`
	Labels      []string `json:"labels,omitempty"` // of a new one
	Add         []string `json:"add_labels,omitempty"`
	Remove      []string `json:"remove_labels,omitempty"`
	Assignees   []int64  `json:"assignee_ids,omitempty"`
	Event       string   `json:"state_event,omitempty"`
}

// ours are names of [workers.Fields] by GitLab's.
var ours = map[string]string{
	"title": "title", "description": "body", "issue_type": "type", "labels": "labels", "assignees": "assignees", "assignee_ids": "assignees", "state": "status",
}

// Write carries out one change. It reads the issue and does one request, for a
// comment reads it again, and for a new issue that is closed does another one.
// Each person who is to be assigned and is not yet takes one more.
func (p *Provider) Write(ctx context.Context, w workers.Write) (workers.Item, error) {
	var one issue
	var now workers.Item
	if w.Number != "" {
		var err error
		if one, err = p.issue(ctx, w.Source, w.Number); err != nil {
			return workers.Item{}, err
		}
		now = one.item(w.Source)
	}
	if w.Comment != nil {
		return p.writeComment(ctx, w, now)
	}
	e, err := w.Edit(now)
	switch {
	case err != nil:
		return workers.Item{}, err
	case e == workers.Edit{}:
		return now, nil
	}
	send, err := p.edit(ctx, e, one)
	if err != nil {
		return workers.Item{}, err
	}
	if w.Number != "" {
		send.Event = event(e.Closed)
		return p.send(ctx, w, http.MethodPut, send)
	}
	send.Labels, send.Add = send.Add, nil
	if slices.Contains(types, w.Fields.Type) {
		send.Type = w.Fields.Type
	} else {
		send.Labels = workers.Typed(send.Labels, w.Fields.Type)
	}
	made, err := p.send(ctx, w, http.MethodPost, send)
	if err != nil || e.Closed == nil {
		return made, err
	}
	w.Number = made.Number
	made, err = p.send(ctx, w, http.MethodPut, edit{Event: event(e.Closed)})
	return made, rest.Doubt(err)
}

// types are GitLab's own. Others are labels.
var types = []string{"issue", "incident", "test_case", "requirement", "task", "ticket"}

func event(closed *bool) string {
	switch {
	case closed == nil:
		return ""
	case *closed:
		return "close"
	}
	return "reopen"
}

// edit writes in GitLab's words what is to change of an issue. Of labels only the
// difference is sent: what others add meanwhile stays.
func (p *Provider) edit(ctx context.Context, e workers.Edit, now issue) (edit, error) {
	send := edit{Title: e.Title}
	if e.Body != nil {
		send.Description = new(inert(*e.Body))
	}
	if e.Labels != nil {
		send.Add, send.Remove = without(*e.Labels, now.Labels), without(now.Labels, *e.Labels)
		if i := slices.IndexFunc(send.Add, func(l string) bool { return strings.Contains(l, ",") }); i >= 0 {
			return send, &workers.RefusedError{Field: "labels", Value: send.Add[i], Reason: "a label cannot hold a comma"}
		}
	}
	if e.Assignees == nil {
		return send, nil
	}
	for _, name := range *e.Assignees {
		id, err := p.person(ctx, name, now.Assignees)
		if err != nil {
			return send, err
		}
		send.Assignees = append(send.Assignees, id)
	}
	if len(send.Assignees) == 0 {
		send.Assignees = []int64{0} // nobody
	}
	return send, nil
}

// without returns what is in list and not in other.
func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(other, s) })
}

// person returns the id of a user, who may be one of known ("List users",
// docs.gitlab.com/api/users).
func (p *Provider) person(ctx context.Context, name string, known []user) (int64, error) {
	named := func(u user) bool { return strings.EqualFold(u.Username, name) }
	i := slices.IndexFunc(known, named)
	if i < 0 {
		if _, err := p.client.Get(ctx, "users?"+url.Values{"username": {name}}.Encode(), &known); err != nil {
			return 0, err
		}
		i = slices.IndexFunc(known, named)
	}
	if i < 0 {
		return 0, &workers.RefusedError{Field: "assignees", Value: name, Reason: "no such user"}
	}
	return known[i].ID, nil
}

// send sends an issue or a part of one, and returns what it is then.
func (p *Provider) send(ctx context.Context, w workers.Write, method string, e edit) (workers.Item, error) {
	segments := []string{"projects", w.Source, "issues"}
	if method == http.MethodPut {
		segments = append(segments, w.Number)
	}
	var one issue
	if _, err := p.client.Send(ctx, method, rest.Path(segments...), nil, e, &one); err != nil {
		return workers.Item{}, w.Refused(err, ours)
	}
	if one.IID == 0 || w.Number != "" && strconv.FormatInt(one.IID, 10) != w.Number {
		return workers.Item{}, workers.NoItem(w.Number)
	}
	return one.item(w.Source), nil
}

// writeComment writes a note on an issue.
func (p *Provider) writeComment(ctx context.Context, w workers.Write, now workers.Item) (workers.Item, error) {
	if err := w.Check(now); err != nil {
		return workers.Item{}, err
	}
	method, segments := http.MethodPost, []string{"projects", w.Source, "issues", w.Number, "notes"}
	if w.Comment.ID != "" {
		method, segments = http.MethodPut, append(segments, w.Comment.ID)
	}
	var one note
	body := map[string]string{"body": inert(workers.WithMark(w.Comment.Body.Raw, w.Mark))}
	if _, err := p.client.Send(ctx, method, rest.Path(segments...), nil, body, &one); err != nil {
		return workers.Item{}, w.Refused(err, ours)
	}
	if written := one.comment().ID; one.ID == 0 || w.Comment.ID != "" && written != w.Comment.ID {
		return workers.Item{}, workers.NoItem(w.Comment.ID)
	}
	return w.Commented(ctx, p, one.comment())
}
