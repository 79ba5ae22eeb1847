package unitstest

import (
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/units"
)

const (
	// soon is how near a time counts as now; see [units.Spec] Due.
	soon = 2 * time.Second
	// ahead is far enough that most machines see a unit wait.
	ahead = soon + 2*time.Second
)

// inTime calls try with a time that is ahead. If that is soon, or past, when try
// is over, the machine may have been too slow to let anything wait: then the
// units of the test are stopped, and it is done once more with twice the time.
func (f *fixture) inTime(try func(at time.Time)) {
	f.Helper()
	for in := ahead; ; in *= 2 {
		at := time.Now().Add(in)
		try(at)
		if time.Until(at) > soon {
			return
		}
		for name := range f.status(units.Prefix(f.project, "")) {
			if err := f.u.Stop(f.Context(), name); err != nil {
				f.Fatal(err)
			}
		}
		if err := errors.Join(os.RemoveAll(f.reports), os.Mkdir(f.reports, 0o700)); err != nil {
			f.Fatal(err)
		}
	}
}

func testNotBefore(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	spec := f.spec(script{Hold: true}, `$HOME %h`, "a\nb")
	spec.Env = []string{"GREETING=hello $USER %h"}
	spec.Input = []byte("for later")
	var st units.Status
	early := 0
	f.inTime(func(at time.Time) {
		spec.NotBefore = at
		f.start(spec)
		st, early = f.mustStatus(spec.Name), f.count(f.reports)
	})
	if late := st.Due.Sub(spec.NotBefore); st.State != units.Waiting || late < 0 || late >= s.grain() {
		t.Errorf("status %+v, want waiting until %v or the next full %v", st, spec.NotBefore, s.grain())
	}
	if age := time.Since(st.Since); age < -time.Second || age > patience {
		t.Errorf("waiting since %v", st.Since)
	}
	if early != 0 {
		t.Errorf("%d commands ran before %v", early, spec.NotBefore)
	}
	r := f.report(1)
	if r.Begun.Before(spec.NotBefore) {
		t.Errorf("begun at %v, %v early", r.Begun, spec.NotBefore.Sub(r.Begun))
	}
	if diff := cmp.Diff(spec.Args, r.Args); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
	if !contains(r.Env, spec.Env[0]) {
		t.Errorf("environment %q", r.Env)
	}
	want := ""
	if s.KeepsInput {
		want = string(spec.Input)
	}
	if r.Input != want {
		t.Errorf("input %q, want %q", r.Input, want)
	}
	f.log(spec, "to stdout\n")
	f.eventually("it is active", func() bool { return f.mustStatus(spec.Name).State == units.Active })
	if st := f.mustStatus(spec.Name); !s.InProcess && st.PID != r.PID || !st.Due.IsZero() {
		t.Errorf("status %+v, want process %d and nothing due", st, r.PID)
	}
	for _, notBefore := range []time.Time{{}, time.Now().Add(time.Hour)} {
		spec.NotBefore = notBefore
		if err := f.u.Start(t.Context(), spec); !errors.Is(err, units.ErrExists) {
			t.Errorf("start beside the process, for %v: %v, want ErrExists", notBefore, err)
		}
	}
	if st := f.mustStatus(spec.Name); st.State != units.Active {
		t.Errorf("status after that %+v", st)
	}
	if err := f.u.Stop(t.Context(), spec.Name); err != nil {
		t.Fatal(err)
	}
	f.nothing(spec.Name)
}

// A time that is past, or so near that it may be past soon, is now.
func testNotBeforePast(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	for i, in := range []time.Duration{-time.Hour, 0, time.Second} {
		spec := f.spec(script{Hold: true})
		spec.NotBefore = time.Now().Add(in)
		f.start(spec)
		if st := f.mustStatus(spec.Name); st.State != units.Active {
			t.Errorf("in %v: status %+v, want active", in, st)
		}
		f.report(i + 1)
	}
}

// Nothing but what every unit leaves behind is left of one that waited.
func testWaitingEnds(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	good, bad := f.spec(script{}), f.spec(script{Exit: 3})
	for _, spec := range []*units.Spec{&good, &bad} {
		spec.NotBefore = time.Now().Add(ahead)
		f.start(*spec)
	}
	f.gone(good.Name)
	if s.RemembersFailed {
		f.eventually("the unit has failed", func() bool { return f.status(bad.Name)[bad.Name].State == units.Failed })
	} else {
		f.gone(bad.Name)
	}
	ran := f.count(f.reports)
	if ran < 2 {
		t.Errorf("%d commands ran", ran)
	}
	for i, name := range []string{good.Name, bad.Name} {
		again := f.spec(script{})
		again.Name = name
		again.NotBefore = time.Now().Add(time.Hour)
		f.start(again)
		if st := f.mustStatus(name); st.State != units.Waiting {
			t.Errorf("waiting anew: %+v", st)
		}
		again.NotBefore = time.Time{}
		f.start(again)
		f.report(ran + i + 1)
	}
}

func testWaitingStopped(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	stopped, other := f.spec(script{}, "stopped"), f.spec(script{}, "other")
	var st units.Status
	f.inTime(func(at time.Time) {
		stopped.NotBefore, other.NotBefore = at, at.Add(s.grain())
		f.start(stopped)
		f.start(other)
		for range 2 {
			if err := f.u.Stop(t.Context(), stopped.Name); err != nil {
				t.Fatal(err)
			}
			f.nothing(stopped.Name)
		}
		st = f.status(other.Name)[other.Name]
	})
	if st.State != units.Waiting {
		t.Errorf("status of the other %+v", st)
	}
	r := f.report(1) // when the time of the first is past
	if r.Args[len(r.Args)-1] != "other" || f.count(f.reports) != 1 {
		t.Errorf("ran: %q, and %d in all", r.Args, f.count(f.reports))
	}
}

func testWaitingReplaced(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	spec := f.spec(script{Hold: true})
	sleeper := 0 // a process that waits by itself
	var all map[string]units.Status
	replace := func(at time.Time) {
		spec.NotBefore = at
		f.start(spec)
		if alive(sleeper) { // at once
			t.Errorf("process %d waits on", sleeper)
		}
		all = f.status(spec.Name)
		sleeper = all[spec.Name].PID
	}
	waits := func() {
		t.Helper()
		if st := all[spec.Name]; len(all) != 1 || st.State != units.Waiting || st.Due.Sub(spec.NotBefore).Abs() >= s.grain() {
			t.Errorf("status %+v, want waiting until %v", all, spec.NotBefore)
		}
	}
	for _, in := range []time.Duration{time.Hour, 2 * time.Hour, time.Minute} {
		replace(time.Now().Add(in))
		waits()
	}
	f.inTime(replace)
	waits()
	f.report(1)
	if err := f.u.Stop(t.Context(), spec.Name); err != nil {
		t.Fatal(err)
	}
	spec.NotBefore = time.Now().Add(time.Hour)
	f.start(spec)
	spec.NotBefore = time.Time{}
	spec.Input = []byte("now")
	f.start(spec)
	if r := f.report(2); r.Input != "now" {
		t.Errorf("input %q", r.Input)
	}
	if st := f.mustStatus(spec.Name); st.State != units.Active || !st.Due.IsZero() {
		t.Errorf("status %+v, want active", st)
	}
}

// Several that start what waits get one process, whatever others want to wait for.
func testWaitingAtTheSameTime(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	const starters = 6
	var us [starters]units.Scheduler
	for i := range us {
		us[i] = f.u
		if !s.InProcess {
			var err error
			if us[i], err = s.New(t.Context(), f.dir); err != nil {
				t.Fatal(err)
			}
		}
	}
	for round := 1; round <= rounds; round++ {
		spec := f.spec(script{Hold: true})
		later := spec
		later.NotBefore = time.Now().Add(time.Hour)
		f.start(later)
		waiters := round % 3 // of the starters
		var errs [starters]error
		var wg sync.WaitGroup
		for i, u := range us {
			wg.Go(func() {
				if i < waiters {
					errs[i] = u.Start(t.Context(), later)
				} else {
					errs[i] = u.Start(t.Context(), spec)
				}
			})
		}
		wg.Wait()
		started := 0
		for i, err := range errs {
			if err == nil && i >= waiters {
				started++
			}
			if err != nil && !errors.Is(err, units.ErrExists) {
				t.Errorf("round %d, starter %d of which %d wait: %v", round, i, waiters, err)
			}
		}
		if started > 0 {
			f.report(round)
		}
		if n := f.count(f.reports); started != 1 || n != round {
			t.Fatalf("round %d: %d starts succeeded and %d processes ran: %v", round, started, n-round+1, errors.Join(errs[:]...))
		}
		if st := f.mustStatus(spec.Name); st.State != units.Active {
			t.Errorf("round %d: status %+v", round, st)
		}
		if err := f.u.Stop(t.Context(), spec.Name); err != nil {
			t.Fatal(err)
		}
		f.nothing(spec.Name)
	}
}

// rounds is how often a race is run.
const rounds = 12

func testWaitingOutlivesStarter(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	if s.InProcess {
		t.Skip("no processes")
	}
	spec := f.spec(script{Hold: true})
	var st units.Status
	f.inTime(func(at time.Time) {
		spec.NotBefore = at
		f.startElsewhere(s, spec)
		st = f.mustStatus(spec.Name)
	})
	if st.State != units.Waiting {
		t.Errorf("status %+v, want waiting", st)
	}
	if r := f.report(1); r.Begun.Before(spec.NotBefore) {
		t.Errorf("begun at %v, want %v", r.Begun, spec.NotBefore)
	}
}
