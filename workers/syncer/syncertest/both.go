package syncertest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/stories"
	"github.com/specweave/specweave/workers/stories/storytest"
)

// everything is another value of all that a tracker has a place for.
func (r *rig) everything(s state) state {
	s.Title, s.Body, s.Criteria, s.Status = "Everything, & *more*", text, []string{"it works", "it lasts"}, workers.StatusInProgress
	if r.able.Priority {
		s.Priority = "P2"
	}
	if r.able.Labels {
		s.Labels = []string{"api", "bug"}
	}
	if r.able.Assignees {
		s.Assignees = []string{"ann"}
	}
	if r.able.Parent {
		s.Parent = r.id(4)
	}
	s.Comments = append(s.Comments, "A comment of ours.")
	return s
}

// named are the fields of everything, as reports have them.
func (r *rig) named() string {
	all := "title, description, acceptance criteria, status, priority, labels, assignees"
	if r.able.Parent {
		all += ", parent id"
	}
	return all
}

// made makes items of stories.
func (s suite) made(t *testing.T) {
	t.Helper()
	for _, status := range []workers.ItemStatus{workers.StatusOpen, workers.StatusInProgress, workers.StatusCompleted} {
		s.bubble(t, string(status), func(r *rig) {
			want := r.everything(state{})
			want.Status = status
			f := storytest.File{
				Path: filepath.Join(r.project, filepath.FromSlash(stories.Dir), "FS-001", "us-042-new.md"),
				Text: "# US-042: x\n\n**Status**: Planned\n\n## Description\n\nx\n",
			}
			edit(&f, state{Title: "x", Body: "x"}, want)
			r.save(f)
			before := len(r.world.Issues(nil))
			report := r.sync()
			n := r.world.Last().Number
			if now := len(r.world.Issues(nil)); now != before+1 || report != "created there "+r.id(n)+": \nupdated there "+r.id(n)+": comment added\n" {
				r.Errorf("%d items, were %d: %s", now, before, report)
			}
			r.kept(n, want)
			r.quiet()
			if path := r.file(n).Path; path != f.Path {
				r.Errorf("%s is at %s", f.Path, path)
			}
			want = state{Title: "Emptied", Status: workers.StatusOpen, Comments: []string{"Changed."}}
			r.edit(n, r.here(n), want)
			if got := r.sync(); strings.Count(got, "updated there ") != 2 || strings.Count(got, "\n") != 2 {
				r.Error(got)
			}
			r.kept(n, want)
			r.quiet()
		})
	}
	s.bubble(t, "with nothing", func(r *rig) {
		r.save(storytest.File{Path: filepath.Join(r.project, filepath.FromSlash(stories.Dir), "FS-001", "us-042-new.md"), Text: "# US-042: Nothing\n"})
		report := r.sync()
		n := r.world.Last().Number
		if report != "created there "+r.id(n)+": \n" {
			r.Error(report)
		}
		r.same("the item", state{Title: "Nothing", Status: workers.StatusOpen}, r.there(n))
		r.quiet()
	})
}

// atOnce edits both sides between two syncs.
func (s suite) atOnce(t *testing.T) {
	t.Helper()
	s.bubble(t, "different fields", func(r *rig) {
		was := r.here(1)
		ours, theirs := was, was
		ours.Title, ours.Criteria, ours.Labels, ours.Comments = "Ours", []string{"it is ours"}, []string{"bug"}, []string{"A comment of ours."}
		theirs.Status, theirs.Priority, theirs.Assignees, theirs.Comments = workers.StatusInProgress, "P1", []string{"bob"}, []string{"A comment of theirs."}
		r.put(1, was, theirs)
		r.edit(1, was, ours)
		r.says("updated here "+r.id(1)+": ", "updated there "+r.id(1)+": title, acceptance criteria, labels", "updated there "+r.id(1)+": comment added")
		want := theirs
		want.Title, want.Criteria, want.Labels, want.Comments = ours.Title, ours.Criteria, ours.Labels, []string{"A comment of theirs.", "A comment of ours."}
		r.kept(1, want)
		r.quiet()
	})
	s.bubble(t, "the same", func(r *rig) {
		was := r.here(1)
		want := was
		want.Title, want.Body, want.Status, want.Priority, want.Assignees = "The same", "The same.", workers.StatusInProgress, "P2", []string{"ann"}
		r.put(1, was, want)
		r.edit(1, was, want)
		r.says("updated here " + r.id(1) + ": ")
		r.kept(1, want)
		r.quiet()
	})
	for _, c := range []struct {
		name         string
		ours, theirs func(*state)
	}{
		{"Title", func(s *state) { s.Title = "Ours" }, func(s *state) { s.Title = "Theirs" }},
		{"Description", func(s *state) { s.Body = "Ours." }, func(s *state) { s.Body = "Theirs." }},
		{"Status", func(s *state) { s.Status = workers.StatusCompleted }, func(s *state) { s.Status = workers.StatusInProgress }},
		{"Priority", func(s *state) { s.Priority = "P1" }, func(s *state) { s.Priority = "P3" }},
		{"Labels", func(s *state) { s.Labels = []string{"ours"} }, func(s *state) { s.Labels = []string{"theirs"} }},
		{"Assignees", func(s *state) { s.Assignees = []string{"ann"} }, func(s *state) { s.Assignees = []string{"bob"} }},
	} {
		s.bubble(t, "other values: "+c.name, func(r *rig) {
			was := r.here(1)
			ours, theirs := was, was
			c.ours(&ours)
			c.theirs(&theirs)
			r.put(1, was, theirs)
			r.edit(1, was, ours)
			conflict := "conflict  " + r.id(1) + ": changed here and at the source: " + c.name + "; the story shows the source's in its section Import Conflicts, which has to be settled and removed"
			r.says("updated here "+r.id(1)+": ", conflict)
			r.quiet(conflict)
			r.same("the story", ours, r.here(1))
			r.same("the item", r.meant(theirs), r.meant(r.there(1)))
			f := r.file(1)
			if !strings.Contains(f.Section("Import Conflicts"), "> **"+c.name+"** was changed here") {
				r.Error(f.Text)
			}
			f.SetSection("Import Conflicts", "")
			r.save(f)
			r.says("updated there " + r.id(1) + ": " + strings.ToLower(c.name))
			r.kept(1, ours)
			r.quiet()
		})
	}
}

// edit is a person here.
func (r *rig) edit(n int64, was, want state) {
	r.Helper()
	f := r.file(n)
	edit(&f, was, want)
	r.save(f)
}

// gone closes and removes items.
func (s suite) gone(t *testing.T) {
	t.Helper()
	s.bubble(t, "reopened", func(r *rig) { // which had no story
		was := r.there(2)
		want := was
		want.Status = workers.StatusOpen
		r.put(2, was, want)
		r.says("created here " + r.id(2) + ": ")
		r.both(2, want)
		r.quiet()
	})
	s.bubble(t, "removed", func(r *rig) {
		was := r.here(1)
		want := was
		want.Title = "Ours"
		r.edit(1, was, want)
		f := r.file(1)
		r.world.Remove(1)
		gone := "gone there " + r.id(1) + ": the item is gone; the story is left"
		r.says(gone)
		r.quiet(gone)
		if now := r.file(1); now != f {
			r.Errorf("%+v\nwas\n%+v", now, f)
		}
	})
	s.bubble(t, "removed, with leave to delete", func(r *rig) {
		r.config.Permissions.Delete = true
		r.world.Remove(1)
		r.edit(1, state{Title: "Issue 1"}, state{Title: "Ours"})
		r.says("gone there " + r.id(1) + ": the item is gone; the story is in the archive")
		if f := r.file(1); f.Title() != "Ours" || !strings.Contains(f.Path, "_archive") {
			r.Errorf("%+v", f)
		}
	})
	s.bubble(t, "the story removed", func(r *rig) {
		r.check(os.Remove(r.file(1).Path))
		r.quiet()
		r.config.Permissions.Delete = true
		want := r.there(1)
		r.says("updated there " + r.id(1) + ": status")
		want.Status = workers.StatusCompleted
		r.same("the item", want, r.there(1))
		r.quiet()
	})
}
