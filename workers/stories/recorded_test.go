package stories

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recorded is a project as imports left it before the log told of versions, raw
// texts and comments. Two of its stories were edited since.
func recorded(t *testing.T) string {
	t.Helper()
	project := t.TempDir()
	check(t, os.CopyFS(project, os.DirFS(filepath.Join("testdata", "recorded"))))
	check(t, filepath.WalkDir(project, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name) // which git may have given other line ends
		check(t, err)
		return os.WriteFile(name, []byte(strings.ReplaceAll(string(data), "\r\n", "\n")), 0o600)
	}))
	return project
}

// What wrote the log does not matter: people's edits are seen, the first page
// changes no file, and comments are known from then on.
func TestRecordedLog(t *testing.T) {
	t.Parallel()
	project := recorded(t)
	l := library(t, project)
	changes := func() string {
		t.Helper()
		var all []string
		for s, err := range l.Changed(t.Context(), github, "acme/web") {
			check(t, err)
			all = append(all, s.Number+" "+strings.Join(append(slices.Concat(s.Changed, s.Conflicts), s.Removed...), " "))
		}
		return strings.Join(all, ", ")
	}
	const edits = "US-002E Status, US-003E ## Description"
	// The person wrote "done" for Open, and "Find most." for "Find all.".
	if got := changes(); got != edits {
		t.Error(got)
	}
	if tasks := l.tasks("ado-10"); len(tasks) != 1 {
		t.Errorf("%+v", tasks)
	}
	alice, bob := Comment{ID: "1", Author: "alice", Text: "Hello."}, Comment{ID: "2", Author: "bob", Text: "Yes."}
	for i, at := range []string{"2026-01-02T15:04:05.000Z", "2026-01-03T15:04:05.000Z"} {
		check(t, []*Comment{&alice, &bob}[i].Created.UnmarshalText([]byte(at)))
	}
	one := issue("acme/web", 1, "Log in", "As a user I want keys.")
	one.Item.Priority, one.Item.Labels, one.Criteria = "P1", []string{"auth", "p1"}, []string{"it works", "it lasts"}
	two, three := issue("acme/web", 2, "Crash", ""), issue("acme/web", 3, "Search", "Find all.")
	page := []Draft{one, two, three}
	for i := range page {
		page[i].Comments, page[i].Item.Version = []Comment{alice, bob}, "v1"
		page[i].Raw = map[string]string{KeyBody: "b", KeyCriteria: "c"}
	}
	page[1].Comments = nil
	before := tree(t, project)
	if got := outcomes(put(t, l, page...)); got != "unchanged unchanged unchanged" {
		t.Error(got)
	}
	if d := cmp.Diff(before, tree(t, project)); d != "" {
		t.Error(d)
	}
	if got := changes(); got != edits {
		t.Error(got)
	}
	s, err := l.Story(one.Item.ID)
	check(t, err)
	if s.Version != "v1" || len(s.Comments) != 2 || s.Comments[1].ID != "2" || s.Comments[1].Changed {
		t.Errorf("%+v", s)
	}
	l = library(t, project)
	for id, e := range l.x.entries {
		if strings.HasPrefix(id, "gh:") && l.log.base(e.was)[versionKey] != "v1" {
			t.Errorf("%s: %+v", id, e)
		}
	}
}

// The first page may change comments of such a project.
func TestRecordedComments(t *testing.T) {
	t.Parallel()
	project := recorded(t)
	l := library(t, project)
	name, _ := l.Path("github#acme/web#3")
	edit(t, project, name, "Yes.", "No.")
	for i, n := range []int{1, 3} {
		d := issue("acme/web", n, []string{"Log in", "Search"}[i], "New.")
		alice := Comment{ID: "1", Author: "alice", Text: "Hello again."}
		check(t, alice.Created.UnmarshalText([]byte("2026-01-02T15:04:05.000Z")))
		bob := Comment{ID: "2", Author: "bob", Text: "Yes."}
		check(t, bob.Created.UnmarshalText([]byte("2026-01-03T15:04:05.000Z")))
		d.Comments = []Comment{alice, bob}
		r := put(t, l, d)
		got := discussed(t, project, r[0].Path)
		// Who edited the section may have edited each of its comments.
		want := []string{"### alice\n\nHello again.\n\n### bob\n\nYes.", "### alice\n\nHello.\n\n### bob\n\nNo."}[i]
		if got != want || slices.Contains(r[0].Conflicts, KeyComments) != (n == 3) {
			t.Errorf("%+v\n%s", r, got)
		}
	}
}
