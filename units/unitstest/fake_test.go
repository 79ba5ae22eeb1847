package unitstest

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/specweave/specweave/units"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

func TestFakeSuite(t *testing.T) {
	t.Parallel()
	Run(t, Subject{
		Name:            "fake",
		New:             func(context.Context, string) (units.Scheduler, error) { return &Fake{Run: inProcess}, nil },
		WaitsForReady:   true,
		RemembersFailed: true,
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
