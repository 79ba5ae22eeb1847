package stories

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/specweave/specweave/workers"
)

// Outcome is what became of one item.
type Outcome string

// The outcomes of items.
const (
	Created   Outcome = "created"
	Refreshed Outcome = "refreshed" // the file has changed
	Unchanged Outcome = "unchanged" // nothing to write
	Listed    Outcome = "listed"    // a task, which a story lists
	Removed   Outcome = "removed"   // a person deleted the story; it is left so
	Gone      Outcome = "gone"      // at the source; the story, if there is one, is left
	Repeated  Outcome = "repeated"  // comes again on this page
	Skipped   Outcome = "skipped"   // for the reason in Note
)

// Result is what became of one item.
type Result struct {
	ID        string // as SpecWeave writes it
	Path      string // of the story, relative to the project, with slashes; "": none
	Outcome   Outcome
	Conflicts []string // what a person and the source both changed
	Overruled []string // likewise, where a rule has decided
	Kept      []string // what was sent to the source, which has what it had before: see [Draft].Other
	Note      string   // for people
}

// page is what one call of Write does, before it is done.
type page struct {
	ids     []string       // normalized, of its drafts
	last    map[string]int // index of the last draft of an id
	files   []file
	moves   []move
	drops   []file // that go when the others have their names
	records []record
	dirty   []string // normalized ids of stories whose tasks changed
	late    []string // paths below specs of files that were edited since they were read, and not replaced
	now     time.Time
}

// file is one to be written; an earlier one of the same name is replaced.
type file struct {
	dir, name string // below specs
	data      string
	was       fs.FileInfo // of the one that was read; nil: there was none
}

// move is a story that goes to another folder, below specs, when the files of
// the page have been written.
type move struct{ name, from, to string }

// Write writes the stories of a page of items and returns what became of each,
// in their order. When it returns nil all is durable, and may be told to have
// been done. On an error what was written before stays, and the same page can
// be written again with a Library opened anew: no item gets a second story. It
// waits while another import is writing.
func (l *Library) Write(ctx context.Context, drafts []Draft) ([]Result, error) {
	return l.WriteTold(ctx, drafts, func([]Result) error { return nil })
}

// WriteTold is Write for who has to tell what became of the items even if the
// process ends in between: tell is called before anything is written, and an
// error of it is the end of that. What is written again then is told again.
func (l *Library) WriteTold(ctx context.Context, drafts []Draft, tell func([]Result) error) (_ []Result, err error) {
	if l.err != nil {
		return nil, l.err
	}
	lock, err := l.lock(ctx)
	if err != nil {
		return nil, fmt.Errorf("stories: %w", err)
	}
	defer func() {
		if err = errors.Join(err, lock.Close()); err != nil {
			err = fmt.Errorf("stories: %w", err)
			l.err = err
		}
	}()
	if err := l.catchUp(); err != nil {
		return nil, err
	}
	results, late, err := l.write(drafts, tell)
	for range maxLate {
		var again []Draft
		var at []int
		for i, r := range results {
			if slices.Contains(late, r.Path) {
				again, at = append(again, drafts[i]), append(at, i)
			}
		}
		if err != nil || again == nil {
			break
		}
		var more []Result
		more, late, err = l.write(again, tell)
		for i, r := range more {
			results[at[i]] = r
		}
	}
	for i, r := range results {
		if slices.Contains(late, r.Path) {
			results[i].Outcome, results[i].Note = Skipped, errLate.Error()
		}
	}
	return results, err
}

// maxLate is how often a story is merged anew that a person edits at the same
// time.
const maxLate = 5

var errLate = errors.New("it is being edited")

// write writes a page but for stories that were edited meanwhile, whose paths it
// returns.
func (l *Library) write(drafts []Draft, tell func([]Result) error) (results []Result, late []string, err error) {
	p, results, err := l.prepare(drafts)
	if err == nil {
		err = tell(results)
	}
	if err != nil {
		return nil, nil, err
	}
	err = l.commit(p)
	for _, name := range p.late {
		late = append(late, path.Join(Dir, name))
	}
	return results, late, err
}

// prepare plans a page.
func (l *Library) prepare(drafts []Draft) (_ *page, results []Result, err error) {
	p := l.page(drafts)
	results = make([]Result, len(drafts))
	for _, i := range l.order(drafts) {
		if results[i], err = l.plan(p, drafts[i], i); err != nil {
			return nil, nil, err
		}
	}
	return p, results, l.planTasks(p)
}

func (l *Library) page(drafts []Draft) *page {
	p := &page{ids: make([]string, len(drafts)), last: make(map[string]int, len(drafts)), now: l.o.Now()}
	for i, d := range drafts {
		p.ids[i] = Normalize(ExternalID(d.Item.Platform, d.Item.ID))
		p.last[p.ids[i]] = i
	}
	return p
}

// order puts what others lie below first, where that decides on folders.
func (l *Library) order(drafts []Draft) []int {
	order := make([]int, len(drafts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return int(l.levelOf(drafts[b].Item)) - int(l.levelOf(drafts[a].Item))
	})
	return order
}

func (l *Library) levelOf(i workers.Item) level {
	lv := levelOf(i.Platform, i.Type, l.o.Epics)
	if lv == taskLevel && (i.Platform != ado || i.Parent == "") { // SpecWeave lists those of Azure DevOps only
		return storyLevel
	}
	return lv
}

// plan decides on one draft.
func (l *Library) plan(p *page, d Draft, at int) (Result, error) {
	r, id := Result{ID: ExternalID(d.Item.Platform, d.Item.ID)}, p.ids[at]
	switch {
	case id == "":
		r.Outcome, r.Note = Skipped, "the item has no id"
		return r, nil
	case p.last[id] != at:
		r.Outcome = Repeated
		return r, nil
	}
	e := l.x.entries[id]
	if e.name != "" {
		r.Path = path.Join(Dir, e.path())
	}
	switch {
	case d.Item.Deleted:
		r.Outcome = Gone
		return r, nil
	case e.name != "":
		return r, l.planExisting(p, &r, d, id, e)
	case l.levelOf(d.Item) == taskLevel:
		r.Outcome = Listed
		l.planTask(p, d, id)
		return r, nil
	case e.removed(l):
		r.Outcome = Removed
		return r, nil
	}
	return r, l.planNew(p, &r, d, id)
}

func (l *Library) planNew(p *page, r *Result, d Draft, id string) error {
	dir, err := l.shelve(p, d)
	if err != nil {
		return err
	}
	home := homeOf(dir)
	n := l.x.stories[home] + 1
	for l.exists(path.Join(dir, fileName(n, d))) { // made by another program meanwhile
		n++
	}
	s := spot{n, home, path.Base(dir), p.now}
	chunks := render(d, s, l.tasks(id))
	f := file{dir: dir, name: fileName(n, d), data: text(chunks)}
	p.files = append(p.files, f)
	l.keep(p, record{id: id, source: d.sourceHash(chunks), more: d.moreHash(), dir: dir, name: f.name, base: d.firstBase(chunks)})
	r.Path, r.Outcome = path.Join(Dir, f.dir, f.name), Created
	return nil
}

// featureOf is the feature that a story's folder makes it part of.
func featureOf(dir string) string {
	parts := strings.Split(dir, "/")
	for _, p := range slices.Backward(parts) {
		if p == orphans || featureName.MatchString(p) {
			return p
		}
	}
	return ""
}
