package stories

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/workers"
)

// What a person edited stays, what the source changed comes, and where both did
// a person is told.
func TestEditedStories(t *testing.T) {
	t.Parallel()
	was := func() Draft {
		d := issue("acme/web", 1, "Title", "Body.")
		d.Item.Priority = "P2"
		d.Criteria = []string{"one", "two"}
		return d
	}
	for _, c := range []struct {
		name      string
		old, now  string // what a person does
		change    func(*Draft)
		outcome   Outcome
		conflicts string
		has, not  []string
	}{
		{
			"nobody", "", "", func(*Draft) {}, Unchanged, "", nil, nil,
		},
		{
			"person alone", "Body.", "My body.", func(*Draft) {}, Unchanged, "", []string{"\nMy body.\n"}, nil,
		},
		{
			"each another", "Body.", "My body.", func(d *Draft) { d.Item.Status, d.Title = workers.StatusCompleted, "New" },
			Refreshed, "",
			[]string{"\nMy body.\n", "**Status**: Completed\n", "# US-001E: New\n"},
			[]string{"Conflict"},
		},
		{
			"both the same", "Body.", "My body.", func(d *Draft) { d.Body = "My body." }, Refreshed, "", []string{"\nMy body.\n"}, []string{"Conflict"},
		},
		{
			"both", "Body.", "My body.", func(d *Draft) { d.Body = "New body.\n\n## External Metadata\n" },
			Refreshed, "## Description",
			[]string{"\nMy body.\n", "## Import Conflicts\n\n> **Description** was changed here and at the source, which has:\n>\n> New body.\n>\n> ### External Metadata\n\n---\n"},
			nil,
		},
		{
			"status of both", "**Status**: Open", "**Status**: Blocked", func(d *Draft) { d.Item.Status = workers.StatusInProgress },
			Refreshed, "Status",
			[]string{"**Status**: Blocked\n", "> **Status** was changed here and at the source, which has:\n>\n> In Progress\n"},
			nil,
		},
		{
			"a section of one's own", "## Tasks", "## Notes\n\nMine.\n\n## Tasks", func(d *Draft) { d.Body = "New." },
			Refreshed, "",
			[]string{"## Notes\n\nMine.\n\n## Tasks", "\nNew.\n"},
			nil,
		},
		{
			"ticks", "- [ ] **AC-US-001-02**: two", "- [x] **AC-US-001-02**: two", func(d *Draft) { d.Criteria = []string{"zero", "one", "two"} },
			Refreshed, "",
			[]string{"- [ ] **AC-US-001-02**: one\n- [x] **AC-US-001-03**: two\n"},
			[]string{"Conflict"},
		},
		{
			"removed at the source", "Body.", "My body.", func(d *Draft) { d.Item.Priority, d.Criteria = "", nil },
			Refreshed, "",
			[]string{"**Status**: Open\n\n## Description"},
			[]string{"Priority", "Acceptance"},
		},
		{
			"removed by a person", "**Priority**: P2\n", "", func(d *Draft) { d.Item.Priority = "P0" },
			Refreshed, "Priority",
			[]string{"> P0\n"},
			[]string{"**Priority**: "},
		},
		{
			"edited here, removed there", "**Priority**: P2", "**Priority**: P3", func(d *Draft) { d.Item.Priority = "" },
			Refreshed, "Priority",
			[]string{"**Priority**: P3\n", "> **Priority** was changed here and removed at the source.\n"},
			nil,
		},
		{
			"new at the source", "Body.", "My body.", func(d *Draft) {
				d.Item.Labels = []string{"a"}
				d.Sections = []Section{{"Comments", "Hello."}}
			},
			Refreshed, "",
			[]string{"- **Labels**: a\n- **Source", "then tasks will sync here.\n\n## Comments\n\nHello.\n\n---\n"},
			nil,
		},
		{
			"Windows", "Body.\n", "My body.\r\n", func(d *Draft) { d.Title = "New" }, Refreshed, "", []string{"\nMy body.\r\n", ": New\n"}, nil,
		},
		{
			"source alone", "", "", func(d *Draft) { d.Title = "New" }, Refreshed, "", []string{"# US-001E: New"}, nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			project := t.TempDir()
			l := library(t, project)
			d := was()
			r := put(t, l, d)
			if c.old != "" {
				edit(t, project, r[0].Path, c.old, c.now)
			}
			c.change(&d)
			r = put(t, l, d)
			got := read(t, project, r[0].Path)
			if r[0].Outcome != c.outcome || strings.Join(r[0].Conflicts, " ") != c.conflicts {
				t.Errorf("%+v\n%s", r[0], got)
			}
			for _, has := range c.has {
				if !strings.Contains(got, has) {
					t.Errorf("no %q in\n%s", has, got)
				}
			}
			for _, not := range c.not {
				if strings.Contains(got, not) {
					t.Errorf("%q in\n%s", not, got)
				}
			}
			// Once more nothing is new, and what the source says is known.
			if r := put(t, library(t, project), d); r[0].Outcome != Unchanged || read(t, project, r[0].Path) != got {
				t.Errorf("again: %+v\n%s", r[0], read(t, project, r[0].Path))
			}
		})
	}
}

// A conflict is shown once, as the source has it now, and is over when a person
// has removed it.
func TestConflictTwice(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	l := library(t, project)
	d := issue("acme/web", 1, "Title", "Body.")
	path := put(t, l, d)[0].Path
	edit(t, project, path, "Body.", "Mine.")
	edit(t, project, path, "**Status**: Open", "**Status**: Blocked")
	d.Body, d.Item.Status = "Second.\n\nLine.", workers.StatusCompleted
	put(t, l, d)
	d.Body = "Third."
	if r := put(t, l, d); len(r[0].Conflicts) != 1 {
		t.Errorf("%+v", r)
	}
	got := read(t, project, path)
	if strings.Contains(got, "Second.") || strings.Count(got, "> Third.\n") != 1 || strings.Count(got, "> Completed\n") != 1 || strings.Count(got, conflictsKey) != 1 {
		t.Error(got)
	}
	at, end := strings.Index(got, conflictsKey), strings.Index(got, "---\n")
	edit(t, project, path, got[at:end], "")
	d.Title = "New"
	put(t, l, d)
	if got := read(t, project, path); strings.Contains(got, "Conflict") || !strings.Contains(got, ": New\n") || !strings.Contains(got, "\nMine.\n") {
		t.Error(got)
	}
}

// Without the log a story that nobody edited is refreshed, and one that a
// person edited keeps what people write.
func TestWithoutLog(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	l := library(t, project)
	d, e := issue("acme/web", 1, "One", "Body."), issue("acme/web", 2, "Two", "Body.")
	r := put(t, l, d, e)
	edit(t, project, r[1].Path, "Body.", "Mine.")
	check(t, l.Close())
	check(t, os.RemoveAll(filepath.Join(project, filepath.FromSlash(stateDir))))
	for _, d := range []*Draft{&d, &e} {
		d.Body, d.Item.Status, d.Item.Updated = "New.", workers.StatusCompleted, clock
	}
	if got := outcomes(put(t, library(t, project), d, e)); got != "refreshed refreshed" {
		t.Error(got)
	}
	if got := read(t, project, r[0].Path); !strings.Contains(got, "\nNew.\n") {
		t.Error(got)
	}
	if got := read(t, project, r[1].Path); !strings.Contains(got, "\nMine.\n") || !strings.Contains(got, "**Status**: Completed") || strings.Contains(got, "Conflict") {
		t.Error(got)
	}
}

func TestMovedAndDeleted(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	l := library(t, project)
	page := []Draft{issue("acme/web", 1, "One", "a"), issue("acme/web", 2, "Two", "b"), issue("acme/web", 3, "Three", "c")}
	r := put(t, l, page...)
	elsewhere := Dir + "/web/FS-007/us-001-mine.md"
	check(t, os.MkdirAll(filepath.Join(project, filepath.FromSlash(Dir), "web", "FS-007"), 0o755))
	check(t, os.Rename(filepath.Join(project, r[0].Path), filepath.Join(project, elsewhere)))
	check(t, os.Remove(filepath.Join(project, r[1].Path)))
	for i := range page {
		page[i].Body = "new"
	}
	page[2].Item.Deleted = true
	before := read(t, project, r[2].Path)
	r = put(t, library(t, project), page...)
	if got := outcomes(r); got != "refreshed removed gone" || r[0].Path != elsewhere {
		t.Errorf("%+v", r)
	}
	if got := read(t, project, elsewhere); !strings.Contains(got, "\nnew\n") || !strings.Contains(got, "- **Feature ID**: FS-007\n") {
		t.Error(got)
	}
	if read(t, project, r[2].Path) != before {
		t.Error("what is gone at the source was touched")
	}
	check(t, os.RemoveAll(filepath.Join(project, filepath.FromSlash(Dir))))
	page[2].Item.Deleted = false
	if got := outcomes(put(t, library(t, project), page...)); got != "created created created" {
		t.Error(got)
	}
}

// A file of SpecWeave 1.0.593 that nobody touched since it was imported is
// refreshed; one that somebody did keeps what people write.
func TestStoriesOfTheOriginal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		touched     time.Duration
		body, state string
	}{{0, "New.", "Completed"}, {time.Hour, "Body.", "Completed"}} {
		project := t.TempDir()
		d := issue("acme/web", 1, "One", "Body.")
		chunks := render(d, spot{1, "web", "FS-001E", clock}, nil)
		file := strings.TrimSuffix(text(chunks[:len(chunks)-1]), "\n")
		dir := filepath.Join(project, filepath.FromSlash(Dir), "web", "FS-001E")
		check(t, os.MkdirAll(dir, 0o755))
		name := filepath.Join(dir, "us-001e-one.md")
		check(t, os.WriteFile(name, []byte(file), 0o644))
		check(t, os.Chtimes(name, time.Time{}, clock.Add(c.touched)))
		d.Body, d.Item.Status, d.Item.Updated = "New.", workers.StatusCompleted, clock
		r := put(t, library(t, project), d)
		got := read(t, project, r[0].Path)
		if r[0].Outcome != Refreshed || !strings.Contains(got, "\n"+c.body+"\n") || !strings.Contains(got, "**Status**: "+c.state) || strings.Contains(got, "Conflict") {
			t.Errorf("%+v\n%s", r, got)
		}
	}
}

// Labels that stand for a status or a priority are no change of those that a
// person has changed.
func TestLabelled(t *testing.T) {
	t.Parallel()
	for labels, conflict := range map[string]bool{"api in-progress P1": false, "api": false, "web in-progress": true} {
		project := t.TempDir()
		l := library(t, project)
		d := issue("acme/web", 1, "One", "Body.")
		d.Item.Labels = []string{"api", "p2"}
		name := put(t, l, d)[0].Path
		edit(t, project, name, "api, p2", "api, p2, ours")
		d.Item.Labels, d.Item.Updated = strings.Fields(labels), d.Item.Updated.Add(time.Minute)
		r := put(t, l, d)
		if s, err := l.Story(name); err != nil || (len(r[0].Conflicts) > 0) != conflict || !slices.Equal(s.Labels, []string{"api", "p2", "ours"}) {
			t.Errorf("%s: %+v, %+v, %v", labels, r, s, err)
		}
	}
}
