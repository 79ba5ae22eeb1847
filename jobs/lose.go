package jobs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/units"
)

// burst is how often a manager starts one unit before it gives it up.
const burst = 3

// restartSoon is when a job goes on that its manager has given up.
const restartSoon = 5 * time.Second

// Ended is called by the operating system when a unit's main process has
// ended, with result and status in its own words, see [units.Verdict]. It notes in the place of a worker that died
// why it did, gives up a job that dies again and again, and has it go on where
// the manager will not start the unit again. Of an attempt that ended in order
// there is nothing to note.
func (l Launcher) Ended(ctx context.Context, id, unit, result, status string, log *Log) (err error) {
	if result == "success" {
		return nil
	}
	v, err := l.Store.own(id)
	if err != nil {
		return err
	}
	if v.State.Status != Running || v.State.Unit != unit {
		return nil
	}
	why := causeOfDeath(result, status)
	log.Printf("attempt %d is over: %s", v.State.Attempt, why)
	if err := l.Store.lose(v, why); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Store.publishSoon(ctx, id)) }()
	if v, err = l.Store.own(id); err != nil {
		return err
	}
	switch s := v.State; {
	case s.Status != Paused || s.ResumeAfter.IsZero():
		return nil // a person wanted it to end
	case s.hopeless():
		log.Printf("%v", givenUp(s))
		return l.Store.fail(v, givenUp(s))
	case s.Restarts+1 >= burst:
		_, err := l.arm(ctx, v, time.Now().Add(restartSoon))
		if errors.Is(err, ErrClaimed) {
			return nil
		}
		return err
	}
	return nil
}

// lose notes in the place of a dead worker that its attempt is over, and ends
// what it may have left running. A person who asked it to stop gets that.
func (s *Store) lose(v View, why string) error {
	return s.speakFor(v.Job.ID, func(c *Claim) error {
		if c.state.Status != Running || c.state.Attempt != v.State.Attempt {
			return nil
		}
		if err := platform.KillMarked(v.Job.Mark()); err != nil {
			return err
		}
		e := Event{Kind: KindLost, Until: time.Now().UTC().Truncate(time.Millisecond), Err: why}
		switch {
		case c.asked(stopFile):
			e.Until, e.Err = time.Time{}, ErrStopped.Error()
		case c.asked(drainFile):
			e.Until, e.Err = time.Time{}, errDrained.Error()
		}
		return c.end(e)
	})
}

// epitaph says how a worker died, as far as anybody knows.
func epitaph(s State, unit *units.Status) string {
	switch {
	case s.Boot != platform.BootID():
		return "the machine was restarted"
	case unit == nil || unit.Result == "":
		return "the worker died without a word"
	}
	return causeOfDeath(unit.Result, fmt.Sprint(unit.ExitCode))
}

// causeOfDeath puts systemd's words into ours: result is one of
// SERVICE_RESULT's in systemd.exec(5), status a number or a signal's name.
func causeOfDeath(result, status string) string {
	switch result {
	case "oom-kill":
		return "the worker was killed by the memory limit"
	case "watchdog":
		return "the worker made no progress and was killed by the watchdog"
	case "signal", "core-dump":
		return "the worker was killed by signal " + Printable(strings.TrimPrefix(status, "SIG"))
	case "timeout":
		return "the worker took too long to start or to stop"
	case "exit-code":
		return "the worker ended with exit code " + Printable(status)
	}
	return fmt.Sprintf("the worker died (%s, status %s)", Printable(result), Printable(status))
}

// givenUp is why a job ends whose attempts die again and again.
func givenUp(s State) error {
	where := "before its first item"
	if n := len(s.InHand); n > 0 {
		where = "at " + Printable(s.InHand[n-1])
	}
	return fmt.Errorf("given up: %d attempts died one after the other %s: %s", s.Fruitless, where, s.Error)
}

// fail ends a job that nobody works at as failed, unless it has moved on since
// v was read.
func (s *Store) fail(v View, cause error) error {
	return s.speakFor(v.Job.ID, func(c *Claim) error {
		if c.state.Revision != v.State.Revision {
			return nil
		}
		return c.Complete(cause)
	})
}

// publishSoon publishes jobs as they are now.
func (s *Store) publishSoon(ctx context.Context, ids ...string) error {
	var views []View
	var errs []error
	for _, id := range ids {
		v, err := s.view(id, false)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		views = append(views, v)
	}
	if len(views) > 0 {
		errs = append(errs, ignoreBusy(s.Publish(ctx, nodeLockWait, views...)))
	}
	return errors.Join(errs...)
}

// ignoreBusy forgives a publication that others kept from happening: theirs, or
// the next one, makes up for it.
func ignoreBusy(err error) error {
	if errors.Is(err, errBusy) {
		return nil
	}
	return err
}
