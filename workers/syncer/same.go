package syncer

import (
	"slices"
	"strings"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/markup"
	"github.com/specweave/specweave/workers/stories"
)

// carriedOut are the keys of the fields that an item has as they were written.
func carriedOut(f workers.Fields, i workers.Item, m StatusMap) (keys []string) {
	add := func(is bool, name ...string) {
		if is {
			keys = append(keys, name...)
		}
	}
	add(f.Title != nil && strings.TrimSpace(i.Title) == strings.TrimSpace(deref(f.Title)), stories.KeyTitle)
	if f.Body != nil && sameText(i.Body, *f.Body) {
		keys = append(keys, stories.KeyBody)
		if f.Criteria == nil { // they are a part of it
			keys = append(keys, stories.KeyCriteria)
		}
	}
	add(f.Criteria != nil && sameText(i.Criteria, deref(f.Criteria)), stories.KeyCriteria)
	add(f.Status != nil && m.status(i) == deref(f.Status), stories.KeyStatus)
	add(f.Priority != nil && i.Priority == deref(f.Priority), stories.KeyPriority)
	add(f.Labels != nil && sameNames(i.Labels, deref(f.Labels)), stories.KeyLabels)
	add(f.Assignees != nil && sameNames(i.Assignees, deref(f.Assignees)), stories.KeyAssignees)
	add(f.Parent != nil && stories.Normalize(stories.ExternalID(i.Platform, i.Parent)) == stories.Normalize(stories.ExternalID(i.Platform, deref(f.Parent))), stories.KeyParent)
	return keys
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// sameText reports whether two texts are one to whoever reads them.
func sameText(a, b workers.Text) bool {
	return tidy(a.Raw) == tidy(b.Raw) || markup.Markdown(a) == markup.Markdown(b)
}

// tidy is a text without what trackers do to its lines and ends.
func tidy(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }

// sameNames reports whether two lists have the same names but for those that
// stand for a status or a priority, which trackers without fields for them have
// among their labels.
func sameNames(a, b []string) bool {
	set := func(all []string) []string {
		var names []string
		for _, n := range all {
			if n = strings.ToLower(strings.TrimSpace(n)); n != "" && workers.PriorityOf([]string{n}) == "" && workers.StatusOf(false, []string{n}) != workers.StatusInProgress {
				names = append(names, n)
			}
		}
		slices.Sort(names)
		return slices.Compact(names)
	}
	return slices.Equal(set(a), set(b))
}
