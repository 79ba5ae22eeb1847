package jobs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// attempt runs one attempt of a new job with f for a worker.
func attempt(ctx context.Context, t *testing.T, s *Store, id string, f workFunc) (State, error) {
	t.Helper()
	return Attempt{Store: s, Workers: map[Type]Worker{CloneRepos: f}}.Run(ctx, id)
}

func TestRunOutcomes(t *testing.T) {
	t.Parallel()
	until := t0.Add(1000 * time.Hour)
	for name, c := range map[string]struct {
		work   workFunc
		want   Status
		reason string
	}{
		"completed": {func(_ context.Context, _ Job, p *Progress) error {
			return errors.Join(p.Total(1), p.Begin("a"), p.Done("a"))
		}, Completed, ""},
		"warnings": {func(_ context.Context, _ Job, p *Progress) error {
			return errors.Join(p.Total(2), p.Done("a"), p.Fail("b", "auth", "denied"))
		}, CompletedWithWarnings, "1 of 2 items failed"},
		"left": {func(_ context.Context, _ Job, p *Progress) error {
			return errors.Join(p.Total(1), p.Done("a"), Warn(Left{2, "in conflict"}, Left{0, "refused"}))
		}, CompletedWithWarnings, "2 in conflict"},
		"warnings and left": {func(_ context.Context, _ Job, p *Progress) error {
			return errors.Join(p.Total(2), p.Done("a"), p.Fail("b", "auth", "denied"), Warn(Left{1, "in conflict"}))
		}, CompletedWithWarnings, "1 of 2 items failed; 1 in conflict"},
		"left, and failed": {func(context.Context, Job, *Progress) error {
			return errors.Join(Warn(Left{1, "in conflict"}), errors.New("close: no"))
		}, Failed, "1 in conflict\nclose: no"},
		"nothing left": {func(_ context.Context, _ Job, p *Progress) error {
			return errors.Join(p.Total(1), p.Done("a"), Warn(Left{0, "in conflict"}))
		}, Completed, ""},
		"failed": {func(context.Context, Job, *Progress) error { return errors.New("no git") }, Failed, "no git"},
		"paused": {func(context.Context, Job, *Progress) error { return Pause(until, "rate limit") }, Paused, "rate limit"},
		"wrapped": {func(context.Context, Job, *Progress) error {
			return fmt.Errorf("page 7: %w", Pause(until, "rate limit"))
		}, Paused, "rate limit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Open(t.TempDir())
			job := create(t, s)
			state, err := attempt(t.Context(), t, s, job.ID, c.work)
			if err != nil || state.Status != c.want || state.Error != c.reason {
				t.Fatalf("%v: %+v", err, state)
			}
			v := must[View](t)(s.Find(job.ID))
			if v.State.Status != c.want || v.Alive {
				t.Errorf("%+v", v)
			}
			if c.want == Paused && !v.State.ResumeAfter.Equal(until) {
				t.Error(v.State.ResumeAfter)
			}
			contains(t, projectionOf(t, s), fmt.Sprintf(`"status": %q`, c.want))
			r, err := s.Result(job.ID)
			if c.want == Paused {
				if !errors.Is(err, ErrNotFound) {
					t.Errorf("a paused job has a result: %v", err)
				}
				return
			}
			if err != nil || r.Status != c.want {
				t.Errorf("%+v, %v", r, err)
			}
			if _, err := os.Stat(s.path(job.ID, "worker.pid")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("worker.pid: %v", err)
			}
		})
	}
}

func TestResultHasSpecWeavesFields(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	job := finished(t, s, true)
	text := string(read(t, s.path(job.ID, "result.json")))
	contains(t, text, `"totalCount": 2`, `"succeeded": 1`, `"failed": 1`, `"skipped": 0`, `"successRate": "50.0"`,
		`"name": "acme/b"`, `"error": "denied"`, `"class": "auth"`, `"resumeHint": "specweave jobs retry `+job.ID, `"completedAt"`)
	if err := os.Remove(s.path(job.ID, "result.json")); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Result(job.ID); err != nil || r.FailedRepos[0].Name != "acme/b" {
		t.Errorf("not made from the journal: %+v, %v", r, err)
	}
}

// Who stops a worker decides whether it comes back by itself.
func TestStopped(t *testing.T) {
	t.Parallel()
	waits := func(ctx context.Context, _ Job, p *Progress) error {
		if err := p.Begin("a"); err != nil {
			return err
		}
		<-ctx.Done()
		return context.Cause(ctx)
	}
	for name, c := range map[string]struct {
		cause    error
		stopFile bool
		stopped  error
		user     bool
	}{
		"by the user":    {ErrStopped, false, nil, true},
		"by kill":        {context.Canceled, true, nil, true},
		"by the system":  {context.Canceled, false, context.Canceled, false},
		"with systemctl": {context.Canceled, false, ErrStopped, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Open(t.TempDir())
			job := create(t, s)
			ctx, cancel := context.WithCancelCause(t.Context())
			a := Attempt{Store: s, Workers: map[Type]Worker{CloneRepos: workFunc(waits)}, Stopped: func(context.Context) error { return c.stopped }, Watch: func(st *State) {
				if len(st.Running) == 1 {
					if c.stopFile {
						write(t, s.path(job.ID, "stop"), nil)
					}
					cancel(c.cause)
				}
			}}
			state, err := a.Run(ctx, job.ID)
			if err != nil || state.Status != Paused || state.ResumeAfter.IsZero() != c.user {
				t.Errorf("%v: %+v", err, state)
			}
			state, err = attempt(t.Context(), t, s, job.ID, func(context.Context, Job, *Progress) error { return nil })
			if err != nil || state.Status != Completed || state.Attempt != 2 {
				t.Errorf("next attempt: %v: %+v", err, state)
			}
		})
	}
}

// A second attempt sees what the first one did and tries again what failed.
func TestNextAttempt(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	job := create(t, s)
	var did [][]string
	work := func(_ context.Context, _ Job, p *Progress) error {
		var now []string
		for _, item := range []string{"a", "b", "c"} {
			if p.Seen(item) {
				continue
			}
			now = append(now, item)
			note := p.Done
			if item == "b" && len(did) == 0 {
				note = func(item string) error { return p.Fail(item, "network", "reset") }
			}
			if err := note(item); err != nil {
				return err
			}
		}
		did = append(did, now)
		return nil
	}
	if st, err := attempt(t.Context(), t, s, job.ID, work); err != nil || st.Status != CompletedWithWarnings {
		t.Fatal(err, st)
	}
	if st, err := attempt(t.Context(), t, s, job.ID, work); err != nil || st.Status != Completed || st.Failed != 0 {
		t.Fatal(err, st)
	}
	if fmt.Sprint(did) != "[[a b c] [b]]" {
		t.Error(did)
	}
	if _, err := attempt(t.Context(), t, s, job.ID, work); !errors.Is(err, ErrFinished) {
		t.Error(err)
	}
}

func TestSecondWorkerLeaves(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	job := create(t, s)
	_, err := attempt(t.Context(), t, s, job.ID, func(ctx context.Context, _ Job, _ *Progress) error {
		_, err := attempt(ctx, t, s, job.ID, func(context.Context, Job, *Progress) error {
			t.Error("two workers at once")
			return nil
		})
		if !errors.Is(err, ErrClaimed) {
			t.Error(err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// A full disk pauses the job with that reason; any other error of the journal
// leaves it to the operating system to start the worker again.
func TestJournalFailsWhileWorking(t *testing.T) {
	old := openFile
	t.Cleanup(func() { openFile = old })
	for _, fault := range []error{syscall.ENOSPC, syscall.EIO} {
		for n := 1; n <= 40; n++ {
			left := n
			openFile = func(path string) (file, error) {
				f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
				return failing{f, &left, fault, n%2 == 0}, err
			}
			s := Open(t.TempDir())
			job := create(t, s)
			work := func(_ context.Context, _ Job, p *Progress) error {
				for i := range 10 {
					item := fmt.Sprint(i)
					if p.Seen(item) {
						continue
					}
					if err := errors.Join(p.Begin(item), p.Done(item)); err != nil {
						return err
					}
				}
				return nil
			}
			state, err := attempt(t.Context(), t, s, job.ID, work)
			if left > 0 {
				break // nothing failed: all operations were swept
			}
			paused := err == nil && state.Status == Paused
			if errors.Is(fault, syscall.ENOSPC) && paused {
				contains(t, state.Error, "disk full")
			}
			if !paused && !errors.Is(err, ErrUnfinished) && (err != nil || state.Status != Completed) {
				t.Fatalf("%v at %d: %v, %+v", fault, n, err, state)
			}
			openFile = old
			state, err = attempt(t.Context(), t, s, job.ID, work)
			if err != nil && !errors.Is(err, ErrFinished) || state.Status != Completed || state.Done != 10 {
				t.Fatalf("%v at %d: second attempt: %v, %+v", fault, n, err, state)
			}
		}
	}
}

// A worker whose own files do not fit any more waits as well.
func TestDiskFullWhileWorking(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	job := create(t, s)
	full := syscall.ENOSPC
	if runtime.GOOS == "windows" {
		full = 112 // ERROR_DISK_FULL
	}
	state, err := attempt(t.Context(), t, s, job.ID, func(context.Context, Job, *Progress) error {
		return fmt.Errorf("sync: %w", &os.PathError{Op: "write", Path: "state.json", Err: full})
	})
	if err != nil || state.Status != Paused || !state.ResumeAfter.IsZero() {
		t.Fatalf("%v, %+v", err, state)
	}
	contains(t, state.Error, "disk full: sync: write state.json")
}

func TestLog(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	NewLog(&b).Printf("cloned %s", "acme/a\x1b[2J\nfake line")
	if got := b.String(); len(got) < 30 || got[0] != '[' || got[24:] != "Z] cloned acme/a\\x1b[2J\\x0afake line\n" {
		t.Errorf("%q", got)
	}
	var none *Log
	none.Printf("nothing happens")
}

func TestReadOnlyProject(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, ".specweave"), nil) // a file where a folder belongs
	if _, err := Open(dir).Create(CloneRepos, nil); err == nil {
		t.Error("created")
	}
}

// A manager that starts a unit without end is told to leave off by an attempt
// that ends well.
func TestGivenUpByTheCount(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	job := create(t, s)
	ran := 0
	again := func() (State, error) {
		return Attempt{Store: s, Unit: "u-1", Workers: map[Type]Worker{CloneRepos: workFunc(func(context.Context, Job, *Progress) error {
			ran++
			return Pause(time.Now().Add(time.Hour), "not given up")
		})}}.Run(t.Context(), job.ID)
	}
	for range maxFruitless {
		c := must[*Claim](t)(s.Claim(job.ID))
		if err := errors.Join(c.Start("u-1"), c.Begin("a/b"), c.Close()); err != nil { // and dies
			t.Fatal(err)
		}
	}
	st, err := again()
	if err != nil || st.Status != Failed || ran != 0 || !strings.HasPrefix(st.Error, "given up: 3 attempts died one after the other at a/b: ") {
		t.Errorf("%v, ran %d times: %+v", err, ran, st)
	}
	contains(t, projectionOf(t, s), `"status": "failed"`)
	if st, err := again(); !errors.Is(err, ErrFinished) || st.Status != Failed || ran != 0 {
		t.Errorf("once more: %v, %+v", err, st)
	}
}
