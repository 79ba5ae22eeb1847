package stories

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/workers"
)

var clock = time.Date(2026, 3, 4, 5, 6, 7, 89e6, time.UTC)

func now() time.Time { return clock }

// library opens the stories of a project, which it closes at the end.
func library(t *testing.T, project string) *Library {
	t.Helper()
	l, err := Open(t.Context(), project, Options{Now: now})
	check(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// issue is one of a repository on GitHub.
func issue(repo string, n int, title, body string) Draft {
	return Draft{
		Item: workers.Item{
			Platform: github, Source: repo, ID: fmt.Sprintf("github#%s#%d", repo, n), Number: fmt.Sprint(n),
			URL: fmt.Sprintf("https://github.com/%s/issues/%d", repo, n), Status: workers.StatusOpen,
			Created: clock.Add(-48 * time.Hour), Updated: clock.Add(-24 * time.Hour),
		},
		Title: title, Body: body,
	}
}

func of(platform, source, id, kind, parent string) Draft {
	return Draft{Item: workers.Item{
		Platform: platform, Source: source, ID: id, Number: strings.TrimPrefix(id, "ADO-"), URL: "https://tracker.example/" + id,
		Type: kind, Parent: parent, Status: workers.StatusOpen, Created: clock, Updated: clock,
	}, Title: "The " + kind + " " + id}
}

func put(t *testing.T, l *Library, drafts ...Draft) []Result {
	t.Helper()
	r, err := l.Write(t.Context(), drafts)
	check(t, err)
	return r
}

func outcomes(results []Result) string {
	var all []string
	for _, r := range results {
		all = append(all, string(r.Outcome))
	}
	return strings.Join(all, " ")
}

// tree is the files below a directory, by path.
func tree(t *testing.T, project string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	dir := filepath.Join(project, filepath.FromSlash(Dir))
	check(t, filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(p)
		rel, _ := filepath.Rel(dir, p)
		files[filepath.ToSlash(rel)] = string(data)
		return err
	}))
	return files
}

func read(t *testing.T, project, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(project, filepath.FromSlash(name)))
	check(t, err)
	return string(data)
}

func edit(t *testing.T, project, name, old, now string) {
	t.Helper()
	s := read(t, project, name)
	if !strings.Contains(s, old) {
		t.Fatalf("%s has no %q:\n%s", name, old, s)
	}
	check(t, os.WriteFile(filepath.Join(project, filepath.FromSlash(name)), []byte(strings.Replace(s, old, now, 1)), 0o644))
}

func TestStoryFile(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	d := issue("acme/web", 12, "Log in with a key", "As a user\r\nI want keys.\n")
	d.Item.Priority, d.Item.Labels = "P1", []string{"auth", "p1 <x> {y}"}
	d.Criteria = []string{"it works", "it lasts"}
	r := put(t, library(t, project), d)
	want := `# US-001E: Log in with a key

**Origin**: 🔗 [GitHub #12](https://github.com/acme/web/issues/12)
**Project**: acme/web

**Status**: Open
**Priority**: P1

## Description

As a user
I want keys.

## Acceptance Criteria

- [ ] **AC-US-001-01**: it works
- [ ] **AC-US-001-02**: it lasts

## Tasks

> **Note**: This User Story was imported from an external tool.
> Create an increment to implement this user story, then tasks will sync here.

---

## External Metadata

- **External ID**: github#acme/web#12
- **External URL**: https://github.com/acme/web/issues/12
- **Platform**: github
- **Imported At**: 2026-03-04T05:06:07.089Z
- **Created At**: 2026-03-02T05:06:07.089Z
- **Updated At**: 2026-03-03T05:06:07.089Z
- **Labels**: auth, p1 &lt;x> &#123;y}
- **Source Repository**: acme/web
- **Feature ID**: FS-001E
- **Content Hash**: `
	got := read(t, project, r[0].Path)
	if got[:len(got)-16] != want {
		t.Error(cmp.Diff(want, got))
	}
	if r[0].Path != Dir+"/web/FS-001E/us-001e-log-in-with-a-key.md" || r[0].Outcome != Created {
		t.Errorf("%+v", r)
	}
	if !pristine(got, parse(got)) {
		t.Error("a new story counts as edited")
	}
	feature := tree(t, project)["web/FS-001E/FEATURE.md"]
	if !strings.HasPrefix(feature, "---\nid: FS-001E\ntitle: \"Feature: acme/web External Items\"\norigin: external\nsource: github\nsource_repo: acme/web\n") {
		t.Error(feature)
	}
}

// A second import writes nothing; what changed at the source is refreshed.
func TestRefresh(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	page := []Draft{issue("acme/web", 1, "One", "first"), issue("acme/web", 2, "Two", "second"), issue("acme/web", 3, "Three", "third")}
	put(t, library(t, project), page...)
	before := tree(t, project)
	l := library(t, project)
	if got := outcomes(put(t, l, page...)); got != "unchanged unchanged unchanged" {
		t.Error(got)
	}
	if d := cmp.Diff(before, tree(t, project)); d != "" {
		t.Error(d)
	}
	page[1].Body, page[1].Item.Status = "changed", workers.StatusCompleted
	r := put(t, l, page...)
	if got := outcomes(r); got != "unchanged refreshed unchanged" {
		t.Error(got)
	}
	got := read(t, project, r[1].Path)
	if !strings.Contains(got, "\nchanged\n") || !strings.Contains(got, "**Status**: Completed") || !pristine(got, parse(got)) {
		t.Error(got)
	}
	if got := outcomes(put(t, library(t, project), page...)); got != "unchanged unchanged unchanged" {
		t.Error(got)
	}
}

// Everything that lies below nothing is an orphan; the rest is where its parent
// is, whatever came first.
func TestHierarchy(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	l := library(t, project)
	put(t, l, of(jira, "PROJ", "PROJ-5", "Story", ""), of(jira, "PROJ", "PROJ-3", "Story", "PROJ-2"), of(jira, "PROJ", "PROJ-2", "Epic", ""))
	put(t, l, of(jira, "PROJ", "PROJ-9", "Story", "PROJ-8"), of(jira, "PROJ", "PROJ-6", "Sub-task", "PROJ-3"), of(jira, "PROJ", "PROJ-7", "Sub-task", "PROJ-5"))
	awaiting := tree(t, project)["proj/FS-002E/FEATURE.md"]
	l = library(t, project)
	put(t, l, of(jira, "PROJ", "PROJ-8", "Epic", ""), of(jira, "PROJ", "PROJ-10", "Story", "PROJ-8"))
	put(t, l, of(jira, "PROJ", "PROJ-12", "Sub-task", "PROJ-11"), of(jira, "PROJ", "PROJ-11", "Story", ""))
	files := tree(t, project)
	for _, name := range []string{
		"proj/FS-001E/FEATURE.md", "proj/FS-001E/us-001e-the-epic-proj-2.md", "proj/FS-001E/us-003e-the-story-proj-3.md",
		"proj/FS-001E/us-005e-the-sub-task-proj-6.md", "proj/_orphans/README.md", "proj/_orphans/us-002e-the-story-proj-5.md",
		"proj/_orphans/us-006e-the-sub-task-proj-7.md", "proj/FS-002E/FEATURE.md", "proj/FS-002E/us-004e-the-story-proj-9.md",
		"proj/FS-002E/us-007e-the-epic-proj-8.md", "proj/FS-002E/us-008e-the-story-proj-10.md",
		"proj/FS-003E/FEATURE.md", "proj/FS-003E/us-009e-the-sub-task-proj-12.md", "proj/FS-003E/us-010e-the-story-proj-11.md",
	} {
		if _, ok := files[name]; !ok {
			t.Errorf("no %s", name)
		}
		delete(files, name)
	}
	for name := range files {
		t.Errorf("%s as well", name)
	}
	if !strings.Contains(awaiting, `title: "Feature: JIRA-PROJ-8"`) || !strings.Contains(awaiting, "external_id: JIRA-PROJ-8\n") {
		t.Error(awaiting)
	}
	if now := read(t, project, Dir+"/proj/FS-002E/FEATURE.md"); !strings.Contains(now, `title: "Epic: The Epic PROJ-8"`) {
		t.Error(now)
	}
	if got := read(t, project, Dir+"/proj/_orphans/us-002e-the-story-proj-5.md"); !strings.Contains(got, "- **Feature ID**: _orphans\n- **Orphan**: true (no parent in external tool)\n") {
		t.Error(got)
	}
}

// Tasks of Azure DevOps are lines of the story they belong to, whatever came
// first and whether it was written already.
func TestTasks(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	l := library(t, project)
	story := of(ado, "acme/Web", "ADO-10", "User Story", "")
	story.Item.AreaPath = `Web\Front End`
	later := of(ado, "acme/Web", "ADO-12", "Task", "ADO-10")
	if got := outcomes(put(t, l, of(ado, "acme/Web", "ADO-11", "Task", "ADO-10"))); got != "listed" {
		t.Error(got)
	}
	r := put(t, l, story)
	if !strings.Contains(r[0].Path, "/web/front-end/_orphans/") {
		t.Error(r[0].Path)
	}
	put(t, l, later, of(ado, "acme/Web", "ADO-13", "Task", ""))
	l = library(t, project)
	later.Item.Status = workers.StatusCompleted
	put(t, l, later)
	got := read(t, project, r[0].Path)
	if !strings.Contains(got, "## Tasks\n\n- [ ] **T-001**: The Task ADO-11\n- [x] **T-002**: The Task ADO-12\n\n---\n") {
		t.Error(got)
	}
	if !pristine(got, parse(got)) {
		t.Error("a story counts as edited when its tasks change")
	}
	story.Body = "changed"
	if got := outcomes(put(t, l, story, later)); got != "refreshed unchanged" && got != "refreshed listed" {
		t.Error(got)
	}
	if got := outcomes(put(t, library(t, project), story)); got != "unchanged" {
		t.Error(got)
	}
}

func TestEpics(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	l, err := Open(t.Context(), project, Options{Epics: []string{"Capability"}, Now: now})
	check(t, err)
	defer l.Close()
	put(t, l, of(ado, "acme/Web", "ADO-1", "Capability", ""), of(ado, "acme/Web", "ADO-2", "Epic", "ADO-1"), of(ado, "acme/Web", "ADO-3", "Feature", "ADO-2"), of(ado, "acme/Web", "ADO-4", "Bug", "ADO-3"))
	files := tree(t, project)
	if got := files["web/default/_epics/EP-001E/EPIC.md"]; !strings.Contains(got, "title: \"The Capability ADO-1\"\ntype: epic\n") {
		t.Errorf("%q", got)
	}
	for _, name := range []string{"FS-001E/us-001e-the-capability-ado-1.md", "FS-002E/us-002e-the-epic-ado-2.md", "FS-002E/us-003e-the-feature-ado-3.md", "FS-002E/us-004e-the-bug-ado-4.md"} {
		if _, ok := files["web/default/"+name]; !ok {
			t.Errorf("no %s", name)
		}
	}
	if got := files["web/default/FS-002E/FEATURE.md"]; !strings.Contains(got, "epic_id: EP-001E") {
		t.Error(got)
	}
}

// A story follows its item to another parent, with what a person wrote in it,
// unless a person has put it elsewhere.
func TestParentChanges(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	story := of(jira, "PROJ", "PROJ-3", "Story", "")
	page := []Draft{of(jira, "PROJ", "PROJ-1", "Epic", ""), of(jira, "PROJ", "PROJ-2", "Epic", ""), story}
	l := library(t, project)
	was := put(t, l, page...)[2].Path
	edit(t, project, was, "No description provided.", "Mine.")
	page[2].Item.Parent = "PROJ-2"
	r := put(t, l, page...)[2]
	got := read(t, project, r.Path)
	if r.Path != Dir+"/proj/FS-002E/us-003e-the-story-proj-3.md" || r.Outcome != Refreshed || !strings.Contains(r.Note, "_orphans") {
		t.Errorf("%+v", r)
	}
	if !strings.Contains(got, "\nMine.\n") || !strings.Contains(got, "- **Feature ID**: FS-002E\n- **Parent ID**: JIRA-PROJ-2\n") || strings.Contains(got, "Orphan") {
		t.Error(got)
	}
	if _, err := os.Stat(filepath.Join(project, was)); err == nil {
		t.Error("it is in both places")
	}
	l = library(t, project)
	if got := outcomes(put(t, l, page...)); got != "unchanged unchanged unchanged" {
		t.Error(got)
	}
	mine := filepath.Join(project, filepath.FromSlash(Dir), "proj", "FS-009")
	check(t, os.Mkdir(mine, 0o755))
	check(t, os.Rename(filepath.Join(project, r.Path), filepath.Join(mine, "us-003e-x.md")))
	page[2].Item.Parent = "PROJ-1"
	if r := put(t, library(t, project), page...)[2]; r.Path != Dir+"/proj/FS-009/us-003e-x.md" || r.Outcome != Refreshed {
		t.Errorf("%+v", r)
	}
}
