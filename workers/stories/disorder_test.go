package stories

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Files that are not in order are told by their paths, and the others go on.
func TestDisorder(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	l := library(t, project)
	var page []Draft
	for n := range 10 {
		page = append(page, issue("acme/web", n+1, "Title", "Body."))
	}
	r := put(t, l, page...)
	full := func(i int) string { return filepath.Join(project, filepath.FromSlash(r[i].Path)) }
	file := func(i int) string { return read(t, project, r[i].Path) }
	write := func(i int, data string) { check(t, os.WriteFile(full(i), []byte(data), 0o644)) }
	edited := func(i int) string { return strings.Replace(file(i), "Body.", "Mine.", 1) }
	double := strings.Replace(r[0].Path, "us-001e", "us-099e", 1)
	check(t, os.WriteFile(filepath.Join(project, filepath.FromSlash(double)), []byte(file(0)), 0o644))
	write(1, strings.Replace(file(1), "- **External ID**: github#acme/web#2\n", "", 1))
	check(t, os.Rename(full(2), full(2)+".mine"))
	linked := os.Symlink(filepath.Base(full(2))+".mine", full(2)) == nil
	write(3, edited(3)+strings.Repeat(" ", maxFile))
	write(4, strings.ReplaceAll(edited(4), "\n", "\r\n"))
	write(5, "\ufeff"+edited(5))
	write(6, "---\nid: US-007E\ntitle: x\n---\n"+edited(6))
	write(7, strings.Replace(edited(7), "Mine.", "Mine \xff.", 1))
	check(t, os.Remove(full(8)))
	write(9, strings.Replace(file(9), "Body.", "Body.\n\n```\ncode", 1)) // which goes on to the end
	l = library(t, project)
	got := make(map[string]error)
	for s, err := range l.Changed(t.Context(), github, "acme/web") {
		got[s.Path] = err
		if err == nil && (!slices.Equal(s.Changed, []string{KeyBody}) || s.Body != "Mine." || s.Title != "Title") {
			t.Errorf("%+v", s)
		}
	}
	for i, want := range map[int]error{0: ErrDouble, 1: ErrBroken, 2: ErrBroken, 3: ErrBroken, 4: nil, 5: nil, 6: nil, 7: ErrBroken, 9: ErrBroken} {
		err, ok := got[r[i].Path]
		if !linked && i == 2 {
			continue
		}
		if !ok || !errors.Is(err, want) || err != nil && !strings.Contains(err.Error(), r[i].Path) {
			t.Errorf("%s: %v, %t", r[i].Path, err, ok)
		}
		delete(got, r[i].Path)
	}
	if len(got) > 0 {
		t.Errorf("%v as well", got)
	}
	for id := range l.Removed(github, "acme/web") {
		if id != "gh:acme/web#9" {
			t.Errorf("%s is removed", id)
		}
	}
	// Their source changes: those that can be read take it.
	for i := range page {
		page[i].Title = "New"
	}
	put(t, l, page...)
	for _, i := range []int{4, 5, 6} {
		if s, err := l.Story(page[i].Item.ID); err != nil || s.Title != "New" || s.Body != "Mine." {
			t.Errorf("%+v %v", s, err)
		}
	}
	if got := file(4); strings.Count(got, "\n") != strings.Count(got, "\r\n") {
		t.Errorf("%q", got)
	}
	for s, err := range l.New(t.Context()) {
		t.Errorf("new: %+v %v", s, err)
	}
}

// A story that may not be written stays as it is, and the others go on.
func TestReadOnlyStory(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	l := library(t, project)
	page := []Draft{issue("acme/web", 1, "One", "a"), issue("acme/web", 2, "Two", "b")}
	r := put(t, l, page...)
	file := filepath.Join(project, filepath.FromSlash(r[0].Path))
	check(t, os.Chmod(file, 0o444))
	t.Cleanup(func() { _ = os.Chmod(file, 0o644) })
	page[0].Body, page[1].Body = "new", "new"
	r = put(t, l, page...)
	if outcomes(r) != "skipped refreshed" || !strings.Contains(r[0].Note, "read-only") {
		t.Errorf("%+v", r)
	}
	check(t, os.Chmod(file, 0o644))
	if got := outcomes(put(t, l, page...)); got != "refreshed unchanged" {
		t.Error(got)
	}
}

// A file that does not say any more whose it is, as one that is half saved, is
// left alone.
func TestHalfSaved(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	l := library(t, project)
	d := issue("acme/web", 1, "One", "Text.")
	path := filepath.Join(project, filepath.FromSlash(put(t, l, d)[0].Path))
	whole, err := os.ReadFile(path)
	check(t, err)
	d.Title = "Theirs"
	for _, half := range []string{"", string(whole[:len(whole)/2]), strings.Replace(string(whole), "Text.", "```\nText.", 1), strings.Replace(string(whole), "acme/web#1\n", "acme/web#2\n", 1)} {
		check(t, os.WriteFile(path, []byte(half), 0o600))
		if r := put(t, l, d)[0]; r.Outcome != Skipped {
			t.Errorf("%+v", r)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != half {
			t.Errorf("%q %v", got, err)
		}
	}
	check(t, os.WriteFile(path, whole, 0o600))
	if r := put(t, l, d)[0]; r.Outcome != Refreshed {
		t.Errorf("%+v", r)
	}
}
