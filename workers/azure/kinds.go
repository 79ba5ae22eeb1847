package azure

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// kind is a type of items.
type kind struct {
	Name   string  `json:"name"`
	States []state `json:"states"` // in their order
	Fields []field `json:"fields"`
}

type state struct {
	Name     string `json:"name"`
	Category string `json:"category"`
}

type field struct {
	Name string `json:"referenceName"`
}

// has reports whether items of a type have a field. Where the fields are not
// told, they have it.
func (k kind) has(name string) bool {
	return len(k.Fields) == 0 || slices.ContainsFunc(k.Fields, func(f field) bool { return strings.EqualFold(f.Name, name) })
}

// learn tells a project the types of its items. They are asked for once, and there
// are none where they are not to be seen.
func (p *Provider) learn(ctx context.Context, at *project) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	list, ok := p.known[at.source]
	if !ok {
		var answer struct {
			Value []kind `json:"value"`
		}
		err := at.ask(ctx, request{resource: typesID, version: "7.1"}, &answer)
		if refused, ok := errors.AsType[*rest.StatusError](err); ok && refused.Status == http.StatusForbidden || gone(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if p.known == nil {
			p.known = make(map[string][]kind)
		}
		list = answer.Value
		p.known[at.source] = list
	}
	at.kinds, at.states = list, make(states)
	for _, k := range list {
		for _, s := range k.States {
			at.states[[2]string{k.Name, s.Name}] = s.Category
		}
	}
	return nil
}

// stories are what the processes that Azure DevOps comes with call a story
// ("About processes and process templates", learn.microsoft.com/azure/devops/boards).
var stories = []string{"User Story", "Product Backlog Item", "Requirement", "Issue"}

// kind is the type of a name; "": of stories.
func (at project) kind(name string) (kind, error) {
	wanted := []string{name}
	if name == "" {
		wanted = stories
	}
	if len(at.kinds) == 0 {
		return kind{Name: wanted[0]}, nil
	}
	for _, w := range wanted {
		if i := slices.IndexFunc(at.kinds, func(k kind) bool { return strings.EqualFold(k.Name, w) }); i >= 0 {
			return at.kinds[i], nil
		}
	}
	refused := &workers.RefusedError{Field: "type", Value: wanted[0], Reason: "the project has no such type"}
	for _, k := range at.kinds {
		refused.Allowed = append(refused.Allowed, k.Name)
	}
	return kind{}, refused
}

// categories are those that a status may be, the most fitting first.
var categories = map[workers.ItemStatus][]string{
	workers.StatusOpen:       {proposed},
	workers.StatusInProgress: {inProgress},
	workers.StatusCompleted:  {completed, resolved},
}

// state is the one that an item of a type is to be in, or "" if it is in it. Of
// several that mean a status it is the first.
func (k kind) state(f workers.Fields, item workers.Item) (string, error) {
	refused := &workers.RefusedError{Field: "status", Value: f.State, Reason: "items of type " + workers.Show(k.Name) + " have no such state"}
	for _, s := range k.States {
		refused.Allowed = append(refused.Allowed, s.Name)
	}
	switch {
	case f.State != "" && strings.EqualFold(f.State, item.State), f.State == "" && (f.Status == nil || *f.Status == item.Status):
		return "", nil
	case f.State != "":
		if i := slices.IndexFunc(k.States, func(s state) bool { return strings.EqualFold(s.Name, f.State) }); i >= 0 {
			return k.States[i].Name, nil
		}
		if len(k.States) == 0 { // they are not to be seen
			return f.State, nil
		}
		return "", refused
	}
	for _, category := range categories[*f.Status] {
		if i := slices.IndexFunc(k.States, func(s state) bool { return s.Category == category }); i >= 0 {
			return k.States[i].Name, nil
		}
	}
	refused.Value, refused.Reason = string(*f.Status), "items of type "+workers.Show(k.Name)+" have no state of that meaning"
	return "", refused
}
