package jobs

import (
	"context"
	"time"
)

// poll asks now and then, at once for the first time and once more when the
// time is up, until ask says that it has its answer: a process that did not run
// meanwhile has not looked. It returns the cause of ctx's end if that comes
// first.
func poll(ctx context.Context, limit time.Duration, ask func() (answered bool)) error {
	const often = 10 * time.Millisecond
	tick := time.NewTicker(often)
	defer tick.Stop()
	for end := time.Now().Add(limit); ; {
		late := !time.Now().Before(end)
		if ask() || late {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}
