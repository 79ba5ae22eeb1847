package jobs

import (
	"context"
	"time"
)

// poll asks now and then, at once for the first time, until ask says that it
// has its answer or the time is up. It returns the cause of ctx's end if that
// comes first.
func poll(ctx context.Context, limit time.Duration, ask func() (answered bool)) error {
	const often = 10 * time.Millisecond
	tick := time.NewTicker(often)
	defer tick.Stop()
	for end := time.Now().Add(limit); !ask() && !time.Now().After(end); {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
	return nil
}
