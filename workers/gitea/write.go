package gitea

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// Abilities are those of issues. Criteria are a part of the body; status and
// priority are labels.
func (p *Provider) Abilities() workers.Abilities {
	return workers.PlainAbilities()
}

// edit is what is sent of an issue (EditIssueOption and CreateIssueOption in
// modules/structs/issue.go in Gitea).
type edit struct {
	Title     *string   `json:"title,omitempty"`
	Body      *string   `json:"body,omitempty"`
	State     string    `json:"state,omitempty"`
	Closed    *bool     `json:"closed,omitempty"` // of a new one
	Labels    []int64   `json:"labels,omitempty"` // likewise
	Assignees *[]string `json:"assignees,omitempty"`
	Content   *int64    `json:"content_version,omitempty"`
}

// Write carries out one change. A new issue is one request, a change two, or
// three with labels, a comment three. Labels that are not there are looked for
// and made before, and who is to be assigned is looked for: Gitea answers what it
// does not know with a fault after it has changed other fields (EditIssue in
// routers/api/v1/repo/issue.go), or leaves it out.
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
	if err := p.assignable(ctx, w.Source, e.Assignees, now.Assignees); err != nil {
		return workers.Item{}, err
	}
	if w.Number == "" && w.Fields.Type != "" {
		e.Labels = new(workers.Typed(value(e.Labels), w.Fields.Type))
	}
	var ids []int64
	made := 0
	if e.Labels != nil {
		if ids, made, err = p.ids(ctx, w.Source, *e.Labels, one.Labels); err != nil {
			return workers.Item{}, after(made, w.Refused(err, nil))
		}
	}
	if w.Number == "" {
		item, err := p.send(ctx, w, http.MethodPost, edit{Title: e.Title, Body: e.Body, Closed: e.Closed, Labels: ids, Assignees: e.Assignees})
		return item, after(made, err)
	}
	return p.update(ctx, w, one, e, ids, made)
}

// value is what p points to, or nothing.
func value(p *[]string) []string {
	if p == nil {
		return nil
	}
	return *p
}

// after is err, if it came up after n requests that changed something.
func after(n int, err error) error {
	if n > 0 {
		return rest.Doubt(err)
	}
	return err
}

// update changes an issue after n changes of other things. Its labels go first,
// because the answer about the rest has them in it.
func (p *Provider) update(ctx context.Context, w workers.Write, one issue, e workers.Edit, ids []int64, n int) (workers.Item, error) {
	if e.Labels != nil {
		var set []label
		_, err := p.client.Send(ctx, http.MethodPut, within(w.Source, "issues", w.Number, "labels"), nil, map[string]any{"labels": ids}, &set)
		if err != nil {
			return workers.Item{}, after(n, w.Refused(err, nil))
		}
		n++
	}
	if e.Title == nil && e.Body == nil && e.Closed == nil && e.Assignees == nil {
		item, err := p.Item(ctx, workers.ItemQuery{Source: w.Source}, w.Number)
		return item, after(n, err)
	}
	send := edit{Title: e.Title, Body: e.Body, Assignees: e.Assignees, Content: one.Content}
	if e.Closed != nil {
		send.State = map[bool]string{true: "closed", false: "open"}[*e.Closed]
	}
	item, err := p.send(ctx, w, http.MethodPatch, send)
	return item, after(n, err)
}

// send sends an issue or a part of one, and returns what it is then.
func (p *Provider) send(ctx context.Context, w workers.Write, method string, e edit) (workers.Item, error) {
	segments := []string{"issues"}
	if w.Number != "" {
		segments = append(segments, w.Number)
	}
	var one issue
	_, err := p.client.Send(ctx, method, within(w.Source, segments...), nil, e, &one)
	status, ok := errors.AsType[*rest.StatusError](err)
	switch {
	case ok && status.Status == http.StatusConflict && e.Content != nil:
		return workers.Item{}, fmt.Errorf("%s: %w: %w", w.Number, workers.ErrChanged, err)
	case err != nil:
		return workers.Item{}, w.Refused(err, nil)
	case one.Number == 0, w.Number != "" && strconv.FormatInt(one.Number, 10) != w.Number:
		return workers.Item{}, workers.NoItem(w.Number)
	}
	return one.item(w.Source), nil
}

// writeComment writes a comment on an issue.
func (p *Provider) writeComment(ctx context.Context, w workers.Write, now workers.Item) (workers.Item, error) {
	if err := w.Check(now); err != nil {
		return workers.Item{}, err
	}
	method, ref := http.MethodPost, within(w.Source, "issues", w.Number, "comments")
	if w.Comment.ID != "" {
		method, ref = http.MethodPatch, within(w.Source, "issues", "comments", w.Comment.ID)
	}
	var one comment
	body := map[string]string{"body": workers.WithMark(w.Comment.Body.Raw, w.Mark)}
	if _, err := p.client.Send(ctx, method, ref, nil, body, &one); err != nil {
		return workers.Item{}, w.Refused(err, nil)
	}
	if written := one.comment().ID; one.ID == 0 || w.Comment.ID != "" && written != w.Comment.ID {
		return workers.Item{}, workers.NoItem(w.Comment.ID)
	}
	return w.Commented(ctx, p, one.comment())
}

// assignable refuses those of names, but for those that are assigned already,
// whom nothing can be assigned to.
func (p *Provider) assignable(ctx context.Context, source string, names *[]string, already []string) error {
	if names == nil {
		return nil
	}
	fresh := slices.DeleteFunc(slices.Clone(*names), func(n string) bool { return slices.Contains(already, n) })
	if len(fresh) == 0 {
		return nil
	}
	var people []user
	if _, err := p.client.Get(ctx, within(source, "assignees"), &people); err != nil {
		return err
	}
	allowed := make([]string, len(people))
	for i, u := range people {
		allowed[i] = u.Login
	}
	for _, n := range fresh {
		if !slices.ContainsFunc(allowed, func(a string) bool { return strings.EqualFold(a, n) }) {
			return &workers.RefusedError{Field: "assignees", Value: n, Reason: "nobody who can be assigned", Allowed: allowed}
		}
	}
	return nil
}
