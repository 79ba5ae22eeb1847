package profiles

import (
	"slices"
	"strings"

	"github.com/specweave/specweave/workers"
)

// Statuses say which of a tracker's states stands for which status. Both ways
// may be empty: then it is as the tracker's client has it.
type Statuses struct {
	Out map[workers.ItemStatus]string // the state that a status is written as
	In  map[string]workers.ItemStatus // the status that a state is read as; keys in lower case
}

// Of is the status of a state; ok is false where nothing is said of it.
func (s Statuses) Of(state string) (status workers.ItemStatus, ok bool) {
	status, ok = s.In[strings.ToLower(state)]
	return status, ok
}

// statusWords are the words for each status, those first that say best how to
// write it: ours, those of SpecWeave's increments and of its tracker clients.
var statusWords = []struct {
	status workers.ItemStatus
	words  []string
}{
	{workers.StatusOpen, []string{"open", "pending", "planned", "planning", "backlog", "todo", "new"}},
	{workers.StatusInProgress, []string{"in progress", "active", "ready for review", "paused"}},
	{workers.StatusCompleted, []string{"completed", "done", "closed", "cancelled", "abandoned"}},
}

// word is the status that a word stands for, and how well it says it.
func word(s string) (status workers.ItemStatus, rank int, ok bool) {
	s = strings.NewReplacer("_", " ", "-", " ").Replace(strings.ToLower(strings.TrimSpace(s)))
	if s == "canceled" {
		s = "cancelled"
	}
	for _, w := range statusWords {
		if rank = slices.Index(w.words, s); rank >= 0 {
			return w.status, rank, true
		}
	}
	return "", 0, false
}

// statuses reads the map at the profile o, or that of the provider.
func (d defaults) statuses(provider string, o object) Statuses {
	at := o.at("statusMap").object()
	if at.is == nil {
		at = d.sync.at("statusSync").object().at("mappings").object().at(provider).object()
	}
	s := Statuses{Out: map[workers.ItemStatus]string{}, In: map[string]workers.ItemStatus{}}
	best := map[workers.ItemStatus]int{}
	for _, key := range at.names() {
		v := at.at(key)
		status, rank, ok := word(key)
		if !ok {
			v.fault("not a status: open, in progress, completed, or SpecWeave's words for them")
			continue
		}
		state := state(v)
		if state == "" {
			continue
		}
		lower := strings.ToLower(state)
		if other, taken := s.In[lower]; taken && other != status {
			v.fault("%q stands for two statuses: %s and %s", state, other, status)
			continue
		}
		s.In[lower] = status
		if before, taken := best[status]; !taken || rank < before {
			best[status], s.Out[status] = rank, state
		}
	}
	if len(s.Out) == 0 {
		return Statuses{}
	}
	for _, w := range statusWords {
		if s.Out[w.status] == "" {
			at.warn("%s has no state; it is the tracker's own way", w.status)
		}
	}
	return s
}

// state is a state, which may stand in an object beside its tags.
func state(v value) string {
	if _, ok := v.is.(map[string]any); ok {
		v = v.object().at("state")
	}
	s := v.text()
	if _, odd := v.is.(string); s == "" && (odd || v.is == nil) {
		v.fault("missing")
	}
	return s
}
