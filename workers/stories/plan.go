package stories

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
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
	Note      string   // for people
}

// page is what one call of Write does, before it is done.
type page struct {
	ids     []string       // normalized, of its drafts
	last    map[string]int // index of the last draft of an id
	files   []file
	moves   []move
	records []record
	dirty   []string // normalized ids of stories whose tasks changed
	now     time.Time
}

// file is one to be written; an earlier one of the same name is replaced.
type file struct {
	dir, name string // below specs
	data      string
}

// move is a story that goes to another folder, below specs, when the files of
// the page have been written.
type move struct{ name, from, to string }

// Write writes the stories of a page of items and returns what became of each,
// in their order. When it returns nil all is durable, and may be told to have
// been done. On an error what was written before stays, and the same page can
// be written again with a Library opened anew: no item gets a second story. It
// waits while another import is writing.
func (l *Library) Write(ctx context.Context, drafts []Draft) (_ []Result, err error) {
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
	p := l.page(drafts)
	results := make([]Result, len(drafts))
	for _, i := range l.order(drafts) {
		if results[i], err = l.plan(p, drafts[i], i); err != nil {
			return nil, err
		}
	}
	if err := l.planTasks(p); err != nil {
		return nil, err
	}
	return results, l.commit(p)
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
	case e.source != 0 && e.dir != "" && l.exists(e.dir):
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
	f := file{dir, fileName(n, d), text(chunks)}
	p.files = append(p.files, f)
	l.keep(p, id, f.dir, f.name, chunks)
	r.Path, r.Outcome = path.Join(Dir, f.dir, f.name), Created
	return nil
}

// keep notes what the source has of a story, for the log and the index.
func (l *Library) keep(p *page, id, dir, name string, theirs []chunk) {
	rec := record{id: id, source: sourceHash(theirs), dir: dir, name: name, base: baseOf(theirs)}
	p.records = append(p.records, rec)
	e := l.x.entries[id]
	e.dir, e.name, e.source = dir, name, rec.source
	l.x.entries[id] = e
	l.x.used(dir, e.number())
}

func (l *Library) planExisting(p *page, r *Result, d Draft, id string, e entry) error {
	s := spot{e.number(), homeOf(e.dir), featureOf(e.dir), p.now}
	theirs := render(d, s, l.tasks(id))
	if e.source == sourceHash(theirs) {
		r.Outcome = Unchanged
		return nil
	}
	to, err := l.follow(p, d, e, theirs)
	if err != nil {
		return err
	}
	if to != e.dir {
		s.feature = featureOf(to)
		theirs = render(d, s, l.tasks(id))
	}
	mine, raw, err := l.story(e)
	if err != nil {
		r.Outcome, r.Note = Skipped, "the story cannot be read: "+err.Error()
		return nil //nolint:nilerr // the other stories can
	}
	if t, err := time.Parse(time.RFC3339, value(mine, importedKey)); err == nil {
		s.imported = t
		theirs = render(d, s, l.tasks(id))
	}
	merged := text(theirs)
	if !pristine(raw, mine) {
		old := l.log.base(e.was)
		if old == nil && l.untouched(e, s.imported) {
			old = baseOf(mine)
		}
		var all []chunk
		all, r.Conflicts = merge(old, mine, theirs)
		merged = text(all)
	}
	r.Outcome = Unchanged
	if merged != raw {
		r.Outcome = Refreshed
		p.files = append(p.files, file{e.dir, e.name, merged})
	}
	if to != e.dir {
		p.moves = append(p.moves, move{e.name, e.dir, to})
		r.Outcome, r.Path, r.Note = Refreshed, path.Join(Dir, to, e.name), "moved from "+path.Join(Dir, e.dir)
	}
	l.keep(p, id, to, e.name, theirs)
	return nil
}

// follow is the folder where a story belongs now. That is another one if its
// item got another parent, and the story is still where it was put.
func (l *Library) follow(p *page, d Draft, e entry, theirs []chunk) (string, error) {
	if repository(d.Item.Platform) || l.levelOf(d.Item) != storyLevel || e.was.size == 0 {
		return e.dir, nil
	}
	was, err := l.log.record(e.was)
	if err != nil || was.dir != e.dir || was.base[parentKey] == baseOf(theirs)[parentKey] {
		return e.dir, nil //nolint:nilerr // it is well where it is
	}
	to, err := l.shelve(p, d)
	if err != nil || homeOf(to) != homeOf(e.dir) || l.exists(path.Join(to, e.name)) {
		return e.dir, err
	}
	return to, nil
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

var errLink = errors.New("it is a symbolic link")

// story reads a story's file.
func (l *Library) story(e entry) ([]chunk, string, error) {
	name := filepath.FromSlash(e.path())
	info, err := l.specs.Lstat(name)
	switch {
	case err != nil:
		return nil, "", bare(err)
	case !info.Mode().IsRegular():
		return nil, "", errLink
	case info.Size() > maxFile:
		return nil, "", errLarge
	}
	f, err := l.specs.Open(name)
	if err != nil {
		return nil, "", bare(err)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, "", bare(err)
	}
	return parse(string(data)), string(data), nil
}

// touchedAfter is how long after it was imported a file counts as edited.
const touchedAfter = 5 * time.Second

// untouched reports whether a file of SpecWeave 1.0.593, which tells no hash, is
// as it was imported: its time is the one it says.
func (l *Library) untouched(e entry, imported time.Time) bool {
	info, err := l.specs.Lstat(filepath.FromSlash(e.path()))
	return err == nil && info.ModTime().Sub(imported).Abs() <= touchedAfter
}
