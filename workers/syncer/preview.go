package syncer

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/importer"
	"github.com/specweave/specweave/workers/stories"
)

// Preview hands to each what a sync of a project would say, without doing
// anything of it on either side: it reads pages of items and the stories, with
// the same plans. A source that cannot be read is an error; those that come
// after it are read all the same.
func Preview(ctx context.Context, opts Options, project string, c Config, each func(Line) error) (err error) {
	if err := c.Check(); err != nil {
		return err
	}
	w := New(opts)
	if project, err = filepath.EvalSymlinks(project); err != nil {
		return fmt.Errorf("project: %w", err)
	}
	r := &run{config: c, opts: w.opts, progress: silent{}, project: project}
	if r.memory, err = readMemory(stateDir(project, c.Profile)); err != nil {
		return err
	}
	open := w.opts.open
	open.ReadOnly = true
	if r.library, err = stories.Open(ctx, project, open); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.library.Close()) }()
	for _, s := range c.Sources {
		if failed := r.preview(ctx, s, each); failed != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", s.Item(), failed))
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return err
}

// silent is a journal of what is not done.
type silent struct{ journal }

func (silent) Alive()              {}
func (silent) Logf(string, ...any) {}

// preview is what a sync of one source would say.
func (r *run) preview(ctx context.Context, s importer.Source, each func(Line) error) error {
	x := &sourced{run: r, source: s, item: s.Item(), known: r.memory.of(s.Item())}
	x.at = place{Since: r.config.since(s.Since, x.known)}
	t, err := r.opts.Connect(ctx, s, r.config.Budget, func(string, ...any) {})
	if err != nil {
		return err
	}
	if err := importer.SameServer(ctx, r.library, s, t.Provider); err != nil {
		return err
	}
	x.tracker = t.Provider
	x.writer, _ = t.Provider.(workers.Writer)
	x.known.retry()
	tell := func(l Line) error {
		l.Source, l.Detail, l.ID, l.URL = x.item, x.clean(l.Detail), x.clean(l.ID), x.clean(l.URL)
		return each(l)
	}
	var there []Line // before the pull, which changes what the library knows
	if r.config.pushes() && x.writer != nil {
		if there, err = x.plans(ctx); err != nil {
			return err
		}
	}
	conflicts := make(map[string]bool)
	if r.config.pulls() {
		if err := x.previewPull(ctx, conflicts, tell); err != nil {
			return err
		}
	}
	for _, l := range there {
		if conflicts[stories.Normalize(l.ID)] && r.config.Rule == stories.Mark {
			continue
		}
		if err := tell(l); err != nil {
			return err
		}
	}
	return nil
}

// plans are the lines about what would be written to the tracker.
func (x *sourced) plans(ctx context.Context) (all []Line, err error) {
	x.ledger.say = func(l Line) { all = append(all, l) }
	changed, err := x.changedStories(ctx)
	if err != nil {
		return nil, err
	}
	made, err := x.newStories(ctx)
	if err != nil {
		return nil, err
	}
	for n, id := range slices.Concat(changed, made) {
		s, err := x.library.Story(id)
		if errors.Is(err, stories.ErrNoBase) {
			all = append(all, Line{Outcome: Skipped, ID: s.ID, Path: s.Path, Detail: "its item has to be read first"})
			continue
		}
		if err != nil {
			all = append(all, Line{Outcome: Skipped, ID: s.ID, Path: s.Path, Detail: err.Error()})
			continue
		}
		if limit := x.config.Limit; limit > 0 && n >= limit {
			all = append(all, Line{Outcome: Skipped, ID: s.ID, Path: s.Path, Detail: fmt.Sprintf("left out by the limit of %d", limit)})
			continue
		}
		number := ""
		if s.ID != "" {
			number = stories.ItemNumber(s.ID)
		}
		p := plan(s, x.source.Name, number, x.terms(s))
		for _, c := range p.writes {
			l := Line{Outcome: Updated, Side: There, ID: s.ID, Path: s.Path, Detail: c.said()}
			if number == "" {
				l.Outcome = Created
			}
			all = append(all, l)
		}
		for _, no := range p.notes {
			all = append(all, Line{Outcome: no.outcome, ID: s.ID, Path: s.Path, Detail: no.detail})
		}
	}
	return all, nil
}

// previewPull tells what would become of the stories.
func (x *sourced) previewPull(ctx context.Context, conflicts map[string]bool, tell func(Line) error) error {
	return x.each(ctx, x.query(x.at.Since), "", func(p workers.ItemPage) (bool, error) {
		var wanted []workers.Item
		for _, i := range p.Items {
			if x.wanted(i) {
				wanted = append(wanted, i)
			}
		}
		results, err := x.library.Preview(ctx, x.drafts(wanted))
		if err != nil {
			return false, err
		}
		for n, r := range results {
			for _, l := range x.lines(r, wanted[n].URL) {
				if l.Outcome == Conflict {
					conflicts[stories.Normalize(l.ID)] = true
				}
				if err := tell(l); err != nil {
					return false, err
				}
			}
		}
		return true, nil
	})
}
