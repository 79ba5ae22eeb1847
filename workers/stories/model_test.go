package stories

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// model is what a story and its item should say of one key: values are numbers,
// see [with].
type model struct {
	mine, theirs, base int
	lossy              bool // the source gives another text than it was sent
	shown              bool // the story shows a conflict
}

// pull is the reference of a merge.
func (m *model) pull(rule Rule) {
	changed := m.theirs != m.base
	contested := m.shown && rule != Mark
	switch {
	case m.mine == m.theirs:
		m.shown = false
	case changed && m.mine == m.base, (changed || contested) && rule == Remote:
		m.mine, m.shown = m.theirs, false
	case (changed || contested) && rule == Local:
		m.shown = false
	case changed:
		m.shown = true
	}
	m.base = m.theirs
}

// history is a story, its item and their models.
type history struct {
	t       *testing.T
	r       *rand.Rand
	project string
	name    string
	l       *Library
	m       map[string]*model
	version int
	did     []string
}

// item is what the source says.
func (h *history) item() Draft {
	d := issue("acme/web", 1, "", "")
	d.Raw = make(map[string]string)
	for _, key := range fieldKeys {
		m := h.m[key]
		d, _ = with(d, key, m.theirs)
		if m.lossy && key == KeyBody {
			d.Body += " As the source has it."
		}
		if m.lossy && key == KeyTitle {
			d.Title += "!"
		}
		if key == KeyBody {
			d.Raw[key] = fmt.Sprint(m.theirs, m.lossy)
		}
	}
	d.Item.Version = strconv.Itoa(h.version)
	return d
}

func (h *history) write(d Draft) {
	h.t.Helper()
	put(h.t, h.l, d)
	if d.Rule == "" && h.r.IntN(4) == 0 {
		h.l = library(h.t, h.project)
	}
}

func (h *history) pull(rule Rule) {
	h.t.Helper()
	d := h.item()
	d.Rule = rule
	if rule == Newer {
		edited := d.Item.Updated.Add(time.Hour)
		rule = Local
		if h.r.IntN(2) == 0 {
			rule, edited = Remote, d.Item.Updated.Add(-time.Hour)
		}
		check(h.t, os.Chtimes(filepath.Join(h.project, filepath.FromSlash(h.name)), edited, edited))
	}
	h.write(d)
	for _, m := range h.m {
		m.pull(rule)
	}
}

// push writes what a person changed to the source.
func (h *history) push() {
	h.t.Helper()
	s, err := h.l.Story("github#acme/web#1")
	check(h.t, err)
	for _, key := range s.Changed {
		m := h.m[key]
		m.theirs, m.lossy = m.mine, h.r.IntN(2) == 0
		m.base = m.theirs
	}
	if len(s.Changed) == 0 {
		return
	}
	h.version++
	d := h.item()
	d.Sent = s.Sent(s.Changed...)
	if key := fieldKeys[h.r.IntN(len(fieldKeys))]; h.r.IntN(3) == 0 { // a person is faster than the answer
		h.edit(key, h.r.IntN(3))
		h.did = append(h.did, fmt.Sprint("meanwhile ", key, h.m[key].mine))
	}
	h.did = append(h.did, fmt.Sprint("pushed ", s.Changed))
	h.write(d)
	for key, m := range h.m {
		if m.mine == m.theirs && !slices.Contains(s.Changed, key) {
			m.shown = false
		}
	}
}

func (h *history) edit(key string, n int) {
	h.t.Helper()
	h.m[key].mine = n
	_, val := with(Draft{}, key, n)
	change(h.t, h.project, h.name, key, val)
}

func (h *history) step() {
	h.t.Helper()
	key := fieldKeys[h.r.IntN(len(fieldKeys))]
	n := h.r.IntN(3)
	did := ""
	switch h.r.IntN(9) {
	case 0, 1, 2:
		did = fmt.Sprint("here ", key, n)
		h.edit(key, n)
	case 3, 4:
		did = fmt.Sprint("there ", key, n)
		if m := h.m[key]; m.theirs != n {
			m.theirs, m.lossy = n, false
			h.version++
		}
	case 5:
		rule := []Rule{Local, Remote, Newer}[h.r.IntN(3)]
		did = fmt.Sprint("pull ", rule)
		h.pull(rule)
	case 6:
		did = "pull"
		h.pull(Mark)
	case 7:
		did = "pull, push"
		h.pull(Mark)
		h.push()
	case 8:
		did = "settle"
		file := read(h.t, h.project, h.name)
		chunks := without(parse(file), conflictsKey)
		check(h.t, os.WriteFile(filepath.Join(h.project, filepath.FromSlash(h.name)), []byte(text(chunks)), 0o644))
		for _, m := range h.m {
			m.shown = false
		}
	}
	h.did = append(h.did, did)
}

// check compares a story with its models.
func (h *history) check() {
	h.t.Helper()
	s, err := h.l.Story("github#acme/web#1")
	check(h.t, err)
	chunks := parse(read(h.t, h.project, h.name))
	var changed, conflicts []string
	for _, key := range fieldKeys {
		m := h.m[key]
		_, val := with(Draft{}, key, m.mine)
		got := value(chunks, key)
		if plain(key, got) != plain(key, val) {
			h.t.Fatalf("%s is %q, not %q, after %q", key, got, val, h.did)
		}
		switch {
		case m.mine == m.base:
		case m.shown:
			conflicts = append(conflicts, key)
		default:
			changed = append(changed, key)
		}
	}
	if !slices.Equal(s.Changed, changed) || !slices.Equal(s.Conflicts, conflicts) {
		h.t.Fatalf("changed %q, conflicts %q, not %q and %q, after\n%s", s.Changed, s.Conflicts, changed, conflicts, strings.Join(h.did, "\n"))
	}
}

// Random edits at both sides, with pulls, writes and people's decisions between
// them, give what a small model says: see [model]. SPECWEAVE_TEST_HISTORIES says
// how many there are, and SPECWEAVE_TEST_SEED which.
func TestModel(t *testing.T) {
	t.Parallel()
	seed, n := histories(t)
	for i := range n {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		h := &history{t: t, r: random, project: t.TempDir(), m: make(map[string]*model)}
		for _, key := range fieldKeys {
			h.m[key] = &model{}
		}
		h.l = library(t, h.project)
		h.name = put(t, h.l, h.item())[0].Path
		for range 20 {
			h.step()
			h.check()
		}
		for { // until both sides are the same
			h.pull(Local)
			h.push()
			h.pull(Mark)
			s, err := h.l.Story("github#acme/web#1")
			check(t, err)
			if s.Changed == nil && s.Conflicts == nil {
				break
			}
		}
		for key, m := range h.m {
			if m.mine != m.theirs {
				t.Fatalf("%s is %d here and %d there, after %q", key, m.mine, m.theirs, h.did)
			}
		}
		check(t, h.l.Close())
	}
}
