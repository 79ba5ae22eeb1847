package jobs_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/units"
)

func projection(t *testing.T, s *jobs.Store) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(s.Dir(), "background-jobs.json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// What a busy lock or a crash kept from being written is made up for by the
// next one who looks.
func TestReconcileMakesUpForMissedPublications(t *testing.T) {
	t.Parallel()
	l, _ := launcher(t, func(_ context.Context, _ jobs.Job, p *jobs.Progress) error {
		return errors.Join(p.Total(1), p.Done("a"))
	})
	job, _, err := l.Launch(t.Context(), jobs.CloneRepos, nil)
	if err != nil {
		t.Fatal(err)
	}
	until(t, l.Store, job.ID, jobs.Completed)
	result := strings.Replace(l.Store.LogPath(job.ID), "worker.log", "result.json", 1)
	file := filepath.Join(l.Store.Dir(), "background-jobs.json")
	waitFor(t, func() bool { // its worker publishes, and leaves
		held, err := l.Store.Running(job.ID)
		return err == nil && !held
	})
	good := projection(t, l.Store)

	for name, spoil := range map[string]func() error{
		"an old entry": func() error {
			old := strings.NewReplacer(`"status": "completed"`, `"status": "running"`, `"revision": `, `"revision": -`).Replace(good)
			return os.WriteFile(file, []byte(old), 0o600)
		},
		"no entry":  func() error { return os.WriteFile(file, []byte("{\n  \"jobs\": []\n}"), 0o600) },
		"no file":   func() error { return os.Remove(file) },
		"no result": func() error { return os.Remove(result) },
		"a ghost": func() error {
			return os.WriteFile(file, []byte(strings.Replace(good, "{\n  \"jobs\": [", "{\n  \"jobs\": [\n    {\n      \"id\": \"00000000\",\n      \"schemaVersion\": 1\n    },", 1)), 0o600)
		},
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		if did := reconcile(t, l); did != "" {
			t.Errorf("%s: did %s", name, did)
		}
		if got := projection(t, l.Store); !strings.Contains(got, job.ID) || !strings.Contains(got, `"status": "completed"`) || strings.Contains(got, "00000000") {
			t.Errorf("%s: %s", name, got)
		}
		if _, err := os.Stat(result); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Nothing is written where nothing differs.
func TestReconcileWritesOnlyWhatDiffers(t *testing.T) {
	t.Parallel()
	l, _ := launcher(t, waits)
	left(t, l, died, `"k":"pause","err":"stopped by the user"`)
	reconcile(t, l)
	before, err := os.Stat(filepath.Join(l.Store.Dir(), "background-jobs.json"))
	if err != nil {
		t.Fatal(err)
	}
	reconcile(t, l)
	after, err := os.Stat(filepath.Join(l.Store.Dir(), "background-jobs.json"))
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("written again: %v", err)
	}
}

// A job whose files are damaged while its worker lives can be stopped.
func TestKillOfADamagedJob(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"journal.jsonl", "config.json"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			l, fake := launcher(t, waits)
			job, unit, err := l.Launch(t.Context(), jobs.CloneRepos, nil)
			if err != nil {
				t.Fatal(err)
			}
			path := strings.Replace(l.Store.LogPath(job.ID), "worker.log", file, 1)
			if err := os.WriteFile(path, []byte("XX\n{\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			v, err := l.Store.Find(job.ID)
			if err == nil || !v.Damaged || v.State.Status != jobs.Failed {
				t.Errorf("%v: %+v", err, v)
			}
			if err := l.Kill(t.Context(), job.ID); err == nil {
				t.Error("the damage is not said")
			}
			if st, err := fake.Status(t.Context(), unit); err != nil || len(st) > 0 {
				t.Errorf("it goes on: %v, %v", st, err)
			}
		})
	}
}

// A person who does not wait for the launch to end has stopped the job.
func TestInterruptedLaunch(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	l, fake := launcher(t, waits)
	run := fake.Run
	fake.Run = func(runCtx context.Context, s units.Spec, ready func()) error {
		ready() // the manager has started it, and the worker has said nothing yet
		cancel()
		<-runCtx.Done()
		return run(runCtx, s, ready)
	}
	job, _, err := l.Launch(ctx, jobs.CloneRepos, nil)
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if st, _ := fake.Status(t.Context(), ""); len(st) > 0 {
		t.Errorf("it goes on: %v", st)
	}
	if v, err := l.Store.Find(job.ID); err != nil || v.State.Status != jobs.Paused || v.State.Error != jobs.ErrStopped.Error() || !v.State.ResumeAfter.IsZero() {
		t.Errorf("%v: %+v", err, v.State)
	}
}

// A manager that did not hear of a person's wish starts the unit again in vain.
func TestRestartAfterAPersonsStop(t *testing.T) {
	t.Parallel()
	l, _ := launcher(t, waits)
	id := left(t, l, startOf("u"), `"k":"pause","err":"stopped by the user"`)
	again := jobs.Attempt{Store: l.Store, Workers: map[jobs.Type]jobs.Worker{jobs.CloneRepos: workFunc(waits)}, Unit: "u"}
	if _, err := again.Run(t.Context(), id); !errors.Is(err, jobs.ErrChanged) {
		t.Error(err)
	}
	for name, journal := range map[string][]string{
		"a person stopped it": {startOf("u"), `"k":"pause","err":"stopped by the user"`},
		"it was put off":      {startOf("u"), `"k":"pause","until":"2999-01-02T03:04:05Z"`},
		"it is over":          {startOf("u"), `"k":"end","status":"failed","err":"x"`},
	} {
		armed := again
		armed.Unit, armed.Armed = "v", true
		if _, err := armed.Run(t.Context(), left(t, l, journal...)); !errors.Is(err, jobs.ErrChanged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
