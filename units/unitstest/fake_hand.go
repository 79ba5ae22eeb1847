package unitstest

import (
	"time"

	"github.com/specweave/specweave/units"
)

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
		f.forget(name)
		return
	}
	if f.units == nil {
		f.units = make(map[string]*fakeUnit)
	}
	u := f.units[name]
	if u == nil || u.timer != nil && st.State != units.Waiting {
		f.forget(name)
		u = &fakeUnit{cancel: func(error) {}}
		f.units[name] = u
	}
	u.status = st
}

// Elapse lets the time of a waiting unit come.
func (f *Fake) Elapse(name string) {
	f.mu.Lock()
	u := f.units[name]
	f.mu.Unlock()
	if u != nil {
		f.elapse(u)
	}
}

// Fail ends the unit's process and leaves the unit failed with that exit code,
// as after the last restart that a manager grants.
func (f *Fake) Fail(name string, code int) {
	st := units.Status{State: units.Failed, Since: time.Now(), Result: "exit-code", ExitCode: code}
	if u := f.kill(name); u != nil {
		f.after(u.spec, st)
	}
	f.Set(name, st)
}

// Lose ends the unit's process and forgets the unit, as after a reboot.
func (f *Fake) Lose(name string) {
	f.kill(name)
	f.Set(name, units.Status{})
}

// kill ends the process of a unit, waits for it and returns the unit, or nil
// without a process.
func (f *Fake) kill(name string) *fakeUnit {
	u, started := f.find(name)
	if !started {
		return nil
	}
	u.cancel(ErrKilled)
	if u.ended != nil {
		<-u.ended
	}
	return u
}
