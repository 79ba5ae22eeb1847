package stories

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"time"
)

// keep notes what the source has of a story, for the log and the index.
func (l *Library) keep(p *page, r record) {
	p.records = append(p.records, r)
	e := l.x.entries[r.id]
	e.dir, e.name, e.source, e.more = r.dir, r.name, r.source, r.more
	l.x.entries[r.id] = e
	l.x.used(r.dir, e.number())
}

// asBefore reports whether a draft says what the log knows already.
func (d Draft) asBefore(e entry, theirs []chunk) bool {
	more := d.moreHash()
	return e.source == d.sourceHash(theirs) && (more == 0 || more == e.more) && !d.answers() && d.Rule == Mark
}

func (l *Library) planExisting(p *page, r *Result, d Draft, id string, e entry) error {
	s := spot{e.number(), homeOf(e.dir), featureOf(e.dir), p.now}
	bare := d // whose comments are merged one by one
	bare.Comments = nil
	theirs := render(bare, s, l.tasks(id))
	if d.asBefore(e, theirs) {
		r.Outcome = Unchanged
		return nil
	}
	mine, raw, info, err := l.story(e)
	if was := originIn(mine); err == nil && was.Other(d.Item) {
		r.Outcome, r.Note = Skipped, "the story is that of "+oneLine(was.URL)+", whose server has an item of the same id"
		return nil
	}
	old := l.log.base(e.was)
	if d.stale(old) {
		r.Outcome, r.Note = Unchanged, "a newer version is known"
		return nil
	}
	to, other := l.follow(p, d, e, theirs)
	if other != nil {
		return other
	}
	if to != e.dir {
		s.feature = featureOf(to)
		theirs = render(bare, s, l.tasks(id))
	}
	if err == nil && info.Mode().Perm()&0o200 == 0 {
		err = errReadOnly
	}
	if err == nil {
		err = ofItem(id, raw, mine)
	}
	if err != nil {
		r.Outcome, r.Note = Skipped, "the story cannot be read or written: "+err.Error()
		return nil //nolint:nilerr // the other stories can
	}
	if t, err := time.Parse(time.RFC3339, value(mine, importedKey)); err == nil {
		s.imported = t
		theirs = render(bare, s, l.tasks(id))
	}
	for key := range d.Sent {
		if d.keeps(key, old, theirs) {
			r.Kept = append(r.Kept, key)
		}
	}
	slices.Sort(r.Kept)
	m := refresh{d: d, old: old, theirs: theirs, modified: info.ModTime()}
	m.pristine = len(d.Sent) == 0 && pristine(raw, mine) // who goes back while a value is under way has edited it
	m.asImported = old == nil && l.untouched(e, s.imported)
	merged := asIn(raw, text(m.merge(mine)))
	if d.Rule == Mark {
		r.Conflicts = m.conflicts
	} else {
		r.Overruled = m.conflicts
	}
	r.Outcome = Unchanged
	if merged != raw {
		r.Outcome = Refreshed
		p.files = append(p.files, file{e.dir, e.name, merged, info})
	}
	if to != e.dir {
		p.moves = append(p.moves, move{e.name, e.dir, to})
		r.Outcome, r.Path, r.Note = Refreshed, path.Join(Dir, to, e.name), "moved from "+path.Join(Dir, e.dir)
	}
	more := d.moreHash()
	switch {
	case d.MoreComments, d.unheard(old):
		more = 0 // not known, so that it is looked at once more
	case more == 0:
		more = e.more
	}
	rec := record{id: id, source: d.sourceHash(theirs), more: more, dir: to, name: e.name, base: m.base}
	if !l.same(e, rec) {
		l.keep(p, rec)
	}
	return nil
}

// same reports whether the log has a record already.
func (l *Library) same(e entry, r record) bool {
	if e.was.size == 0 {
		return false
	}
	was, err := l.log.record(e.was)
	return err == nil && was.String() == r.String()
}

// refresh is the merge of a draft into the story that it has.
type refresh struct {
	d          Draft
	old        base // nil: not known
	theirs     []chunk
	modified   time.Time // of the file
	pristine   bool      // nobody has edited it since it was written
	asImported bool      // the same of a file of SpecWeave 1.0.593

	base      base // from now on
	conflicts []string
}

// rule is that of the draft for something that the source changed at a time.
func (m *refresh) rule(updated time.Time) Rule {
	switch {
	case m.d.Rule != Newer:
		return m.d.Rule
	case m.modified.After(updated):
		return Local
	}
	return Remote
}

func (m *refresh) merge(mine []chunk) []chunk {
	t := terms{old: m.old, pins: m.d.pins(m.old, m.theirs), rule: m.rule(m.d.Item.Updated), labelled: m.old[labelsSum] == m.d.labels()}
	if m.pristine || m.asImported {
		// Not what the log knows: it may be of another time, as after a checkout.
		t.old = baseOf(mine)
		for key, sum := range t.pins {
			if t.old[key] != sum {
				delete(t.pins, key)
			}
		}
	}
	for key, sum := range m.d.Based {
		t.old = t.old.clone()
		t.old[key] = sum
		delete(t.pins, key)
	}
	m.base = m.d.base(m.old, t.pins, m.theirs)
	for key := range t.old {
		if m.d.unsaid(key) {
			t.pins[key] = t.old[key]
		}
	}
	if m.d.Comments != nil && t.old != nil {
		t.old = t.old.clone()
		delete(t.old, KeyComments)
	}
	theirs := m.theirs
	if m.d.Comments != nil || m.d.unsaid(KeyComments) { // what comes after them is put there
		theirs = withComments(slices.Clone(theirs), value(mine, KeyComments))
	}
	all, conflicts := merge(t, mine, theirs)
	m.conflicts = conflicts
	if m.d.Comments != nil {
		all = m.discuss(all)
	}
	switch last := find(all, hashKey); {
	case m.pristine || m.settled(all):
		rehash(all)
	case last != nil && !m.base.same(m.old): // who goes back to what was there has changed it, too
		last.set(value(m.theirs, hashKey))
	}
	return all
}

// settled reports whether a story that was edited is what the source has, as if
// it had not been.
func (m *refresh) settled(all []chunk) bool {
	section := value(all, KeyComments)
	same := commentsText(m.d.Comments) == section
	if m.d.Comments == nil || m.d.MoreComments {
		same = asTold(section, m.base)
	}
	return same && untilHash(all) == untilHash(withComments(slices.Clone(m.theirs), section))
}

// untilHash is a file without its last line, if that says a hash.
func untilHash(chunks []chunk) string {
	if n := len(chunks) - 1; n >= 0 && chunks[n].key == hashKey {
		return text(chunks[:n])
	}
	return text(chunks)
}

// discuss merges the comments of the draft.
func (m *refresh) discuss(all []chunk) []chunk {
	section := value(all, KeyComments)
	c := discussion{d: m.d, shown: shownConflicts(all)}
	c.asWas = m.pristine || m.asImported || m.old[KeyComments] != "" && m.old[KeyComments] == hash(plain(KeyComments, section))
	c.rule = func(c Comment) Rule {
		if c.Updated.IsZero() {
			return m.rule(m.d.Item.Updated)
		}
		return m.rule(c.Updated)
	}
	merged, sum := discuss(&c, section, m.old)
	delete(m.base, KeyComments)
	m.base[commentsSum] = sum
	if len(c.blocks) > 0 || c.both {
		m.conflicts = append(m.conflicts, KeyComments)
		slices.Sort(m.conflicts)
	}
	all = withComments(all, merged)
	return withConflicts(all, c.blocks, c.settled)
}

// withComments gives a story a section of comments.
func withComments(all []chunk, section string) []chunk {
	c := find(all, KeyComments)
	switch {
	case section == "":
		return without(all, KeyComments)
	case c == nil:
		after := ""
		for _, key := range []string{bodyKey, criteriaKey, tasksKey} {
			if find(all, key) != nil {
				after = key
			}
		}
		return insertAfter(all, after, chunk{KeyComments, KeyComments + "\n\n", section, "\n\n"})
	case plain(KeyComments, c.val) != section:
		c.set(section)
	}
	return all
}

// follow is the folder where a story belongs now. That is another one if its
// item got another parent, and the story is still where it was put.
func (l *Library) follow(p *page, d Draft, e entry, theirs []chunk) (string, error) {
	if repository(d.Item.Platform) || l.levelOf(d.Item) != storyLevel || e.was.size == 0 || Archived(e.dir) {
		return e.dir, nil
	}
	was, err := l.log.record(e.was)
	if err != nil || was.dir != e.dir || was.base[parentKey] == d.base(nil, d.Sent, theirs)[parentKey] {
		return e.dir, nil //nolint:nilerr // it is well where it is
	}
	to, err := l.shelve(p, d)
	if err != nil || homeOf(to) != homeOf(e.dir) || l.exists(path.Join(to, e.name)) {
		return e.dir, err
	}
	return to, nil
}

var (
	errReadOnly  = errors.New("it is read-only")
	errNotOfItem = errors.New("it does not say any more that it is of this item")
	errOpen      = errors.New("its External Metadata is inside of another section: is a code block not closed?")
)

// ofItem says why a file cannot be merged into: since it was found it was half
// saved, or became another's; or what is below a code block is not what it was.
func ofItem(id, raw string, mine []chunk) error {
	switch {
	case externalIDIn(raw) != id:
		return errNotOfItem
	case idOf(raw, mine) == "":
		return errOpen
	}
	return nil
}

// story reads a story's file.
func (l *Library) story(e entry) ([]chunk, string, fs.FileInfo, error) {
	raw, info, err := l.readFile(e)
	if err != nil {
		return nil, "", nil, err
	}
	return parse(raw), raw, info, nil
}

func (l *Library) readFile(e entry) (string, fs.FileInfo, error) {
	return readRegular(l.specs, filepath.FromSlash(e.path()))
}

// touchedAfter is how long after it was imported a file counts as edited.
const touchedAfter = 5 * time.Second

// untouched reports whether a file of SpecWeave 1.0.593, which tells no hash, is
// as it was imported: its time is the one it says.
func (l *Library) untouched(e entry, imported time.Time) bool {
	info, err := l.specs.Lstat(filepath.FromSlash(e.path()))
	return err == nil && info.ModTime().Sub(imported).Abs() <= touchedAfter
}
