package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/units"
)

// left makes a job whose journal has the given lines, each without its time.
func left(t *testing.T, l jobs.Launcher, lines ...string) string {
	t.Helper()
	job, err := l.Store.Create(jobs.CloneRepos, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, line := range lines {
		fmt.Fprintf(&b, `{"t":"2026-01-02T03:04:05Z",%s}`+"\n", line)
	}
	if err := os.WriteFile(filepath.Join(l.Store.Dir(), "jobs", job.ID, "journal.jsonl"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return job.ID
}

const died = `"k":"start","proc":{"pid":1,"started":1},"boot":"before"`

func reconcile(t *testing.T, l jobs.Launcher) string {
	t.Helper()
	outcomes, err := l.Reconcile(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	var did []string
	for _, o := range outcomes {
		if o.Err != nil {
			t.Error(o.Err)
		}
		did = append(did, string(o.Action))
	}
	return strings.Join(did, ", ")
}

func TestReconcile(t *testing.T) {
	t.Parallel()
	finish := func(_ context.Context, _ jobs.Job, p *jobs.Progress) error {
		return errors.Join(p.Total(1), p.Done("a"))
	}
	for name, c := range map[string]struct {
		journal []string
		did     string
		want    jobs.Status
		reason  string
	}{
		"died with the machine":  {[]string{died, `"k":"begin","item":"a"`}, "lose, start", jobs.Completed, ""},
		"stopped by the system":  {[]string{died, `"k":"pause","until":"2026-01-02T03:04:05Z","err":"shutdown"`}, "start", jobs.Completed, ""},
		"stopped by a person":    {[]string{died, `"k":"pause","err":"stopped by the user"`}, "", jobs.Paused, "stopped by the user"},
		"waits for a time":       {[]string{died, `"k":"pause","until":"2999-01-02T03:04:05Z","err":"rate limit"`}, "arm", jobs.Paused, "rate limit"},
		"over":                   {[]string{died, `"k":"end","status":"completed"`}, "", jobs.Completed, ""},
		"failed":                 {[]string{died, `"k":"end","status":"failed","err":"x"`}, "", jobs.Failed, "x"},
		"dies at the same place": {[]string{died, died, died, `"k":"begin","item":"acme/big"`}, "lose, give up", jobs.Failed, "given up: 3 attempts died one after the other at acme/big: the machine was restarted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, _ := launcher(t, finish)
			id := left(t, l, c.journal...)
			if did := reconcile(t, l); did != c.did {
				t.Errorf("did %q, want %q", did, c.did)
			}
			if v := until(t, l.Store, id, c.want); v.State.Error != c.reason {
				t.Errorf("%q, want %q", v.State.Error, c.reason)
			}
			if did := reconcile(t, l); did != "" {
				t.Errorf("again: %q", did)
			}
		})
	}
}

// A kill that came with the death of the worker is a person's wish.
func TestReconcileKeepsTheWishToStop(t *testing.T) {
	t.Parallel()
	l, _ := launcher(t, waits)
	id := left(t, l, died)
	if err := os.WriteFile(filepath.Join(l.Store.Dir(), "jobs", id, "stop"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if did := reconcile(t, l); did != "lose" {
		t.Error(did)
	}
	if v := until(t, l.Store, id, jobs.Paused); !v.State.ResumeAfter.IsZero() {
		t.Errorf("%+v", v.State)
	}
}

// Units of jobs that are over are forgotten; those of living ones are not.
func TestReconcileCollects(t *testing.T) {
	t.Parallel()
	l, fake := launcher(t, waits)
	over := left(t, l, died, `"k":"end","status":"failed","err":"x"`)
	old := units.Name(l.Store.Project(), over, 1)
	fake.Set(old, units.Status{State: units.Failed, Result: "exit-code", ExitCode: 1})
	job, unit, err := l.Launch(t.Context(), jobs.CloneRepos, nil)
	if err != nil {
		t.Fatal(err)
	}
	if did := reconcile(t, l); did != "collect" {
		t.Error(did)
	}
	st, err := fake.Status(t.Context(), "")
	if _, gone := st[old]; gone || st[unit].State != units.Active || err != nil {
		t.Errorf("%v, %v", st, err)
	}
	if err := l.Kill(t.Context(), job.ID); err != nil {
		t.Error(err)
	}
}

// Many at once give each job one worker.
func TestReconcileTogether(t *testing.T) {
	t.Parallel()
	l, fake := launcher(t, waits)
	var ids []string
	for range 3 {
		ids = append(ids, left(t, l, died))
	}
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if _, err := l.Reconcile(context.Background(), ""); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		until(t, l.Store, id, jobs.Running)
	}
	if n := len(fake.Specs()); n != len(ids) {
		t.Errorf("%d units for %d jobs", n, len(ids))
	}
	for _, id := range ids {
		if err := l.Kill(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
}

// The lock of a worker that is dying may be held a moment longer than the
// worker can be seen, and as long as it is only dead by half.
func TestReconcileWaitsForTheLock(t *testing.T) {
	t.Parallel()
	t.Run("gone", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) { waitsForTheLock(t, died, 500*time.Millisecond) })
	})
	t.Run("dying", func(t *testing.T) {
		t.Parallel()
		if runtime.GOOS != "linux" {
			t.Skip("not everywhere is a process seen that has ended")
		}
		zombie := exec.CommandContext(t.Context(), "true")
		if err := zombie.Start(); err != nil {
			t.Fatal(err)
		}
		defer zombie.Wait() //nolint:errcheck // it is a zombie until then
		p, ok := platform.FindProc(zombie.Process.Pid)
		if !ok {
			t.Fatal("no zombie")
		}
		waitFor(t, func() bool { return !p.Alive() })
		start := fmt.Sprintf(`"k":"start","proc":{"pid":%d,"started":%d},"boot":%q`, p.PID, p.Started, platform.BootID())
		synctest.Test(t, func(t *testing.T) { waitsForTheLock(t, start, 10*time.Second) })
	})
}

func waitsForTheLock(t *testing.T, start string, held time.Duration) {
	t.Helper()
	l, _ := launcher(t, waits)
	id := left(t, l, start)
	lock, err := platform.TryLock(strings.Replace(l.Store.LogPath(id), "worker.log", "worker.lock", 1))
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(held, func() { _ = lock.Close() })
	if did := reconcile(t, l); did != "lose, start" {
		t.Error(did)
	}
	until(t, l.Store, id, jobs.Running)
	if err := l.Kill(t.Context(), id); err != nil {
		t.Error(err)
	}
}

// Whoever starts a job at the same instant, it gets one worker.
func TestOneWorker(t *testing.T) {
	t.Parallel()
	l, fake := launcher(t, waits)
	for round := range 100 {
		id := left(t, l, died)
		before := len(fake.Specs())
		var wg sync.WaitGroup
		var other string
		for range 2 {
			wg.Go(func() {
				if _, err := l.Reconcile(context.Background(), ""); err != nil {
					t.Error(err)
				}
			})
			wg.Go(func() {
				if _, err := l.Resume(context.Background(), id); err != nil && !errors.Is(err, jobs.ErrClaimed) {
					t.Error(err)
				}
			})
		}
		wg.Go(func() {
			job, _, err := l.Launch(context.Background(), jobs.CloneRepos, nil)
			if err != nil {
				t.Error(err)
			}
			other = job.ID
		})
		wg.Wait()
		until(t, l.Store, id, jobs.Running)
		if n := len(fake.Specs()) - before; n != 2 {
			t.Fatalf("round %d: %d units for 2 jobs", round, n)
		}
		for _, id := range []string{id, other} {
			if err := l.Kill(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
	}
}
