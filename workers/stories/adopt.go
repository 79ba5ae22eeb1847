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
)

// Adopt makes the story at a path, which has no item, that of the item of a
// draft, which was made of it: the story gets its metadata, and what was sent
// counts as what the source has. All that a person wrote stays, also what was
// written since; where it is not what the source has, the story has changed. A
// text below the title gets the heading "Description". A story that an import was
// faster to make of the item is removed, unless somebody has edited it: then
// there are two, until a person removes one. To adopt twice does the same as
// once. Errors are those of [Library.Story] and of [Library.Write].
func (l *Library) Adopt(ctx context.Context, at string, d Draft) (Result, error) {
	return l.one(ctx, func(p *page, r *Result) error {
		name, below := strings.CutPrefix(path.Clean(at), Dir+"/")
		e := entry{dir: path.Dir(name), name: path.Base(name)}
		id := Normalize(ExternalID(d.Item.Platform, d.Item.ID))
		r.ID, r.Path = ExternalID(d.Item.Platform, d.Item.ID), path.Clean(at)
		switch {
		case id == "":
			return errors.New("the item has no id")
		case !below || !isStory(e.name):
			return fmt.Errorf("%s: %w", r.Path, ErrNoStory)
		}
		mine, raw, info, err := l.story(e)
		if err == nil && info.Mode().Perm()&0o200 == 0 {
			err = errReadOnly
		}
		if err != nil {
			return fmt.Errorf("%s: %w: %w", r.Path, ErrBroken, err)
		}
		found := externalIDIn(raw)
		if found != "" && found != id {
			return fmt.Errorf("%s: %w: it is that of %s", r.Path, ErrBroken, oneLine(found))
		}
		l.replace(p, id, e)
		known := l.x.entries[id]
		known.dir, known.name = e.dir, e.name
		l.x.entries[id] = known
		if found == id && known.was.size > 0 { // it was adopted before
			return l.planExisting(p, r, d, id, known)
		}
		merged, base := l.adopted(p, e, d, mine, raw, id)
		p.files = append(p.files, file{dir: e.dir, name: e.name, data: asIn(raw, text(merged.all)), was: info})
		l.keep(p, record{id: id, source: d.sourceHash(merged.theirs), more: d.moreHash(), dir: e.dir, name: e.name, base: base})
		r.Outcome = Refreshed
		return nil
	})
}

// replace has the other stories of an item removed that nobody has edited, in
// favour of one.
func (l *Library) replace(p *page, id string, by entry) {
	others := slices.Clone(l.x.doubles[id])
	if e := l.x.entries[id]; e.name != "" && !Archived(e.dir) && !slices.Contains(others, e.path()) {
		others = append(others, e.path())
	}
	for _, name := range others {
		e := entry{dir: path.Dir(name), name: path.Base(name)}
		if name == by.path() {
			continue
		}
		chunks, raw, info, err := l.story(e)
		switch {
		case err != nil || externalIDIn(raw) != id:
		case pristine(raw, chunks):
			p.drops = append(p.drops, file{dir: e.dir, name: e.name, was: info})
		default:
			l.x.double(id, by.path())
			l.x.double(id, name)
		}
	}
}

// inMatter is where front matter says what a header may say as well.
var inMatter = map[string]string{titleKey: "title", statusKey: "status", priorityKey: "priority"}

type adoption struct{ all, theirs []chunk }

// adopted is a story with what its item has besides, and the base of that.
func (l *Library) adopted(p *page, e entry, d Draft, mine []chunk, raw, id string) (adoption, base) {
	plain := d
	plain.Comments = nil
	at := spot{e.number(), homeOf(e.dir), featureOf(e.dir), p.now}
	if t, err := time.Parse(time.RFC3339, value(mine, importedKey)); err == nil { // of a process that was killed
		at.imported = t
	}
	theirs := render(plain, at, l.tasks(id))
	all := mine
	if find(all, bodyKey) == nil {
		all = parse(withDescription(raw, all))
	}
	m := refresh{d: d, theirs: theirs, base: d.base(nil, d.pins(nil, theirs), theirs)}
	matter, after := frontMatter(raw), ""
	for _, t := range theirs {
		if t.key == "" {
			continue
		}
		_, sent := d.Sent[t.key]
		c := find(all, t.key)
		said := matter[inMatter[t.key]]
		switch {
		case c != nil && d.Based[t.key] != "" && d.Based[t.key] == hashOf(t.key, c.val):
			c.set(t.val)
		case c == nil && said != "":
			if t.val = oneLine(said); t.key == titleKey {
				t.pre = "# " + numberOf(e.name) + ": "
			}
			all = insertAfter(all, after, t)
		case c != nil && !sent && !slices.Contains(keys, t.key) && (kind(t.key) == tail || t.key == "Origin"):
			c.set(t.val)
		case c != nil:
		case t.key == tasksKey, sent, t.key == bodyKey && t.val == noBody:
			continue
		default:
			if t.key == hashKey { // below the lines that were there
				after = ""
			}
			if after == titleKey {
				t.pre = "\n" + t.pre
			}
			all = insertAfter(all, after, t)
		}
		after = t.key
	}
	if said := oneLine(matter["priority"]); said != "" && find(all, priorityKey) == nil {
		all = insertAfter(all, statusKey, chunk{priorityKey, "**Priority**: ", said, "\n"})
	}
	if d.Comments != nil {
		all = m.discuss(all)
	}
	return adoption{all, theirs}, m.base
}

// Archive moves the story of an item into the archive of its project, below a
// folder of the name that it was in. What is there already stays there.
func (l *Library) Archive(ctx context.Context, externalID string) (Result, error) {
	return l.one(ctx, func(p *page, r *Result) error {
		id := Normalize(externalID)
		e := l.x.entries[id]
		r.ID = externalID
		if e.name == "" {
			return fmt.Errorf("%s: %w", oneLine(externalID), ErrNoStory)
		}
		r.Path = path.Join(Dir, e.path())
		if Archived(e.dir) {
			r.Outcome = Unchanged
			return nil
		}
		if _, _, err := l.readFile(e); err != nil {
			return fmt.Errorf("%s: %w: %w", r.Path, ErrBroken, err)
		}
		home := homeOf(e.dir)
		to := path.Join(home, "_archive", strings.TrimPrefix(e.dir, home))
		if l.exists(path.Join(to, e.name)) {
			return fmt.Errorf("%s: %w", path.Join(Dir, to, e.name), fs.ErrExist)
		}
		p.moves = append(p.moves, move{e.name, e.dir, to})
		r.Path, r.Outcome, r.Note = path.Join(Dir, to, e.name), Refreshed, "moved from "+path.Join(Dir, e.dir)
		if old := l.log.base(e.was); old != nil {
			l.keep(p, record{id: id, source: e.source, more: e.more, dir: to, name: e.name, base: old})
			return nil
		}
		e.dir = to
		l.x.entries[id] = e
		return nil
	})
}

// one writes one story, as Write does a page.
func (l *Library) one(ctx context.Context, plan func(*page, *Result) error) (r Result, err error) {
	err = l.held(ctx, func() error {
		for range maxLate {
			p := &page{now: l.o.Now()}
			r = Result{}
			if err := plan(p, &r); err != nil {
				return err
			}
			if err := l.commit(p); err != nil {
				l.err = fmt.Errorf("stories: %w", err)
				return err
			}
			if p.late == nil {
				return nil
			}
		}
		r.Outcome, r.Note = Skipped, errLate.Error()
		return nil
	})
	return r, err
}
