package importer

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
	"github.com/specweave/specweave/workers/stories"
)

// source imports what was not imported yet of one source, and notes how that
// went. An error is for the whole job, but for a [*rest.LimitError].
func (r *run) source(ctx context.Context, s Source) error {
	if err := r.progress.Begin(s.Item()); err != nil {
		return err
	}
	at := place{Begun: r.now}
	if known, err := r.progress.Place(s.Item(), &at); err != nil {
		return fmt.Errorf("journal: %w", err)
	} else if known && at.Over { // and failed: it is tried anew
		at = at.again(r.now)
	}
	t, err := r.opts.Connect(ctx, s, r.config.Budget, func(format string, args ...any) {
		said := fmt.Sprintf(format, args...)
		r.logf("%s: %s", s.Item(), said)
		r.progress.Report(jobs.Live{Item: s.Item(), Phase: r.clean(said), Percent: -1})
	})
	if err != nil {
		return r.fail(s, workers.ClassOther, err.Error())
	}
	if err := CredentialGone(r.config.Credentials, r.opts.Input, s, t); err != nil {
		return err
	}
	from, ids := at.Next, NewSet()
	if err = SameServer(ctx, r.library, s, t.Provider); err != nil {
		err = &sourceError{err}
	} else {
		err = r.read(ctx, s, t, ids, &at)
	}
	if errors.Is(err, workers.ErrCursor) && from != "" {
		r.logf("%s: %v; it is read from its start, what is there already is known", s.Item(), err)
		from, ids, at = "", NewSet(), at.again(at.Begun)
		err = r.read(ctx, s, t, ids, &at)
	}
	if err == nil && from == "" && r.config.whole(s) {
		err = r.gone(s, ids, &at)
	}
	if err == nil && r.config.Limit == 0 && at.Read < at.Counted {
		err = r.recount(ctx, s, t, &at)
	}
	if err == nil && at.Read >= at.Counted {
		err = r.above(ctx, s, t, ids, &at)
	}
	var refused *sourceError
	switch {
	case errors.As(err, &refused):
		if limit, ok := errors.AsType[*rest.LimitError](err); ok {
			return limit
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return r.fail(s, workers.ClassOf(refused.error), refused.Error())
	case err != nil:
		return err
	case at.Skipped > 0:
		return r.fail(s, workers.ClassOther, fmt.Sprintf("%d of %d items could not be written, the first of them %s: %s", at.Skipped, at.Read, at.Why[0].ID, at.Why[0].Reason))
	case at.Read < at.Counted:
		return r.fail(s, workers.ClassServer, fmt.Sprintf("the tracker counts %d items and gave %d", at.Counted, at.Read))
	}
	r.logf("%s: %d items: %d new, %d changed, %d unchanged, %d in conflict", s.Item(), at.Read, at.Written, at.Refreshed, at.unchanged(), at.Conflicts)
	return r.progress.Whole(s.Item())
}

// sourceError is an error of a tracker.
type sourceError struct{ error }

func (e *sourceError) Unwrap() error { return e.error }

// read imports the pages of a source from a place on, which it moves along.
func (r *run) read(ctx context.Context, s Source, t Tracker, ids Set, at *place) error {
	ctx, cancel := context.WithCancel(ctx)
	pages := fetch(ctx, t, r.config.ItemQuery(s), at.Next)
	defer func() {
		cancel()
		for f := range pages { // until nothing is asked for any more
			_ = f
		}
	}()
	var circle Circle
	for f := range pages {
		if f.err != nil {
			return &sourceError{f.err}
		}
		known := ids.Len()
		if err := r.page(ctx, s, f.page, ids, at); err != nil {
			return err
		}
		if at.Over {
			return nil
		}
		if err := circle.Next(len(f.page.Items), ids.Len()-known); err != nil {
			return &sourceError{err}
		}
	}
	return context.Cause(ctx)
}

// gone counts the stories whose items a source does not have any more, after
// all of it was read. They are left as they are.
func (r *run) gone(s Source, ids Set, at *place) error {
	n := at.Gone
	for id, path := range r.library.Known(s.Platform, s.Name) {
		if !ids.Knows(id) {
			at.Gone++
			r.logf("%s: gone at the source; %s is left", id, path)
		}
	}
	if at.Gone == n {
		return nil
	}
	return r.progress.Advance(s.Item(), at, at.counts())
}

// recount asks a tracker that counted more than it gave how many there are now:
// some may have been closed since it was asked first.
func (r *run) recount(ctx context.Context, s Source, t Tracker, at *place) error {
	q := r.config.ItemQuery(s)
	q.Comments, q.Links = false, false
	page, err := t.Page(ctx, q, "")
	if err != nil {
		return &sourceError{err}
	}
	at.Counted = page.Total
	return r.progress.Advance(s.Item(), at, at.counts())
}

// page writes the items of one page and notes that.
func (r *run) page(ctx context.Context, s Source, page workers.ItemPage, ids Set, at *place) error {
	left := math.MaxInt // those that are left out do not count
	if limit := r.config.Limit; limit > 0 {
		page.Total, left = min(page.Total, limit), max(0, limit-(at.Read-at.Closed))
	}
	items, again := r.wanted(page.Items, left, s, ids, at)
	if len(items) >= left {
		page.Next = ""
	}
	results, err := r.library.Write(ctx, Drafts(items, r.config))
	if err != nil {
		return Unwritable(ctx, err, r.clean)
	}
	for i, result := range results {
		if again[i] {
			at.Repeated++
			continue
		}
		at.add(result, r.clean)
		r.tell(result)
	}
	r.progress.Report(jobs.Live{Item: s.Item(), Phase: "reading", Percent: -1})
	at.Next, at.Over = page.Next, page.Next == ""
	if page.Total > 0 { // many count once
		at.Counted = page.Total
	}
	if err := r.count(s, at.expected(len(page.Items))); err != nil {
		return err
	}
	return r.progress.Advance(s.Item(), at, at.counts())
}

// expected is how many items there are, as far as is known.
func (p place) expected(page int) int {
	switch {
	case p.Over:
		return p.Read
	case p.Counted == 0:
		return p.Read + page // one page more, at least
	}
	return max(p.Counted, p.Read)
}

// wanted leaves out closed and deleted items that nobody asked for, and what is
// behind so many others. It says which of these came on an earlier page: they have
// changed since, and count once.
func (r *run) wanted(items []workers.Item, most int, s Source, ids Set, at *place) (wanted []workers.Item, again []bool) {
	unasked := s.Again && !r.config.Closed
	here := make(map[string]bool, len(items)) // for the first time
	for _, i := range items {
		if len(wanted) >= most {
			break
		}
		id := stories.Normalize(stories.ExternalID(i.Platform, i.ID))
		_, known := r.library.Path(id)
		if i.Deleted {
			if known {
				wanted, again = append(wanted, i), append(again, false)
			}
			continue
		}
		first := ids.Add(id)
		here[id] = here[id] || first
		if unasked && !known && i.Status == workers.StatusCompleted {
			if first {
				at.Read++
				at.Closed++
			}
			continue
		}
		wanted, again = append(wanted, i), append(again, !here[id])
	}
	return wanted, again
}

// tell logs what people want to know of an item.
func (r *run) tell(result stories.Result) {
	switch {
	case len(result.Conflicts) > 0:
		r.logf("%s: a person and the source changed %q: %s keeps what the person wrote", result.ID, result.Conflicts, result.Path)
	case result.Outcome == stories.Skipped:
		r.logf("%s: skipped: %s", result.ID, why(result))
	case result.Outcome == stories.Gone:
		r.logf("%s: gone at the source", result.ID)
	}
}

var _ jobs.Worker = (*Importer)(nil)
