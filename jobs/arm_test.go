package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/specweave/specweave/jobs"
)

// A limit may be over before what else was in hand, and the worker that asks is
// still there, so that nobody who reconciles would go on with its job.
func TestArmWhatIsDueAlready(t *testing.T) {
	t.Parallel()
	tries := 0 // one after the other
	l, _ := launcher(t, func(_ context.Context, _ jobs.Job, p *jobs.Progress) error {
		if tries++; tries == 1 {
			return jobs.Pause(time.Now().Add(-time.Minute), "rate limit")
		}
		return errors.Join(p.Total(1), p.Done("a"))
	})
	job, _, err := l.Launch(t.Context(), jobs.CloneRepos, nil)
	if err != nil {
		t.Fatal(err)
	}
	until(t, l.Store, job.ID, jobs.Paused)
	if unit, err := l.Arm(t.Context(), job.ID); unit == "" || err != nil {
		t.Fatalf("%q, %v", unit, err)
	}
	until(t, l.Store, job.ID, jobs.Completed)
	if unit, err := l.Arm(t.Context(), job.ID); unit != "" || err != nil {
		t.Errorf("of a job that is over: %q, %v", unit, err)
	}
}

// What a person stopped waits for no time.
func TestArmWhatAPersonStopped(t *testing.T) {
	t.Parallel()
	l, _ := launcher(t, func(context.Context, jobs.Job, *jobs.Progress) error {
		return jobs.Pause(time.Time{}, "disk full")
	})
	job, _, err := l.Launch(t.Context(), jobs.CloneRepos, nil)
	if err != nil {
		t.Fatal(err)
	}
	until(t, l.Store, job.ID, jobs.Paused)
	if unit, err := l.Arm(t.Context(), job.ID); unit != "" || err != nil {
		t.Errorf("%q, %v", unit, err)
	}
}
