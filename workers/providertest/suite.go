package providertest

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/rest"
)

// Run runs the suite.
func Run(t *testing.T, v Vendor) {
	t.Helper()
	t.Run("items", func(t *testing.T) { v.items(t) })
	t.Run("one item", func(t *testing.T) { v.one(t) })
	t.Run("cursors", func(t *testing.T) { v.cursors(t) })
	t.Run("moving", func(t *testing.T) { v.moving(t) })
	t.Run("forgotten cursors", func(t *testing.T) { v.forgetting(t) })
	t.Run("tags", func(t *testing.T) { v.tags(t) })
	t.Run("refusals", func(t *testing.T) { v.refusals(t) })
	t.Run("faults", func(t *testing.T) { v.faults(t) })
	t.Run("heals", func(t *testing.T) { v.heals(t) })
	t.Run("cancel", func(t *testing.T) { v.cancel(t) })
	if len(v.Descriptions) > 0 {
		t.Run("contract", func(t *testing.T) { v.contract(t) })
	}
}

// choice is a query and which issues answer it.
type choice struct {
	name string
	q    workers.ItemQuery
	keep func(Issue) bool
}

func (v *Vendor) choices() []choice {
	since := epoch.Add(400 * time.Hour)
	list := []choice{
		{"open", workers.ItemQuery{}, Issue.Open},
		{"closed too", workers.ItemQuery{Closed: true}, func(Issue) bool { return true }},
		{"since", workers.ItemQuery{Since: since, Closed: true}, func(i Issue) bool { return !i.Updated.Before(since) }},
		{"since then nothing", workers.ItemQuery{Since: epoch.Add(5000 * time.Hour)}, func(Issue) bool { return false }},
		{"a label", workers.ItemQuery{Labels: []string{"bug"}}, func(i Issue) bool { return i.Open() && i.Has([]string{"bug"}) }},
		{"two labels", workers.ItemQuery{Labels: []string{"bug", "P1"}}, func(i Issue) bool { return i.Open() && i.Has([]string{"bug", "P1"}) }},
		{"an unknown label", workers.ItemQuery{Labels: []string{"no such"}}, func(Issue) bool { return false }},
		{"comments", workers.ItemQuery{Comments: true, Closed: true}, func(Issue) bool { return true }},
		{"small pages", workers.ItemQuery{Size: 2}, Issue.Open},
	}
	if v.Milestones {
		list = append(list,
			choice{"a milestone", workers.ItemQuery{Milestone: milestone}, func(i Issue) bool { return i.Milestone == milestone }},
			choice{"an unknown milestone", workers.ItemQuery{Milestone: "no such"}, func(Issue) bool { return false }})
	}
	return list
}

// wanted are the issues of a query. A pull request is none.
func (r *rig) wanted(keep func(Issue) bool) []Issue {
	return r.world.Issues(func(i Issue) bool { return !i.Pull && keep(i) })
}

func (v *Vendor) items(t *testing.T) {
	t.Helper()
	for _, c := range v.choices() {
		v.bubble(t, c.name, func(r *rig) {
			c.q.Source = v.Source
			got, err := r.read(r.Context(), r.provider(nil), c.q, nil)
			if err != nil {
				r.Fatal(err)
			}
			want := r.wanted(c.keep)
			r.equal(got.items, want, c.q)
			if got.total != len(want) && (v.Counted || got.total != 0) && len(c.q.Labels) == 0 && c.q.Milestone == "" {
				r.Errorf("%d in all, want %d", got.total, len(want))
			}
		})
	}
	v.bubble(t, "none", func(r *rig) {
		got, err := r.read(r.Context(), r.provider(nil), workers.ItemQuery{Source: v.Hollow, Closed: true, Comments: true}, nil)
		if err != nil || len(got.items) > 0 || got.total != 0 {
			r.Errorf("%+v, %v", got, err)
		}
	})
}

func (v *Vendor) cursors(t *testing.T) {
	t.Helper()
	if v.Whole {
		return
	}
	v.bubble(t, "in another process", func(r *rig) {
		r.provider(nil)
		q, cursor := workers.ItemQuery{Source: v.Source, Closed: true, Comments: true}, ""
		var got []workers.Item
		for pages := 0; ; pages++ {
			page, err := r.another().Page(r.Context(), q, cursor)
			if err != nil || pages == tooMany {
				r.Fatal(pages, err)
			}
			got = append(got, page.Items...)
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		r.equal(got, r.wanted(func(Issue) bool { return true }), q)
	})
	for _, cursor := range []string{"rubbish", "{\"", "\x00", "http://" + elsewhere + "/", "?page=x", "-1"} {
		v.bubble(t, "not one", func(r *rig) {
			if page, err := r.provider(nil).Page(r.Context(), r.query(), cursor); !errors.Is(err, workers.ErrCursor) {
				r.Errorf("%q: %+v, %v", cursor, page, err)
			}
		})
	}
}

func (v *Vendor) refusals(t *testing.T) {
	t.Helper()
	refused := func(r *rig, q workers.ItemQuery, class, need string) {
		r.Helper()
		got, err := r.read(r.Context(), r.provider(nil), q, nil)
		refusal, ok := errors.AsType[*rest.StatusError](err)
		if !ok || workers.ClassOf(err) != class || len(got.items) > 0 {
			r.Fatalf("%d items, class %s: %v; want class %s", len(got.items), workers.ClassOf(err), err, class)
		}
		if !strings.Contains(refusal.Need, need) {
			r.Errorf("needs %q, want %q: %v", refusal.Need, need, refusal)
		}
	}
	notFound := v.NotFound
	if notFound == "" {
		notFound = workers.ClassNotFound
	}
	for _, comments := range []bool{false, true} {
		name := map[bool]string{true: " with comments"}[comments]
		v.bubble(t, "unknown source"+name, func(r *rig) {
			refused(r, workers.ItemQuery{Source: v.Unknown, Comments: comments}, notFound, "")
		})
		v.bubble(t, "expired token"+name, func(r *rig) {
			r.login.Password += "-expired"
			refused(r, workers.ItemQuery{Source: v.Source, Comments: comments}, workers.ClassAuth, "")
		})
		v.bubble(t, "missing scope"+name, func(r *rig) {
			r.world.Lacking = true
			refused(r, workers.ItemQuery{Source: v.Source, Comments: comments}, workers.ClassAuth, v.Scope)
		})
	}
	if v.Search == "" {
		return
	}
	v.bubble(t, "refused search", func(r *rig) {
		q := workers.ItemQuery{Source: v.Source, Search: v.Search}
		_, err := r.read(r.Context(), r.provider(nil), q, nil)
		if e, ok := errors.AsType[*rest.StatusError](err); !ok || !strings.Contains(e.Message, v.Refusal) {
			r.Errorf("%v, want %q", err, v.Refusal)
		}
	})
}

// contract holds the server to the vendor's description.
func (v *Vendor) contract(t *testing.T) {
	t.Helper()
	watch, report := v.watch(t)
	defer report()
	for _, c := range v.choices() {
		v.bubble(t, c.name, func(r *rig) {
			c.q.Source = v.Source
			if _, err := r.read(r.Context(), r.provider(watch), c.q, nil); err != nil {
				r.Error(err)
			}
		})
	}
	if v.Forgets {
		v.bubble(t, "forgotten cursor", func(r *rig) {
			if _, err := r.read(r.Context(), r.provider(watch), r.query(), func(reading) { r.world.Cursors++ }); err != nil {
				r.Error(err)
			}
		})
	}
	if v.Tags {
		v.bubble(t, "tag", func(r *rig) { r.tag(r.provider(watch), r.query()) })
	}
	v.bubble(t, "unknown source", func(r *rig) {
		_, _ = r.read(r.Context(), r.provider(watch), workers.ItemQuery{Source: v.Unknown}, nil)
	})
	v.bubble(t, "one item", func(r *rig) {
		reader := r.reader(watch)
		for _, i := range r.world.Issues(nil) {
			_, number := v.ID(v.Source, i.Number)
			_, _ = reader.Item(r.Context(), workers.ItemQuery{Source: v.Source, Comments: true}, number)
		}
		_, number := v.ID(v.Source, missing)
		_, _ = reader.Item(r.Context(), r.query(), number)
	})
}

// watch returns what holds a server to the vendor's descriptions, and reports
// what was not as they say.
func (v *Vendor) watch(t *testing.T) (watch listertest.Fault, report func()) {
	t.Helper()
	var contracts []*listertest.Contract
	for _, d := range v.Descriptions {
		contracts = append(contracts, listertest.NewContract(t, d))
	}
	watch = func(good http.Handler) http.Handler {
		watched := make([]http.Handler, len(contracts))
		for i, c := range contracts {
			watched[i] = c.Watch(good)
		}
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			i := 0
			if v.Describes != nil {
				i = v.Describes(q)
			}
			if i < 0 {
				good.ServeHTTP(w, q)
				return
			}
			watched[i].ServeHTTP(w, q)
		})
	}
	return watch, func() {
		for _, c := range contracts {
			c.Report(t)
		}
	}
}
