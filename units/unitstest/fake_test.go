package unitstest

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/units"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

func TestFakeSuite(t *testing.T) {
	t.Parallel()
	Run(t, Subject{
		Name: "fake",
		New: func(context.Context, string) (units.Scheduler, error) {
			return &Fake{Run: inProcess, After: afterwards}, nil
		},
		WaitsForReady:   true,
		RemembersFailed: true,
		RunsAfter:       true,
		KeepsInput:      true,
		InProcess:       true,
	})
}

// inProcess runs a command of the suite in this goroutine.
func inProcess(ctx context.Context, s units.Spec, ready func()) error {
	log, err := os.OpenFile(s.LogPath, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer log.Close()
	if err := log.Chmod(0o600); err != nil {
		return err
	}
	code := command(host{
		report: report{Args: s.Args, Env: s.Env, Dir: s.Dir, Input: string(s.Input)},
		stdout: log, stderr: log,
		ready: ready,
		term:  ctx.Done(),
	})
	if code != 0 {
		return errors.New("exit")
	}
	return nil
}

// afterwards runs a command for the end.
func afterwards(s units.Spec, how units.Status) {
	s.Args = s.After
	s.Env = append(slices.Clip(s.Env), "SERVICE_RESULT="+how.Result, "EXIT_CODE=exited", "EXIT_STATUS="+strconv.Itoa(how.ExitCode))
	_ = inProcess(context.Background(), s, func() {})
}

func TestFakeByHand(t *testing.T) {
	t.Parallel()
	f := &Fake{}
	state := func() units.State {
		t.Helper()
		all, err := f.Status(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		return all["a-1"].State
	}
	if err := f.Start(t.Context(), units.Spec{Name: "a-1"}); err != nil || state() != units.Active {
		t.Fatalf("start: %v, %q", err, state())
	}
	f.Fail("a-1", 4)
	if state() != units.Failed {
		t.Errorf("after Fail: %q", state())
	}
	if err := f.Start(t.Context(), units.Spec{Name: "a-1"}); err != nil || state() != units.Active {
		t.Fatalf("start over a failed unit: %v, %q", err, state())
	}
	f.Lose("a-1")
	if state() != "" {
		t.Errorf("after Lose: %q", state())
	}
	f.Set("a-2", units.Status{State: units.Active, PID: 7})
	if all, _ := f.Status(t.Context(), ""); all["a-2"].PID != 7 {
		t.Errorf("after Set: %v", all)
	}
	if got := f.Specs(); len(got) != 2 || got[1].Name != "a-1" {
		t.Errorf("specs %v", got)
	}
}

func TestFakeErrors(t *testing.T) {
	t.Parallel()
	oops := errors.New("oops")
	f := &Fake{
		StartErr:  func(units.Spec) error { return oops },
		StopErr:   func(string) error { return oops },
		StatusErr: func(string) error { return oops },
	}
	_, statusErr := f.Status(t.Context(), "")
	for _, err := range []error{f.Start(t.Context(), units.Spec{}), f.Stop(t.Context(), ""), statusErr} {
		if !errors.Is(err, oops) {
			t.Errorf("got %v", err)
		}
	}
}

func TestFakeKilled(t *testing.T) {
	t.Parallel()
	cause := make(chan error, 1)
	f := &Fake{Run: func(ctx context.Context, _ units.Spec, ready func()) error {
		ready()
		<-ctx.Done()
		cause <- context.Cause(ctx)
		return ctx.Err()
	}}
	if err := f.Start(t.Context(), units.Spec{Name: "a"}); err != nil {
		t.Fatal(err)
	}
	f.Lose("a")
	if err := <-cause; !errors.Is(err, ErrKilled) {
		t.Errorf("cause %v", err)
	}
}

func TestFakeElapse(t *testing.T) {
	t.Parallel()
	var begun, over []string
	f := &Fake{
		Run: func(_ context.Context, s units.Spec, ready func()) error {
			begun = append(begun, s.Title)
			ready()
			if s.Title == "bad" {
				return errors.New("oops")
			}
			return nil
		},
		After: func(s units.Spec, how units.Status) { over = append(over, s.Title+" "+how.Result) },
	}
	for _, title := range []string{"replaced", "good"} {
		s := units.Spec{Name: "a", Title: title, NotBefore: time.Now().Add(time.Hour), After: []string{"/x"}}
		if err := f.Start(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	status := func(name string) units.Status {
		t.Helper()
		all, err := f.Status(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		return all[name]
	}
	if st := status("a"); st.State != units.Waiting || time.Until(st.Due) < time.Minute || st.PID != 0 {
		t.Errorf("status %+v", st)
	}
	f.Elapse("a")
	f.Elapse("unknown")
	if err := f.Stop(t.Context(), "a"); err != nil { // waits for its end
		t.Fatal(err)
	}
	if st := status("a"); st.State != "" {
		t.Errorf("status after the end %+v", st)
	}
	f.Set("b", units.Status{State: units.Waiting})
	f.Elapse("b") // nothing is known to be run
	f.Set("a", units.Status{State: units.Active})
	f.Fail("a", 3) // nor to be run after it
	s := units.Spec{Name: "c", Title: "lost", NotBefore: time.Now().Add(time.Hour), After: []string{"/x"}}
	if err := f.Start(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	f.Lose("c")
	f.Elapse("c")
	if diff := cmp.Diff([]string{"good"}, begun); diff != "" {
		t.Errorf("begun (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"good success"}, over); diff != "" {
		t.Errorf("over (-want +got):\n%s", diff)
	}
}

// Without a Run, units end when they are told to, and After runs then.
func TestFakeAfterByHand(t *testing.T) {
	t.Parallel()
	var over []units.Status
	f := &Fake{After: func(_ units.Spec, how units.Status) {
		how.Since = time.Time{}
		over = append(over, how)
	}}
	end := map[string]func(){
		"a": func() { _ = f.Stop(t.Context(), "a") },
		"b": func() { f.Fail("b", 3) },
		"c": func() { f.Lose("c") }, // a reboot leaves no time for it
	}
	for _, name := range []string{"a", "b", "c"} {
		if err := f.Start(t.Context(), units.Spec{Name: name, After: []string{"/x"}}); err != nil {
			t.Fatal(err)
		}
		end[name]()
	}
	want := []units.Status{{Result: "success"}, {State: units.Failed, Result: "exit-code", ExitCode: 3}}
	if diff := cmp.Diff(want, over); diff != "" {
		t.Errorf("over (-want +got):\n%s", diff)
	}
}
