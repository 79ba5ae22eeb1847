package workers

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/specweave/specweave/jobs"
)

// all hands out the repositories to the slots, the biggest first. The first
// error of a slot stops the handing out, and ends what runs unless it is a
// pause: then the others may still end well. A host that wants to be left alone
// stops nothing: those of other hosts are cloned before the job pauses.
func (w *cloning) all(ctx context.Context) error {
	tasks, waiting := w.divide()
	biggestFirst(tasks)
	if err := w.progress.Total(len(w.config.Repositories)); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	handing, halt := context.WithCancelCause(ctx)
	defer halt(nil)
	queue := make(chan task)
	var slots sync.WaitGroup
	for range min(w.config.concurrency(), len(tasks)) {
		slots.Go(func() {
			err := w.slot(ctx, handing, queue)
			var pause *jobs.PauseError
			switch {
			case errors.As(err, &pause):
				halt(err)
			case err != nil:
				cancel(err)
			}
		})
	}
hand:
	for _, t := range tasks {
		select {
		case queue <- t:
		case <-handing.Done():
			break hand
		}
	}
	close(queue)
	slots.Wait()
	if handing.Err() != nil {
		return context.Cause(handing)
	}
	if pause := w.resting.first(); pause != nil {
		return pause
	}
	if len(waiting) > 0 {
		return jobs.Pause(time.Time{}, w.lacking(waiting))
	}
	return nil
}

// restError says that one host wants to be left alone for long.
type restError struct{ pause *jobs.PauseError }

func (e *restError) Error() string { return e.pause.Error() }

// rests are the hosts that want to be left alone for long.
type rests struct {
	mu  sync.Mutex
	all []*jobs.PauseError
}

// take keeps err, if it is about one host, and reports whether it is.
func (r *rests) take(err error) bool {
	rest, ok := errors.AsType[*restError](err)
	if !ok {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, rest.pause)
	return true
}

// first is the pause that ends first; nil if no host wants any.
func (r *rests) first() error {
	if len(r.all) == 0 {
		return nil
	}
	return slices.MinFunc(r.all, func(a, b *jobs.PauseError) int { return a.Until.Compare(b.Until) })
}

// slot clones one repository after the other and rests in between. It begins
// none when handing is done.
func (w *cloning) slot(ctx, handing context.Context, queue <-chan task) error {
	cloned := false
	for t := range queue {
		if cloned {
			select {
			case <-time.After(w.config.delay()):
			case <-handing.Done():
				return context.Cause(handing)
			}
		}
		h := w.turn(t)
		if _, err := w.root.Lstat(filepath.FromSlash(t.Path)); err != nil { // or the host may not be needed
			if err := h.take(handing); w.resting.take(err) {
				continue
			} else if err != nil {
				return err
			}
		}
		var err error
		cloned, err = w.one(ctx, handing, h)
		h.end(false)
		if err != nil && !w.resting.take(err) {
			return err
		}
	}
	return nil
}

// biggestFirst sorts tasks by size, so that the last slot does not run alone
// for an hour. What no size is known of is taken to be as big as the mean of
// the others; equals keep their order.
func biggestFirst(tasks []task) {
	var sum float64
	known := 0
	for _, t := range tasks {
		if t.Size > 0 {
			sum += float64(t.Size)
			known++
		}
	}
	if known == 0 {
		return
	}
	size := func(t task) float64 {
		if t.Size > 0 {
			return float64(t.Size)
		}
		return sum / float64(known)
	}
	slices.SortStableFunc(tasks, func(a, b task) int { return cmp.Compare(size(b), size(a)) })
}
