package jira

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// transition is what is read of a way to another status.
type transition struct {
	ID     string                     `json:"id"`
	To     status                     `json:"to"`
	Fields map[string]transitionField `json:"fields"`
}

// transitionField is a field of the screen that people see at a transition.
type transitionField struct {
	Name     string            `json:"name"`
	Required bool              `json:"required"`
	Default  bool              `json:"hasDefaultValue"`
	Allowed  []json.RawMessage `json:"allowedValues"`
}

// move is a transition that is made.
type move struct {
	Transition map[string]string            `json:"transition"`
	Fields     map[string]map[string]string `json:"fields,omitempty"`
}

// transition is the way to the status that f has for an issue, or nil if that has
// it already. A transition that nobody may make, or that asks for more than we
// know, is refused.
func (p *Provider) transition(ctx context.Context, s site, f workers.Fields, item workers.Item) (*move, error) {
	wanted, there := f.State, strings.EqualFold(f.State, item.State)
	if wanted == "" && f.Status != nil {
		wanted, there = string(*f.Status), *f.Status == item.Status
	}
	if wanted == "" || there {
		return nil, nil
	}
	var answer struct {
		Transitions []transition `json:"transitions"`
	}
	if _, err := p.client.Get(ctx, s.api+"issue/"+rest.Path(item.Number)+"/transitions?expand=transitions.fields", &answer); err != nil {
		return nil, s.needy(err)
	}
	t, ok := choose(answer.Transitions, f)
	if !ok {
		refused := &workers.RefusedError{Field: "status", Value: wanted, Reason: "no transition that this user may make leads there from " + workers.Show(item.State)}
		for _, t := range answer.Transitions {
			if !slices.Contains(refused.Allowed, t.To.Name) {
				refused.Allowed = append(refused.Allowed, t.To.Name)
			}
		}
		return nil, refused
	}
	fields, err := t.fill(wanted)
	return &move{map[string]string{"id": t.ID}, fields}, err
}

// usual are the names of statuses that are taken before others of their kind:
// what was cut is done too, and not what done means.
var usual = map[workers.ItemStatus][]string{
	workers.StatusOpen:       {"to do", "open", "new", "backlog", "reopened"},
	workers.StatusInProgress: {"in progress", "active"},
	workers.StatusCompleted:  {"done", "closed", "resolved", "completed"},
}

// choose picks the transition to the state of f, or to a state that means its
// status.
func choose(list []transition, f workers.Fields) (chosen transition, ok bool) {
	if f.State != "" {
		i := slices.IndexFunc(list, func(t transition) bool { return strings.EqualFold(t.To.Name, f.State) })
		if i < 0 {
			return transition{}, false
		}
		return list[i], true
	}
	rank := len(usual[*f.Status]) + 1
	for _, t := range list {
		if t.To.meaning() != *f.Status {
			continue
		}
		r := slices.Index(usual[*f.Status], strings.ToLower(t.To.Name))
		if r < 0 {
			r = len(usual[*f.Status])
		}
		if r < rank {
			chosen, rank, ok = t, r, true
		}
	}
	return chosen, ok
}

// fill says what a transition asks for, as far as that is a resolution: what is
// done is Done. Other fields are for people.
func (t transition) fill(wanted string) (map[string]map[string]string, error) {
	for _, id := range slices.Sorted(maps.Keys(t.Fields)) {
		if f := t.Fields[id]; f.Required && !f.Default && id != "resolution" {
			return nil, &workers.RefusedError{Field: "status", Value: wanted, Reason: "the transition asks for the field " + workers.Show(f.Name)}
		}
	}
	f, asked := t.Fields["resolution"]
	if !asked || !f.Required || f.Default {
		return nil, nil
	}
	refused := &workers.RefusedError{Field: "status", Value: wanted, Reason: "the transition asks for a resolution, and there is no Done"}
	for _, raw := range f.Allowed {
		var o named
		if json.Unmarshal(raw, &o) != nil {
			continue
		}
		if strings.EqualFold(o.Name, "Done") {
			return map[string]map[string]string{"resolution": {"name": o.Name}}, nil
		}
		refused.Allowed = append(refused.Allowed, o.Name)
	}
	return nil, refused
}

// move makes a transition of an issue.
func (p *Provider) move(ctx context.Context, s site, item workers.Item, m move) error {
	err := p.send(ctx, s, http.MethodPost, "issue/"+rest.Path(item.Number)+"/transitions", m, &struct{}{})
	if refused, ok := err.(*workers.RefusedError); ok && refused.Field == anything { //nolint:errorlint // send wraps it in nothing
		refused.Field = "status"
	}
	return err
}
