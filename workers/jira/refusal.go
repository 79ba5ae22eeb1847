package jira

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// anything is what is refused where Jira names no field.
const anything = "item"

// send sends a change, and stores the answer in into. An answer without a body
// leaves that alone.
func (p *Provider) send(ctx context.Context, s site, method, ref string, question, into any) error {
	_, err := p.client.Send(ctx, method, s.api+ref, nil, question, into)
	return s.refused(err)
}

// refused says what is meant by an error about a change. Jira answers 400 for all
// that its rules forbid, with a message for each field or for all.
func (s site) refused(err error) error {
	status, ok := errors.AsType[*rest.StatusError](err)
	switch {
	case !ok:
		return err
	case status.Status == http.StatusConflict:
		return fmt.Errorf("%w: %w", workers.ErrChanged, err)
	case status.Status != http.StatusBadRequest:
		return s.lacks(err, "write:jira-work", "Edit Issues, Create Issues, Transition Issues or Add Comments")
	}
	refused := &workers.RefusedError{Field: anything, Reason: cmp.Or(status.Message, status.Error()), Err: err}
	if names := slices.Sorted(maps.Keys(status.Fields)); len(names) > 0 {
		refused.Field, refused.Reason = s.field(names[0]), status.Fields[names[0]]
		for _, name := range names[1:] {
			refused.Reason += "; " + s.field(name) + ": " + status.Fields[name]
		}
	}
	return refused
}

// field is what a field of Jira is to [workers.Fields], or what the site calls it.
func (s site) field(id string) string {
	switch {
	case slices.Contains(s.criteria, id):
		return "criteria"
	case slices.Contains(s.epic, id):
		return "parent"
	}
	switch id {
	case "summary":
		return "title"
	case "description":
		return "body"
	case "assignee":
		return "assignees"
	case "issuetype":
		return "type"
	}
	if name := s.names[id]; name != "" && id != "priority" && id != "labels" && id != "parent" {
		return name
	}
	return id
}
