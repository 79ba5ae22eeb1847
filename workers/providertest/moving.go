package providertest

import (
	"testing"
	"time"

	"github.com/specweave/specweave/workers"
)

// moving reads the items while people work on them: none that was there all
// the time is left out, and none that nobody touched comes twice.
func (v *Vendor) moving(t *testing.T) {
	t.Helper()
	if v.Whole {
		return
	}
	for name, q := range map[string]workers.ItemQuery{
		"open":          {},
		"closed too":    {Closed: true},
		"since":         {Since: epoch.Add(10*time.Hour + time.Minute)},
		"with comments": {Comments: true},
	} {
		q.Source = v.Source
		v.bubble(t, name, func(r *rig) { r.move(q, nil) })
	}
}

// fill adds issues for some pages.
func (r *rig) fill() {
	for range 30 {
		r.world.add(nil)
	}
}

// move reads q while people work on its items. also is called after each page,
// with what was read until then; nil: nothing is.
func (r *rig) move(q workers.ItemQuery, also func(sofar reading, touched map[int64]bool)) {
	r.Helper()
	r.fill()
	keep := func(i Issue) bool { return !i.Pull && (q.Closed || i.Open()) && !i.Updated.Before(q.Since) }
	before := r.world.Issues(keep)
	touched := make(map[int64]bool)
	got, err := r.read(r.Context(), r.provider(nil), q, func(sofar reading) {
		r.stir(sofar, touched)
		if also != nil {
			also(sofar, touched)
		}
	})
	if err != nil {
		r.Fatal(err)
	}
	times := make(map[string]int)
	for _, item := range got.items {
		times[item.ID]++
	}
	after := make(map[int64]bool)
	for _, i := range r.world.Issues(keep) {
		after[i.Number] = true
	}
	for _, i := range before {
		id, _ := r.vendor.ID(q.Source, i.Number)
		n := times[id]
		if n == 0 && after[i.Number] {
			r.Errorf("%s was left out", id)
		}
		if n > 1 && !touched[i.Number] {
			r.Errorf("%s came %d times", id, n)
		}
	}
}

// stir does between two pages what people do: it closes and deletes something
// that was read and something that was not, changes, reopens and creates others.
func (r *rig) stir(sofar reading, touched map[int64]bool) {
	seen := make(map[string]bool)
	for _, item := range sofar.items {
		seen[item.ID] = true
	}
	pick := func(read, open bool) int64 {
		for _, i := range r.world.Issues(nil) {
			id, _ := r.vendor.ID(r.world.Source, i.Number)
			if !touched[i.Number] && !i.Pull && seen[id] == read && i.Open() == open {
				touched[i.Number] = true
				return i.Number
			}
		}
		return 0
	}
	r.world.change(pick(true, true), shut)
	r.world.Remove(pick(true, true))
	if sofar.pages%2 == 0 {
		r.world.change(pick(false, true), shut)
		r.world.Remove(pick(false, true))
	}
	r.world.change(pick(false, true), func(i *Issue) { i.Title += ", changed" })
	r.world.change(pick(false, false), reopen)
	if sofar.pages < 10 {
		r.world.add(nil)
	}
}
