package stories

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/workers"
)

// After a value was written to the source, the base has it as the file had it,
// whatever the source makes of it.
func TestSent(t *testing.T) {
	t.Parallel()
	for _, key := range fieldKeys {
		for _, raw := range []bool{false, true} {
			t.Run(fmt.Sprint(Name(key), "/", raw), func(t *testing.T) {
				t.Parallel()
				project := t.TempDir()
				l := library(t, project)
				d := full()
				hashes := func(n int) map[string]string {
					if !raw {
						return nil
					}
					return map[string]string{key: hash(fmt.Sprint(n))}
				}
				d.Raw = hashes(0)
				name := put(t, l, d)[0].Path
				_, mine := with(d, key, 1)
				change(t, project, name, key, mine)
				s := different(t, l)
				if s.Version != "v0" || strings.Join(s.Changed, " ") != key {
					t.Errorf("%+v", s)
				}
				answer, _ := with(d, key, 2) // which is not what was sent
				answer.Sent, answer.Item.Version, answer.Item.Updated, answer.Raw = s.Sent(key), "v1", clock, hashes(1)
				put(t, l, answer)
				expect(t, l, project, name, key, mine, false, false)
				if s, err := l.Story(d.Item.ID); err != nil || s.Version != "v1" {
					t.Errorf("%+v %v", s, err)
				}
				put(t, library(t, project), answer) // as after a crash
				answer.Sent = nil
				put(t, l, answer)
				expect(t, l, project, name, key, mine, false, false)
				before := read(t, project, name)
				if r := put(t, l, answer); r[0].Outcome != Unchanged || read(t, project, name) != before {
					t.Errorf("%+v", r)
				}
				// A new edit is one, and so is one of the source.
				other := map[string]string{KeyStatus: "Blocked"}[key]
				change(t, project, name, key, or(other, mine+"x"))
				expect(t, l, project, name, key, or(other, mine+"x"), true, false)
				change(t, project, name, key, mine)
				later, theirs := with(d, key, 0)
				later.Item.Updated, later.Raw = clock.Add(time.Hour), hashes(2)
				put(t, l, later)
				expect(t, l, project, name, key, theirs, false, false)
			})
		}
	}
}

// What a person writes while a value is under way still differs, also if it is
// what was there before.
func TestSentMeanwhile(t *testing.T) {
	t.Parallel()
	for _, key := range fieldKeys {
		for _, n := range []int{0, 2} {
			for _, before := range []bool{true, false} {
				t.Run(fmt.Sprint(Name(key), n, before), func(t *testing.T) {
					t.Parallel()
					project := t.TempDir()
					l := library(t, project)
					d := full()
					name := put(t, l, d)[0].Path
					answer, mine := with(d, key, 1)
					change(t, project, name, key, mine)
					s := different(t, l)
					_, later := with(d, key, n)
					if before {
						change(t, project, name, key, later)
					}
					answer.Sent = s.Sent(key)
					put(t, l, answer)
					if !before {
						change(t, project, name, key, later)
					}
					expect(t, l, project, name, key, later, true, false)
					answer.Sent, answer.Item.Updated = nil, clock
					put(t, l, answer)
					expect(t, l, project, name, key, later, true, false)
				})
			}
		}
	}
}

// A text whose raw form is the same has not changed, whatever it became.
func TestRaw(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	l := library(t, project)
	d := full()
	d.Raw = map[string]string{KeyBody: "1", KeyCriteria: "1"}
	name := put(t, l, d)[0].Path
	before := read(t, project, name)
	other, _ := with(d, KeyBody, 1)
	other, _ = with(other, KeyCriteria, 1)
	if r := put(t, l, other); r[0].Outcome != Unchanged {
		t.Errorf("%+v", r)
	}
	other.Item.Status = workers.StatusCompleted
	put(t, l, other)
	got := read(t, project, name)
	if got == before || strings.Replace(got, "Completed", "Open", 1)[:len(before)-16] != before[:len(before)-16] || !pristine(got, parse(got)) {
		t.Errorf("%s\nbecame\n%s", before, got)
	}
	other.Raw = map[string]string{KeyBody: "2", KeyCriteria: "1"}
	put(t, l, other)
	if got := read(t, project, name); !strings.Contains(got, "Body 1.") || !strings.Contains(got, "c 0") {
		t.Error(got)
	}
}

// What people write in other words is no change.
func TestOtherWords(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	l := library(t, project)
	d := full()
	d.Body, d.Item.Status = "", workers.StatusCompleted
	d.Item.Labels, d.Item.Assignees = []string{"good, first", "bug", "a <b>"}, []string{"Doe, Jane"}
	name := put(t, l, d)[0].Path
	change(t, project, name, KeyStatus, "done")
	change(t, project, name, KeyBody, "")
	change(t, project, name, KeyCriteria, "* [x] one\n* c 0")
	if s := different(t, l); s.Path != "" {
		t.Errorf("%+v", s)
	}
	change(t, project, name, KeyLabels, "good, first, bug, a &lt;b>, x")
	s := different(t, l)
	if !slices.Equal(s.Labels, []string{"good, first", "bug", "a <b>", "x"}) || !slices.Equal(s.Assignees, []string{"Doe, Jane"}) || !slices.Equal(s.Changed, []string{KeyLabels}) {
		t.Errorf("%+v", s)
	}
	for word, want := range map[string]workers.ItemStatus{"in_progress": workers.StatusInProgress, "Pending": workers.StatusOpen, "closed": workers.StatusCompleted, "Blocked": ""} {
		if got, ok := StatusOf(word); got != want || ok != (want != "") {
			t.Errorf("%s is %q", word, got)
		}
	}
}
