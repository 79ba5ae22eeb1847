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
	status units.Status
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
	u, err := f.add(ctx, s)
	if err != nil || f.Run == nil {
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

func (f *Fake) add(ctx context.Context, s units.Spec) (*fakeUnit, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if old := f.units[s.Name]; old != nil && old.status.State != units.Failed {
		return nil, units.ErrExists
	}
	if f.units == nil {
		f.units = make(map[string]*fakeUnit)
	}
	f.pid++
	u := &fakeUnit{
		status: units.Status{State: units.Active, PID: 1<<30 + f.pid, Since: time.Now()}, // no real pid
		cancel: func(error) {},
	}
	f.specs = append(f.specs, s)
	f.units[s.Name] = u
	if f.Run == nil {
		return u, nil
	}
	u.ready, u.ended = make(chan struct{}), make(chan struct{})
	ctx, u.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	go func() {
		u.err = f.Run(ctx, s, sync.OnceFunc(func() { close(u.ready) }))
		f.end(s.Name, u)
		close(u.ended)
	}()
	return u, nil
}

// end records that the Run of u has ended.
func (f *Fake) end(name string, u *fakeUnit) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.units[name] != u: // lost or replaced meanwhile
	case u.err == nil:
		delete(f.units, name)
	default:
		u.status = units.Status{State: units.Failed, Since: time.Now(), Result: "exit-code", ExitCode: 1}
	}
}

// Stop implements [units.Scheduler].
func (f *Fake) Stop(ctx context.Context, name string) error {
	if f.StopErr != nil {
		if err := f.StopErr(name); err != nil {
			return fmt.Errorf("stop %s: %w", name, err)
		}
	}
	f.mu.Lock()
	u := f.units[name]
	f.mu.Unlock()
	if u == nil {
		return nil
	}
	u.cancel(nil)
	if u.ended != nil {
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

// Specs returns what was started so far, in order.
func (f *Fake) Specs() []units.Spec {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]units.Spec(nil), f.specs...)
}

// Set makes a unit of that name with that status, or changes one, without
// touching what runs. A zero status removes it.
func (f *Fake) Set(name string, st units.Status) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if st == (units.Status{}) {
		delete(f.units, name)
		return
	}
	if f.units == nil {
		f.units = make(map[string]*fakeUnit)
	}
	if f.units[name] == nil {
		f.units[name] = &fakeUnit{cancel: func(error) {}}
	}
	f.units[name].status = st
}

// Fail ends the unit's process and leaves the unit failed with that exit code,
// as after the last restart that a manager grants.
func (f *Fake) Fail(name string, code int) {
	f.kill(name)
	f.Set(name, units.Status{State: units.Failed, Since: time.Now(), Result: "exit-code", ExitCode: code})
}

// Lose ends the unit's process and forgets the unit, as after a reboot.
func (f *Fake) Lose(name string) {
	f.kill(name)
	f.Set(name, units.Status{})
}

// kill ends the process of a unit and waits for it.
func (f *Fake) kill(name string) {
	f.mu.Lock()
	u := f.units[name]
	f.mu.Unlock()
	if u == nil {
		return
	}
	u.cancel(ErrKilled)
	if u.ended != nil {
		<-u.ended
	}
}
