package stories

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// talk is a story and its item, of which only the comments change: their texts
// by id, as each side and the base has them.
type talk struct {
	t                  *testing.T
	r                  *rand.Rand
	project, name      string
	l                  *Library
	mine, theirs, base map[string]string
	unsent             []string
	stray              map[string]bool // deleted at the source, edited here
	shown              map[string]bool
	n                  int
	did                []string
}

func (k *talk) token() string { k.n++; return fmt.Sprintf("Text %d.", k.n) }

func (k *talk) comment(id string) Comment {
	c := say(id, "ann", k.theirs[id])
	c.Raw = hash("raw " + k.theirs[id])
	return c
}

func (k *talk) draft() Draft {
	d := issue("acme/web", 1, "Title", "Body.")
	d.Comments = []Comment{}
	for _, id := range slices.SortedFunc(maps.Keys(k.theirs), func(a, b string) int { return len(a)*1000 - len(b)*1000 + strings.Compare(a, b) }) {
		d.Comments = append(d.Comments, k.comment(id))
	}
	k.n++
	d.Item.Version = fmt.Sprint(k.n)
	return d
}

// pull is a merge, and the reference of one.
func (k *talk) pull(rule Rule) {
	k.t.Helper()
	d := k.draft()
	d.Rule = rule
	put(k.t, k.l, d)
	for id := range k.base {
		if _, ok := k.theirs[id]; ok {
			continue
		}
		mine, here := k.mine[id]
		switch {
		case !here:
		case rule == Local && mine != k.base[id]:
			k.unsent = append(k.unsent, mine)
		case rule == Mark && mine != k.base[id]:
			k.stray[id] = true
		}
		delete(k.base, id)
		delete(k.mine, id)
		delete(k.shown, id)
	}
	for id, theirs := range k.theirs {
		was, known := k.base[id]
		mine, here := k.mine[id]
		changed := !known || theirs != was
		switch {
		case here && mine == theirs:
			k.shown[id] = false
		case !here && changed, here && changed && mine == was:
			k.mine[id], k.shown[id] = theirs, false
		case !here:
		case rule == Remote && (changed || k.shown[id]):
			k.mine[id], k.shown[id] = theirs, false
		case rule == Local:
			k.shown[id] = false
		case changed:
			k.shown[id] = true
		}
		k.base[id] = theirs
	}
}

// push sends one comment that a person wrote or changed, if there is one.
func (k *talk) push() {
	k.t.Helper()
	s, err := k.l.Story("github#acme/web#1")
	check(k.t, err)
	for _, c := range s.Comments {
		if !c.Changed || c.Conflict {
			continue
		}
		id := c.ID
		if id == "" {
			k.n++
			id = fmt.Sprint(k.n)
			k.unsent = slices.DeleteFunc(k.unsent, func(text string) bool { return text == c.Text })
			k.mine[id] = c.Text
		}
		k.theirs[id], k.base[id] = c.Text, c.Text
		d := k.draft()
		answer := k.comment(id)
		answer.Sent = c.Sum
		answer.Text += " As the source has it."
		d.Comments, d.MoreComments = []Comment{answer}, true
		put(k.t, k.l, d)
		if k.r.IntN(3) == 0 { // as after a crash
			put(k.t, k.l, d)
		}
		return
	}
}

// edit changes the section as a person would.
func (k *talk) edit(f func([]remark) []remark) {
	k.t.Helper()
	chunks := parse(read(k.t, k.project, k.name))
	preface, all := heads{}.remarks(value(chunks, KeyComments))
	chunks = withComments(chunks, joined(preface, f(all)))
	check(k.t, os.WriteFile(filepath.Join(k.project, filepath.FromSlash(k.name)), []byte(text(chunks)), 0o644))
}

// one is an id of a side; "" if it has none.
func (k *talk) one(side map[string]string) string {
	if len(side) == 0 {
		return ""
	}
	return slices.Sorted(maps.Keys(side))[k.r.IntN(len(side))]
}

func (k *talk) step() {
	k.t.Helper()
	at := func(all []remark, id string) int {
		return slices.IndexFunc(all, func(r remark) bool { return r.heading() == say(id, "ann", "").heading() })
	}
	did := ""
	switch action := k.r.IntN(11); action {
	case 0, 1:
		k.n++
		k.theirs[fmt.Sprint(k.n)] = k.token()
		did = fmt.Sprint("there: new ", k.n)
	case 2, 3:
		if id := k.one(k.theirs); id != "" {
			did = "there: edit, delete " + id
			if k.theirs[id] = k.token(); action == 3 {
				delete(k.theirs, id)
			}
		}
	case 4, 5:
		if id := k.one(k.mine); id != "" {
			did = "here: edit " + id
			k.mine[id] = k.token()
			k.edit(func(all []remark) []remark { all[at(all, id)].text = k.mine[id]; return all })
		}
	case 6:
		if id := k.one(k.mine); id != "" && !k.shown[id] {
			did = "here: delete " + id
			delete(k.mine, id)
			k.edit(func(all []remark) []remark { return slices.Delete(all, at(all, id), at(all, id)+1) })
		}
	case 7:
		text := k.token()
		did = "here: new " + text
		k.unsent = append(k.unsent, text)
		k.edit(func(all []remark) []remark {
			return slices.Insert(all, k.r.IntN(len(all)+1), remark{newComment + "\n", "\n", text, "\n\n"})
		})
	case 8:
		rule := []Rule{Mark, Mark, Local, Remote}[k.r.IntN(4)]
		did = fmt.Sprintf("pull %q", rule)
		k.pull(rule)
	case 9, 10:
		did = "pull, push"
		k.pull(Mark)
		k.push()
	}
	k.did = append(k.did, did)
}

func (k *talk) check() {
	k.t.Helper()
	s, err := k.l.Story("github#acme/web#1")
	check(k.t, err)
	want := make(map[string]string)
	for id, text := range k.mine {
		want[text] = fmt.Sprint(id, " ", text != k.base[id], " ", k.shown[id])
	}
	for _, text := range k.unsent {
		want[text] = " true false"
	}
	got := make(map[string]string)
	for _, c := range s.Comments {
		got[c.Text] = fmt.Sprint(c.ID, " ", c.Changed, " ", c.Conflict)
	}
	var removed []string
	for id := range k.base {
		if _, ok := k.mine[id]; !ok {
			removed = append(removed, id)
		}
	}
	slices.Sort(removed)
	slices.Sort(s.Removed)
	if !maps.Equal(got, want) || len(s.Comments) != len(want) || !slices.Equal(removed, s.Removed) {
		k.t.Fatalf("%q, removed %q\nnot\n%q, removed %q\nafter\n%s\n%s", got, s.Removed, want, removed, strings.Join(k.did, "\n"), read(k.t, k.project, k.name))
	}
	_, all := heads{}.remarks(value(parse(read(k.t, k.project, k.name)), KeyComments))
	if len(all) != len(want)+len(k.stray) {
		k.t.Fatalf("%d comments instead of %d and %d, after\n%s\n%s", len(all), len(want), len(k.stray), strings.Join(k.did, "\n"), read(k.t, k.project, k.name))
	}
}

// Random comments, edits and deletions at both sides give what a small model
// says: none is lost or doubled. See [TestModel].
func TestCommentModel(t *testing.T) {
	t.Parallel()
	seed, n := histories(t)
	for i := range n {
		k := &talk{
			t: t, r: rand.New(rand.NewPCG(seed, uint64(i))), project: t.TempDir(),
			mine: make(map[string]string), theirs: make(map[string]string), base: make(map[string]string),
			stray: make(map[string]bool), shown: make(map[string]bool),
		}
		k.l = library(t, k.project)
		k.name = put(t, k.l, k.draft())[0].Path
		for range 25 {
			k.step()
			k.check()
		}
		check(t, k.l.Close())
	}
}

// histories are how many there are of a model, and what decides on them.
func histories(t *testing.T) (seed uint64, n int) {
	t.Helper()
	seed, n = uint64(time.Now().UnixNano()), 40
	for name, v := range map[string]any{"SPECWEAVE_TEST_SEED": &seed, "SPECWEAVE_TEST_HISTORIES": &n} {
		if s := os.Getenv(name); s != "" {
			_, err := fmt.Sscan(s, v)
			check(t, err)
		}
	}
	t.Logf("SPECWEAVE_TEST_SEED=%d", seed)
	return seed, n
}
