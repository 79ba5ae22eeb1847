package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/specweave/specweave/units"
)

// leaveWait bounds how long a worker takes to leave after its last line. It
// writes the result, waits up to nodeLockWait to publish, and has each on the
// disk, which may take seconds.
const leaveWait = 30 * time.Second

// start begins an attempt unless one is at work. One that has noted its end is
// waited for, but not where another has begun meanwhile.
func (l Launcher) start(ctx context.Context, v View) (string, error) {
	wait := time.Duration(0)
	if v.State.Status.Terminal() || v.State.Status == Paused {
		wait = leaveWait
	}
	var busy error
	fl := l.Store.follower(v.Job.ID)
	err := poll(ctx, wait, func() bool {
		if busy = l.atWork(ctx, v.Job.ID); !errors.Is(busy, ErrClaimed) {
			return true
		}
		_, err := fl.next()
		return err != nil || fl.state.Attempt > v.State.Attempt
	})
	if err == nil {
		err = busy
	}
	if err != nil {
		return "", err
	}
	return l.begin(ctx, v)
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
	unit, err := l.arm(ctx, v, time.Time{})
	if err != nil {
		return "", err
	}
	return unit, l.await(ctx, v, unit)
}

// ArmedVar is set in the environment of a worker whose unit waits for a time;
// see [Attempt].
const ArmedVar = "SPECWEAVE_ARMED"

// arm asks the operating system for the next attempt, not before at.
func (l Launcher) arm(ctx context.Context, v View, at time.Time) (string, error) {
	id := v.Job.ID
	l.remember()
	defer l.remember() // to whoever forgot it meanwhile a job that is retried looked finished
	unit := units.Name(l.Store.project, id, v.State.Attempt+1)
	spec := units.Spec{
		Name:      unit,
		Title:     fmt.Sprintf("SpecWeave job %s (%s)", id, v.Job.Type),
		Args:      l.Command(id),
		Dir:       l.Store.project,
		Env:       append(slices.Clip(l.Env), "SPECWEAVE_BACKGROUND_JOB=1", "SPECWEAVE_UNIT="+unit),
		LogPath:   l.Store.LogPath(id),
		Input:     l.Input,
		NotBefore: at,
	}
	if l.Input == nil && l.InputOf != nil {
		spec.Input = l.InputOf(v.Job)
	}
	if !at.IsZero() {
		spec.Env = append(spec.Env, ArmedVar+"=1")
	}
	if l.Epilogue != nil {
		spec.After = l.Epilogue(id)
	}
	err := l.Units.Start(ctx, spec)
	if errors.Is(err, units.ErrExists) {
		return "", fmt.Errorf("job %s: %w: %w", id, ErrClaimed, err)
	}
	if err != nil {
		return "", fmt.Errorf("job %s: %w", id, err)
	}
	return unit, nil
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
	for n := 0; ; n++ {
		if n == 25 { // it takes longer than usual: the machine has other things to do
			tick.Reset(10 * time.Millisecond)
		}
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

func (l Launcher) remember() {
	if l.Remember != nil {
		l.Remember()
	}
}
