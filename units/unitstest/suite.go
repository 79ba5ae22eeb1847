package unitstest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/units"
)

// Run tests a scheduler against what [units.Scheduler] promises.
func Run(t *testing.T, s Subject) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Subject){
		"Command":          testCommand,
		"Exists":           testExists,
		"AfterTheEnd":      testAfterTheEnd,
		"Failed":           testFailed,
		"Missing":          testMissing,
		"Refused":          testRefused,
		"StopUnknown":      testStopUnknown,
		"StopIsGraceful":   testStopIsGraceful,
		"StatusByPrefix":   testStatusByPrefix,
		"AtTheSameTime":    testAtTheSameTime,
		"CancelledBefore":  testCancelledBefore,
		"CancelledDuring":  testCancelledDuring,
		"Silent":           testSilent,
		"Restart":          testRestart,
		"Secret":           testSecret,
		"StopEndsFamily":   testStopEndsFamily,
		"OutlivesStarter":  testOutlivesStarter,
		"KilledFromBeyond": testKilled,

		"NotBefore":              testNotBefore,
		"NotBeforePast":          testNotBeforePast,
		"WaitingEnds":            testWaitingEnds,
		"WaitingStopped":         testWaitingStopped,
		"WaitingReplaced":        testWaitingReplaced,
		"WaitingAtTheSameTime":   testWaitingAtTheSameTime,
		"WaitingOutlivesStarter": testWaitingOutlivesStarter,

		"After":         testAfter,
		"AfterFailure":  testAfterFailure,
		"AfterCrash":    testAfterCrash,
		"AfterStop":     testAfterStop,
		"AfterFails":    testAfterFails,
		"AfterNotBegun": testAfterNotBegun,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, s)
		})
	}
}

func testCommand(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	spec := f.spec(script{Hold: true}, `$HOME`, `${HOME} $$`, `%h %%`, `it's "quoted" \n`, "two\nlines\t", "ünïcødé ☃", "", "-x=1;2")
	spec.Env = []string{"GREETING=hello $USER %h", "EMPTY=", "QUOTED=a \"b\" 'c'", "PATH=/usr/bin:/bin"}
	spec.Input = []byte("line\nüber")
	f.start(spec)
	r := f.report(1)
	if diff := cmp.Diff(spec.Args, r.Args); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
	for _, v := range spec.Env {
		if !contains(r.Env, v) {
			t.Errorf("environment lacks %q: %q", v, r.Env)
		}
	}
	if contains(r.Env, leak+"=1") {
		t.Error("the caller's environment leaks")
	}
	if want, err := filepath.EvalSymlinks(spec.Dir); err != nil || r.Dir != want {
		t.Errorf("working directory %q, want %q (%v)", r.Dir, want, err)
	}
	if r.Input != string(spec.Input) {
		t.Errorf("input %q, want %q", r.Input, spec.Input)
	}
	st := f.mustStatus(spec.Name)
	if st.State != units.Active || !s.InProcess && st.PID != r.PID {
		t.Errorf("status %+v, want active and process %d", st, r.PID)
	}
	if age := time.Since(st.Since); age < -time.Second || age > patience {
		t.Errorf("in its state since %v", st.Since)
	}
	log := f.log(spec, "to stderr\n")
	if !strings.HasPrefix(log, "before\n") || !strings.Contains(log, "to stdout\n") {
		t.Errorf("log %q", log)
	}
	info, err := os.Stat(spec.LogPath)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 && f.unix {
		t.Errorf("log has mode %o", got)
	}
}

func testExists(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	spec := f.spec(script{Hold: true})
	f.start(spec)
	f.report(1)
	if err := f.u.Start(t.Context(), spec); !errors.Is(err, units.ErrExists) {
		t.Errorf("second start: %v, want ErrExists", err)
	}
	if st := f.mustStatus(spec.Name); st.State != units.Active {
		t.Errorf("status after it: %+v", st)
	}
}

func testAfterTheEnd(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	spec := f.spec(script{})
	f.start(spec)
	f.gone(spec.Name)
	f.start(spec)
	f.report(2)
	f.gone(spec.Name)
	if err := f.u.Stop(t.Context(), spec.Name); err != nil {
		t.Errorf("stop after the end: %v", err)
	}
}

func testFailed(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	spec := f.spec(script{Exit: 3})
	f.start(spec)
	if s.RemembersFailed {
		var st units.Status
		f.eventually("the unit has failed", func() bool {
			st = f.status(spec.Name)[spec.Name]
			return st.State == units.Failed
		})
		if st.Result != "exit-code" || st.ExitCode == 0 || st.Since.IsZero() != s.ForgetsTime {
			t.Errorf("status %+v", st)
		}
	} else {
		f.gone(spec.Name)
	}
	hold := f.spec(script{Hold: true})
	hold.Name = spec.Name
	f.eventually("it is started in the place of the failed one", func() bool {
		err := f.u.Start(t.Context(), hold)
		if err != nil && (!s.KeepsTrying || !errors.Is(err, units.ErrExists)) {
			t.Fatal(err)
		}
		return err == nil
	})
	f.eventually("it is active", func() bool { return f.mustStatus(spec.Name).State == units.Active })
}

func testMissing(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	if s.InProcess {
		t.Skip("no programs")
	}
	spec := f.spec(script{})
	spec.Args[0] = filepath.Join(f.dir, "no such program")
	if err := f.u.Start(t.Context(), spec); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("start of a missing program: %v", err)
	}
	f.nothing(spec.Name)
	spec = f.spec(script{})
	spec.Args[0] = spec.LogPath // not executable
	if err := f.u.Start(t.Context(), spec); err == nil {
		t.Error("start of a text file: no error")
	}
	f.nothing(spec.Name)
}

func testRefused(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	if s.InProcess {
		t.Skip("no processes")
	}
	for name, change := range map[string]func(*units.Spec){
		"name":     func(s *units.Spec) { s.Name = "../x" },
		"no name":  func(s *units.Spec) { s.Name = "" },
		"command":  func(s *units.Spec) { s.Args[0] = "sh" },
		"no args":  func(s *units.Spec) { s.Args = nil },
		"dir":      func(s *units.Spec) { s.Dir = "." },
		"no dir":   func(s *units.Spec) { s.Dir = filepath.Join(f.dir, "missing") },
		"log":      func(s *units.Spec) { s.LogPath = filepath.Join(f.dir, "missing", "log") },
		"variable": func(s *units.Spec) { s.Env = []string{"=x"} },
		"nul":      func(s *units.Spec) { s.Args = append(s.Args, "a\x00b") },
	} {
		spec := f.spec(script{})
		change(&spec)
		if err := f.u.Start(t.Context(), spec); err == nil {
			t.Errorf("%s: no error", name)
		}
		f.nothing(spec.Name)
	}
}

func testStopUnknown(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	for _, name := range []string{f.spec(script{}).Name, "", "*", "../x", "a b"} {
		if err := f.u.Stop(t.Context(), name); err != nil {
			t.Errorf("stop of unknown %q: %v", name, err)
		}
	}
}

func testStopIsGraceful(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	spec := f.spec(script{Hold: true})
	f.start(spec)
	r := f.report(1)
	for range 2 {
		if err := f.u.Stop(t.Context(), spec.Name); err != nil {
			t.Fatalf("stop: %v", err)
		}
		f.nothing(spec.Name)
		f.dead(r.PID)
	}
	if f.unix {
		f.log(spec, "graceful\n")
	}
	f.start(spec)
	f.report(2)
}

func testStatusByPrefix(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	project := t.TempDir()
	var names []string
	for _, job := range []string{"aaaaaaaa", "aaaaaaab"} {
		spec := f.spec(script{Hold: true})
		spec.Name = units.Name(project, job, 1)
		names = append(names, spec.Name)
		if job == "aaaaaaab" {
			spec.NotBefore = time.Now().Add(time.Hour)
		}
		f.start(spec)
	}
	for prefix, want := range map[string][]string{
		units.Prefix(project, ""):           names,
		units.Prefix(project, "aaaaaaab"):   names[1:],
		names[0]:                            names[:1],
		units.Prefix(project, "aaaaaaac"):   nil,
		units.Prefix(project+"x", ""):       nil,
		"*":                                 nil,
		units.Prefix(project, "")[:9] + "?": nil,
	} {
		var got []string
		for _, name := range names {
			if _, ok := f.status(prefix)[name]; ok {
				got = append(got, name)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || len(f.status(prefix)) != len(want) {
			t.Errorf("status of %q (-want +got):\n%s", prefix, diff)
		}
	}
}

// alive reports whether a process with that number runs.
func alive(pid int) bool {
	p, ok := platform.FindProc(pid)
	return ok && p.Alive()
}
