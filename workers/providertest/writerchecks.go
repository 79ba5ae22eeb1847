package providertest

import (
	"context"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/listertest"
)

// create makes an item, and looks for it as one that did not hear whether it
// was made.
func (r *rig) create(w workers.Writer, fields workers.Fields) workers.Item {
	r.Helper()
	since, before := r.world.Now(), r.world.Issues(nil)
	item, err := w.Write(r.Context(), workers.Write{Source: r.vendor.Source, Mark: mark, Fields: fields})
	if err != nil {
		r.Fatal(err)
	}
	if after := r.world.Issues(nil); len(after) != len(before)+1 {
		r.Fatalf("%d items, were %d", len(after), len(before))
	}
	if item.Mark != mark {
		r.Errorf("the mark is %q", item.Mark)
	}
	r.shows(item, fields)
	r.same(w, item, r.last().Number)
	for _, comments := range []bool{false, true} {
		found := r.marked(w, since, comments)
		if len(found) != 1 || found[0].ID != item.ID || found[0].Version != item.Version {
			r.Errorf("found %+v, want %+v", found, item)
		}
	}
	return item
}

// update changes an item a second later, and looks at what came of it.
func (r *rig) update(w workers.Writer, n int64, fields workers.Fields) {
	r.Helper()
	<-time.After(time.Second)
	before := r.item(w, n)
	sent := r.sent.Load()
	item, err := w.Write(r.Context(), workers.Write{Source: r.vendor.Source, Number: r.number(n), Mark: remark, Version: before.Version, Fields: fields})
	if err != nil {
		r.Fatalf("%+v: %v", fields, err)
	}
	if wrote := r.sent.Load() > sent; wrote != (item.Version != before.Version) {
		r.Errorf("wrote: %v, and the version is %q, was %q", wrote, item.Version, before.Version)
	}
	r.shows(item, fields)
	r.same(w, item, n)
	// What was not to change did not.
	want := before
	want.Version, want.Updated, want.Closed, want.State, want.Status = item.Version, item.Updated, item.Closed, item.State, item.Status
	if fields.Title != nil {
		want.Title = item.Title
	}
	if fields.Body != nil {
		want.Body = item.Body
	}
	if fields.Assignees != nil {
		want.Assignees = item.Assignees
	}
	if fields.Priority != nil {
		want.Priority = item.Priority
	}
	if fields.Labels != nil {
		want.Labels, want.Priority, want.Type = item.Labels, item.Priority, item.Type
	}
	if diff := cmp.Diff(others(want), others(item), cmpopts.EquateEmpty()); diff != "" {
		r.Errorf("%+v changed other things too (-want +got):\n%s", fields, diff)
	}
}

// others is an item without the labels that say its status and priority.
func others(i workers.Item) workers.Item {
	i.Labels = slices.DeleteFunc(slices.Clone(i.Labels), func(l string) bool {
		return l == "in-progress" || workers.PriorityOf([]string{l}) != ""
	})
	return i
}

// shows reports what of fields an item does not show.
func (r *rig) shows(item workers.Item, f workers.Fields) {
	r.Helper()
	wrong := func(name string, got, want any) {
		r.Helper()
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			r.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if f.Title != nil {
		wrong("title", item.Title, *f.Title)
	}
	if f.Body != nil {
		wrong("body", item.Body, *f.Body)
	}
	if f.Status != nil {
		wrong("status", item.Status, *f.Status)
	}
	if f.Priority != nil {
		wrong("priority", item.Priority, *f.Priority)
	}
	if f.Assignees != nil {
		wrong("assignees", item.Assignees, *f.Assignees)
	}
	if f.Labels != nil {
		got, want := others(item).Labels, others(workers.Item{Labels: *f.Labels}).Labels
		slices.Sort(got)
		slices.Sort(want)
		wrong("labels", got, want)
	}
}

// same compares an item with what the world holds and with what is read of it.
func (r *rig) same(w workers.Writer, item workers.Item, n int64) {
	r.Helper()
	item.Comments = nil
	r.equal([]workers.Item{item}, r.world.Issues(func(i Issue) bool { return i.Number == n }), r.query())
	if diff := cmp.Diff(r.item(w, n), item, cmpopts.EquateEmpty()); diff != "" || item.Version == "" {
		r.Errorf("as it was read and as it was returned, version %q (-want +got):\n%s", item.Version, diff)
	}
}

// writer is provider, as what writes items.
func (r *rig) writer(f listertest.Fault) workers.Writer {
	r.Helper()
	w, ok := r.provider(f).(workers.Writer)
	if !ok {
		r.Fatal("writes no items")
	}
	return w
}

// number is what people call item n.
func (r *rig) number(n int64) string {
	_, number := r.vendor.ID(r.vendor.Source, n)
	return number
}

// item reads an item without its comments.
func (r *rig) item(w workers.Writer, n int64) workers.Item {
	r.Helper()
	item, err := w.Item(r.Context(), r.query(), r.number(n))
	if err != nil {
		r.Fatal(err)
	}
	return item
}

// last is the newest issue.
func (r *rig) last() Issue {
	list := r.world.Issues(nil)
	return slices.MaxFunc(list, func(a, b Issue) int { return int(a.Number - b.Number) })
}

// marked reads the items that carry the mark.
func (r *rig) marked(w workers.Writer, since time.Time, comments bool) []workers.Item {
	r.Helper()
	got, err := r.read(context.WithoutCancel(r.Context()), w, workers.ItemQuery{Source: r.vendor.Source, Since: since, Closed: true, Comments: comments}, nil)
	if err != nil {
		r.Fatal(err)
	}
	return slices.DeleteFunc(got.items, func(i workers.Item) bool { return i.Mark != mark })
}
