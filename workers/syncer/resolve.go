package syncer

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/importer"
	"github.com/specweave/specweave/workers/rest"
	"github.com/specweave/specweave/workers/stories"
)

// settled is how long after a request its effect shows at the latest, in listings
// that are behind their items as well: what was
// not there then never will be. It is for what would be made twice.
const settled = 2 * time.Minute

// resolve finds out what became of intents that an earlier attempt, or an
// earlier sync, left open.
func (x *sourced) resolve(ctx context.Context) error {
	for _, i := range slices.Clone(x.outbox.of(x.item)) {
		if _, err := x.settle(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// settle finds out what became of an intent and deals with it. It reports false
// where it is too early to tell: the job comes back then.
func (x *sourced) settle(ctx context.Context, i *intent) (bool, error) {
	switch {
	case i.answer != nil:
		return true, x.apply(ctx, i)
	case x.reader == nil:
		return false, &trackerError{errors.New("no single item is read of " + x.source.Platform)}
	case i.Write.Number == "":
		return x.settleNew(ctx, i)
	}
	item, err := x.one(ctx, i.Write.Number, i.Since)
	if rest.Gone(err) || err == nil && item.Deleted {
		l, err := x.gone(ctx, Line{ID: i.ID, Path: i.Path})
		return true, errors.Join(err, x.tell(l), x.void(i))
	}
	if l, ok := x.elsewhere(Line{ID: i.ID, Path: i.Path}, err); ok { // what became of the change is not for this source to say
		return true, errors.Join(x.tell(l), x.void(i))
	}
	if err != nil {
		return false, err
	}
	if i.Write.Comment != nil {
		return x.settleComment(ctx, i, item)
	}
	done := carriedOut(i.Write.Fields, item, x.config.Statuses)
	if len(done) == 0 {
		return true, x.void(i)
	}
	kept := maps.Clone(i.Sent)
	maps.DeleteFunc(kept, func(key, _ string) bool { return !slices.Contains(done, key) })
	i.Sent, i.answer, i.whole = kept, &item, true
	if !slices.Contains(done, stories.KeyBody) {
		i.Based = nil
	}
	return true, x.apply(ctx, i)
}

// tooEarly reports whether the effect of an intent may still show, and has the
// job come back when not.
func (x *sourced) tooEarly(ctx context.Context, i *intent) (bool, error) {
	now := x.opts.now()
	if now.Before(i.Time) { // the clock was set back: it counts from now on
		i.Time = now.UTC()
		if err := x.outbox.begin(i); err != nil {
			return false, importer.Unwritable(ctx, err, x.clean)
		}
	}
	if now.Sub(i.Time) >= settled {
		return false, nil
	}
	x.later(i.Time.Add(settled))
	return true, nil
}

// later has the job come back at a time.
func (r *run) later(at time.Time) {
	if r.ask.IsZero() || at.Before(r.ask) {
		r.ask = at
	}
}

func (x *sourced) settleNew(ctx context.Context, i *intent) (bool, error) {
	item, found, err := x.find(ctx, i)
	switch {
	case err != nil:
		return false, err
	case found:
		return true, x.adopt(ctx, i, item)
	}
	return x.absentYet(ctx, i)
}

// absentYet deals with an intent whose effect does not show.
func (x *sourced) absentYet(ctx context.Context, i *intent) (bool, error) {
	if early, err := x.tooEarly(ctx, i); early || err != nil {
		return false, err
	}
	return true, x.void(i)
}

// find looks for the item that an intent has made.
func (x *sourced) find(ctx context.Context, i *intent) (item workers.Item, found bool, err error) {
	q := x.query(i.Since)
	q.Comments, q.Links = false, false
	q.Labels, q.Milestone, q.Search, q.AreaPath = nil, "", "", ""
	err = x.each(ctx, q, "", func(p workers.ItemPage) (bool, error) {
		at := slices.IndexFunc(p.Items, func(o workers.Item) bool { return o.Mark == i.Write.Mark })
		if at >= 0 {
			item, found = p.Items[at], true
		}
		return !found, nil
	})
	return item, found, err
}

// adopt deals with an intent whose item was found: the story becomes that of the
// item as it was made, and then takes over what became of it since.
func (x *sourced) adopt(ctx context.Context, i *intent, item workers.Item) error {
	done := carriedOut(i.Write.Fields, item, x.config.Statuses)
	if !slices.Contains(done, stories.KeyStatus) && item.Updated.Sub(item.Created) < time.Second { // nobody has touched it: some take one more request for it
		i.without(change{write: i.Write, keys: slices.Collect(maps.Keys(i.Sent)), based: i.Based != nil}, "status")
	}
	other := slices.ContainsFunc(slices.Collect(maps.Keys(i.Sent)), func(k string) bool { return !slices.Contains(done, k) })
	if !other && isAsMade(i.Write.Fields, item) {
		i.answer = &item
		return x.apply(ctx, i)
	}
	made := asMade(i.Write.Fields, item)
	i.answer = &made
	if err := x.apply(ctx, i); err != nil {
		return err
	}
	return x.take(ctx, []workers.Item{item})
}

// asMade is an item as a write has made it: what that did not give it, somebody
// has added since. Its status it has from the start.
func asMade(f workers.Fields, i workers.Item) workers.Item {
	i.Version, i.Updated, i.Comments = "", time.Time{}, nil
	i.Title, i.Body, i.Criteria = given(f.Title), given(f.Body), given(f.Criteria)
	i.Priority, i.Parent = given(f.Priority), given(f.Parent)
	i.Labels, i.Assignees = given(f.Labels), given(f.Assignees)
	if f.Status != nil {
		i.Status, i.State = *f.Status, ""
	}
	return i
}

// isAsMade reports whether an item has nothing that the write which has made it
// did not give it.
func isAsMade(f workers.Fields, i workers.Item) bool {
	return (f.Body != nil || i.Body.Raw == "") && (f.Criteria != nil || i.Criteria.Raw == "") && (f.Priority != nil || i.Priority == "") &&
		(f.Labels != nil || len(i.Labels) == 0) && (f.Assignees != nil || len(i.Assignees) == 0) && (f.Parent != nil || i.Parent == "") && len(i.Comments) == 0
}

// given is what p points to, or nothing.
func given[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func (x *sourced) settleComment(ctx context.Context, i *intent, item workers.Item) (bool, error) {
	if at := commentOf(i, item); at >= 0 {
		if err := x.remark(ctx, i, item, at); err != nil {
			return false, err
		}
		return true, x.take(ctx, []workers.Item{item})
	}
	if i.Write.Comment.ID == "" {
		return x.absentYet(ctx, i)
	}
	return true, x.void(i)
}

// commentOf is the index of the comment of an item that an intent has written;
// -1 if none is.
func commentOf(i *intent, item workers.Item) int {
	w := i.Write.Comment
	return slices.IndexFunc(item.Comments, func(c workers.Comment) bool {
		return c.Mark == i.Write.Mark || w.ID != "" && c.ID == w.ID && sameText(c.Body, w.Body)
	})
}

// remark deals with an intent whose comment was found: the story's becomes that
// comment as it was written. What somebody made of it since is for whoever takes
// the item over.
func (x *sourced) remark(ctx context.Context, i *intent, item workers.Item, at int) error {
	item.Comments = slices.Clone(item.Comments)
	if c := &item.Comments[at]; !sameText(c.Body, i.Write.Comment.Body) {
		c.Body = i.Write.Comment.Body
	}
	i.answer, i.whole = &item, true
	return x.apply(ctx, i)
}
