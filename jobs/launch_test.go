package jobs_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/units"
	"github.com/specweave/specweave/units/unitstest"
)

type workFunc func(ctx context.Context, job jobs.Job, p *jobs.Progress) error

func (f workFunc) Work(ctx context.Context, job jobs.Job, p *jobs.Progress) error {
	return f(ctx, job, p)
}

// launcher runs workers as goroutines of a fake scheduler.
func launcher(t *testing.T, work workFunc) (jobs.Launcher, *unitstest.Fake) {
	t.Helper()
	s := jobs.Open(t.TempDir())
	fake := &unitstest.Fake{}
	fake.Run = func(ctx context.Context, spec units.Spec, ready func()) error {
		a := jobs.Attempt{Store: s, Workers: map[jobs.Type]jobs.Worker{jobs.CloneRepos: work}, Unit: spec.Name, Watch: func(*jobs.State) { ready() }}
		_, err := a.Run(ctx, spec.Args[1])
		return err
	}
	t.Cleanup(func() { // no worker writes when the directory goes
		for end := time.Now().Add(20 * time.Second); ; {
			st, _ := fake.Status(context.Background(), "")
			maps.DeleteFunc(st, func(_ string, u units.Status) bool { return u.State != units.Active })
			if len(st) == 0 || time.Now().After(end) {
				return
			}
			<-time.After(2 * time.Millisecond)
		}
	})
	return jobs.Launcher{
		Store: s, Units: fake, Env: []string{"PATH=/bin"}, Input: []byte("secret"),
		Command: func(id string) []string { return []string{"/specweave", id} },
	}, fake
}

func until(t *testing.T, s *jobs.Store, id string, want jobs.Status) jobs.View {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; {
		v, err := s.Find(id)
		if err != nil {
			t.Fatal(err)
		}
		if v.State.Status == want {
			return v
		}
		if time.Now().After(end) {
			t.Fatalf("%s is %s, not %s", id, v.State.Status, want)
		}
		<-time.After(2 * time.Millisecond)
	}
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); <-time.After(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}

func waits(ctx context.Context, _ jobs.Job, p *jobs.Progress) error {
	if err := p.Total(1); err != nil {
		return err
	}
	<-ctx.Done()
	return context.Cause(ctx)
}

func TestLaunchRunsToTheEnd(t *testing.T) {
	t.Parallel()
	l, fake := launcher(t, func(_ context.Context, _ jobs.Job, p *jobs.Progress) error {
		return errors.Join(p.Total(1), p.Done("a"))
	})
	job, unit, err := l.Launch(t.Context(), jobs.CloneRepos, nil)
	if err != nil {
		t.Fatal(err)
	}
	v := until(t, l.Store, job.ID, jobs.Completed)
	if v.State.Unit != unit || unit != units.Name(l.Store.Project(), job.ID, 1) {
		t.Errorf("%q and %q", unit, v.State.Unit)
	}
	spec := fake.Specs()[0]
	if string(spec.Input) != "secret" || spec.Dir != l.Store.Project() || spec.LogPath != l.Store.LogPath(job.ID) {
		t.Errorf("%+v", spec)
	}
	env := strings.Join(spec.Env, " ")
	for _, part := range []string{"PATH=/bin", "SPECWEAVE_BACKGROUND_JOB=1", "SPECWEAVE_UNIT=" + unit} {
		if !strings.Contains(env, part) {
			t.Errorf("%s is missing in %s", part, env)
		}
	}
	if _, err := l.Resume(t.Context(), job.ID); !errors.Is(err, jobs.ErrFinished) {
		t.Errorf("resume: %v", err)
	}
	if _, err := l.Retry(t.Context(), job.ID, ""); !errors.Is(err, jobs.ErrFinished) {
		t.Errorf("retry: %v", err)
	}
	if err := l.Kill(t.Context(), job.ID); !errors.Is(err, jobs.ErrFinished) {
		t.Errorf("kill: %v", err)
	}
}

func TestKillAndResume(t *testing.T) {
	t.Parallel()
	l, _ := launcher(t, waits)
	job, _, err := l.Launch(t.Context(), jobs.CloneRepos, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Resume(t.Context(), job.ID); !errors.Is(err, jobs.ErrClaimed) {
		t.Errorf("resume of a running job: %v", err)
	}
	for range 2 { // killing twice is as good as once
		if err := l.Kill(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		v := until(t, l.Store, job.ID, jobs.Paused)
		if !v.State.ResumeAfter.IsZero() || v.State.Error != jobs.ErrStopped.Error() {
			t.Errorf("%+v", v.State)
		}
		if st, _ := l.Units.Status(t.Context(), ""); len(st) != 0 {
			t.Errorf("units left: %v", st)
		}
	}
	unit, err := l.Resume(t.Context(), job.ID)
	if err != nil || unit != units.Name(l.Store.Project(), job.ID, 2) {
		t.Fatal(unit, err)
	}
	until(t, l.Store, job.ID, jobs.Running)
	if err := l.Kill(t.Context(), job.ID); err != nil {
		t.Error(err)
	}
}

func TestManyResumesGiveOneWorker(t *testing.T) {
	t.Parallel()
	l, fake := launcher(t, waits)
	job, _, err := l.Launch(t.Context(), jobs.CloneRepos, nil)
	if err == nil {
		err = l.Kill(t.Context(), job.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 8 {
		wg.Go(func() {
			_, err := l.Resume(context.Background(), job.ID)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if !errors.Is(err, jobs.ErrClaimed) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(fake.Specs()); won != 1 || n != 2 {
		t.Errorf("%d resumes succeeded, %d units were started", won, n)
	}
	if err := l.Kill(t.Context(), job.ID); err != nil {
		t.Error(err)
	}
}

func TestLaunchFails(t *testing.T) {
	t.Parallel()
	l, fake := launcher(t, waits)
	fake.StartErr = func(units.Spec) error { return errors.New("no such bus") }
	job, _, err := l.Launch(t.Context(), jobs.CloneRepos, nil)
	if err == nil || !strings.Contains(err.Error(), "no such bus") {
		t.Fatal(err)
	}
	v, err := l.Store.Find(job.ID)
	if err != nil || v.State.Status != jobs.Paused || !strings.Contains(v.State.Error, "no such bus") {
		t.Errorf("%v %+v", err, v.State)
	}
	fake.StartErr = nil
	if _, err := l.Resume(t.Context(), job.ID); err != nil {
		t.Error(err)
	}
	if err := l.Kill(t.Context(), job.ID); err != nil {
		t.Error(err)
	}
}

func TestForeignJobs(t *testing.T) {
	t.Parallel()
	l, _ := launcher(t, waits)
	if err := os.MkdirAll(l.Store.Dir(), 0o700); err != nil {
		t.Fatal(err)
	}
	file := `{"jobs":[{"id":"node0001","type":"import-issues","status":"running","progress":{"current":3,"total":4}}]}`
	if err := os.WriteFile(filepath.Join(l.Store.Dir(), "background-jobs.json"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	v, err := l.Store.Find("node")
	if err != nil || !v.Foreign || v.State.Done != 3 || v.State.Total != 4 || v.Interrupted() {
		t.Errorf("%v %+v", err, v)
	}
	_, resumed := l.Resume(t.Context(), "node0001")
	_, retried := l.Retry(t.Context(), "node0001", "")
	for _, err := range []error{resumed, retried, l.Kill(t.Context(), "node0001")} {
		if !errors.Is(err, jobs.ErrForeign) {
			t.Error(err)
		}
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	l, _ := launcher(t, func(_ context.Context, _ jobs.Job, p *jobs.Progress) error {
		return errors.Join(p.Total(2), p.Done("a"), p.Fail("b", "other", "no"))
	})
	job, err := l.Store.Create(jobs.CloneRepos, nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = l.Resume(context.Background(), job.ID) }()
	var last jobs.State
	if err := l.Store.Follow(t.Context(), job.ID, func(s *jobs.State) error { last = *s; return nil }); err != nil {
		t.Fatal(err)
	}
	if last.Status != jobs.CompletedWithWarnings || last.Done != 1 || last.Failed != 1 {
		t.Errorf("%+v", last)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("enough")
	cancel(stop)
	other, err := l.Store.Create(jobs.CloneRepos, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Store.Follow(ctx, other.ID, func(*jobs.State) error { return nil }); !errors.Is(err, stop) {
		t.Error(err)
	}
}

// A worker that begins late, as on a busy machine, is waited for.
func TestLaunchWaitsForTheWorker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, fake := launcher(t, waits)
		run := fake.Run
		fake.Run = func(ctx context.Context, s units.Spec, ready func()) error {
			ready()
			<-time.After(30 * time.Second)
			return run(ctx, s, ready)
		}
		job, _, err := l.Launch(t.Context(), jobs.CloneRepos, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Kill(t.Context(), job.ID); err != nil {
			t.Error(err)
		}
	})
}

// A worker that has noted its end and is about to leave is no obstacle, however
// slow the disk.
func TestRetryWaitsForTheLastWorkerToLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, retryWaits)
}

func retryWaits(t *testing.T) {
	t.Helper()
	l, fake := launcher(t, func(_ context.Context, _ jobs.Job, p *jobs.Progress) error {
		return errors.Join(p.Total(1), p.Fail("a", "network", "reset"))
	})
	leave := make(chan struct{})
	run := fake.Run
	fake.Run = func(ctx context.Context, s units.Spec, ready func()) error {
		err := run(ctx, s, ready)
		<-leave
		return err
	}
	job, _, err := l.Launch(t.Context(), jobs.CloneRepos, nil)
	if err != nil {
		t.Fatal(err)
	}
	until(t, l.Store, job.ID, jobs.CompletedWithWarnings)
	time.AfterFunc(20*time.Second, func() { close(leave) })
	if _, err := l.Retry(t.Context(), job.ID, ""); err != nil {
		t.Error(err)
	}
}
