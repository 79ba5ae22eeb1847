package syncertest

import (
	"slices"
	"strings"
	"testing"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/providertest"
	"github.com/specweave/specweave/workers/syncer"
)

// labelled edits items whose labels stand for a status or a priority from the
// start.
func (s suite) labelled(t *testing.T) {
	t.Helper()
	s.bubble(t, "labels that say more", func(r *rig) {
		for _, c := range []struct {
			n    int64
			name string
			do   func(*state)
		}{
			{3, "priority", func(s *state) { s.Priority = "P2" }},
			{3, "status", func(s *state) { s.Status = workers.StatusInProgress }},
			{3, "labels", func(s *state) { s.Labels = nil }},
			{3, "priority", func(s *state) { s.Priority = "" }},
			{4, "status", func(s *state) { s.Status = workers.StatusOpen }},
			{4, "labels", func(s *state) { s.Labels = []string{"needs, a comma"}[:0] }},
			{4, "priority", func(s *state) { s.Priority = "P0" }},
			{4, "status", func(s *state) { s.Status = workers.StatusCompleted }},
		} {
			was := r.here(c.n)
			want := was
			c.do(&want)
			if slices.Equal(was.Labels, want.Labels) && c.name == "labels" {
				continue
			}
			r.edit(c.n, was, want)
			r.says("updated there " + r.id(c.n) + ": " + c.name)
			r.kept(c.n, want)
			r.quiet()
		}
	})
}

// titles are written here and there.
func (s suite) titles(t *testing.T) {
	t.Helper()
	s.bubble(t, "titles", func(r *rig) {
		titles := []string{`a < b && c > d`, `*not emphasis* and _this_`, "`code` [x](y) <b>bold</b>", `C:\new\table #1 {braces}`, `AC-US-001-01: no criterion`, `"quotes" 'and' — dashes…`, `1. No list`, `- neither`, `# nor a heading`, `日本語 🎉 עברית`}
		r.fill(len(titles))
		at := func(i int) int64 { return r.world.Last().Number - int64(i) }
		var lines []string
		for i, title := range titles {
			r.world.Edit(at(i), func(issue *providertest.Issue) { issue.Title = title })
			lines = append(lines, "updated here "+r.id(at(i))+": ")
		}
		r.says(lines...)
		r.quiet()
		lines = nil
		for i := range titles {
			f := r.file(at(i))
			f.SetTitle(f.Title() + " ours")
			r.save(f)
			lines = append(lines, "updated there "+r.id(at(i))+": title")
		}
		r.says(lines...)
		for i, title := range titles {
			if got := r.there(at(i)).Title; got != title+" ours" {
				r.Errorf("%q became %q; the story has %q", title, got, r.here(at(i)).Title)
			}
		}
		r.quiet()
	})
}

// comments are taken away and changed on both sides.
func (s suite) comments(t *testing.T) {
	t.Helper()
	s.bubble(t, "comments", func(r *rig) {
		was := r.here(10)
		if len(was.Comments) != 7 {
			r.Fatal(was.Comments)
		}
		r.world.Edit(10, func(i *providertest.Issue) { i.Comments = slices.Delete(i.Comments, 2, 3) })
		r.says("updated here " + r.id(10) + ": ")
		want := was
		want.Comments = slices.Delete(slices.Clone(was.Comments), 2, 3)
		r.both(10, want)
		r.quiet()
		f := r.file(10)
		f.SetSection("Comments", strings.TrimSpace(f.Section("Comments")[:strings.LastIndex(f.Section("Comments"), "\n### ")]))
		r.save(f)
		report := r.sync()
		if !strings.HasPrefix(report, "skipped  "+r.id(10)+": comment ") || strings.Count(report, "\n") != 1 {
			r.Error(report)
		}
		r.quiet(strings.TrimSuffix(report, "\n"))
		r.same("the item", want, r.there(10))
		for _, text := range []string{"Ours, of theirs.", "Ours again."} {
			here := r.here(10)
			ours := here
			ours.Comments = slices.Clone(here.Comments)
			ours.Comments[1] = text
			r.edit(10, here, ours)
			if got := r.sync(); !strings.Contains(got, "updated there "+r.id(10)+": comment changed\n") || strings.Count(got, "\n") != 2 {
				r.Error(got)
			}
			want.Comments[1] = text
			r.same("the item", want, r.there(10))
			r.same("the story", ours, r.here(10))
		}
		here, there := r.here(10), r.there(10)
		ours, theirs := here, there
		ours.Comments, theirs.Comments = slices.Clone(here.Comments), slices.Clone(there.Comments)
		ours.Comments[0], theirs.Comments[0] = "Ours.", "Theirs."
		r.put(10, there, theirs)
		r.edit(10, here, ours)
		if got := r.sync(); !strings.Contains(got, "conflict  "+r.id(10)+": changed here and at the source: Comments") {
			r.Error(got)
		}
		r.same("the item", theirs, r.there(10))
		f = r.file(10)
		f.SetSection("Import Conflicts", "")
		r.save(f)
		r.sync()
		theirs.Comments[0] = "Ours."
		r.same("the item", theirs, r.there(10))
	})
}

// mapped has a profile that says by the tracker's own states what statuses are. Of
// those that know open and closed only, open is said to be Open.
func (s suite) mapped(t *testing.T) {
	t.Helper()
	s.bubble(t, "mapped statuses", func(r *rig) {
		statuses := []workers.ItemStatus{workers.StatusInProgress, workers.StatusCompleted, workers.StatusOpen}
		m := syncer.StatusMap{Out: map[workers.ItemStatus]string{}, In: map[string]workers.ItemStatus{}}
		there := func() workers.Item {
			i, err := r.writer().Item(r.Context(), workers.ItemQuery{Source: r.vendor.Source}, r.number(1))
			r.check(err)
			return i
		}
		for _, status := range statuses {
			was := r.there(1)
			want := was
			want.Status = status
			r.put(1, was, want)
			if state := there().State; !r.labelled() || status != workers.StatusInProgress {
				m.Out[status], m.In[strings.ToLower(state)] = state, status
			}
		}
		r.sync()
		r.config.Statuses = m
		r.quiet()
		for _, status := range statuses {
			r.pushed("status", func(s *state) { s.Status = status })
		}
		for _, status := range statuses {
			r.pulled(func(s *state) { s.Status = status })
		}
	})
}

// below puts a story below an epic, and takes it from there, on both sides: with
// its item it goes to the folder of that.
func (s suite) below(t *testing.T) {
	t.Helper()
	s.bubble(t, "below an epic", func(r *rig) {
		if !r.able.Parent || r.labelled() {
			return
		}
		epic := r.world.Make(func(i *providertest.Issue) { i.Title, i.Labels = "An epic", []string{"epic"} }).Number
		r.sync()
		r.quiet()
		alone := r.file(1).Path
		at := func(parent string) {
			r.Helper()
			if path := r.file(1).Path; (path == alone) != (parent == "") {
				r.Errorf("below %q it is at %s", parent, path)
			}
		}
		for _, parent := range []string{r.id(epic), ""} {
			r.pushed("parent id", func(s *state) { s.Parent = parent })
			at(parent)
		}
		for _, parent := range []string{r.id(epic), ""} {
			was := r.there(1)
			want := was
			want.Parent = parent
			r.put(1, was, want)
			if got := r.sync(); !strings.HasPrefix(got, "updated here "+r.id(1)+": moved from ") || strings.Count(got, "\n") != 1 {
				r.Error(got)
			}
			r.both(1, want)
			r.quiet()
			at(parent)
		}
	})
}
