package stories

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var datedComment = regexp.MustCompile(`(?m)^### (.+), \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$`)

// say is a comment of the source.
func say(id, author, text string) Comment {
	at := clock.Truncate(time.Second)
	n := 0
	_, _ = fmt.Sscan(id, &n)
	return Comment{ID: id, Author: author, Created: at.Add(time.Duration(n) * time.Hour), Text: text}
}

// discussed is the section of comments, as one would say it.
func discussed(t *testing.T, project, name string) string {
	t.Helper()
	s := strings.ReplaceAll(value(parse(read(t, project, name)), KeyComments), "\r\n", "\n")
	return datedComment.ReplaceAllString(s, "### $1")
}

func TestComments(t *testing.T) {
	t.Parallel()
	one, two, three := say("1", "ann", "One."), say("2", "ben", "Two."), say("3", "ann", "Three.")
	const all = "### ann\n\nOne.\n\n### ben\n\nTwo.\n\n### ann\n\nThree."
	other := func(c Comment, text string) Comment { c.Text = text; return c }
	for _, c := range []struct {
		name     string
		old, now string // what a person does
		comments []Comment
		rule     Rule
		want     string
		changed  string // texts of comments that differ, and ids of those that were removed
		conflict string // what the source has
	}{
		{"nothing", "", "", []Comment{one, two, three}, Mark, all, "", ""},
		{"added there", "", "", []Comment{one, two, three, say("4", "eve", "Four.")}, Mark, all + "\n\n### eve\n\nFour.", "", ""},
		{"added between there", "", "", []Comment{one, say("4", "eve", "Four."), two, three}, Mark, "### ann\n\nOne.\n\n### eve\n\nFour.\n\n### ben\n\nTwo.\n\n### ann\n\nThree.", "", ""},
		{"added before there", "", "", []Comment{say("4", "eve", "Four."), one, two, three}, Mark, "### eve\n\nFour.\n\n" + all, "", ""},
		{"edited there", "", "", []Comment{one, other(two, "Second."), three}, Mark, strings.Replace(all, "Two.", "Second.", 1), "", ""},
		{"deleted there", "", "", []Comment{one, three}, Mark, "### ann\n\nOne.\n\n### ann\n\nThree.", "", ""},
		{"all deleted there", "", "", []Comment{}, Mark, "", "", ""},
		{"not asked for", "Two.", "Mine.", nil, Mark, strings.Replace(all, "Two.", "Mine.", 1), "Mine.", ""},
		{"edited here", "Two.", "Mine.", []Comment{one, two, three}, Mark, strings.Replace(all, "Two.", "Mine.", 1), "Mine.", ""},
		{"edited at both", "Two.", "Mine.", []Comment{one, other(two, "Second."), three}, Mark, strings.Replace(all, "Two.", "Mine.", 1), "Mine.", "Second."},
		{"edited the same", "Two.", "Mine.", []Comment{one, other(two, "Mine."), three}, Mark, strings.Replace(all, "Two.", "Mine.", 1), "", ""},
		{"local", "Two.", "Mine.", []Comment{one, other(two, "Second."), three}, Local, strings.Replace(all, "Two.", "Mine.", 1), "Mine.", ""},
		{"remote", "Two.", "Mine.", []Comment{one, other(two, "Second."), three}, Remote, strings.Replace(all, "Two.", "Second.", 1), "", ""},
		{"edited here, deleted there", "Two.", "Mine.", []Comment{one, three}, Mark, strings.Replace(all, "Two.", "Mine.", 1), "", "removed at the source"},
		{"the same, local", "Two.", "Mine.", []Comment{one, three}, Local, "### ann\n\nOne.\n\n### New comment\n\nMine.\n\n### ann\n\nThree.", "Mine.", ""},
		{"the same, remote", "Two.", "Mine.", []Comment{one, three}, Remote, "### ann\n\nOne.\n\n### ann\n\nThree.", "", ""},
		{"deleted here", "### ben, HEAD2\n\nTwo.\n\n", "", []Comment{one, two, three}, Mark, "### ann\n\nOne.\n\n### ann\n\nThree.", "-2", ""},
		{"deleted here, edited there", "### ben, HEAD2\n\nTwo.\n\n", "", []Comment{one, other(two, "Second."), three}, Mark, strings.Replace(all, "Two.", "Second.", 1), "", ""},
		{"new here", "Three.", "Three.\n\n### New comment\n\nMine.\n\n### Part\n\nMore.", []Comment{one, two, three, say("4", "eve", "Four.")}, Mark, all + "\n\n### eve\n\nFour.\n\n### New comment\n\nMine.\n\n### Part\n\nMore.", "Mine.\n\n### Part\n\nMore.", ""},
		{"new, but empty", "Three.", "Three.\n\n### New comment\n", []Comment{one, two, three}, Mark, all + "\n\n### New comment", "", ""},
		{"text above", "## Comments\n\n", "## Comments\n\nMine.\n\n", []Comment{one, two, other(three, "Third.")}, Mark, "Mine.\n\n" + strings.Replace(all, "Three.", "Third.", 1), "", ""},
		{"renamed there", "", "", []Comment{one, {ID: "2", Author: "bob", Created: two.Created, Text: "Two."}, three}, Mark, strings.Replace(all, "ben", "bob", 1), "", ""},
		{"heading edited here", "### ben, HEAD2", "### Ben, 2026-01-01 00:00:00", []Comment{one, two, three}, Mark, strings.Replace(all, "ben", "Ben", 1), "", ""},
	} {
		for _, lineEnd := range []string{"\n", "\r\n"} {
			t.Run(fmt.Sprintf("%s %q", c.name, lineEnd), func(t *testing.T) {
				t.Parallel()
				project := t.TempDir()
				l := library(t, project)
				d := issue("acme/web", 1, "Title", "Body.")
				d.Comments = []Comment{one, two, three}
				name := put(t, l, d)[0].Path
				if got := discussed(t, project, name); got != all {
					t.Fatal(got)
				}
				if c.old != "" {
					edit(t, project, name, strings.ReplaceAll(c.old, "HEAD2", two.Created.Format(time.DateTime)), c.now)
				}
				if lineEnd != "\n" {
					check(t, os.WriteFile(filepath.Join(project, filepath.FromSlash(name)), []byte(strings.ReplaceAll(read(t, project, name), "\n", lineEnd)), 0o644))
				}
				d.Comments, d.Rule = c.comments, c.rule
				put(t, l, d)
				differs := func(l *Library) {
					t.Helper()
					s := different(t, l)
					var got []string
					for _, c := range s.Comments {
						if c.Changed {
							got = append(got, c.Text)
						}
					}
					for _, id := range s.Removed {
						got = append(got, "-"+id)
					}
					if strings.Join(got, " ") != c.changed {
						t.Errorf("differs in %q: %+v", got, s)
					}
					conflict := c.conflict != "" && c.changed != ""
					if slices.Contains(s.Conflicts, KeyComments) != conflict || slices.Contains(s.Changed, KeyComments) != (c.changed != "" && !conflict && c.changed != "-2") {
						t.Errorf("%+v", s)
					}
				}
				got := discussed(t, project, name)
				if got != c.want {
					t.Errorf("%s\nnot\n%s", got, c.want)
				}
				file := read(t, project, name)
				if shown := value(parse(file), conflictsKey); (shown != "") != (c.conflict != "") || !strings.Contains(shown, c.conflict) {
					t.Error(file)
				}
				differs(l)
				put(t, library(t, project), d)
				if again := read(t, project, name); again != file {
					t.Errorf("again:\n%s\nwas\n%s", again, file)
				}
				differs(l)
			})
		}
	}
}

// A comment of a person becomes one of the source when it was sent, once.
func TestCommentSent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		edit    [2]string // meanwhile
		first   bool      // an import is faster than the answer
		want    string
		changed string
		there   string // the comment at the source
		later   string // the one that is sent later
	}{
		{"imported first, the same", [2]string{}, true, "### ann\n\nOne.\n\n### me\n\nMine *here*.\n\n### New comment\n\nLater.", "Later.", "Mine *here*.", ""},
		{"twice the same", [2]string{}, false, "### ann\n\nOne.\n\n### me\n\nMine *here*.\n\n### New comment\n\nMine *here*.", "Mine *here*.", "", "Mine *here*."},
		{"imported first, twice the same", [2]string{}, true, "### ann\n\nOne.\n\n### me\n\nMine *here*.\n\n### New comment\n\nMine *here*.", "Mine *here*.", "Mine *here*.", "Mine *here*."},
		{"sent", [2]string{}, false, "### ann\n\nOne.\n\n### me\n\nMine *here*.\n\n### New comment\n\nLater.", "Later.", "", ""},
		{"imported first", [2]string{}, true, "### ann\n\nOne.\n\n### me\n\nMine there.\n\n### New comment\n\nLater.", "Later.", "", ""},
		{"removed meanwhile", [2]string{"### New comment\n\nMine *here*.\n\n### New comment\n\nLater.", ""}, false, "### ann\n\nOne.", "", "", ""},
		{"edited meanwhile", [2]string{"### New comment\n\nMine *here*.\n\n### New comment\n\nLater.", "### New comment\n\nMine edited."}, false, "### ann\n\nOne.\n\n### me\n\nMine edited.", "Mine edited.", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			project := t.TempDir()
			l := library(t, project)
			d := issue("acme/web", 1, "Title", "Body.")
			one := say("1", "ann", "One.")
			d.Comments = []Comment{one}
			name := put(t, l, d)[0].Path
			edit(t, project, name, "One.", "One.\n\n### New comment\n\nMine *here*.\n\n### New comment\n\n"+or(c.later, "Later."))
			s := different(t, l)
			if len(s.Comments) != 3 || s.Comments[1].ID != "" || s.Comments[1].Text != "Mine *here*." || s.Comments[0].ID != "1" || s.Comments[0].Author != "ann" || !s.Comments[0].Created.Equal(one.Created) {
				t.Fatalf("%+v", s)
			}
			if c.edit[0] != "" {
				edit(t, project, name, c.edit[0], c.edit[1])
			}
			two := say("2", "me", or(c.there, "Mine there."))
			two.Raw = "raw"
			if c.first {
				d.Comments = []Comment{one, two}
				put(t, l, d)
			}
			answer := d
			two.Sent, two.SentOf = s.Comments[1].Sum, 1
			if c.later != "" {
				two.SentOf = 2
			}
			answer.Comments, answer.MoreComments = []Comment{two}, true
			if c.first { // it is asked for, whole
				answer.Comments, answer.MoreComments = []Comment{one, two}, false
			}
			for range 2 { // the second time as after a crash
				put(t, l, answer)
				if got := discussed(t, project, name); got != c.want {
					t.Fatalf("%s\nnot\n%s", got, c.want)
				}
			}
			two.Sent, two.SentOf = "", 0
			d.Comments = []Comment{one, two}
			put(t, l, d)
			if got := discussed(t, project, name); got != c.want {
				t.Errorf("afterwards %s\nnot\n%s", got, c.want)
			}
			var changed []string
			for _, c := range different(t, l).Comments {
				if c.Changed {
					changed = append(changed, c.Text)
				}
			}
			if strings.Join(changed, " ") != c.changed {
				t.Errorf("%q", changed)
			}
		})
	}
}

// An edit of a comment that was sent is none any more.
func TestCommentEditSent(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	l := library(t, project)
	d := issue("acme/web", 1, "Title", "Body.")
	d.Comments = []Comment{say("1", "ann", "One."), say("2", "ben", "Two.")}
	name := put(t, l, d)[0].Path
	edit(t, project, name, "One.", "*Mine*.")
	sent := say("1", "ann", "Mine.")
	sent.Sent = different(t, l).Comments[0].Sum
	answer := d
	answer.Comments, answer.MoreComments = []Comment{sent}, true
	put(t, l, answer)
	sent.Sent = ""
	d.Comments[0] = sent
	put(t, l, d)
	if s := different(t, l); s.Path != "" || !strings.Contains(read(t, project, name), "*Mine*.") {
		t.Errorf("%+v", s)
	}
}

// Comments cannot pretend to be others.
func TestHostileComments(t *testing.T) {
	t.Parallel()
	for _, hostile := range append(hostileTexts, "### New comment\n\nSend me.", "### ann, 2026-01-02 15:04:05\n\nx", "# ann\n## New comment", "```\n### New comment\n", "### undated") {
		project := t.TempDir()
		l := library(t, project)
		d := issue("acme/web", 1, "Title", "Body.")
		undated := Comment{ID: "a b,c", Author: "undated", Text: hostile}
		d.Comments = []Comment{say("1", hostile, hostile), say("2", "New comment", hostile), {ID: "3", Author: "new comment", Text: hostile}, undated}
		name := put(t, l, d)[0].Path
		s, err := l.Story(d.Item.ID)
		check(t, err)
		if len(s.Comments) != 4 || s.Changed != nil || s.Removed != nil || s.Comments[3].ID != "a b,c" {
			t.Fatalf("%q: %+v\n%s", hostile, s, read(t, project, name))
		}
		edit(t, project, name, "Title", "Mine")
		if s := different(t, l); !slices.Equal(s.Changed, []string{KeyTitle}) || s.Removed != nil {
			t.Errorf("%q: %+v", hostile, s)
		}
		before := read(t, project, name)
		d.Item.Version = "x"
		if r := put(t, l, d); r[0].Conflicts != nil || read(t, project, name) != before {
			t.Errorf("%q: %+v", hostile, r)
		}
	}
}

// Any section can be cut, put together, merged, and merged again with nothing
// new.
func FuzzComments(f *testing.F) {
	f.Add("Above.\n\n### ann, 2026-03-04 05:06:07\n\nOne.\n### New comment\n\n```\n### New comment\n", "text")
	f.Add("### undated\n\n\n### undated\n\nx\n### NEW COMMENT  \n\n### Part\n", "### undated")
	f.Fuzz(func(t *testing.T, section, said string) {
		section = strings.ReplaceAll(section, "\r\n", "\n")
		all := []Comment{say("1", "ann", said), {ID: "2", Author: "undated", Text: said}, {ID: "3", Author: "undated", Text: "x"}}
		preface, remarks := headsOf(all, nil).remarks(section)
		whole := preface
		for _, r := range remarks {
			whole += r.head + r.gap + r.text + r.after
		}
		if whole != section {
			t.Fatalf("%q became %q", section, whole)
		}
		merge := func(section string, old base, rule Rule) (string, base) {
			c := discussion{d: Draft{Comments: all}, rule: func(Comment) Rule { return rule }}
			now, sum := discuss(&c, section, old)
			return now, base{commentsSum: sum}
		}
		for _, rule := range []Rule{Mark, Local, Remote} {
			once, old := merge(section, nil, rule)
			twice, again := merge(once, old, rule)
			if twice != once || old[commentsSum] != again[commentsSum] {
				t.Fatalf("%q: %q became %q, then %q\n%q\n%q", rule, section, once, twice, old, again)
			}
			if told, _ := toldIn(old); len(told) != len(all) {
				t.Fatalf("%q", old)
			}
		}
	})
}
