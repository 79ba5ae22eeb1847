package unitstest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/specweave/specweave/units"
)

// ErrKilled is the cause of a Run's context that ended by [Fake.Fail] or
// [Fake.Lose]: what stands for a process would not live to see it.
var ErrKilled = errors.New("killed")

// Fake is a scheduler in memory. It records what it is asked to run and may run
// a function for it. The zero value is ready to use; set its fields before the
// first call. It is safe for concurrent use.
type Fake struct {
	// Run is the process of every unit, if not nil: it runs in a goroutine, its
	// context ends when the unit is stopped, and an error makes the unit failed.
	// Start returns when Run has called ready, or has ended. With a nil Run a unit
	// stays active until it is told otherwise.
	Run func(ctx context.Context, s units.Spec, ready func()) error

	// After, if not nil, stands for the command of [units.Spec] After, for the
	// units that have one. It runs where that would, with how the unit ended.
	After func(s units.Spec, how units.Status)

	// StartErr, StopErr and StatusErr, if not nil, may refuse a call.
	StartErr  func(s units.Spec) error
	StopErr   func(name string) error
	StatusErr func(prefix string) error

	mu    sync.Mutex
	specs []units.Spec
	units map[string]*fakeUnit
	pid   int
}

type fakeUnit struct {
	spec   units.Spec
	status units.Status
	run    func()      // starts it
	timer  *time.Timer // will call run; nil once it has
	cancel context.CancelCauseFunc
	ready  chan struct{} // closed by Run or at its end
	ended  chan struct{} // closed at the end of Run; nil without Run
	err    error         // of Run
}

// String returns "fake".
func (f *Fake) String() string { return "fake" }

// Start implements [units.Scheduler].
func (f *Fake) Start(ctx context.Context, s units.Spec) error {
	if err := f.start(ctx, s); err != nil {
		return fmt.Errorf("start %s: %w", s.Name, err)
	}
	return nil
}

func (f *Fake) start(ctx context.Context, s units.Spec) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if f.StartErr != nil {
		if err := f.StartErr(s); err != nil {
			return err
		}
	}
	due := s.Due(time.Now())
	u, err := f.add(ctx, s, due)
	if err != nil || f.Run == nil || !due.IsZero() {
		return err
	}
	select {
	case <-u.ready:
		return nil
	case <-u.ended:
		select {
		case <-u.ready: // both happened
			return nil
		default:
		}
		f.Lose(s.Name)
		if u.err == nil {
			return errors.New("ended before it was ready")
		}
		return fmt.Errorf("ended before it was ready: %w", u.err)
	case <-ctx.Done():
		u.cancel(nil)
		<-u.ended
		f.Lose(s.Name)
		return ctx.Err()
	}
}

// add makes the unit and starts it, or lets it wait if due is not zero.
func (f *Fake) add(ctx context.Context, s units.Spec, due time.Time) (*fakeUnit, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if old := f.units[s.Name]; old != nil && old.status.State == units.Active {
		return nil, units.ErrExists
	}
	f.forget(s.Name)
	if f.units == nil {
		f.units = make(map[string]*fakeUnit)
	}
	u := &fakeUnit{spec: s, cancel: func(error) {}}
	f.specs = append(f.specs, s)
	f.units[s.Name] = u
	if f.Run != nil {
		u.ready, u.ended = make(chan struct{}), make(chan struct{})
		ctx, u.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	}
	u.run = func() {
		f.pid++
		u.status = units.Status{State: units.Active, PID: 1<<30 + f.pid, Since: time.Now()} // no real pid
		if f.Run != nil {
			go f.process(ctx, u)
		}
	}
	if due.IsZero() {
		u.run()
		return u, nil
	}
	u.status = units.Status{State: units.Waiting, Since: time.Now(), Due: due}
	u.timer = time.AfterFunc(time.Until(due), func() { f.elapse(u) })
	return u, nil
}

// process is what stands for the processes of u.
func (f *Fake) process(ctx context.Context, u *fakeUnit) {
	u.err = f.Run(ctx, u.spec, sync.OnceFunc(func() { close(u.ready) }))
	how := units.Status{Result: "success"}
	if u.err != nil {
		how = units.Status{State: units.Failed, Since: time.Now(), Result: "exit-code", ExitCode: 1}
	}
	if !errors.Is(context.Cause(ctx), ErrKilled) {
		f.after(u.spec, how)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.units[u.spec.Name] != u: // lost or replaced meanwhile
	case u.err == nil:
		delete(f.units, u.spec.Name)
	default:
		u.status = how
	}
	close(u.ended)
}

func (f *Fake) after(s units.Spec, how units.Status) {
	if len(s.After) > 0 && f.After != nil {
		f.After(s, how)
	}
}

// elapse starts a unit if it still waits.
func (f *Fake) elapse(u *fakeUnit) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.units[u.spec.Name] == u && u.timer != nil {
		u.timer.Stop()
		u.timer = nil
		u.run()
	}
}

// forget removes a unit without a process and disarms its timer.
func (f *Fake) forget(name string) {
	if u := f.units[name]; u != nil && u.timer != nil {
		u.timer.Stop()
	}
	delete(f.units, name)
}

// Stop implements [units.Scheduler].
func (f *Fake) Stop(ctx context.Context, name string) error {
	if f.StopErr != nil {
		if err := f.StopErr(name); err != nil {
			return fmt.Errorf("stop %s: %w", name, err)
		}
	}
	u, started := f.find(name)
	if u == nil {
		return nil
	}
	u.cancel(nil)
	switch {
	case !started:
	case u.ended == nil:
		f.after(u.spec, units.Status{Result: "success"})
	default:
		select {
		case <-u.ended:
		case <-ctx.Done():
			return fmt.Errorf("stop %s: %w", name, ctx.Err())
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.units[name] == u {
		delete(f.units, name)
	}
	return nil
}

// find returns the unit of that name, or nil, and whether it has been started.
// One that has not been will not be any more.
func (f *Fake) find(name string) (u *fakeUnit, started bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	u = f.units[name]
	if u != nil && u.timer != nil {
		f.forget(name)
		return u, false
	}
	return u, u != nil
}

// Status implements [units.Scheduler].
func (f *Fake) Status(ctx context.Context, prefix string) (map[string]units.Status, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("status: %w", err)
	}
	if f.StatusErr != nil {
		if err := f.StatusErr(prefix); err != nil {
			return nil, fmt.Errorf("status: %w", err)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make(map[string]units.Status)
	for name, u := range f.units {
		if strings.HasPrefix(name, prefix) {
			all[name] = u.status
		}
	}
	return all, nil
}
