// Package syncertest is the suite that every tracker's [workers.Writer] passes
// together with package syncer: stories and items are edited as people do, and
// synced, and then both say the same, and go on saying it.
//
// Whether a writer does what it is told is the matter of package providertest,
// whose servers are those here.
package syncertest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/markup"
	"github.com/specweave/specweave/workers/providertest"
	"github.com/specweave/specweave/workers/stories"
)

type suite struct{ vendor providertest.Vendor }

// Run runs the suite. v is a vendor as [providertest.RunWriter] takes it.
func Run(t *testing.T, v providertest.Vendor) {
	t.Helper()
	s := suite{v}
	s.bubble(t, "nothing", func(r *rig) { r.quiet() })
	t.Run("push", s.pushes)
	t.Run("pull", s.pulls)
	t.Run("made", s.made)
	t.Run("at once", s.atOnce)
	t.Run("texts", s.texts)
	t.Run("native", s.native)
	t.Run("parts", s.kept)
	t.Run("gone", s.gone)
	s.labelled(t)
	s.titles(t)
	s.comments(t)
	s.mapped(t)
	s.linked(t)
	s.below(t)
	t.Run("refused", s.refused)
	t.Run("odd", s.odd)
}

// change is something that a person does to a story, or to an item.
type change struct {
	name string // as reports of changed items have it
	do   func(*state)
	able func(workers.Abilities) bool // nil: each tracker has a place for it
}

const text = `One paragraph, with *emphasis*, **much of it**, ` + "`code`" + ` and [a link](https://example.com/a?b=c&d=e).

- one
- two
  - below two

1. first
2. second

| Name | Size |
| --- | --- |
| one | 1 |
| two | 2 |

` + "```go\nfunc main() {\n\tfmt.Println(\"<b>&amp;\")\n}\n```" + `

The end, in 日本語 and Ελληνικά 🎉.`

// changes are those of single fields, one after the other.
func (r *rig) changes() []change {
	all := []change{
		{name: "title", do: func(s *state) { s.Title = "Another title, in 日本語" }},
		{name: "description", do: func(s *state) { s.Body = "Another text." }},
		{name: "description", do: func(s *state) { s.Body = text }},
		{name: "acceptance criteria", do: func(s *state) { s.Criteria = []string{"it works", "it lasts"} }},
		{name: "acceptance criteria", do: func(s *state) { s.Criteria = []string{"it works well", "it lasts", "it ends"} }},
		{name: "acceptance criteria", do: func(s *state) { s.Criteria = nil }},
		{name: "description", do: func(s *state) { s.Body = "A text again." }},
	}
	for _, c := range []struct{ name, text string }{{"comment added", "A comment of **ours**."}, {"comment changed", "Another\n\n- comment"}} {
		all = append(all, change{name: c.name, do: func(s *state) { s.Comments = []string{c.text} }})
	}
	for _, status := range []workers.ItemStatus{
		workers.StatusInProgress, workers.StatusCompleted, workers.StatusOpen, workers.StatusCompleted, workers.StatusInProgress, workers.StatusOpen,
	} {
		all = append(all, change{name: "status", do: func(s *state) { s.Status = status }})
	}
	for _, priority := range []string{"P0", "P1", "P2", "P3", "P4", ""} {
		all = append(all, change{"priority", func(s *state) { s.Priority = priority }, func(a workers.Abilities) bool { return a.Priority }})
	}
	for _, labels := range [][]string{{"bug"}, {"api", "bug"}, {"api"}, nil} {
		all = append(all, change{"labels", func(s *state) { s.Labels = labels }, func(a workers.Abilities) bool { return a.Labels }})
	}
	for _, who := range [][]string{{"ann"}, {"bob"}, nil} {
		all = append(all, change{"assignees", func(s *state) { s.Assignees = who }, func(a workers.Abilities) bool { return a.Assignees }})
	}
	for _, parent := range []string{r.id(4), strings.ToLower(r.id(9)), ""} {
		all = append(all, change{"parent id", func(s *state) { s.Parent = parent }, func(a workers.Abilities) bool { return a.Parent }})
	}
	return slices.DeleteFunc(all, func(c change) bool { return c.able != nil && !c.able(r.able) })
}

// both wants the story and the item of a number to say the same.
func (r *rig) both(n int64, want state) {
	r.Helper()
	for side, got := range map[string]state{"the story": r.here(n), "the item": r.there(n)} {
		r.same(side, r.meant(want), r.meant(got))
	}
}

// kept wants that besides, and that the story has it as it was written.
func (r *rig) kept(n int64, want state) {
	r.Helper()
	r.both(n, want)
	r.same("the story, as it was written", want, r.here(n))
}

// same compares what is said with what is wanted.
func (r *rig) same(what string, want, got state) {
	r.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		r.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// meant has texts as they come back from the tracker's language, in which some
// that mean the same are one, and ids in one way.
func (r *rig) meant(s state) state {
	s.Parent = stories.Normalize(s.Parent)
	if r.able.Markup == workers.Markdown {
		return s
	}
	form := func(md string) string {
		return markup.Markdown(workers.Text{Raw: markup.Render(md, r.able.Markup), Markup: r.able.Markup})
	}
	s.Body, s.Comments = form(s.Body), slices.Clone(s.Comments)
	for i, c := range s.Comments {
		s.Comments[i] = form(c)
	}
	return s
}

// pushed changes the story of the first item, and wants that the item is changed
// by it, in what is named, and that both go on saying so.
func (r *rig) pushed(name string, do func(*state)) {
	r.Helper()
	was := r.here(1)
	want := was
	do(&want)
	r.edit(1, was, want)
	r.says("updated there " + r.id(1) + ": " + name)
	r.kept(1, want)
	r.quiet()
}

// pulled changes the first item, and wants that its story is changed by it, and
// that both go on saying so.
func (r *rig) pulled(do func(*state)) {
	r.Helper()
	was := r.there(1)
	want := was
	do(&want)
	r.put(1, was, want)
	r.says("updated here " + r.id(1) + ": ")
	r.both(1, want)
	r.quiet()
}

// pushes edits stories.
func (s suite) pushes(t *testing.T) {
	t.Helper()
	s.bubble(t, "each field", func(r *rig) {
		for _, c := range r.changes() {
			r.pushed(c.name, c.do)
			r.until(c.name)
		}
	})
	s.bubble(t, "all fields", func(r *rig) {
		was := r.here(1)
		want := r.everything(was)
		r.edit(1, was, want)
		r.says("updated there "+r.id(1)+": "+r.named(), "updated there "+r.id(1)+": comment added")
		r.kept(1, want)
		r.quiet()
		want = state{Title: "Emptied", Status: workers.StatusOpen, Comments: want.Comments}
		r.edit(1, r.here(1), want)
		r.says("updated there " + r.id(1) + ": " + r.named())
		r.kept(1, want)
		r.quiet()
	})
}

// until ends the test with what there is, if it has failed.
func (r *rig) until(what string) {
	r.Helper()
	if r.Failed() {
		r.Fatalf("after %s:\n%s\n%+v", what, r.file(1).Text, r.world.Issues(func(i providertest.Issue) bool { return i.Number == 1 }))
	}
}

// pulls edits items.
func (s suite) pulls(t *testing.T) {
	t.Helper()
	s.bubble(t, "each field", func(r *rig) {
		for _, c := range r.changes() {
			r.pulled(c.do)
			r.until(c.name)
		}
	})
	s.bubble(t, "all fields", func(r *rig) {
		full := r.everything(r.there(1))
		r.pulled(func(s *state) { *s = full })
		r.pulled(func(s *state) { *s = state{Title: "Emptied", Status: workers.StatusOpen, Comments: full.Comments} })
	})
}
