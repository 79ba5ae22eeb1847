package syncer

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/specweave/specweave/workers/importer"
	"github.com/specweave/specweave/workers/stories"
)

// missing asks for the items that all of a source does not have, but a story does:
// they may be gone.
func (x *sourced) missing(ctx context.Context, ids importer.Set) error {
	var all []string
	for id, path := range x.library.Known(x.source.Platform, x.source.Name) {
		if !ids.Knows(id) && !stories.Archived(path) {
			all = append(all, id)
		}
	}
	slices.Sort(all)
	for _, id := range all {
		s, err := x.library.Story(id)
		told := x.config.pushes() && x.writer != nil && len(s.Changed) > 0 && len(s.Conflicts) == 0 // when it is pushed
		if err != nil && !errors.Is(err, stories.ErrNoBase) || told || x.awaited(s) != "" {
			continue
		}
		if _, err := x.refresh(ctx, Line{ID: cmp.Or(s.ID, id), Path: s.Path}, stories.ItemNumber(id)); err != nil {
			return err
		}
	}
	return nil
}

// gone is the line about an item that is gone. Its story is put into the
// archive where the profile allows that, unless it may only have a wrong id.
func (x *sourced) gone(ctx context.Context, l Line) (Line, error) {
	l.Outcome, l.Side, l.Detail = Gone, There, "the item is gone; the story is left"
	if l.Path == "" || !x.config.Permissions.Delete || !x.config.pulls() {
		return l, nil
	}
	if _, err := x.library.Story(l.ID); err != nil {
		l.Detail = "there is no such item; the story is left: " + err.Error()
		return l, nil //nolint:nilerr // it is told
	}
	r, err := x.library.Archive(ctx, l.ID)
	if errors.Is(err, fs.ErrExist) {
		l.Detail = "the item is gone; the story is left: the archive has another of its name"
		return l, nil
	}
	if err != nil {
		return l, importer.Unwritable(ctx, err, x.clean)
	}
	l.Detail, l.Path = "the item is gone; the story is in the archive", r.Path
	return l, nil
}
