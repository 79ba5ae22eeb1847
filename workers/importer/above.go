package importer

import (
	"context"
	"errors"
	"slices"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
	"github.com/specweave/specweave/workers/stories"
)

// maxLevels is how many times what lies above is looked for above what was found.
const maxLevels = 5

// above imports what lies above the items of a source and did not answer the
// query, as an epic that nobody has changed for long: one by one, by one request
// each. What is not there, or in another project, is left out.
func (r *run) above(ctx context.Context, s Source, t Tracker, ids Set, at *place) error {
	reader, ok := t.Provider.(workers.ItemReader)
	if !ok || !r.config.Hierarchy || s.Number != "" {
		return nil
	}
	var asked []string
	for range maxLevels {
		var items []workers.Item
		for _, id := range r.library.Awaited(s.Platform, s.Name) {
			if slices.Contains(asked, id) {
				continue
			}
			asked = append(asked, id)
			item, found, err := itemOf(ctx, reader, r.config.ItemQuery(s), id)
			if err != nil {
				return &sourceError{err}
			}
			if found {
				items = append(items, item)
			}
		}
		if len(items) == 0 {
			return nil
		}
		results, err := r.library.Write(ctx, Drafts(items, r.config))
		if err != nil {
			return Unwritable(ctx, err, r.clean)
		}
		for i, result := range results {
			ids.Add(stories.Normalize(stories.ExternalID(items[i].Platform, items[i].ID)))
			at.add(result, r.clean)
			r.tell(result)
			if at.Counted > 0 {
				at.Counted++
			}
		}
		if err := errors.Join(r.count(s, at.expected(0)), r.progress.Advance(s.Item(), at, at.counts())); err != nil {
			return err
		}
	}
	return nil
}

// itemOf reads the item of an external id. It reports false for one that is not
// there, or in another project.
func itemOf(ctx context.Context, r workers.ItemReader, q workers.ItemQuery, id string) (item workers.Item, found bool, err error) {
	item, err = r.Item(ctx, q, stories.ItemNumber(id))
	if _, isInput := errors.AsType[*workers.InputError](err); isInput || rest.Gone(err) {
		return workers.Item{}, false, nil
	}
	return item, err == nil, err
}
