package syncer

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/importer"
	"github.com/specweave/specweave/workers/rest"
	"github.com/specweave/specweave/workers/stories"
)

// place is how far the sync of a source is.
type place struct {
	Next    string    `json:"next,omitempty"`    // cursor of the next page
	Pulled  bool      `json:"pulled,omitempty"`  // the last page was written
	Over    bool      `json:"over,omitempty"`    // all is done
	Since   time.Time `json:"since,omitzero"`    // whose changes are read
	Begun   time.Time `json:"begun,omitzero"`    // when the first page was asked for, by our clock
	Latest  time.Time `json:"latest,omitzero"`   // change of an item that was read, by the tracker's clock
	Counted int       `json:"counted,omitempty"` // by the tracker
	Read    int       `json:"read"`              // items
	Handled int       `json:"handled"`           // stories that differ
	Created int       `json:"created,omitempty"` // stories and items
	Updated int       `json:"updated,omitempty"`
	Left    int       `json:"left,omitempty"` // out, because of the limit
	Pairs   int       `json:"pairs,omitempty"`
	Tag     string    `json:"tag,omitempty"`    // of what is read
	Missed  bool      `json:"missed,omitempty"` // an item could not be brought into its story
}

// counts is p in the words of a journal.
func (p place) counts() jobs.Counts {
	done := p.Read + p.Handled
	return jobs.Counts{Done: done, Updated: min(p.Updated, done), Unchanged: max(0, done-p.Created-p.Updated)}
}

// sourced is the sync of one source.
type sourced struct {
	*run
	source  importer.Source
	item    string // what the journal calls it
	tracker workers.Provider
	writer  workers.Writer // nil if it cannot be written to
	reader  workers.ItemReader
	known   *remembered
	foreign []*intent // open ones of other profiles
	at      place
}

// trackerError is an error of a tracker.
type trackerError struct{ error }

func (e *trackerError) Unwrap() error { return e.error }

// source syncs one source and notes how that went. An error is for the whole
// job, but for a [*rest.LimitError].
func (r *run) source(ctx context.Context, s importer.Source) (err error) {
	x := &sourced{run: r, source: s, item: s.Item(), known: r.memory.of(s.Item())}
	if err := r.progress.Begin(x.item); err != nil {
		return err
	}
	lock, err := r.hold(x.item)
	switch {
	case errors.Is(err, platform.ErrLocked):
		return r.fail(s, workers.ClassOther, "it is being synced for another profile; the next sync sees to it")
	case err != nil:
		return importer.Unwritable(ctx, err, r.clean)
	}
	defer func() {
		if closed := lock.Close(); closed != nil {
			err = errors.Join(err, closed)
		}
	}()
	if x.foreign, err = r.others(x.item); err != nil {
		return err
	}
	if _, err := r.progress.Place(x.item, &x.at); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if x.at.Over || x.at.Begun.IsZero() { // it failed, and is tried anew; or it begins
		x.at = place{Begun: r.opts.now(), Since: x.since(), Created: x.at.Created, Updated: x.at.Updated}
	}
	t, err := r.opts.Connect(ctx, s, r.config.Budget, func(format string, args ...any) {
		r.logf("%s: %s", x.item, fmt.Sprintf(format, args...))
	})
	if err != nil {
		return r.fail(s, workers.ClassOther, err.Error())
	}
	if err := importer.CredentialGone(r.config.Credentials, r.opts.Input, s, t); err != nil {
		return err
	}
	x.tracker = t.Provider
	x.writer, _ = t.Provider.(workers.Writer)
	x.reader, _ = t.Provider.(workers.ItemReader)
	x.known.retry()
	err = x.all(ctx)
	if tracker, ok := errors.AsType[*trackerError](err); ok {
		if limit, ok := errors.AsType[*rest.LimitError](err); ok {
			return limit
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		x.at.Over = true
		if err := x.advance(); err != nil {
			return err
		}
		return r.fail(s, workers.ClassOf(tracker.error), tracker.Error())
	}
	if err != nil || !x.at.Over { // the job comes back to it
		return err
	}
	return r.progress.Whole(x.item)
}

// all resolves what is in doubt, pulls and pushes.
func (x *sourced) all(ctx context.Context) error {
	if err := importer.SameServer(ctx, x.library, x.source, x.tracker); err != nil {
		return &trackerError{err}
	}
	if err := x.resolve(ctx); err != nil {
		return err
	}
	if x.config.pulls() && !x.at.Pulled {
		if err := x.pull(ctx); err != nil {
			return err
		}
	}
	if x.config.pushes() {
		if err := x.push(ctx); err != nil {
			return err
		}
	}
	x.at.Pairs = 0
	for range x.library.Known(x.source.Platform, x.source.Name) {
		x.at.Pairs++
	}
	x.at.Over = len(x.outbox.of(x.item)) == 0
	return x.advance()
}

// advance notes how far it is. What the report says until then is there.
func (x *sourced) advance() error {
	if err := x.count(x.item, max(x.at.Counted, x.at.Read)+x.at.Handled); err != nil {
		return err
	}
	x.opts.step("advance")
	return x.progress.Advance(x.item, x.at, x.at.counts())
}

// changed counts stories and items that are others than before.
func (x *sourced) changed() int { return x.at.Created + x.at.Updated }

// tell adds lines to the report.
func (x *sourced) tell(lines ...Line) error {
	for i := range lines {
		l := &lines[i]
		l.Time, l.Source = x.opts.now().UTC().Truncate(time.Second), x.item
		l.Detail, l.ID, l.URL = x.clean(l.Detail), x.clean(l.ID), x.clean(l.URL)
	}
	return x.ledger.add(lines...)
}

// since is from when on changes are read. What the tracker has made of stories
// and nobody knows of yet has to be known by its mark.
func (x *sourced) since() time.Time {
	since := x.config.since(x.source.Since, x.known)
	for _, i := range slices.Concat(x.outbox.of(x.item), x.foreign) {
		switch {
		case i.Write.Number != "":
		case since.IsZero() || i.Since.IsZero():
			return longAgo
		case i.Since.Before(since):
			since = i.Since
		}
	}
	return since
}

// draft is an item as stories take it. Comments are those that it has, or nil
// where it was not asked for them.
func (x *sourced) draft(i workers.Item) stories.Draft {
	return x.drafts([]workers.Item{i})[0]
}

func (x *sourced) drafts(items []workers.Item) []stories.Draft {
	for i := range items {
		items[i].Status = x.config.Statuses.status(items[i])
	}
	all := importer.Drafts(items, x.config.asImport())
	for i := range all {
		all[i].Rule = x.config.Rule
	}
	return all
}

// query asks for items of the source.
func (x *sourced) query(since time.Time) workers.ItemQuery {
	s := x.source
	s.Since = since
	return x.config.asImport().ItemQuery(s)
}

// one reads one item with its comments, and the marks of what was made since a
// moment.
func (x *sourced) one(ctx context.Context, number string, since time.Time) (workers.Item, error) {
	if x.reader == nil {
		return workers.Item{}, &trackerError{errors.New("no single item is read of " + x.source.Platform)}
	}
	i, err := x.reader.Item(ctx, x.query(since), number)
	if err != nil {
		return workers.Item{}, &trackerError{err}
	}
	x.heard(i)
	return i, nil
}

// heard notes how late it is at the tracker, at least.
func (x *sourced) heard(i workers.Item) {
	if i.Updated.After(x.at.Latest) {
		x.at.Latest = i.Updated
	}
}

// longAgo is before whatever a sync has made. Trackers tell marks of what was
// made since a moment, see [workers.ItemQuery].
var longAgo = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// trackerTime is a moment that is over at the tracker.
func (x *sourced) trackerTime() time.Time {
	t := x.known.Read
	if x.at.Latest.After(t) {
		t = x.at.Latest
	}
	if t.IsZero() {
		return longAgo
	}
	if now := x.opts.now(); t.After(now) { // nobody's
		t = now
	}
	return t.Add(-overlap)
}

// newMark is a mark that no change had before.
func newMark() string { return strings.ToLower(rand.Text()) }

// elsewhere is what is said of a story if err is about its item alone, and neither
// refused nor gone: it was moved to another source, or is none that is synced.
func (x *sourced) elsewhere(l Line, err error) (Line, bool) {
	no, ok := errors.AsType[*workers.InputError](err)
	if !ok {
		return l, false
	}
	l.Outcome, l.Detail = Skipped, x.clean(jobs.Printable(no.Error()))
	return l, true
}

// storyID is what a story is known by: its item's id, or its path.
func storyID(s stories.Story) string { return cmp.Or(stories.Normalize(s.ID), s.Path) }
