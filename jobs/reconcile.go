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

// Outcome is what Reconcile did about one job.
type Outcome struct {
	ID     string
	Action Action
	Unit   string // that was started
	Err    error
}

// Reconcile squares what the journals say with what the operating system says:
// attempts that died are noted as lost, jobs that were lost or are due go on,
// and units of jobs that are over are forgotten. It reports the jobs where
// there was something to do; doing it twice at once, or again, does no harm.
func (l Launcher) Reconcile(ctx context.Context) ([]Outcome, error) {
	views, listErr := l.Store.List()
	loaded, err := l.Units.Status(ctx, units.Prefix(l.Store.project, ""))
	if err != nil {
		return nil, errors.Join(listErr, err)
	}
	var all []Outcome
	for _, v := range views {
		if v.Foreign || v.Damaged {
			continue
		}
		for range 2 { // Lose is followed by another step
			o := l.reconcile(ctx, v.Job.ID, loaded)
			if o.Action == Leave && o.Err == nil {
				break
			}
			all = append(all, o)
			if o.Action != Lose || o.Err != nil {
				break
			}
		}
		if ctx.Err() != nil {
			return all, context.Cause(ctx)
		}
	}
	return all, listErr
}

func (l Launcher) reconcile(ctx context.Context, id string, loaded map[string]units.Status) Outcome {
	v, err := l.Store.view(id, false)
	if err != nil {
		return Outcome{ID: id, Action: Leave, Err: err}
	}
	f := Facts{State: v.State, Alive: v.Alive, Now: time.Now()}
	var own []string
	for name, st := range loaded {
		if strings.HasPrefix(name, units.Prefix(l.Store.project, id)) {
			own = append(own, name)
			if f.Unit == nil || st.State == units.Active {
				f.Unit = &st
			}
		}
	}
	if Decide(f) == Leave { // the lock is asked only where it matters: asking takes it
		return Outcome{ID: id, Action: Leave}
	}
	if f.Held, err = l.Store.Running(id); err != nil {
		return Outcome{ID: id, Action: Leave, Err: err}
	}
	o := Outcome{ID: id, Action: Decide(f)}
	switch o.Action {
	case Start:
		if o.Unit, o.Err = l.start(ctx, v); errors.Is(o.Err, ErrClaimed) {
			o = Outcome{ID: id, Action: Leave} // somebody else was faster
		}
	case Lose:
		o.Err = l.Store.lose(ctx, v, f.Unit)
	case GiveUp:
		o.Err = l.Store.giveUp(ctx, v)
	case Collect:
		for _, name := range own {
			o.Err = errors.Join(o.Err, l.Units.Stop(ctx, name))
		}
	case Leave:
	}
	return o
}

// lose notes in the place of a dead worker that its attempt is over, and ends
// what it may have left running. A person who asked it to stop gets that.
func (s *Store) lose(ctx context.Context, v View, unit *units.Status) error {
	c, err := s.Claim(v.Job.ID)
	if errors.Is(err, ErrClaimed) {
		return nil // it is not dead, or somebody else says so
	}
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if c.state.Status != Running || c.state.Attempt != v.State.Attempt {
		return nil
	}
	if err := platform.KillMarked(v.Job.Mark()); err != nil {
		return fmt.Errorf("job %s: %w", v.Job.ID, err)
	}
	e := Event{Kind: KindLost, Until: time.Now().UTC().Truncate(time.Millisecond), Err: epitaph(v.State, unit)}
	if c.stopAsked() {
		e.Until, e.Err = time.Time{}, ErrStopped.Error()
	}
	if err := errors.Join(c.note(e), c.removePID()); err != nil {
		return fmt.Errorf("job %s: %w", v.Job.ID, err)
	}
	return ignoreBusy(c.Publish(ctx, nodeLockWait))
}

// epitaph says how a worker died, as far as anybody knows.
func epitaph(s State, unit *units.Status) string {
	switch {
	case s.Boot != platform.BootID():
		return "the machine was restarted"
	case unit == nil:
		return "the worker died without a word"
	case unit.Result == "oom-kill":
		return "the worker was killed for its use of memory"
	case unit.Result == "signal":
		return fmt.Sprintf("the worker was killed by signal %d", unit.ExitCode)
	case unit.Result == "watchdog":
		return "the worker made no progress and was killed by the watchdog"
	}
	return fmt.Sprintf("the worker died (%s, status %d)", unit.Result, unit.ExitCode)
}

// giveUp ends a job whose attempts die again and again, and names the place.
func (s *Store) giveUp(ctx context.Context, v View) error {
	c, err := s.Claim(v.Job.ID)
	if errors.Is(err, ErrClaimed) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	where := "before its first item"
	if n := len(v.State.InHand); n > 0 {
		where = "at " + Printable(v.State.InHand[n-1])
	}
	cause := fmt.Errorf("given up: %d attempts died one after the other %s: %s", v.State.Fruitless, where, v.State.Error)
	if err := c.Complete(cause); err != nil {
		return fmt.Errorf("job %s: %w", v.Job.ID, err)
	}
	return ignoreBusy(c.Publish(ctx, nodeLockWait))
}

// ignoreBusy forgives a publication that others kept from happening: theirs, or
// the next one, makes up for it.
func ignoreBusy(err error) error {
	if errors.Is(err, errBusy) {
		return nil
	}
	return err
}
