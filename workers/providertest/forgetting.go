package providertest

import (
	"errors"
	"testing"

	"github.com/specweave/specweave/workers"
)

// forgetting reads on with cursors that the server has forgotten: behind what was
// read, not from the start.
func (v *Vendor) forgetting(t *testing.T) {
	t.Helper()
	if v.Rejects {
		v.bubble(t, "rejected", func(r *rig) {
			p := r.provider(nil)
			page, err := p.Page(r.Context(), r.query(), "")
			if err != nil {
				r.Fatal(err)
			}
			r.world.Cursors++
			if _, err := p.Page(r.Context(), r.query(), page.Next); !errors.Is(err, workers.ErrCursor) {
				r.Error(err)
			}
		})
	}
	if !v.Forgets {
		return
	}
	for name, q := range map[string]workers.ItemQuery{
		"once": {Closed: true}, "once, in small pages": {Size: 2}, "once, with comments": {Comments: true},
	} {
		q.Source = v.Source
		v.bubble(t, name, func(r *rig) { r.forget(q) })
	}
	for name, q := range map[string]workers.ItemQuery{"while items move": {}, "while items move, with comments": {Comments: true, Closed: true}} {
		q.Source = v.Source
		v.bubble(t, name, func(r *rig) {
			r.move(q, func(sofar reading, touched map[int64]bool) {
				if sofar.pages%3 == 0 {
					r.world.Cursors++
				}
				if sofar.pages%2 == 0 && len(sofar.items) > 0 { // what a vendor may go on behind
					r.lose(sofar.items[len(sofar.items)-1], touched)
				}
			})
		})
	}
}

// forget reads q, of which the server forgets a cursor late. It takes fewer
// requests than to read all of it again.
func (r *rig) forget(q workers.ItemQuery) {
	r.Helper()
	r.fill()
	plain, err := r.read(r.Context(), r.provider(nil), q, nil)
	if err != nil {
		r.Fatal(err)
	}
	least := r.asked.Swap(0)
	got, err := r.read(r.Context(), r.another(), q, func(sofar reading) {
		if sofar.pages == plain.pages-2 {
			r.world.Cursors++
		}
	})
	if err != nil {
		r.Fatal(err)
	}
	r.equal(got.items, r.wanted(func(i Issue) bool { return q.Closed || i.Open() }), q)
	if n := r.asked.Load(); !q.Comments && n > least+maxDetour {
		r.Errorf("%d requests for %d pages, %d where no cursor was forgotten", n, got.pages, least)
	}
}

// maxDetour is how many requests more a forgotten cursor may take.
const maxDetour = 4

// lose removes the issue of an item.
func (r *rig) lose(item workers.Item, touched map[int64]bool) {
	for _, i := range r.world.Issues(nil) {
		if id, _ := r.vendor.ID(r.world.Source, i.Number); id == item.ID {
			touched[i.Number] = true
			r.world.Remove(i.Number)
		}
	}
}
