package providertest

import (
	"testing"
	"time"

	"github.com/specweave/specweave/workers"
)

// tags asks again for what was asked for before.
func (v *Vendor) tags(t *testing.T) {
	t.Helper()
	if !v.Tags {
		return
	}
	for name, q := range map[string]workers.ItemQuery{
		"since": {Since: epoch.Add(400 * time.Hour), Closed: true}, "since, with comments": {Since: epoch.Add(400 * time.Hour), Closed: true, Comments: true},
	} {
		q.Source = v.Source
		v.bubble(t, name, func(r *rig) { r.tag(r.provider(nil), q) })
	}
	v.bubble(t, "of several pages", func(r *rig) {
		q := workers.ItemQuery{Source: v.Source, Closed: true, Tagged: true}
		page, err := r.provider(nil).Page(r.Context(), q, "")
		if err != nil || page.Tag != "" || page.Same || page.Next == "" {
			r.Errorf("tag %q, %v", page.Tag, err)
		}
	})
}

// tag asks for q until it is the same, then changes something.
func (r *rig) tag(p workers.Provider, q workers.ItemQuery) {
	r.Helper()
	if q.Since.IsZero() {
		q.Since, q.Closed = epoch.Add(400*time.Hour), true
	}
	first, err := p.Page(r.Context(), q, "")
	if err != nil || first.Tag != "" {
		r.Errorf("tag %q that nobody asked for, %v", first.Tag, err)
	}
	q.Tagged = true
	if first, err = p.Page(r.Context(), q, ""); err != nil || first.Tag == "" || first.Same || len(first.Items) == 0 {
		r.Fatalf("%+v, %v", first, err)
	}
	q.Tag = first.Tag
	before := r.asked.Load()
	same, err := p.Page(r.Context(), q, "")
	if err != nil || !same.Same || same.Tag != first.Tag || len(same.Items) > 0 || same.Next != "" || r.asked.Load() != before+1 {
		r.Errorf("%+v, %v: %d requests", same, err, r.asked.Load()-before)
	}
	r.world.change(1, func(i *Issue) { i.Title += ", changed" })
	other, err := p.Page(r.Context(), q, "")
	if err != nil || other.Same || other.Tag == "" || other.Tag == first.Tag || len(other.Items) != len(first.Items)+1 {
		r.Errorf("%+v, %v", other, err)
	}
}
