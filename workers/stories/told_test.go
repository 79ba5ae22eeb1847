package stories

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// A listing that is behind shows an item as it was: that is no news.
func TestStale(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	l := library(t, project)
	d := issue("acme/web", 1, "New", "Body.")
	name := put(t, l, d)[0].Path
	old := issue("acme/web", 1, "Old", "Body.")
	old.Item.Updated = d.Item.Updated.Add(-time.Second)
	for range 2 {
		if r := put(t, l, old); r[0].Outcome != Unchanged || r[0].Note == "" {
			t.Errorf("%+v", r)
		}
		l = library(t, project)
	}
	if s, err := l.Story(name); err != nil || s.Title != "New" {
		t.Errorf("%+v, %v", s, err)
	}
	old.Item.Updated = d.Item.Updated // of the same second
	if r := put(t, l, old); r[0].Outcome != Refreshed {
		t.Errorf("%+v", r)
	}
}

// A source that takes a value and has the old one does not count as having it;
// one that has a third has its own form of it.
func TestKept(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, answer string
		kept         bool
	}{{"old", "One", true}, {"third", "TWO", false}} {
		project := t.TempDir()
		l := library(t, project)
		name := put(t, l, issue("acme/web", 1, "One", "Body."))[0].Path
		edit(t, project, name, ": One", ": Two")
		s, err := l.Story(name)
		check(t, err)
		d := issue("acme/web", 1, c.answer, "Body.")
		d.Sent, d.Other = s.Sent(KeyTitle), []string{KeyTitle}
		d.Item.Updated = d.Item.Updated.Add(time.Minute)
		r := put(t, l, d)
		if slices.Contains(r[0].Kept, KeyTitle) != c.kept || r[0].Conflicts != nil {
			t.Errorf("%s: %+v", c.name, r)
		}
		if s, err = l.Story(name); err != nil || s.Title != "Two" || slices.Contains(s.Changed, KeyTitle) != c.kept {
			t.Errorf("%s: %+v, %v", c.name, s, err)
		}
	}
}

// What was made of a value and written takes its place, unless a person has
// changed it since.
func TestBased(t *testing.T) {
	t.Parallel()
	for _, changed := range []bool{false, true} {
		project := t.TempDir()
		l := library(t, project)
		name := put(t, l, issue("acme/web", 1, "One", "Body."))[0].Path
		edit(t, project, name, "Body.", "My body.")
		s, err := l.Story(name)
		check(t, err)
		if changed {
			edit(t, project, name, "My body.", "Another body.")
		}
		d := issue("acme/web", 1, "One", "My body, and more.")
		d.Based = s.Sent(KeyBody)
		r := put(t, l, d)
		if s, err = l.Story(name); err != nil || (len(r[0].Conflicts) > 0) != changed || (s.Body == "My body, and more.") == changed {
			t.Errorf("%+v %+v, %v", r, s, err)
		}
	}
	project := t.TempDir()
	name := lay(t, project, "FS-001/us-001-x.md", "# US-001: One\n\n## Description\n\nMy body.\n")
	l := library(t, project)
	s, err := l.Story(name)
	check(t, err)
	d := issue("acme/web", 1, "One", "My body, and more.")
	d.Sent, d.Based = s.Sent(KeyTitle), s.Sent(KeyBody)
	_, err = l.Adopt(t.Context(), name, d)
	check(t, err)
	if s, err = l.Story("github#acme/web#1"); err != nil || s.Body != "My body, and more." || s.Changed != nil {
		t.Errorf("%+v, %v", s, err)
	}
}

// What a person wrote in a text that something was made of stays as they wrote it,
// and what is new in it fits its section.
func TestOwn(t *testing.T) {
	t.Parallel()
	const mine = "- **Labels**: mine\n\n<!-- a note -->"
	for _, own := range []bool{false, true} {
		project := t.TempDir()
		l := library(t, project)
		name := put(t, l, issue("acme/web", 1, "One", "Body."))[0].Path
		edit(t, project, name, "Body.", mine)
		s, err := l.Story(name)
		check(t, err)
		d := issue("acme/web", 1, "One", mine+"\n\n## More")
		d.Based, d.Own = s.Sent(KeyBody), own
		put(t, l, d)
		if s, err = l.Story(name); err != nil || (s.Body == mine+"\n\n### More") != own {
			t.Errorf("own %v: %+v, %v", own, s, err)
		}
	}
}

// A story whose edit the source has is as if nobody had edited it, also if the
// answer does not tell its comments.
func TestSettledWithComments(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	l := library(t, project)
	d := issue("acme/web", 1, "One", "Body.")
	d.Comments = []Comment{{ID: "1", Author: "ann", Created: clock, Text: "A"}, {ID: "2", Author: "ann", Created: clock, Text: "B"}}
	name := put(t, l, d)[0].Path
	edit(t, project, name, ": One", ": Two")
	s, err := l.Story(name)
	check(t, err)
	answer := issue("acme/web", 1, "Two", "Body.")
	answer.Sent, answer.MoreComments, answer.Comments = s.Sent(KeyTitle), true, nil
	answer.Item.Updated = d.Item.Updated.Add(time.Minute)
	put(t, l, answer)
	before := read(t, project, name)
	answer.Sent, answer.MoreComments, answer.Comments = nil, false, d.Comments
	if r := put(t, l, answer); r[0].Outcome != Unchanged || read(t, project, name) != before {
		t.Errorf("%+v:\n%s\nwas:\n%s", r, read(t, project, name), before)
	}
}

// What becomes of a page is told before anything of it is written, and not at
// all by a preview.
func TestTold(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	l := library(t, project)
	d := issue("acme/web", 1, "One", "Body.")
	r, err := l.Preview(t.Context(), []Draft{d})
	if err != nil || outcomes(r) != "created" || len(tree(t, project)) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	l = library(t, project)
	stop := errors.New("no room")
	_, err = l.WriteTold(t.Context(), []Draft{d}, func(r []Result) error {
		if outcomes(r) != "created" {
			t.Errorf("%+v", r)
		}
		return stop
	})
	if !errors.Is(err, stop) || len(tree(t, project)) != 0 {
		t.Error(err)
	}
	l = library(t, project)
	if got := outcomes(put(t, l, d)); got != "created" {
		t.Error(got)
	}
}

// Where a rule decides it says of what.
func TestOverruled(t *testing.T) {
	t.Parallel()
	for _, rule := range []Rule{Local, Remote} {
		project := t.TempDir()
		l := library(t, project)
		name := put(t, l, issue("acme/web", 1, "One", "Body."))[0].Path
		edit(t, project, name, ": One", ": Mine")
		d := issue("acme/web", 1, "Theirs", "Body.")
		d.Rule = rule
		if r := put(t, l, d); !slices.Equal(r[0].Overruled, []string{KeyTitle}) || r[0].Conflicts != nil {
			t.Errorf("%s: %+v", rule, r)
		}
		if r := put(t, l, d); r[0].Overruled != nil {
			t.Errorf("%s again: %+v", rule, r)
		}
	}
}
