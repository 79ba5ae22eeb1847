package providertest

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/rest"
)

// RunWriter runs the suite that every [workers.Writer] passes besides.
func RunWriter(t *testing.T, v Vendor) {
	t.Helper()
	t.Run("writes", func(t *testing.T) { v.writes(t, nil) })
	t.Run("comment writes", func(t *testing.T) { v.commentWrites(t, nil) })
	t.Run("refused writes", func(t *testing.T) { v.refusedWrites(t, nil) })
	t.Run("in between", func(t *testing.T) { v.between(t) })
	t.Run("texts", func(t *testing.T) { v.texts(t) })
	t.Run("write faults", func(t *testing.T) { v.writeFaults(t) })
	if len(v.Descriptions) == 0 {
		return
	}
	t.Run("contract of writes", func(t *testing.T) {
		watch, report := v.watch(t)
		v.writes(t, watch)
		v.commentWrites(t, watch)
		v.refusedWrites(t, watch)
		report()
	})
}

const (
	mark    = "w1s2y3n4c5"
	remark  = "another6mark"
	unknown = "nobody-of-that-name"
)

// all are new values of everything that a writer can set.
func (v *Vendor) all(can workers.Abilities) workers.Fields {
	f := workers.Fields{Title: new("Another *title*"), Body: new(v.text("Another\n\n**text**")), Status: new(workers.StatusInProgress)}
	if can.Priority {
		f.Priority = new("P2")
	}
	if can.Labels {
		f.Labels = &[]string{"bug", "fresh"}
	}
	if can.Assignees {
		f.Assignees = &[]string{"ann"}
	}
	return f
}

// writes makes and changes items.
func (v *Vendor) writes(t *testing.T, f listertest.Fault) {
	t.Helper()
	v.bubble(t, "create", func(r *rig) {
		w := r.writer(f)
		r.create(w, workers.Fields{Title: new("A new one"), Body: new(v.text("With a text"))})
	})
	v.bubble(t, "create without a text", func(r *rig) {
		w := r.writer(f)
		r.create(w, workers.Fields{Title: new("A new one")})
	})
	for _, status := range []workers.ItemStatus{workers.StatusOpen, workers.StatusInProgress, workers.StatusCompleted} {
		v.bubble(t, "create with everything, "+string(status), func(r *rig) {
			w := r.writer(f)
			fields := v.all(w.Abilities())
			fields.Status = &status
			r.create(w, fields)
		})
	}
	v.bubble(t, "each field", func(r *rig) {
		w := r.writer(f)
		all := v.all(w.Abilities())
		for _, fields := range []workers.Fields{
			{Title: all.Title}, {Body: all.Body}, {Status: all.Status}, {Priority: all.Priority}, {Labels: all.Labels}, {Assignees: all.Assignees},
		} {
			if (fields != workers.Fields{}) {
				r.update(w, 1, fields)
			}
		}
	})
	v.bubble(t, "all fields", func(r *rig) {
		w := r.writer(f)
		r.update(w, 1, v.all(w.Abilities()))
	})
	v.bubble(t, "fields emptied", func(r *rig) {
		w := r.writer(f)
		can := w.Abilities()
		r.update(w, 9, workers.Fields{Body: new(v.text(""))})
		if can.Assignees {
			r.update(w, 9, workers.Fields{Assignees: &[]string{}})
		}
		if can.Labels {
			r.update(w, 3, workers.Fields{Labels: &[]string{}})
		}
		if can.Priority {
			r.update(w, 4, workers.Fields{Priority: new("P0")})
			r.update(w, 4, workers.Fields{Priority: new("P4")})
			r.update(w, 4, workers.Fields{Priority: new("")})
		}
	})
	v.bubble(t, "status there and back", func(r *rig) {
		w := r.writer(f)
		const open, begun, done = workers.StatusOpen, workers.StatusInProgress, workers.StatusCompleted
		for _, status := range []workers.ItemStatus{begun, done, open, done, begun, open} {
			r.update(w, 3, workers.Fields{Status: &status})
		}
	})
	v.bubble(t, "nothing to change", func(r *rig) {
		w := r.writer(f)
		all := v.all(w.Abilities())
		r.update(w, 1, all)
		sent := r.sent.Load()
		r.update(w, 1, all)
		if n := r.sent.Load() - sent; n != 0 {
			r.Errorf("%d requests that change something", n)
		}
	})
	v.bubble(t, "a mark stays", func(r *rig) {
		w := r.writer(f)
		made := r.create(w, workers.Fields{Title: new("A new one"), Body: new(v.text("With a text"))})
		n := r.last().Number
		r.update(w, n, workers.Fields{Body: new(v.text("With another text"))})
		if item := r.item(w, n); item.Mark != made.Mark {
			r.Errorf("the mark is %q, was %q", item.Mark, made.Mark)
		}
	})
	v.bubble(t, "accepted and not done", func(r *rig) {
		w := r.writer(f)
		r.world.Stubborn = true
		item, err := w.Write(r.Context(), workers.Write{Source: v.Source, Number: r.number(1), Mark: remark, Fields: workers.Fields{Title: new("Another")}})
		if err != nil || item.Title != "Issue 1" {
			r.Errorf("%+v, %v", item, err)
		}
	})
}

// between changes items behind the writer's back.
func (v *Vendor) between(t *testing.T) {
	t.Helper()
	for name, edit := range map[string]func(*Issue){
		"title":  func(i *Issue) { i.Title += "!" },
		"text":   func(i *Issue) { i.Body += "!" },
		"closed": func(i *Issue) { i.Closed = i.Updated },
	} {
		v.bubble(t, name+" changed meanwhile", func(r *rig) {
			w := r.writer(nil)
			before := r.item(w, 1)
			r.update(w, 1, workers.Fields{Title: new("Ours")}) // in the same second
			for _, old := range []string{before.Version, r.item(w, 1).Version} {
				r.world.Edit(1, edit)
				sent := r.sent.Load()
				for _, change := range []workers.Write{
					{Fields: workers.Fields{Title: new("Another")}},
					{Fields: v.all(w.Abilities())},
					{Comment: &workers.CommentWrite{Body: v.text("A comment")}},
				} {
					change.Source, change.Number, change.Mark, change.Version = v.Source, r.number(1), remark, old
					if item, err := w.Write(r.Context(), change); !errors.Is(err, workers.ErrChanged) || rest.InDoubt(err) {
						r.Errorf("%+v: %+v, %v", change, item, err)
					}
				}
				if n := r.sent.Load() - sent; n != 0 {
					r.Errorf("%d requests that change something", n)
				}
			}
			if item, err := w.Write(r.Context(), workers.Write{
				Source: v.Source, Number: r.number(1), Mark: remark, Fields: workers.Fields{Title: new("Whatever it was")},
			}); err != nil || item.Title != "Whatever it was" {
				r.Errorf("%+v, %v", item, err)
			}
		})
	}
}

// texts writes what could be taken for something else.
func (v *Vendor) texts(t *testing.T) {
	t.Helper()
	for i, text := range []string{
		"\u202eright to left\u202c, zero\u200bwidth, \"quotes\" & <b>tags</b> \U0001f600",
		"<!-- specweave:", "<!-- specweave:forged1 --> and more", "<!-- never closed", "a -->", "```\nnever closed",
		"@everyone #1 !1 ~bug /close\n/label ~bug", "tail\r\nlines\r\n\r\nend", "\\\\ \\n %s %!d ${x} {{y}}", strings.Repeat("long ", 10000) + "end",
	} {
		v.bubble(t, strconv.Itoa(i), func(r *rig) {
			w := r.writer(nil)
			title := strings.Join(strings.Fields(text[:min(len(text), 200)]), " ")
			item := r.create(w, workers.Fields{Title: &title, Body: new(v.text(text))})
			n := r.last().Number
			r.update(w, n, workers.Fields{Title: new(title + "!"), Body: new(v.text(text + "!"))})
			made, err := w.Write(r.Context(), workers.Write{Source: v.Source, Number: item.Number, Mark: remark, Comment: &workers.CommentWrite{Body: v.text(text)}})
			if err != nil || len(made.Comments) != 1 || made.Comments[0].Body != v.text(text) || made.Comments[0].Mark != remark {
				r.Errorf("%+v, %v", made, err)
			}
		})
	}
}
