package jobs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/units"
)

// Launcher hands jobs to the operating system.
type Launcher struct {
	Store   *Store
	Units   units.Scheduler
	Command func(id string) []string // what a worker of that job is; an absolute path first
	Env     []string                 // NAME=value; no secrets
	Input   []byte                   // handed to the worker on standard input; see [units.Spec]
}

// startWait bounds how long a launch waits for the worker to say that it runs.
const startWait = 10 * time.Second

// Launch creates a job and starts its first attempt. It returns when the
// worker has said that it runs, with the name of its unit. When the job was
// created but could not be started, it is paused with that reason, and both
// job and error are returned.
func (l Launcher) Launch(ctx context.Context, t Type, config any, dependsOn ...string) (Job, string, error) {
	job, err := l.Store.Create(t, config, dependsOn...)
	if err != nil {
		return Job{}, "", err
	}
	v := View{Job: job, State: State{Status: Pending}}
	published := make(chan struct{})
	go func() {
		defer close(published)
		_ = l.Store.Publish(ctx, time.Second, v) // the worker does so too
	}()
	unit, err := l.begin(ctx, v) // a new job needs no look for another worker
	<-published
	if err != nil {
		err = errors.Join(err, l.Store.halt(context.WithoutCancel(ctx), job.ID, "could not be started: "+err.Error()))
	}
	return job, unit, err
}

// Resume starts the next attempt of a job that is paused, interrupted or never
// began. It goes on at the item where the last attempt stopped. The error
// wraps [ErrFinished], [ErrForeign], or [ErrClaimed] if it runs already.
func (l Launcher) Resume(ctx context.Context, id string) (unit string, err error) {
	v, err := l.Store.own(id)
	if err != nil {
		return "", err
	}
	if v.State.Status.Terminal() {
		return "", fmt.Errorf("job %s is %s: %w", id, v.State.Status, ErrFinished)
	}
	return l.start(ctx, v)
}

// Retry starts one more attempt at what failed in a job that is over. The
// error wraps [ErrFinished] if nothing failed.
func (l Launcher) Retry(ctx context.Context, id string) (unit string, err error) {
	v, err := l.Store.own(id)
	if err != nil {
		return "", err
	}
	if v.State.Status == Completed {
		return "", fmt.Errorf("job %s: %w: %w", id, ErrNothingFailed, ErrFinished)
	}
	return l.start(ctx, v)
}

// own returns the view of a job that this program may change.
func (s *Store) own(id string) (View, error) {
	v, err := s.view(id, false)
	if errors.Is(err, errNotOurs) {
		return View{}, fmt.Errorf("job %s: %w", Printable(id), ErrForeign)
	}
	return v, err
}

// leaveWait bounds how long a worker takes to leave after its last line.
const leaveWait = 5 * time.Second

// start begins an attempt unless one is at work. One that has noted its end is
// waited for.
func (l Launcher) start(ctx context.Context, v View) (string, error) {
	end := time.Now()
	if v.State.Status.Terminal() || v.State.Status == Paused {
		end = end.Add(leaveWait)
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := l.atWork(ctx, v.Job.ID)
		if err == nil {
			return l.begin(ctx, v)
		}
		if !errors.Is(err, ErrClaimed) || time.Now().After(end) {
			return "", err
		}
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// atWork returns an error that wraps ErrClaimed if a worker holds the job, or a
// unit of it is loaded, as between two starts of the manager's own.
func (l Launcher) atWork(ctx context.Context, id string) error {
	held, err := l.Store.Running(id)
	if err != nil {
		return err
	}
	if held {
		return fmt.Errorf("job %s: %w", id, ErrClaimed)
	}
	loaded, err := l.Units.Status(ctx, units.Prefix(l.Store.project, id))
	if err != nil {
		return fmt.Errorf("job %s: %w", id, err)
	}
	for name, st := range loaded {
		if st.State == units.Active {
			return fmt.Errorf("job %s: %w: unit %s is active", id, ErrClaimed, name)
		}
	}
	return nil
}

// begin starts the next attempt and waits until it says that it runs.
func (l Launcher) begin(ctx context.Context, v View) (string, error) {
	id := v.Job.ID
	unit := units.Name(l.Store.project, id, v.State.Attempt+1)
	err := l.Units.Start(ctx, units.Spec{
		Name:    unit,
		Title:   fmt.Sprintf("SpecWeave job %s (%s)", id, v.Job.Type),
		Args:    l.Command(id),
		Dir:     l.Store.project,
		Env:     append(slices.Clip(l.Env), "SPECWEAVE_BACKGROUND_JOB=1", "SPECWEAVE_UNIT="+unit),
		LogPath: l.Store.LogPath(id),
		Input:   l.Input,
	})
	if errors.Is(err, units.ErrExists) {
		return "", fmt.Errorf("job %s: %w: %w", id, ErrClaimed, err)
	}
	if err != nil {
		return "", fmt.Errorf("job %s: %w", id, err)
	}
	return unit, l.await(ctx, v, unit)
}

// await waits until the journal says that the next attempt has begun.
func (l Launcher) await(ctx context.Context, v View, unit string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startWait, fmt.Errorf("the worker has not said within %v that it runs; its log is %s", startWait, l.Store.LogPath(v.Job.ID)))
	defer cancel()
	fl := l.Store.follower(v.Job.ID)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for {
		if _, err := fl.next(); err != nil {
			return fmt.Errorf("job %s: %w", v.Job.ID, err)
		}
		if fl.state.Attempt > v.State.Attempt {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("job %s: %w", v.Job.ID, context.Cause(ctx))
		case <-tick.C:
		case <-look.C:
			st, err := l.Units.Status(ctx, unit)
			if _, err2 := fl.next(); err == nil && err2 == nil && fl.state.Attempt == v.State.Attempt && st[unit].State != units.Active {
				return fmt.Errorf("job %s: the worker ended before it began; its log is %s", v.Job.ID, l.Store.LogPath(v.Job.ID))
			}
		}
	}
}

// Kill stops a job with everything it started and leaves it paused until a
// person resumes it. What was done is kept. The error wraps [ErrFinished] or
// [ErrForeign].
func (l Launcher) Kill(ctx context.Context, id string) error {
	v, err := l.Store.own(id)
	if err != nil {
		return err
	}
	if v.State.Status.Terminal() {
		return fmt.Errorf("job %s is %s: %w", id, v.State.Status, ErrFinished)
	}
	if err := os.WriteFile(l.Store.path(id, "stop"), nil, 0o600); err != nil {
		return fmt.Errorf("job %s: %w", id, err)
	}
	loaded, err := l.Units.Status(ctx, units.Prefix(l.Store.project, id))
	if err != nil {
		return fmt.Errorf("job %s: %w", id, err)
	}
	for name := range loaded {
		if err := l.Units.Stop(ctx, name); err != nil {
			return fmt.Errorf("job %s: %w", id, err)
		}
	}
	if err := l.Store.end(ctx, id, v.State.Proc); err != nil {
		return err
	}
	if err := platform.KillMarked(v.Job.Mark()); err != nil { // what a worker that crashed left behind
		return fmt.Errorf("job %s: %w", id, err)
	}
	return l.Store.halt(ctx, id, ErrStopped.Error())
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
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(stopGrace); proc.Alive(); {
		if time.Now().After(end) {
			return proc.KillTree()
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
	return nil
}

// stopGrace is what a worker is given to write its checkpoint.
const stopGrace = 10 * time.Second

// halt notes in the place of the worker that a job waits for a person, unless
// the worker did so itself, and publishes it.
func (s *Store) halt(ctx context.Context, id, reason string) error {
	c, err := Attempt{Store: s}.claim(ctx, id)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if st := c.State(); !st.Status.Terminal() && (st.Status != Paused || !st.ResumeAfter.IsZero()) {
		if err := c.Pause(time.Time{}, reason); err != nil {
			return fmt.Errorf("job %s: %w", id, err)
		}
	}
	if err := c.unstop(); err != nil {
		return fmt.Errorf("job %s: %w", id, err)
	}
	return ignoreBusy(c.Publish(ctx, nodeLockWait))
}
