package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/specweave/specweave/units"
)

// Launcher hands jobs to the operating system.
type Launcher struct {
	Store    *Store
	Units    units.Scheduler
	Command  func(id string) []string // what a worker of that job is; an absolute path first
	Epilogue func(id string) []string // what calls [Launcher.Ended]; may be nil
	Env      []string                 // NAME=value; no secrets
	Input    []byte                   // handed to the worker on standard input; see [units.Spec]
	InputOf  func(Job) []byte         // the same for each of several jobs, where Input is nil; may be nil

	// Remember notes the project as one to look at after a reboot. It is called
	// before and after every start; nil is none.
	Remember func()
}

// When says what the first attempt at a job waits for.
type When struct {
	NotBefore time.Time
	After     []Dependency
}

// Waits reports whether there is anything to wait for.
func (w When) Waits() bool { return !w.NotBefore.IsZero() || len(w.After) > 0 }

const (
	// startWait bounds how long a launch waits for the worker to say that it runs.
	// One that ended instead is seen at once; this is for a busy machine.
	startWait = time.Minute
	// publishWait bounds how long a launch waits for SpecWeave's lock.
	publishWait = time.Second
)

// Launch creates a job and starts its first attempt. It returns when the
// worker has said that it runs, with the name of its unit. When the job was
// created but could not be started, it is paused with that reason, and both
// job and error are returned.
func (l Launcher) Launch(ctx context.Context, t Type, config any) (Job, string, error) {
	job, err := l.Store.Create(t, config)
	if err != nil {
		return Job{}, "", err
	}
	v := View{Job: job, State: State{Status: Pending}}
	published := make(chan struct{})
	go func() {
		defer close(published)
		_ = l.Store.Publish(ctx, publishWait, v) // the worker does so too
	}()
	unit, err := l.begin(ctx, v) // a new job needs no look for another worker
	<-published
	return job, unit, l.orPause(ctx, job.ID, err)
}

// Schedule creates a job that waits for a time, for other jobs, or both. The
// operating system starts it when the time has come, and the worker of the last
// job that it waits for when that ends; at once if there is nothing to wait
// for. unit is "" while nothing is to be started. Errors are as for Launch, and
// [ErrNotFound] for a job to wait for that does not exist.
func (l Launcher) Schedule(ctx context.Context, t Type, config any, w When) (job Job, unit string, err error) {
	if job, err = l.Store.Create(t, config, w.After...); err != nil {
		return Job{}, "", err
	}
	l.remember()
	if w.NotBefore.After(time.Now()) {
		err = l.Store.postpone(ctx, job.ID, w.NotBefore)
	} else {
		_ = l.Store.Publish(ctx, publishWait, View{Job: job, State: State{Status: Pending}})
	}
	if err != nil {
		return job, "", err
	}
	unit, err = l.advance(ctx, job.ID)
	return job, unit, l.orPause(ctx, job.ID, err)
}

// orPause leaves a job that could not be started to a person: paused with that
// reason, stopped if it was a person who did not want to wait for it, or gone
// if there is no room to write even that.
func (l Launcher) orPause(ctx context.Context, id string, err error) error {
	if err == nil {
		return nil
	}
	undo := context.WithoutCancel(ctx)
	if ctx.Err() != nil {
		switch killed := l.Kill(undo, id); {
		case errors.Is(killed, ErrFinished): // it was faster
			return nil
		case killed != nil:
			return errors.Join(err, killed)
		}
		return err
	}
	halted := l.Store.halt(undo, id, "could not be started: "+err.Error())
	if v, _ := l.Store.view(id, false); halted != nil && v.State.Status == Pending {
		return errors.Join(err, l.Store.remove(id))
	}
	return errors.Join(err, halted)
}

// advance starts or arms a job that waits for nothing but a time.
func (l Launcher) advance(ctx context.Context, id string) (unit string, err error) {
	v, err := l.Store.own(id)
	if err != nil {
		return "", err
	}
	switch need, why := l.Store.needs(v.Job); need {
	case NoNeed, Met:
	case Unmet:
		return "", nil
	case Hidden:
		return l.arm(ctx, v, time.Now().Add(askAgain))
	case Doomed:
		return "", errors.Join(l.Store.fail(v, errors.New(why)), l.Store.publishSoon(ctx, id))
	}
	if v.State.ResumeAfter.After(time.Now()) {
		return l.arm(ctx, v, v.State.ResumeAfter)
	}
	unit, err = l.start(ctx, v)
	if errors.Is(err, ErrClaimed) { // the worker of a job that it waited for was faster
		err = nil
	}
	return unit, err
}

// Resume starts the next attempt of a job that is paused, interrupted or never
// began, now, whatever time it waits for. It goes on at the item where the last
// attempt stopped. The error wraps [ErrFinished], [ErrForeign], [ErrClaimed] if it
// runs already, or [ErrWaits] if it waits for another job: then it goes on by
// itself when that has ended, even if a person had stopped it meanwhile.
func (l Launcher) Resume(ctx context.Context, id string) (unit string, err error) {
	v, err := l.unfinished(ctx, id)
	if err != nil {
		return "", err
	}
	return l.start(ctx, v)
}

// ResumeAt is Resume at a later time: the operating system starts the attempt.
func (l Launcher) ResumeAt(ctx context.Context, id string, at time.Time) (unit string, err error) {
	if !at.After(time.Now()) {
		return l.Resume(ctx, id)
	}
	if _, err := l.unfinished(ctx, id); err != nil {
		return "", err
	}
	if err := l.atWork(ctx, id); err != nil {
		return "", err
	}
	if err := l.Store.postpone(ctx, id, at); err != nil {
		return "", err
	}
	return l.Arm(ctx, id)
}

// unfinished returns a job that may be started.
func (l Launcher) unfinished(ctx context.Context, id string) (View, error) {
	v, err := l.Store.own(id)
	if err != nil {
		return View{}, err
	}
	if v.State.Status.Terminal() {
		return View{}, fmt.Errorf("job %s is %s: %w", id, v.State.Status, ErrFinished)
	}
	return v, l.heed(ctx, v)
}

// heed returns an error that wraps [ErrWaits] if a job waits for another. One that
// a person had stopped waits again.
func (l Launcher) heed(ctx context.Context, v View) error {
	need, why := l.Store.needs(v.Job)
	if need != Unmet && need != Hidden {
		return nil
	}
	if v.State.stopped() {
		if err := l.Store.postpone(ctx, v.Job.ID, time.Now()); err != nil {
			return err
		}
		if _, err := l.advance(ctx, v.Job.ID); err != nil {
			return err
		}
	}
	return fmt.Errorf("job %s: %w: it %s", v.Job.ID, ErrWaits, why)
}

// Arm has the operating system start the next attempt of a job that waits for
// a time, and returns the name of the unit. It does nothing for another job. A
// time that has passed meanwhile counts as now: a host's limit may be over before
// the clones of other hosts that were in hand, and [Launcher.Reconcile] leaves a
// job whose last worker is still there, which is who asks.
func (l Launcher) Arm(ctx context.Context, id string) (unit string, err error) {
	v, err := l.Store.own(id)
	if err != nil || v.State.Status != Paused || v.State.ResumeAfter.IsZero() {
		return "", err
	}
	return l.arm(ctx, v, v.State.ResumeAfter)
}

// Retry starts one more attempt at what failed in a job that is over: at the
// failures of one class alone, unless that is "". The error wraps [ErrFinished]
// if nothing failed, or nothing of that class, and [ErrWaits] as for Resume.
func (l Launcher) Retry(ctx context.Context, id, class string) (unit string, err error) {
	v, err := l.Store.own(id)
	if err != nil {
		return "", err
	}
	if v.State.Status.Terminal() && !v.State.Retryable() {
		return "", fmt.Errorf("job %s: %w: %w", id, ErrNothingFailed, ErrFinished)
	}
	of := func(f Failure) bool { return f.Class == class }
	if class != "" && !slices.ContainsFunc(v.State.Failures(), of) {
		return "", fmt.Errorf("job %s: %w of class %s: %w", id, ErrNothingFailed, Printable(class), ErrFinished)
	}
	if err := l.heed(ctx, v); err != nil {
		return "", err
	}
	if err := l.Store.retry(ctx, id, class); err != nil {
		return "", err
	}
	if v, err = l.Store.own(id); err != nil {
		return "", err
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
