package syncer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
	"github.com/specweave/specweave/workers/stories"
)

// push writes what people changed in the stories to the tracker.
func (x *sourced) push(ctx context.Context) error {
	if x.writer == nil {
		return x.tell(Line{Outcome: Skipped, Detail: "items of " + x.source.Platform + " cannot be written"})
	}
	changed, err := x.changedStories(ctx)
	if err != nil {
		return err
	}
	made, err := x.newStories(ctx)
	if err != nil {
		return err
	}
	left := 0
	for _, id := range slices.Concat(changed, made) {
		x.at.Handled++
		if limit := x.config.Limit; limit > 0 && x.changed() >= limit {
			left++
			continue
		}
		if err := x.story(ctx, id); err != nil {
			return err
		}
		x.progress.Alive()
	}
	if left > 0 {
		x.at.Left += left
		if err := x.tell(Line{Outcome: Skipped, Detail: fmt.Sprintf("limit of %d: %d changed stories are left out", x.config.Limit, left)}); err != nil {
			return err
		}
	}
	if err := x.closeRemoved(ctx); err != nil {
		return err
	}
	return x.forget(ctx, slices.Concat(changed, made))
}

// changedStories are the ids of the stories that differ from their items.
func (x *sourced) changedStories(ctx context.Context) (ids []string, err error) {
	for s, err := range x.library.Changed(ctx, x.source.Platform, x.source.Name) {
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err == nil, errors.Is(err, stories.ErrNoBase) && s.ID != "":
			ids = append(ids, storyID(s))
		default:
			if err := x.tell(Line{Outcome: Skipped, ID: s.ID, Path: s.Path, Detail: err.Error()}); err != nil {
				return nil, err
			}
		}
	}
	return ids, nil
}

// newStories are the paths of the stories that items are to be made of. Those
// that SpecWeave has made items of, as its increments tell, are none.
func (x *sourced) newStories(ctx context.Context) (paths []string, err error) {
	if x.config.Home != x.source.Name || !x.config.Permissions.Upsert {
		return nil, nil
	}
	links := workers.ReadStoryLinks(x.project)
	for s, err := range x.library.New(ctx) {
		if item := links.Of(x.source.Platform, s.Feature, s.Number); err == nil && item != "" {
			err = fmt.Errorf("%w: %s", stories.ErrLinked, workers.Show(item))
		}
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err == nil:
			paths = append(paths, s.Path)
		default:
			if err := x.tell(Line{Outcome: Skipped, Path: s.Path, Detail: err.Error()}); err != nil {
				return nil, err
			}
		}
	}
	return paths, nil
}

// forget lets go of refusals of stories that do not differ any more.
func (x *sourced) forget(ctx context.Context, differ []string) error {
	n := len(x.known.Refuse)
	for id := range x.known.Refuse {
		if !slices.Contains(differ, id) {
			delete(x.known.Refuse, id)
		}
	}
	if len(x.known.Refuse) == n {
		return nil
	}
	return x.remember(ctx)
}

// maxTries is how often a story is planned anew because its item was changed
// meanwhile.
const maxTries = 5

// maxWrites bounds the writes of one story in a sync.
const maxWrites = 1000

// story writes one story to its item, or makes that. What it has to write is
// found out anew after each write, since each moves what is known of the item.
func (x *sourced) story(ctx context.Context, id string) error {
	written, tries := false, 0
	before := make(map[string]bool) // what was written
	for {
		s, err := x.library.Story(id)
		switch {
		case errors.Is(err, stories.ErrNoStory): // moved or removed meanwhile
			return nil
		case err != nil && !errors.Is(err, stories.ErrNoBase):
			return x.tell(Line{Outcome: Skipped, ID: s.ID, Path: s.Path, Detail: err.Error()})
		case s.ID == "" && written: // it has become another's
			return nil
		}
		base := Line{ID: s.ID, Path: s.Path}
		skip := func(format string, args ...any) error {
			l := base
			l.Outcome, l.Detail = Skipped, fmt.Sprintf(format, args...)
			return x.tell(l)
		}
		if why := x.awaited(s); why != "" {
			return skip("%s", why)
		}
		number := ""
		if s.ID != "" {
			number = stories.ItemNumber(s.ID)
		}
		if number != "" && (err != nil || s.Version == "") {
			if tries++; tries > maxTries {
				return skip("it is not known what its item was before")
			}
			if goOn, err := x.refresh(ctx, base, number); err != nil || !goOn {
				return err
			}
			continue
		}
		p := plan(s, x.source.Name, number, x.terms(s))
		if len(p.writes) == 0 {
			return x.told(base, p, written)
		}
		c := p.writes[0]
		said := valueOf([]any{c.write.Number, c.write.Fields})
		if c.write.Comment != nil { // of which two may say the same
			said = valueOf([]any{c.sum, len(before)})
		}
		if before[said] || len(before) > maxWrites { // or it would never end
			return skip("it was written, and still differs: %s", c.said())
		}
		outcome, err := x.write(ctx, s, c)
		switch {
		case err != nil:
			return err
		case outcome == wrote:
			before[said] = true
			if !written {
				written = true
				if number == "" {
					x.at.Created++
				} else {
					x.at.Updated++
				}
			}
			if number == "" {
				now, _ := x.library.Story(s.Path) // what is wrong with it is told next time
				if now.ID == "" {                 // it was moved or removed meanwhile
					return x.advance()
				}
				id = storyID(now)
			}
			if err := x.advance(); err != nil {
				return err
			}
		case outcome == refused:
		case outcome == stale:
			if tries++; tries > maxTries {
				return skip("the item was changed again and again meanwhile")
			}
			if goOn, err := x.refresh(ctx, base, number); err != nil || !goOn {
				return err
			}
		case outcome == asked:
			if tries++; tries > maxTries {
				return skip("the tracker does not answer")
			}
		case outcome == over:
			return nil
		}
	}
}

// terms are what the plan for a story depends on.
func (x *sourced) terms(s stories.Story) terms {
	return terms{x.source.Platform, x.config.Permissions, x.writer.Abilities(), x.config.Statuses, x.config.Type, x.known.Refuse[storyID(s)]}
}

// told says what of a plan is not done.
func (x *sourced) told(base Line, p planned, written bool) error {
	lines := make([]Line, 0, len(p.notes))
	for _, n := range p.notes {
		l := base
		l.Outcome, l.Detail = n.outcome, n.detail
		lines = append(lines, l)
	}
	if len(lines) == 0 && !written {
		l := base
		l.Outcome = Unchanged
		lines = append(lines, l)
	}
	return x.tell(lines...)
}

// refresh takes over what an item has become, and says whether to go on with
// its story.
func (x *sourced) refresh(ctx context.Context, base Line, number string) (bool, error) {
	if !x.config.pulls() {
		base.Outcome, base.Detail = Skipped, "the item was changed at the tracker, and the profile does not import"
		return false, x.tell(base)
	}
	i, err := x.one(ctx, number, time.Time{})
	if err == nil && !i.Deleted {
		return true, x.take(ctx, []workers.Item{i})
	}
	if l, ok := x.elsewhere(base, err); ok {
		return false, x.tell(l)
	}
	if err != nil && !rest.Gone(err) {
		return false, err
	}
	l, err := x.gone(ctx, base)
	return false, errors.Join(err, x.tell(l))
}
