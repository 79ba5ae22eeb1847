package github

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/google/go-github/v92/github"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// subIssue says which issue goes below another, or leaves it ("REST API endpoints
// for sub-issues", docs.github.com).
type subIssue struct {
	ID      int64 `json:"sub_issue_id"` // not its number
	Replace bool  `json:"replace_parent,omitempty"`
}

// putBelow puts an issue below another one of the same owner, or below none, and
// returns what it is then. It reads the issue before and after.
func (p *Provider) putBelow(ctx context.Context, w workers.Write, now workers.Item, parent string) (workers.Item, error) {
	source, number, ok := parseID(cmp.Or(parent, now.Parent))
	if !ok {
		return workers.Item{}, &workers.RefusedError{Field: "parent", Value: parent, Reason: "not the ID of an issue: github#OWNER/REPO#1"}
	}
	one := new(github.Issue)
	if _, err := p.client.Get(ctx, within(w.Source, "issues", now.Number), one); err != nil {
		return workers.Item{}, err
	}
	method, what, send := http.MethodPost, "sub_issues", subIssue{one.GetID(), true}
	if parent == "" {
		method, what, send = http.MethodDelete, "sub_issue", subIssue{ID: one.GetID()}
	}
	if _, err := p.client.Send(ctx, method, within(source, "issues", number, what), nil, send, new(github.Issue)); err != nil {
		return workers.Item{}, refusedParent(parent, w.Refused(err, nil))
	}
	after, err := p.Item(ctx, workers.ItemQuery{Source: w.Source}, now.Number)
	return after, rest.Doubt(err)
}

// refusedParent makes of an error one about a parent, if that is what it is: that
// the one is not there does not say that the other is not.
func refusedParent(parent string, err error) error {
	if no, ok := errors.AsType[*workers.RefusedError](err); ok {
		no.Field, no.Value = "parent", parent
		return no
	}
	if rest.Gone(err) {
		return &workers.RefusedError{Field: "parent", Value: parent, Reason: "not found, or not to be changed by this credential, or the server knows no sub-issues", Err: err}
	}
	return err
}

// parseID is the reverse of idOf.
func parseID(id string) (source, number string, ok bool) {
	s := strings.Split(id, "#")
	if len(s) != 3 || !strings.EqualFold(s[0], "github") || strings.Count(s[1], "/") != 1 || s[2] == "" || strings.Trim(s[2], "0123456789") != "" {
		return "", "", false
	}
	return s[1], s[2], true
}
