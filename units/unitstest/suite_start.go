package unitstest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/specweave/specweave/units"
)

func testAtTheSameTime(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	spec := f.spec(script{})
	f.start(spec) // leaves behind whatever the scheduler leaves
	f.gone(spec.Name)
	hold := f.spec(script{Hold: true})
	hold.Name = spec.Name
	const n = 8
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			u, err := s.New(t.Context(), f.dir)
			if s.InProcess {
				u = f.u
			}
			if err == nil {
				err = u.Start(t.Context(), hold)
			}
			errs[i] = err
		})
	}
	wg.Wait()
	started := 0
	for _, err := range errs {
		if err == nil {
			started++
		} else if !errors.Is(err, units.ErrExists) {
			t.Errorf("start: %v", err)
		}
	}
	if started != 1 {
		t.Errorf("%d of %d starts succeeded: %v", started, n, errors.Join(errs...))
	}
	f.report(2)
	if _, err := os.Stat(filepath.Join(f.reports, "3.json")); err == nil {
		t.Error("two processes ran")
	}
}

func testCancelledBefore(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	spec := f.spec(script{Hold: true})
	if err := f.u.Start(ctx, spec); !errors.Is(err, context.Canceled) {
		t.Errorf("start: %v, want canceled", err)
	}
	f.nothing(spec.Name)
}

func testCancelledDuring(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	if !s.WaitsForReady {
		t.Skip("start does not wait")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	spec := f.spec(script{Hold: true, Mute: true})
	result := make(chan error, 1)
	go func() { result <- f.u.Start(ctx, spec) }()
	r := f.report(1)
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("start: %v, want canceled", err)
	}
	f.nothing(spec.Name)
	f.dead(r.PID)
}

func testSilent(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	if !s.WaitsForReady {
		t.Skip("start does not wait")
	}
	for _, exit := range []int{0, 7} {
		spec := f.spec(script{Exit: exit, Mute: true})
		if err := f.u.Start(t.Context(), spec); err == nil || !strings.Contains(err.Error(), "before it was ready") {
			t.Errorf("start of a command that exits with %d: %v", exit, err)
		}
		f.nothing(spec.Name)
	}
}
