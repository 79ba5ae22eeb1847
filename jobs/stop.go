package jobs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/units"
)

// Files that tell a worker what a person wants. The next attempt removes them.
const (
	stopFile  = "stop"  // a signal to end is a person's
	drainFile = "drain" // no more items are to begin
)

// Kill stops a job with everything it started and leaves it paused until a
// person resumes it. What was done is kept. The error wraps [ErrFinished] or
// [ErrForeign]; one about a damaged journal or config.json comes after the job
// was stopped.
func (l Launcher) Kill(ctx context.Context, id string) error {
	v, damage := l.Store.own(id)
	if damage != nil && !v.Damaged {
		return damage
	}
	if v.State.Status.Terminal() && !v.Damaged {
		return fmt.Errorf("job %s is %s: %w", id, v.State.Status, ErrFinished)
	}
	if err := os.WriteFile(l.Store.path(id, stopFile), nil, 0o600); err != nil {
		return fmt.Errorf("job %s: %w", id, err)
	}
	if err := l.stopUnits(ctx, id); err != nil {
		return err
	}
	if err := l.Store.end(ctx, id, v.State.Proc); err != nil {
		return err
	}
	if err := platform.KillMarked(v.Job.Mark()); err != nil { // what a worker that crashed left behind
		return fmt.Errorf("job %s: %w", id, err)
	}
	if damage != nil {
		return damage
	}
	return l.Store.halt(ctx, id, ErrStopped.Error())
}

// stopUnits ends every unit of a job, those that wait for a time included.
func (l Launcher) stopUnits(ctx context.Context, id string) error {
	loaded, err := l.Units.Status(ctx, units.Prefix(l.Store.project, id))
	if err != nil {
		return fmt.Errorf("job %s: %w", id, err)
	}
	for name := range loaded {
		if err := l.Units.Stop(ctx, name); err != nil {
			return fmt.Errorf("job %s: %w", id, err)
		}
	}
	return nil
}

// errDrained is the reason of a pause by Drain.
var errDrained = errors.New("drained by the user")

// Drain keeps every unfinished job of ours from beginning another item, and
// jobs that wait for a time from beginning at all. It returns those whose
// workers still have items in hand; they pause when these are done, and all
// wait for a person then. What is wrong with one job does not spare the others.
func (l Launcher) Drain(ctx context.Context) (busy []Job, err error) {
	views, err := l.Store.Active()
	errs := []error{err}
	for _, v := range views {
		if v.Foreign || v.State.stopped() {
			continue
		}
		still, err := l.drain(ctx, v.Job.ID)
		errs = append(errs, err)
		if still {
			busy = append(busy, v.Job)
		}
	}
	return busy, errors.Join(errs...)
}

func (l Launcher) drain(ctx context.Context, id string) (busy bool, err error) {
	if err := os.WriteFile(l.Store.path(id, drainFile), nil, 0o600); err != nil {
		return false, fmt.Errorf("job %s: %w", id, err)
	}
	err = l.atWork(ctx, id)
	if errors.Is(err, ErrClaimed) {
		return true, nil
	}
	if err == nil {
		err = l.stopUnits(ctx, id)
	}
	if err == nil {
		err = l.Store.halt(ctx, id, errDrained.Error())
	}
	return false, err
}

// end makes sure that the process of an attempt is gone, for one that runs in
// no unit of ours: first politely, then with all that it started.
func (s *Store) end(ctx context.Context, id string, proc platform.Proc) error {
	held, err := s.Running(id)
	if err != nil || !held || !proc.Alive() {
		return err
	}
	if err := proc.Terminate(); err != nil {
		return fmt.Errorf("job %s: stop process %d: %w", id, proc.PID, err)
	}
	if err := poll(ctx, stopGrace, func() bool { return !proc.Alive() }); err != nil {
		return err
	}
	return proc.KillTree() // which one that is gone is no error for
}

// stopGrace is what a worker is given to write its checkpoint.
const stopGrace = 10 * time.Second

// halt notes in the place of the worker that a job waits for a person, unless
// the worker did so itself, and publishes it.
func (s *Store) halt(ctx context.Context, id, reason string) error {
	return s.speak(ctx, id, func(c *Claim) error {
		if !c.state.settled() {
			if err := c.Pause(time.Time{}, reason); err != nil {
				return err
			}
		}
		return c.unstop()
	})
}

// postpone notes that a job waits for a time.
func (s *Store) postpone(ctx context.Context, id string, at time.Time) error {
	return s.speak(ctx, id, func(c *Claim) error { return c.Pause(at, "waits for its time") })
}

// retry notes that a person wants what failed tried again.
func (s *Store) retry(ctx context.Context, id, class string) error {
	return s.speak(ctx, id, func(c *Claim) error {
		return c.end(Event{Kind: KindRetry, Class: class, Until: time.Now().UTC().Truncate(time.Millisecond)})
	})
}

// speak claims a job that no worker has, writes to its journal and publishes.
func (s *Store) speak(ctx context.Context, id string, say func(*Claim) error) error {
	c, err := s.claimSoon(ctx, id)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if err := say(c); err != nil {
		return fmt.Errorf("job %s: %w", id, err)
	}
	return ignoreBusy(c.Publish(ctx, nodeLockWait))
}

// speakFor claims a job and writes to its journal in the place of a worker that
// seems to be dead. One that holds the job is not, or somebody else speaks for
// it: then there is nothing to say. To publish is left to the caller, who may
// speak for many.
func (s *Store) speakFor(id string, say func(*Claim) error) error {
	c, err := s.Claim(id)
	if errors.Is(err, ErrClaimed) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if err := say(c); err != nil {
		return fmt.Errorf("job %s: %w", id, err)
	}
	return nil
}
