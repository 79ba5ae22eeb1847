package syncertest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/importer"
	"github.com/specweave/specweave/workers/stories"
	"github.com/specweave/specweave/workers/stories/storytest"
)

// refused asks for what the tracker has no place for, or nobody of that name: all
// else goes there, and the story keeps what a person wrote.
func (s suite) refused(t *testing.T) {
	t.Helper()
	s.bubble(t, "parent", func(r *rig) {
		if r.able.Parent {
			return
		}
		was := r.here(1)
		want := was
		want.Title, want.Parent = "Ours", r.id(4)
		r.edit(1, was, want)
		no := "skipped  " + r.id(1) + ": the tracker has no place for: Parent ID"
		r.says("updated there "+r.id(1)+": title", no)
		r.quiet(no)
		r.same("the story", want, r.here(1))
	})
	s.bubble(t, "assignee", func(r *rig) {
		was := r.here(1)
		want := was
		want.Title, want.Assignees = "Ours", []string{"nobody"}
		r.edit(1, was, want)
		report := r.sync()
		var no []string
		for line := range strings.Lines(report) {
			if strings.HasPrefix(line, "refused  "+r.id(1)+": assignees") {
				no = append(no, strings.TrimSuffix(line, "\n"))
			}
		}
		if len(no) != 1 || !strings.Contains(report, "updated there "+r.id(1)+": title\n") || strings.Count(report, "\n") != 2 {
			r.Error(report)
		}
		r.quiet(no...)
		r.same("the story", want, r.here(1))
		was.Title = "Ours"
		r.same("the item", was, r.there(1))
	})
}

// odd does what people and other programs do to a project.
func (s suite) odd(t *testing.T) {
	t.Helper()
	prepared := func(name string, test func(r *rig, want state)) {
		s.bubble(t, name, func(r *rig) {
			was := r.here(1)
			want := r.everything(was)
			r.edit(1, was, want)
			r.sync()
			r.kept(1, want)
			test(r, want)
		})
	}
	prepared("line ends of Windows", func(r *rig, want state) {
		for _, f := range r.files() {
			f.Text = strings.ReplaceAll(f.Text, "\n", "\r\n")
			r.save(f)
		}
		r.quiet()
		f := r.file(1)
		f.Text = strings.Replace(f.Text, want.Title, "Another", 1)
		r.save(f)
		r.says("updated there " + r.id(1) + ": title")
		want.Title = "Another"
		r.same("the item", r.meant(want), r.meant(r.there(1)))
		r.quiet()
	})
	prepared("an import", func(r *rig, want state) {
		before := r.files()
		r.imports()
		if diff := cmp.Diff(before, r.files()); diff != "" {
			r.Errorf("stories (-before +after):\n%s", diff)
		}
		r.quiet()
		r.kept(1, want)
	})
	prepared("an import before", func(r *rig, want state) {
		was := r.there(1)
		theirs := was
		theirs.Title, theirs.Status, theirs.Comments = "Theirs", workers.StatusOpen, append(was.Comments, "One more.")
		r.put(1, was, theirs)
		r.imports()
		want.Title, want.Status, want.Comments = theirs.Title, theirs.Status, theirs.Comments
		r.both(1, want)
		r.quiet()
	})
	prepared("another checkout", func(r *rig, want state) {
		for _, dir := range []string{"import", "sync"} {
			r.check(os.RemoveAll(filepath.Join(r.project, ".specweave", "state", dir)))
		}
		sent := r.sent.Load()
		r.sync() // where labels stand for other things, the story learns of those
		if n := r.sent.Load() - sent; n != 0 {
			r.Errorf("%d requests that change something", n)
		}
		r.kept(1, want)
		r.quiet()
	})
}

// imports runs an import of the source, with comments.
func (r *rig) imports() {
	r.Helper()
	r.run(jobs.ImportIssues, importer.Config{Sources: r.config.Sources, Comments: true}, importer.New(importer.Options{Connect: r.connect}))
}

// linked has stories with a section of links.
func (s suite) linked(t *testing.T) {
	t.Helper()
	s.bubble(t, "links", func(r *rig) {
		r.config.Links = true
		f := storytest.File{Path: filepath.Join(r.project, filepath.FromSlash(stories.Dir), "FS-001", "us-042-new.md"), Text: "# US-042: New\n\n**Status**: Open\n"}
		r.save(f)
		r.sync()
		n := r.world.Last().Number
		r.sync()
		r.quiet()
		before := r.file(n)
		was := r.here(n)
		want := was
		want.Title, want.Comments = "Another", []string{"A comment."}
		r.edit(n, was, want)
		r.says("updated there "+r.id(n)+": title", "updated there "+r.id(n)+": comment added")
		r.kept(n, want)
		if now := r.file(n); now.Section("Links") != before.Section("Links") {
			r.Errorf("links: %q, were %q", now.Section("Links"), before.Section("Links"))
		}
		r.quiet()
	})
}
