package stories

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/specweave/specweave/workers"
)

// lay writes a file below specs and returns its path in the project.
func lay(t *testing.T, project, name, data string) string {
	t.Helper()
	full := filepath.Join(project, filepath.FromSlash(Dir), filepath.FromSlash(name))
	check(t, os.MkdirAll(filepath.Dir(full), 0o755))
	check(t, os.WriteFile(full, []byte(data), 0o644))
	return Dir + "/" + name
}

// ofPerson is a story as SpecWeave writes those of people.
const ofPerson = `---
id: US-004
feature: FS-001
title: "Log in"
status: in_progress
priority: P1
---

# US-004: Log in

**Feature**: [FS-001](./FEATURE.md)

**As a** user
**I want** keys

---

## Acceptance Criteria

- [x] **AC-US4-01**: it works
- [ ] it lasts

---

## Implementation

**Increment**: 0001
`

func made() Draft {
	d := issue("acme/web", 4, "Log in", "**As a** user there")
	d.Criteria = []string{"it works", "it lasts"}
	d.Item.Status, d.Item.Version = workers.StatusOpen, "v1"
	d.Item.Labels = []string{"story"}
	return d
}

func TestAdopt(t *testing.T) {
	t.Parallel()
	for _, lineEnd := range []string{"\n", "\r\n"} {
		project := t.TempDir()
		name := lay(t, project, "web/FS-001/us-004-log-in.md", strings.ReplaceAll(ofPerson, "\n", lineEnd))
		l := library(t, project)
		var found []Story
		for s, err := range l.New(t.Context()) {
			check(t, err)
			found = append(found, s)
		}
		if len(found) != 1 {
			t.Fatalf("%+v", found)
		}
		s := found[0]
		if s.Path != name || s.Number != "US-004" || s.Title != "Log in" || s.Status != "in_progress" || s.Priority != "P1" ||
			s.Body != "**As a** user\n**I want** keys" || !slices.Equal(s.Criteria, []string{"it works", "it lasts"}) {
			t.Errorf("%+v", s)
		}
		d := made()
		d.Sent = s.Sent(KeyTitle, KeyBody, KeyCriteria)
		edit(t, project, name, "it lasts", "it lasts long") // meanwhile
		r, err := l.Adopt(t.Context(), name, d)
		check(t, err)
		if r.ID != d.Item.ID || r.Path != name || r.Outcome != Refreshed {
			t.Errorf("%+v", r)
		}
		got := read(t, project, name)
		if strings.Count(got, "\r\n") != strings.Count(got, "\n") == (lineEnd == "\r\n") {
			t.Errorf("%q", got)
		}
		got = strings.ReplaceAll(got, "\r\n", "\n")
		want := strings.Replace(ofPerson, "it lasts", "it lasts long", 1)
		want = strings.Replace(want, "**As a**", "## Description\n\n**As a**", 1)
		for line := range strings.Lines(want) {
			if !strings.Contains(got, line) {
				t.Errorf("no %q in\n%s", line, got)
			}
		}
		for _, has := range []string{"- **External ID**: github#acme/web#4\n", "- **Labels**: story\n", "- **Feature ID**: FS-001\n", "**Status**: in_progress\n", "**Priority**: P1\n"} {
			if !strings.Contains(got, has) {
				t.Errorf("no %q in\n%s", has, got)
			}
		}
		if strings.Contains(got, "Tasks") {
			t.Error(got)
		}
		for _, l := range []*Library{l, library(t, project)} {
			s := different(t, l)
			if s.ID != d.Item.ID || s.Version != "v1" || !slices.Equal(s.Changed, []string{KeyStatus, KeyPriority, KeyCriteria}) {
				t.Errorf("%+v", s)
			}
			for s, err := range l.New(t.Context()) {
				t.Errorf("still new: %+v %v", s, err)
			}
		}
		before := read(t, project, name)
		_, err = l.Adopt(t.Context(), name, d)
		check(t, err)
		d.Sent = nil
		put(t, l, d)
		if again := read(t, project, name); again != before {
			t.Errorf("%s\nbecame\n%s", before, again)
		}
		d.Body, d.Item.Status = "New.", workers.StatusCompleted
		put(t, l, d)
		if s := different(t, l); s.Body != "New." || !slices.Equal(s.Changed, []string{KeyPriority, KeyCriteria}) || !slices.Equal(s.Conflicts, []string{KeyStatus}) {
			t.Errorf("%+v\n%s", s, read(t, project, name))
		}
	}
}

// A story with nothing but a title can be adopted.
func TestAdoptBare(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"# US-001: x", "# x\n", "\ufeff# US-001: x\n\n---\n\n## Tasks\n\nMine.\n", "---\ntitle: x\n---\n"} {
		project := t.TempDir()
		name := lay(t, project, "web/us-001-x.md", file)
		l := library(t, project)
		s, err := l.Story(name)
		check(t, err)
		d := issue("acme/web", 4, "x", "")
		d.Sent = s.Sent(KeyTitle, KeyBody)
		_, err = l.Adopt(t.Context(), name, d)
		check(t, err)
		if s := different(t, l); s.Path != "" {
			t.Errorf("%q: %+v\n%s", file, s, read(t, project, name))
		}
		before := read(t, project, name)
		d.Item.Version, d.Sent = "v1", nil
		put(t, l, d)
		if got := read(t, project, name); got != before || strings.Contains(got, noBody) {
			t.Errorf("%q\n%q", before, got)
		}
		d.Body = "Body."
		put(t, l, d)
		if got := read(t, project, name); !strings.Contains(got, "## Description\n\nBody.\n") || strings.Contains(got, "Conflict") {
			t.Error(got)
		}
	}
}

func TestAdoptRefuses(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	mine := lay(t, project, "web/FS-001/us-001-mine.md", "# US-001: Mine\n")
	other := lay(t, project, "web/FS-001/us-002-other.md", "# US-002: Other\n")
	linked := lay(t, project, "web/FS-001/us-003-linked.md", "---\ntitle: x\nexternal:\n  github:\n    issue: 4\n---\n")
	lost := lay(t, project, "web/FS-001E/us-004e-lost.md", "# US-004E: Lost\n")
	l := library(t, project)
	d := issue("acme/web", 1, "Mine", "")
	_, err := l.Adopt(t.Context(), mine, d)
	check(t, err)
	two := issue("acme/web", 2, "Two", "")
	for _, c := range []struct {
		path string
		d    Draft
		err  error
	}{
		{mine, two, ErrBroken},
		{Dir + "/web/us-009-none.md", two, fs.ErrNotExist},
		{"README.md", two, ErrNoStory},
		{Dir + "/../../us-1.md", two, ErrNoStory},
		{other, Draft{}, nil},
	} {
		if _, err := l.Adopt(t.Context(), c.path, c.d); err == nil || c.err != nil && !errors.Is(err, c.err) {
			t.Errorf("%s: %v", c.path, err)
		}
	}
	got := make(map[string]error)
	for s, err := range l.New(t.Context()) {
		got[s.Path] = err
	}
	if len(got) != 3 || got[other] != nil || !errors.Is(got[linked], ErrLinked) || !errors.Is(got[lost], ErrBroken) {
		t.Errorf("%v", got)
	}
	_, err = l.Adopt(t.Context(), other, two) // nothing is wrong with the library
	check(t, err)
}

// A story that an import made of an item, before that of which the item was made
// is known, is no second one, unless somebody has written there.
func TestAdoptAfterImport(t *testing.T) {
	t.Parallel()
	for _, edited := range []bool{false, true} {
		project := t.TempDir()
		mine := lay(t, project, "web/FS-001/us-001-mine.md", "# US-001: Mine\n\n**Status**: Open\n")
		l := library(t, project)
		d := issue("acme/web", 1, "Mine", "")
		theirs := put(t, library(t, project), d)[0].Path
		if edited {
			edit(t, project, theirs, noBody, "A word.")
		}
		for range 2 {
			_, err := l.Adopt(t.Context(), mine, d)
			check(t, err)
		}
		if !strings.Contains(read(t, project, mine), "github#acme/web#1") {
			t.Error(read(t, project, mine))
		}
		_, err := os.Lstat(filepath.Join(project, theirs))
		if edited != (err == nil) {
			t.Errorf("edited %v: %v", edited, err)
		}
		for _, l := range []*Library{l, library(t, project)} {
			if s, err := l.Story("gh:acme/web#1"); errors.Is(err, ErrDouble) != edited || !edited && s.Path != mine {
				t.Errorf("edited %v: %s %v", edited, s.Path, err)
			}
		}
	}
}

// Lines that a person wrote below the heading of the metadata stay, and what an
// import needs to see that nobody has edited a story comes last.
func TestAdoptKeepsMetadata(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	path := lay(t, project, "web/FS-001/us-001-mine.md", "# US-001: Mine\n\n## External Metadata\n\n- **Labels**: ours\n")
	l := library(t, project)
	d := issue("acme/web", 1, "Mine", "")
	d.Item.Labels, d.Sent = []string{"theirs"}, map[string]string{}
	_, err := l.Adopt(t.Context(), path, d)
	check(t, err)
	s, err := l.Story("gh:acme/web#1")
	check(t, err)
	if !slices.Equal(s.Labels, []string{"ours"}) || !slices.Contains(s.Changed, KeyLabels) {
		t.Errorf("%+v", s)
	}
	got := strings.Split(strings.TrimSpace(read(t, project, path)), "\n")
	if last := got[len(got)-1]; !strings.HasPrefix(last, "- **Content Hash**: ") {
		t.Errorf("%q", got)
	}
}

func TestArchive(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	l := library(t, project)
	other := library(t, project)
	story := of(jira, "PROJ", "PROJ-3", "Story", "PROJ-1")
	page := []Draft{of(jira, "PROJ", "PROJ-1", "Epic", ""), of(jira, "PROJ", "PROJ-2", "Epic", ""), story, of(jira, "PROJ", "PROJ-4", "Bug", "")}
	was := put(t, l, page...)
	edit(t, project, was[2].Path, noBody, "Mine.")
	for range 2 {
		r, err := l.Archive(t.Context(), "JIRA-PROJ-3")
		check(t, err)
		if r.Path != Dir+"/proj/_archive/FS-001E/us-003e-the-story-proj-3.md" {
			t.Errorf("%+v", r)
		}
	}
	r, err := l.Archive(t.Context(), "PROJ-4")
	if !errors.Is(err, ErrNoStory) {
		t.Errorf("%+v %v", r, err)
	}
	r, err = l.Archive(t.Context(), "jira-proj-4")
	check(t, err)
	if r.Path != Dir+"/proj/_archive/_orphans/"+filepath.Base(was[3].Path) || r.Outcome != Refreshed {
		t.Errorf("%+v", r)
	}
	for s, err := range l.Changed(t.Context(), jira, "PROJ") {
		t.Errorf("%+v %v", s, err)
	}
	page[2].Item.Parent, page[2].Title = "PROJ-2", "New"
	for _, l := range []*Library{other, l, library(t, project)} {
		r := put(t, l, page...)
		if !strings.Contains(r[2].Path, "/_archive/FS-001E/") || !strings.Contains(r[3].Path, "/_archive/_orphans/") {
			t.Errorf("%+v", r)
		}
	}
	if got := read(t, project, Dir+"/proj/_archive/FS-001E/us-003e-the-story-proj-3.md"); !strings.Contains(got, "Mine.") || !strings.Contains(got, ": New\n") {
		t.Error(got)
	}
	lay(t, project, "proj/_archive/FS-001E/"+filepath.Base(was[0].Path), "x")
	if _, err := l.Archive(t.Context(), "JIRA-PROJ-1"); !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
}
