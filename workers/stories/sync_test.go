package stories

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/workers"
)

// fieldKeys are keys but for the comments.
var fieldKeys = slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return k == KeyComments })

// with is a draft with the n-th value of a key, and what a story's file has then.
func with(d Draft, key string, n int) (Draft, string) {
	statuses := []workers.ItemStatus{workers.StatusOpen, workers.StatusInProgress, workers.StatusCompleted}
	switch key {
	case KeyTitle:
		d.Title = fmt.Sprint("Title ", n)
		return d, d.Title
	case KeyStatus:
		d.Item.Status = statuses[n]
		return d, string(d.Item.Status)
	case KeyPriority:
		d.Item.Priority = fmt.Sprint("P", n)
		return d, d.Item.Priority
	case KeyBody:
		d.Body = fmt.Sprintf("Body %d.\n\nMore.", n)
		return d, d.Body
	case KeyCriteria:
		d.Criteria = []string{"one", fmt.Sprint("c ", n)}
		return d, criterionLines(d.Criteria, 1)
	case KeyLabels:
		d.Item.Labels = []string{"a", fmt.Sprint("l", n)}
	case KeyAssignees:
		d.Item.Assignees = []string{fmt.Sprint("ann", n)}
	case KeyParent:
		d.Item.Parent = fmt.Sprint("github#acme/web#9", n)
		return d, d.Item.Parent
	}
	return d, list(map[string][]string{KeyLabels: d.Item.Labels, KeyAssignees: d.Item.Assignees}[key])
}

// full is a draft with something of every key.
func full() Draft {
	d := issue("acme/web", 1, "", "")
	for _, key := range fieldKeys {
		d, _ = with(d, key, 0)
	}
	d.Item.Version = "v0"
	return d
}

// change writes a value into a story's file, as a person would.
func change(t *testing.T, project, name, key, val string) {
	t.Helper()
	chunks := parse(read(t, project, name))
	c := find(chunks, key)
	if c == nil {
		t.Fatalf("no %s", key)
	}
	c.val = val
	check(t, os.WriteFile(filepath.Join(project, filepath.FromSlash(name)), []byte(text(chunks)), 0o644))
}

// the only story that differs.
func different(t *testing.T, l *Library) Story {
	t.Helper()
	var one Story
	for s, err := range l.Changed(t.Context(), github, "acme/web") {
		check(t, err)
		if one.Path != "" {
			t.Errorf("%s as well as %s", s.Path, one.Path)
		}
		one = s
	}
	return one
}

// expect fails unless a story has a value and differs from the base as told.
func expect(t *testing.T, l *Library, project, name, key, val string, changed, conflict bool) {
	t.Helper()
	file := read(t, project, name)
	s := different(t, l)
	want := func(is bool) string {
		if is {
			return key
		}
		return ""
	}
	if got := value(parse(file), key); plain(key, got) != plain(key, val) {
		t.Errorf("%s is %q, not %q", key, got, val)
	}
	if strings.Join(s.Changed, " ") != want(changed) || strings.Join(s.Conflicts, " ") != want(conflict) || strings.Contains(file, conflictsKey) != conflict {
		t.Errorf("changed %q, conflicts %q\n%s", s.Changed, s.Conflicts, file)
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	for _, key := range fieldKeys {
		for _, c := range []struct {
			name         string
			mine, theirs int // 0: as it was
			rule         Rule
			older        bool // the file, than the item
			want         int
			changed      bool
			conflict     bool
		}{
			{"nobody", 0, 0, Mark, false, 0, false, false},
			{"a person", 1, 0, Mark, false, 1, true, false},
			{"a person, remote", 1, 0, Remote, false, 1, true, false},
			{"the source", 0, 2, Mark, false, 2, false, false},
			{"the source, local", 0, 2, Local, false, 2, false, false},
			{"both the same", 1, 1, Mark, false, 1, false, false},
			{"both", 1, 2, Mark, false, 1, false, true},
			{"local", 1, 2, Local, false, 1, true, false},
			{"remote", 1, 2, Remote, false, 2, false, false},
			{"newer here", 1, 2, Newer, false, 1, true, false},
			{"newer there", 1, 2, Newer, true, 2, false, false},
		} {
			t.Run(Name(key)+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				project := t.TempDir()
				l := library(t, project)
				d := full()
				name := put(t, l, d)[0].Path
				_, mine := with(d, key, c.mine)
				if c.mine > 0 {
					change(t, project, name, key, mine)
				}
				now, theirs := with(d, key, c.theirs)
				now.Rule, now.Item.Updated = c.rule, time.Now().Add(-time.Hour)
				if c.older {
					now.Item.Updated = time.Now().Add(time.Hour)
				}
				r := put(t, l, now)
				if (len(r[0].Conflicts) > 0) != c.conflict {
					t.Errorf("%+v", r)
				}
				_, want := with(d, key, c.want)
				expect(t, l, project, name, key, want, c.changed, c.conflict)
				if r := put(t, l, now); r[0].Outcome != Unchanged || r[0].Conflicts != nil {
					t.Errorf("again: %+v", r)
				}
				expect(t, library(t, project), project, name, key, want, c.changed, c.conflict)
				if !c.conflict {
					return
				}
				now.Rule = Remote // which settles what stands
				file := read(t, project, name)
				put(t, l, now)
				expect(t, l, project, name, key, theirs, false, false)
				check(t, os.WriteFile(filepath.Join(project, filepath.FromSlash(name)), []byte(file), 0o644))
				now.Rule = Local
				put(t, l, now)
				expect(t, l, project, name, key, mine, true, false)
				check(t, os.WriteFile(filepath.Join(project, filepath.FromSlash(name)), []byte(file), 0o644))
				at, end := strings.Index(file, conflictsKey), strings.Index(file, "---\n")
				edit(t, project, name, file[at:end], "")
				expect(t, l, project, name, key, mine, true, false)
			})
		}
	}
}

// A story that nobody edited is after a refresh what it would be if it were new.
func TestRefreshedLikeNew(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	draft := func() Draft {
		d := issue("acme/web", 1, "Title", "")
		for _, key := range fieldKeys {
			if random.IntN(2) == 0 {
				d, _ = with(d, key, random.IntN(3))
			}
		}
		d.Comments, d.Sections = []Comment{}, []Section{{"Links", ""}}
		for n := range random.IntN(3) {
			d.Comments = append(d.Comments, say(fmt.Sprint(n), "ann", fmt.Sprint("Text ", random.IntN(2))))
		}
		if random.IntN(2) == 0 {
			d.Sections[0].Text = "- https://example.com/"
		}
		if random.IntN(2) == 0 {
			d.Item.Milestone = "v1"
		}
		return d
	}
	project := t.TempDir()
	l := library(t, project)
	for range 200 {
		d := draft()
		name := put(t, l, d)[0].Path
		want := text(render(d, spot{1, "web", "FS-001E", clock}, nil))
		if diff := cmp.Diff(want, read(t, project, name)); diff != "" {
			t.Fatal(diff)
		}
	}
}
