package unitstest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/units"
)

// outcome returns what a command for the end was told.
func outcome(r report) []string {
	var how []string
	for _, name := range []string{"SERVICE_RESULT", "EXIT_CODE", "EXIT_STATUS"} {
		for _, v := range r.Env {
			if value, ok := strings.CutPrefix(v, name+"="); ok {
				how = append(how, value)
			}
		}
	}
	return how
}

// ended waits for the nth end of the unit's commands, and checks what the
// command for it was told.
func (f *fixture) ended(n int, want ...string) report {
	f.Helper()
	r := f.reportIn(f.ends, n)
	if diff := cmp.Diff(want, outcome(r)); diff != "" {
		f.Errorf("end %d: SERVICE_RESULT, EXIT_CODE, EXIT_STATUS (-want +got):\n%s", n, diff)
	}
	return r
}

func testAfter(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	spec := f.spec(script{})
	spec.Env = []string{"GREETING=hello $USER %h"}
	f.after(&spec, script{Say: "the end"}, `$HOME ${HOME} $$`, `%h %%`, `it's "quoted" \n`, "two\nlines\t", "ünïcødé ☃", "")
	f.start(spec)
	f.gone(spec.Name)
	if !s.RunsAfter {
		if n := f.count(f.ends); n != 0 {
			t.Errorf("%d commands for the end ran", n)
		}
		return
	}
	r := f.ended(1, "success", "exited", "0")
	if diff := cmp.Diff(spec.After, r.Args); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
	if !contains(r.Env, spec.Env[0]) {
		t.Errorf("environment %q", r.Env)
	}
	if r.Begun.Before(f.report(1).Begun) {
		t.Error("run before the command")
	}
	f.log(spec, "the end\n")
	if n := f.count(f.ends); n != 1 {
		t.Errorf("run %d times", n)
	}
}

func testAfterFailure(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	if !s.RunsAfter {
		t.Skip("see After")
	}
	spec := f.spec(script{Exit: 1})
	f.after(&spec, script{})
	f.start(spec)
	f.eventually("the unit has failed", func() bool { return f.status(spec.Name)[spec.Name].State == units.Failed })
	runs := f.count(f.reports)
	for n := range runs {
		f.ended(n+1, "exit-code", "exited", "1")
	}
	if ends := f.count(f.ends); ends != runs {
		t.Errorf("%d runs and %d ends", runs, ends)
	}
	if st := f.mustStatus(spec.Name); st.Result != "exit-code" || st.ExitCode != 1 {
		t.Errorf("status %+v", st)
	}
}

// A crash ends with the command for it before the next run begins.
func testAfterCrash(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	if !s.RunsAfter || !s.Restarts {
		t.Skip("crashed commands stay dead")
	}
	spec := f.spec(script{Crashes: 2, Hold: true})
	f.after(&spec, script{})
	f.start(spec)
	next := f.report(3)
	for n := 2; n > 0; n-- {
		r := f.ended(n, "signal", "killed", "KILL")
		if r.Begun.After(next.Begun) {
			t.Errorf("end %d came at %v, the run after it began at %v", n, r.Begun, next.Begun)
		}
		next = f.report(n)
	}
	if n := f.count(f.ends); n != 2 {
		t.Errorf("%d ends", n)
	}
}

func testAfterStop(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	if !s.RunsAfter {
		t.Skip("see After")
	}
	spec := f.spec(script{Hold: true})
	f.after(&spec, script{})
	f.start(spec)
	f.report(1)
	if err := f.u.Stop(t.Context(), spec.Name); err != nil {
		t.Fatal(err)
	}
	if n := f.count(f.ends); n != 1 { // at once: nothing runs any more
		t.Errorf("%d ends", n)
	}
	f.ended(1, "success", "exited", "0")
	f.nothing(spec.Name)
}

// An end that cannot be announced is an end all the same.
func testAfterFails(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	if !s.RunsAfter {
		t.Skip("see After")
	}
	spec := f.spec(script{})
	f.after(&spec, script{Exit: 7})
	f.start(spec)
	f.ended(1, "success", "exited", "0")
	f.gone(spec.Name)
	if n := f.count(f.reports); n != 1 {
		t.Errorf("the command ran %d times", n)
	}
}

// What did not begin has no end; what did, has, even if it was never ready.
func testAfterNotBegun(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	if !s.RunsAfter {
		t.Skip("see After")
	}
	spec := f.spec(script{})
	f.after(&spec, script{})
	spec.NotBefore = time.Now().Add(time.Hour)
	f.start(spec)
	if err := f.u.Stop(t.Context(), spec.Name); err != nil {
		t.Fatal(err)
	}
	if n := f.count(f.ends); n != 0 {
		t.Errorf("%d ends of what never began", n)
	}
	if !s.WaitsForReady {
		return
	}
	spec = f.spec(script{Exit: 1, Mute: true})
	f.after(&spec, script{})
	if err := f.u.Start(t.Context(), spec); err == nil {
		t.Error("start of a command that exits: no error")
	}
	f.ended(1, "exit-code", "exited", "1")
	f.nothing(spec.Name)
}
