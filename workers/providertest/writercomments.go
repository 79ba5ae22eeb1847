package providertest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/rest"
)

// commentWrites makes and changes comments.
func (v *Vendor) commentWrites(t *testing.T, f listertest.Fault) {
	t.Helper()
	for name, n := range map[string]int64{"the first": 1, "one of many": 10} {
		v.bubble(t, name, func(r *rig) {
			w := r.writer(f)
			made := r.comment(w, n, workers.CommentWrite{Body: v.text("A *comment*")}, mark)
			changed := r.comment(w, n, workers.CommentWrite{ID: made.ID, Body: v.text("Another comment")}, remark)
			if changed.ID != made.ID || changed.Author != made.Author || !changed.Created.Equal(made.Created) {
				r.Errorf("%+v became %+v", made, changed)
			}
			if !changed.Updated.IsZero() && !changed.Updated.After(made.Created) {
				r.Errorf("changed at %v, made at %v", changed.Updated, made.Created)
			}
		})
	}
	v.bubble(t, "of somebody else", func(r *rig) {
		r.comment(r.writer(f), 11, workers.CommentWrite{ID: "17", Body: v.text("Changed")}, mark)
	})
	v.bubble(t, "one that is not there", func(r *rig) {
		_, err := r.writer(f).Write(r.Context(), workers.Write{
			Source: v.Source, Number: r.number(1), Mark: mark, Comment: &workers.CommentWrite{ID: "4711", Body: v.text("Changed")},
		})
		if workers.ClassOf(err) != workers.ClassNotFound {
			r.Errorf("class %s: %v", workers.ClassOf(err), err)
		}
	})
}

// comment writes one, a second later, and looks for it as one that did not hear
// whether it was written.
func (r *rig) comment(w workers.Writer, n int64, c workers.CommentWrite, mark string) workers.Comment {
	r.Helper()
	<-time.After(time.Second)
	since, before := r.world.Now(), r.item(w, n)
	got, err := w.Write(r.Context(), workers.Write{Source: r.vendor.Source, Number: r.number(n), Mark: mark, Version: before.Version, Comment: &c})
	if err != nil {
		r.Fatal(err)
	}
	if quiet := r.vendor.Quiet && c.ID != ""; got.Version == before.Version && !quiet {
		r.Error("the version is the same")
	}
	r.same(w, got, n)
	if len(got.Comments) != 1 || got.Comments[0].Body != c.Body || got.Comments[0].Mark != mark || got.Comments[0].ID == "" {
		r.Fatalf("comments %+v, want %+v", got.Comments, c)
	}
	q := workers.ItemQuery{Source: r.vendor.Source, Comments: true, Closed: true}
	item, err := w.Item(r.Context(), q, r.number(n))
	if err != nil {
		r.Fatal(err)
	}
	q.Since = since
	read, err := r.read(r.Context(), w, q, nil)
	if err != nil {
		r.Fatal(err)
	}
	read.items = slices.DeleteFunc(read.items, func(i workers.Item) bool { return i.ID != item.ID })
	for _, item := range append(read.items, item) {
		found := slices.DeleteFunc(item.Comments, func(c workers.Comment) bool { return c.Mark != mark })
		if diff := cmp.Diff(got.Comments, found); diff != "" {
			r.Errorf("comments with the mark (-want +got):\n%s", diff)
		}
	}
	if len(read.items) != 1 {
		r.Errorf("%d times on the pages", len(read.items))
	}
	return got.Comments[0]
}

// refusedWrites asks for what the server does not do.
func (v *Vendor) refusedWrites(t *testing.T, f listertest.Fault) {
	t.Helper()
	refused := func(name string, spoil func(*rig), check func(*rig, error)) {
		v.bubble(t, name, func(r *rig) {
			w := r.writer(f)
			before := r.world.Issues(nil)
			if spoil != nil {
				spoil(r)
			}
			for _, change := range r.changes(w.Abilities()) {
				if name == "gone" && change.Number == "" {
					continue
				}
				_, err := w.Write(r.Context(), change)
				if err == nil || rest.InDoubt(err) || strings.Contains(err.Error(), r.world.Login.Password) {
					r.Fatalf("%+v: %v", change, err)
				}
				check(r, err)
			}
			if diff := cmp.Diff(before, r.world.Issues(nil)); name != "gone" && diff != "" {
				r.Errorf("changed (-before +after):\n%s", diff)
			}
		})
	}
	refused("gone", func(r *rig) { r.world.Remove(11) }, func(r *rig, err error) {
		if workers.ClassOf(err) != workers.ClassNotFound || r.sent.Load() != 0 {
			r.Errorf("class %s, %d sent: %v", workers.ClassOf(err), r.sent.Load(), err)
		}
	})
	refused("expired token", func(r *rig) { r.world.Login.Password += "-new" }, func(r *rig, err error) {
		if workers.ClassOf(err) != workers.ClassAuth {
			r.Errorf("class %s: %v", workers.ClassOf(err), err)
		}
	})
	refused("missing permission", func(r *rig) { r.world.Reader = true }, func(r *rig, err error) {
		e, ok := errors.AsType[*rest.StatusError](err)
		if !ok || workers.ClassOf(err) != workers.ClassAuth || !strings.Contains(e.Need, v.WriteScope) {
			r.Errorf("class %s: %v; want what it needs: %s", workers.ClassOf(err), err, v.WriteScope)
		}
	})
	for _, c := range v.Refusals {
		v.bubble(t, c.Field+" refused", func(r *rig) {
			w := r.writer(f)
			before := r.world.Issues(nil)
			_, err := w.Write(r.Context(), workers.Write{Source: v.Source, Number: c.Number, Mark: mark, Fields: c.Fields})
			e, ok := errors.AsType[*workers.RefusedError](err)
			if !ok || e.Field != c.Field || !strings.Contains(e.Reason, c.Words) || rest.InDoubt(err) {
				r.Errorf("%#v: want %s refused because of %s", err, c.Field, c.Words)
			}
			if diff := cmp.Diff(before, r.world.Issues(nil)); diff != "" {
				r.Errorf("changed (-before +after):\n%s", diff)
			}
		})
	}
}

// changes are one of each kind. All of an item are of item 11.
func (r *rig) changes(can workers.Abilities) []workers.Write {
	v := r.vendor
	list := []workers.Write{
		{Fields: v.all(can)},
		{Fields: workers.Fields{Title: new("A new one"), Body: new(v.text("With a text"))}},
		{Number: r.number(11), Fields: workers.Fields{Title: new("Another")}},
		{Number: r.number(11), Fields: v.all(can)},
		{Number: r.number(11), Fields: workers.Fields{Status: new(workers.StatusCompleted)}},
		{Number: r.number(11), Comment: &workers.CommentWrite{Body: v.text("A comment")}},
		{Number: r.number(11), Comment: &workers.CommentWrite{ID: "17", Body: v.text("Changed")}},
	}
	for i := range list {
		list[i].Source, list[i].Mark = v.Source, mark
	}
	return list
}
