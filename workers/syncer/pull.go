package syncer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/importer"
	"github.com/specweave/specweave/workers/stories"
)

// pull brings what has changed at the tracker into the stories, and remembers up
// to when that is known.
func (x *sourced) pull(ctx context.Context) error {
	from, ids := x.at.Next, importer.NewSet()
	err := x.pages(ctx, ids)
	if errors.Is(err, workers.ErrCursor) && from != "" {
		x.logf("%s: %v; it is read from its start, what is there already is known", x.item, err)
		from, ids = "", importer.NewSet()
		x.at.Next, x.at.Read, x.known.Tag = "", 0, ""
		err = x.pages(ctx, ids)
	}
	if err == nil && from == "" && x.at.Since.IsZero() && x.at.Left == 0 && !x.config.filtered() {
		err = x.missing(ctx, ids)
	}
	if err != nil {
		return err
	}
	x.at.Pulled, x.at.Next = true, ""
	if x.at.Left == 0 && !x.at.Missed { // else the rest has to come again
		x.known.Read = x.config.read(x.known, x.at.Since, x.at.Latest, x.at.Begun, x.opts.now())
		x.known.Filter = x.config.filter()
		x.known.Tag, x.known.TagOf = x.at.Tag, valueOf(x.query(x.at.Since))
		x.opts.step("remember")
		if err := x.remember(ctx); err != nil {
			return err
		}
	}
	return x.advance()
}

// pages reads pages until the last, or until the limit is reached. It adds the ids
// of their items.
func (x *sourced) pages(ctx context.Context, ids importer.Set) error {
	q := x.query(x.at.Since)
	if tag := valueOf(q); !q.Since.IsZero() && len(x.outbox.of(x.item))+len(x.foreign) == 0 {
		if q.Tagged = true; x.known.TagOf == tag {
			q.Tag = x.known.Tag
		}
	}
	return x.each(ctx, q, x.at.Next, func(p workers.ItemPage) (bool, error) {
		if x.at.Next == "" {
			x.at.Tag = p.Tag
		}
		if err := x.page(ctx, p, ids); err != nil || p.Next == "" || x.at.Left > 0 {
			return false, err
		}
		x.at.Next = p.Next
		return true, x.advance()
	})
}

// each reads the pages of a query from a place on until do wants no more.
func (x *sourced) each(ctx context.Context, q workers.ItemQuery, cursor string, do func(workers.ItemPage) (bool, error)) error {
	asked, ids := importer.NewSet(), importer.NewSet()
	var circle importer.Circle
	for asked.Add(cursor) {
		p, err := x.tracker.Page(ctx, q, cursor)
		if err != nil {
			return &trackerError{err}
		}
		fresh := ids.Len()
		for _, i := range p.Items {
			x.heard(i)
			ids.Add(i.ID)
		}
		more, err := do(p)
		if err != nil || !more || p.Next == "" {
			return err
		}
		if err := circle.Next(len(p.Items), ids.Len()-fresh); err != nil {
			return &trackerError{err}
		}
		cursor = p.Next
		x.progress.Alive()
	}
	return &trackerError{workers.ErrCircle}
}

// page takes the items of one page over, as far as the limit allows.
func (x *sourced) page(ctx context.Context, page workers.ItemPage, ids importer.Set) error {
	var wanted []workers.Item
	for _, i := range page.Items {
		id := stories.Normalize(stories.ExternalID(i.Platform, i.ID))
		if made := x.made(i); made != nil {
			if made.profile != "" { // whose story it is, that one knows
				continue
			}
			if err := x.adopt(ctx, made, i); err != nil {
				return err
			}
			continue
		}
		if !x.wanted(i) {
			continue
		}
		if err := x.commented(ctx, i); err != nil {
			return err
		}
		if ids.Add(id) {
			x.at.Read++
		}
		wanted = append(wanted, i)
	}
	x.at.Counted = page.Total
	for limit := x.config.Limit; len(wanted) > 0; {
		n := len(wanted)
		if limit > 0 {
			n = min(n, limit-x.changed())
		}
		if n <= 0 {
			break
		}
		if err := x.take(ctx, wanted[:n]); err != nil {
			return err
		}
		wanted = wanted[n:]
	}
	if len(wanted) == 0 {
		return nil
	}
	x.at.Read -= len(wanted)
	x.at.Left = max(len(wanted), page.Total-x.at.Read)
	more := ""
	if page.Total == 0 && page.Next != "" {
		more = "at least "
	}
	return x.tell(Line{Outcome: Skipped, Detail: fmt.Sprintf("limit of %d: %s%d items of the tracker are left out", x.config.Limit, more, x.at.Left)})
}

// wanted reports whether an item is to have a story: nobody asks for what was
// over before it came.
func (x *sourced) wanted(i workers.Item) bool {
	_, known := x.library.Path(stories.ExternalID(i.Platform, i.ID))
	return known || !i.Deleted && x.config.Statuses.status(i) != workers.StatusCompleted
}

// made is the open intent that has made an item; nil if none has.
func (x *sourced) made(i workers.Item) *intent {
	if i.Mark == "" {
		return nil
	}
	for _, open := range slices.Concat(x.outbox.of(x.item), x.foreign) {
		if open.Write.Mark == i.Mark && open.Write.Number == "" {
			return open
		}
	}
	return nil
}

// commented deals with the open intents that have made comments of an item.
func (x *sourced) commented(ctx context.Context, i workers.Item) error {
	for _, open := range x.outbox.of(x.item) {
		if open.Write.Comment == nil || open.Write.Number != i.Number {
			continue
		}
		if at := commentOf(open, i); at >= 0 {
			if err := x.remark(ctx, open, i, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// take brings items into the stories and says what became of them.
func (x *sourced) take(ctx context.Context, items []workers.Item) error {
	urls := make([]string, len(items))
	for i := range items {
		urls[i] = items[i].URL
	}
	results, err := x.library.WriteTold(ctx, x.drafts(items), func(results []stories.Result) error {
		var lines []Line
		for i, r := range results {
			for _, l := range x.lines(r, urls[i]) {
				switch {
				case l.Outcome == Gone && l.Side == There: // it is told what becomes of the story
				case l.Outcome == Conflict && x.config.Rule == stories.Mark && x.config.pushes(): // the push tells of it
				default:
					lines = append(lines, l)
				}
			}
		}
		return x.tell(lines...)
	})
	if err != nil {
		return importer.Unwritable(ctx, err, x.clean)
	}
	x.opts.step("taken")
	for i, r := range results {
		switch r.Outcome {
		case stories.Created:
			x.at.Created++
		case stories.Refreshed:
			x.at.Updated++
		case stories.Gone:
			l, err := x.gone(ctx, Line{ID: r.ID, URL: urls[i], Path: r.Path})
			if err := errors.Join(err, x.tell(l)); err != nil {
				return err
			}
		case stories.Skipped:
			x.at.Missed = true
		case stories.Unchanged, stories.Listed, stories.Removed, stories.Repeated:
		}
	}
	return nil
}

// lines say what became of an item that was brought into the stories.
func (x *sourced) lines(r stories.Result, url string) []Line {
	l := Line{Outcome: Unchanged, ID: r.ID, URL: url, Path: r.Path, Detail: r.Note}
	switch r.Outcome {
	case stories.Created:
		l.Outcome, l.Side = Created, Here
	case stories.Refreshed:
		l.Outcome, l.Side = Updated, Here
	case stories.Unchanged, stories.Listed:
	case stories.Removed:
		l.Outcome, l.Side, l.Detail = Gone, Here, "a person removed the story"
		if !x.closes() {
			l.Detail += "; the item is left"
		}
	case stories.Gone:
		l.Outcome, l.Side = Gone, There
	case stories.Skipped:
		l.Outcome = Skipped
	case stories.Repeated:
		return nil
	}
	if both := slices.Concat(r.Conflicts, r.Overruled); len(both) > 0 {
		return []Line{l, x.conflict(l, both)}
	}
	return []Line{l}
}

// conflict is the line about what a person and the source both changed.
func (x *sourced) conflict(l Line, keys []string) Line {
	l.Outcome, l.Side, l.Mark, l.Settled = Conflict, "", "", x.config.Rule != stories.Mark
	l.Detail = "changed here and at the source: " + names(keys)
	switch x.config.Rule {
	case stories.Mark:
		l.Detail += "; the story shows the source's in its section Import Conflicts"
	case stories.Local:
		l.Detail += "; the story's counts"
	case stories.Remote:
		l.Detail += "; the source's counts"
	case stories.Newer:
		l.Detail += "; the newer counts"
	}
	return l
}
