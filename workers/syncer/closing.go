package syncer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
	"github.com/specweave/specweave/workers/stories"
)

// closeRemoved closes the items whose stories a person has removed, where the
// profile allows that. Each is closed once: whoever opens it again has a reason.
func (x *sourced) closeRemoved(ctx context.Context) error {
	if !x.closes() {
		return nil
	}
	for _, id := range slices.Sorted(x.library.Removed(x.source.Platform, x.source.Name)) {
		if slices.Contains(x.known.Closed, id) || x.awaited(stories.Story{ID: id}) != "" {
			continue
		}
		if limit := x.config.Limit; limit > 0 && x.changed() >= limit {
			return x.tell(Line{Outcome: Skipped, Detail: fmt.Sprintf("limit of %d: items of removed stories are left out", limit)})
		}
		if err := x.closeItem(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// closes reports whether items of removed stories are closed.
func (x *sourced) closes() bool {
	p := x.config.Permissions
	return p.Delete && p.UpdateStatus && x.config.pushes()
}

func (x *sourced) closeItem(ctx context.Context, id string) error {
	number := stories.ItemNumber(id)
	i, err := x.one(ctx, number, time.Time{})
	if l, ok := x.elsewhere(Line{ID: id}, err); ok {
		return x.tell(l)
	}
	switch {
	case err != nil && !rest.Gone(err):
		return err
	case err != nil, i.Deleted, x.config.Statuses.status(i) == workers.StatusCompleted:
	default:
		status := workers.StatusCompleted
		done, err := x.write(ctx, stories.Story{ID: id, Version: i.Version}, change{keys: []string{stories.KeyStatus}, write: workers.Write{
			Source: x.source.Name, Number: number, Version: i.Version,
			Fields: workers.Fields{Status: &status, State: x.config.Statuses.Out[status]},
		}})
		if err != nil || done == stale || done == over { // the next sync tries again
			return err
		}
		x.at.Updated++
	}
	x.known.Closed = append(x.known.Closed, id)
	return x.remember(ctx)
}
