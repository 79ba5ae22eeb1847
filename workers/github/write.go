package github

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-github/v92/github"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// Pace is what GitHub wants between two requests that change something ("Best
// practices for using the REST API", docs.github.com).
const Pace = time.Second

// Abilities are those of issues. Criteria are a part of the body; status and
// priority are labels. Labels that are not there yet are made by GitHub itself.
func (p *Provider) Abilities() workers.Abilities {
	can := workers.PlainAbilities()
	can.Parent = true
	return can
}

// edit is what is sent of an issue ("Update an issue", docs.github.com).
type edit struct {
	Title     *string   `json:"title,omitempty"`
	Body      *string   `json:"body,omitempty"`
	Type      string    `json:"type,omitempty"`
	State     string    `json:"state,omitempty"`
	Labels    *[]string `json:"labels,omitempty"`
	Assignees *[]string `json:"assignees,omitempty"`
}

// ours are names of [workers.Fields] by GitHub's.
var ours = map[string]string{
	"title": "title", "body": "body", "type": "type", "state": "status", "labels": "labels", "label": "labels", "assignees": "assignees", "assignee": "assignees",
}

// Write carries out one change. It reads the issue and does one request, for a
// comment reads it again, for a new issue that is closed does another one, and
// then one for the issue above, see [Provider.putBelow].
func (p *Provider) Write(ctx context.Context, w workers.Write) (workers.Item, error) {
	var now workers.Item
	if w.Number != "" {
		var err error
		if now, err = p.Item(ctx, workers.ItemQuery{Source: w.Source}, w.Number); err != nil {
			return workers.Item{}, err
		}
	}
	if w.Comment != nil {
		return p.writeComment(ctx, w, now)
	}
	parent := w.Fields.Parent
	w.Fields.Parent = nil
	e, err := w.Edit(now)
	if err != nil {
		return workers.Item{}, err
	}
	below, sent := now.Parent, e != workers.Edit{}
	if sent {
		if now, err = p.writeIssue(ctx, w, e); err != nil {
			return workers.Item{}, err
		}
	}
	if parent == nil || strings.EqualFold(*parent, below) {
		return now, nil
	}
	now.Parent = below
	now, err = p.putBelow(ctx, w, now, *parent)
	if sent {
		err = rest.Doubt(err)
	}
	return now, err
}

// writeIssue changes an issue, or makes one.
func (p *Provider) writeIssue(ctx context.Context, w workers.Write, e workers.Edit) (workers.Item, error) {
	send := edit{Title: e.Title, Body: e.Body, Labels: e.Labels, Assignees: e.Assignees}
	if w.Number != "" {
		send.State = state(e.Closed)
		return p.sendIssue(ctx, w, http.MethodPatch, within(w.Source, "issues", w.Number), send)
	}
	send.Type = w.Fields.Type
	made, err := p.sendIssue(ctx, w, http.MethodPost, within(w.Source, "issues"), send)
	if err != nil || e.Closed == nil {
		return made, err
	}
	made, err = p.sendIssue(ctx, w, http.MethodPatch, within(w.Source, "issues", made.Number), edit{State: state(e.Closed)})
	return made, rest.Doubt(err)
}

func state(closed *bool) string {
	switch {
	case closed == nil:
		return ""
	case *closed:
		return "closed"
	}
	return "open"
}

// sendIssue sends an issue or a part of one, and returns what it is then.
func (p *Provider) sendIssue(ctx context.Context, w workers.Write, method, ref string, e edit) (workers.Item, error) {
	one := new(github.Issue)
	if err := p.send(ctx, w, method, ref, ref, e, one); err != nil {
		return workers.Item{}, err
	}
	if one.GetNumber() == 0 || w.Number != "" && strconv.Itoa(one.GetNumber()) != w.Number {
		return workers.Item{}, workers.NoItem(w.Number)
	}
	return itemOf(w.Source, one), nil
}

// writeComment writes a comment on an issue.
func (p *Provider) writeComment(ctx context.Context, w workers.Write, now workers.Item) (workers.Item, error) {
	if err := w.Check(now); err != nil {
		return workers.Item{}, err
	}
	above := within(w.Source, "issues", w.Number)
	method, ref := http.MethodPost, within(w.Source, "issues", w.Number, "comments")
	if w.Comment.ID != "" {
		above = within(w.Source, "issues", "comments", w.Comment.ID)
		method, ref = http.MethodPatch, above
	}
	one := new(github.IssueComment)
	body := map[string]string{"body": workers.WithMark(w.Comment.Body.Raw, w.Mark)}
	if err := p.send(ctx, w, method, ref, above, body, one); err != nil {
		return workers.Item{}, err
	}
	written := commentOf(one)
	if one.GetID() == 0 || w.Comment.ID != "" && written.ID != w.Comment.ID {
		return workers.Item{}, workers.NoItem(w.Comment.ID)
	}
	return w.Commented(ctx, p, written)
}

// send sends a part of w to ref. GitHub says of what somebody may read and not
// write that it is not there ("Troubleshooting the REST API", docs.github.com).
// If what is at above is there, that is an error about who asks.
func (p *Provider) send(ctx context.Context, w workers.Write, method, ref, above string, body, into any) error {
	_, err := p.client.Send(ctx, method, ref, nil, body, into)
	status, ok := errors.AsType[*rest.StatusError](err)
	if !ok || status.Status != http.StatusNotFound {
		return w.Refused(err, ours)
	}
	if _, missing := p.client.Get(ctx, above, new(any)); missing != nil {
		return err
	}
	lacking := *status
	lacking.Status, lacking.Need = http.StatusForbidden, "to write issues"
	return &lacking
}
