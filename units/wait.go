package units

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/specweave/specweave/platform"
)

// notBeforeVar is the environment variable that tells a process to wait, in
// the form of RFC 3339 and in UTC.
const notBeforeVar = "SPECWEAVE_NOT_BEFORE"

// soon is how near a time to start at may be to count as now: a calendar timer
// of systemd that is past when it is armed never fires.
const soon = 2 * time.Second

// lookAgain bounds how long [Wait] trusts its timer, which stands still while
// the machine sleeps and knows nothing of a clock that is set.
const lookAgain = 30 * time.Second

// Due returns when a scheduler that is asked now will start the unit, in whole
// seconds and never before NotBefore, or the zero time if it will at once.
func (s Spec) Due(now time.Time) time.Time {
	if s.NotBefore.Sub(now.Round(0)) <= soon { // Round(0): by the wall clock
		return time.Time{}
	}
	t := s.NotBefore.UTC().Truncate(time.Second)
	if t.Before(s.NotBefore) {
		t = t.Add(time.Second)
	}
	return t
}

// Wait waits until the time that the detached scheduler had to start this
// process at, [Spec] NotBefore, which only the process itself can keep. Under
// any other scheduler it returns at once. A program that is started with a
// NotBefore calls it before its work, and once: the variable it reads,
// SPECWEAVE_NOT_BEFORE, is unset for the commands this process runs.
//
// It goes by the wall clock, and notices within 30 seconds that the machine
// slept or the clock was set. The error is the cause of ctx's end, or says that
// the variable holds no time.
func Wait(ctx context.Context) error {
	text := os.Getenv(notBeforeVar)
	if text == "" {
		return nil
	}
	_ = os.Unsetenv(notBeforeVar) // fails for names with "=" only
	due, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return fmt.Errorf("%s: %w", notBeforeVar, err)
	}
	return waitUntil(ctx, due, lookAgain)
}

// waitUntil waits for the wall clock, which it reads at least once in step.
func waitUntil(ctx context.Context, due time.Time, step time.Duration) error {
	for {
		left := time.Until(due) // due has no monotonic reading
		if left <= 0 {
			return nil
		}
		timer := time.NewTimer(min(left, step))
		select {
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		case <-timer.C:
		}
	}
}

// Heed returns a context that ends with ctx, or when the detached scheduler
// asks this process to end where there are no signals for that, as on Windows.
// A program that is started as a unit calls it once, first of all.
func Heed(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	asked := platform.StopAsked(ctx)
	go func() {
		select {
		case <-asked:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}
