package workers

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/specweave/specweave/jobs"
)

// fakeGit puts a script before git: the real one is "$REAL".
func fakeGit(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "git")
	write(t, path, "#!/bin/sh\nREAL=git\n"+script+"\nexec $REAL \"$@\"\n")
	if err := os.Chmod(path, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// A limit on the size of files stands for a full disk: git reports both the
// same way but for the words, so a script says them.
func TestClonePausesWhenTheDiskIsFull(t *testing.T) {
	t.Parallel()
	remotes := t.TempDir()
	r := newRun(t, of(t, bareRepo(t, remotes, "acme/a.git"), bareRepo(t, remotes, "acme/b.git"), bareRepo(t, remotes, "acme/c.git")))
	full := filepath.Join(t.TempDir(), "full")
	write(t, full, "")
	r.opts.Git = fakeGit(t, `case "$*" in *clone*/b.git*) if [ -e `+full+` ]; then echo "fatal: write error: No space left on device" >&2; exit 128; fi;; esac`)
	s, err := r.work(t.Context(), t)
	var pause *jobs.PauseError
	if !errors.As(err, &pause) || !pause.Until.IsZero() || !strings.HasPrefix(pause.Reason, "disk full: ") {
		t.Fatalf("got %v", err)
	}
	if s.Failed != 0 || s.Seen("acme/b") {
		t.Errorf("%+v", s)
	}
	noPartials(t, r.project)
	if err := os.Remove(full); err != nil {
		t.Fatal(err)
	}
	if s = r.must(t); s.Done != 3 {
		t.Errorf("after the pause: %+v", s)
	}
}

// A project that is moved away, or removed, in the middle of a clone is not made
// anew in its old place, and no item fails for that.
func TestCloneProjectMoved(t *testing.T) {
	t.Parallel()
	remotes := t.TempDir()
	c := of(t, bareRepo(t, remotes, "acme/a.git"), bareRepo(t, remotes, "acme/b.git"), bareRepo(t, remotes, "acme/c.git"))
	c.Concurrency = 1
	for name, away := range map[string]string{
		"before git": `if [ -e %[1]s ]; then mv %[1]s %[2]s; fi; cd %[2]s; exit 1`,
		"after git":  `$REAL "$@"; mv %[1]s %[2]s; exit`,
		"removed":    `rm -rf %[1]s; exit 1`,
		"in git":     `mv %[1]s %[2]s; for last; do :; done; mkdir -p "$last/.git"; exit 1`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			old, elsewhere := filepath.Join(dir, "old"), filepath.Join(dir, "new")
			if err := os.Mkdir(old, 0o700); err != nil {
				t.Fatal(err)
			}
			r := newRunIn(t, old, c)
			r.opts.Git = fakeGit(t, `case "$*" in *clone*/b.git*) `+fmt.Sprintf(away, old, elsewhere)+`;; esac`)
			s, err := r.work(t.Context(), t)
			var pause *jobs.PauseError
			if !errors.As(err, &pause) || !pause.Until.IsZero() || !strings.Contains(pause.Reason, "no longer at "+old) {
				t.Fatalf("got %v", err)
			}
			if s.Failed != 0 || s.Done != 1 {
				t.Errorf("%+v", s)
			}
			if _, err := os.Lstat(old); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("made anew: %v", err)
			}
			noPartials(t, elsewhere)
			if name == "removed" {
				return
			}
			r.project, r.store, r.opts.Git = elsewhere, jobs.Open(elsewhere), ""
			r.job.Project = elsewhere
			if s = r.must(t); s.Done != 3 {
				t.Errorf("in its new place: %+v", s)
			}
		})
	}
}

// A host can say that a disk is full, and a path can be called so: neither is a
// reason to stop the others.
func TestCloneGoesOnWhenOthersTalkOfFullDisks(t *testing.T) {
	t.Parallel()
	remotes := t.TempDir()
	ssh := filepath.Join(t.TempDir(), "ssh")
	write(t, ssh, "#!/bin/sh\necho 'fatal: write error: No space left on device' >&2\nexit 128\n")
	if err := os.Chmod(ssh, 0o755); err != nil {
		t.Fatal(err)
	}
	url := serve(t, remotes, func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
		_, _ = io.WriteString(w, "001e# service=git-upload-pack\n0000002bERR disk full: no space left on device\n0000")
		return true
	})
	c := of(t, url+"/acme/http", "ssh://h/acme/ssh", remotes+"/disk full/path", bareRepo(t, remotes, "acme/good.git"))
	c.Tries, c.Concurrency = 1, 1
	r := newRun(t, c)
	r.opts.Environ = append(r.opts.Environ, "GIT_SSH_COMMAND="+ssh, "GIT_SSH_VARIANT=simple")
	s := r.must(t)
	counts(t, s, 1, 0, 3)
	want := map[string]string{"acme/http": ClassServer, "acme/ssh": ClassServer, "disk full/path": ClassNotFound}
	for _, f := range s.Failures() {
		if f.Class != want[f.Item] {
			t.Errorf("%+v; want class %s", f, want[f.Item])
		}
	}
}

// A git that reports success and leaves no whole repository is not believed.
func TestCloneChecks(t *testing.T) {
	t.Parallel()
	remote := bareRepo(t, t.TempDir(), "acme/web.git")
	for name, damage := range map[string]string{
		"no objects": `rm -rf "$last/.git/objects/pack"`,
		"no refs":    `rm -r "$last/.git/packed-refs" "$last/.git/refs"/*`,
		"empty ref":  `: >"$last/.git/refs/heads/main"`,
		"bad HEAD":   `echo junk >"$last/.git/HEAD"`,
		"nothing":    `rm -rf "$last"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := of(t, remote)
			c.Tries = 1
			r := newRun(t, c)
			r.opts.Git = fakeGit(t, `case "$*" in *clone*) $REAL "$@" || exit; for last; do :; done; `+damage+`; exit 0;; esac`)
			s := r.must(t)
			counts(t, s, 0, 0, 1)
			if f := s.Failures()[0]; f.Class != ClassBroken {
				t.Errorf("%+v", f)
			}
			if _, err := os.Stat(r.path("repositories/acme/web")); !errors.Is(err, os.ErrNotExist) {
				t.Error("the final name exists:", err)
			}
			noPartials(t, r.project)
		})
	}
}

// A git that moves slowly is left alone, however long it takes in all.
func TestCloneSlowIsNotStalled(t *testing.T) {
	t.Parallel()
	remote := bareRepo(t, t.TempDir(), "acme/web.git")
	r := newRun(t, of(t, remote))
	r.opts.Stall = 2 * time.Second
	r.opts.Git = fakeGit(t, `case "$*" in *clone*) i=0; while [ $((i += 4)) -le 100 ]; do printf 'Receiving objects: %3d%%\r' $i >&2; sleep 0.1; done;; esac`)
	counts(t, r.must(t), 1, 0, 0)
}

// Git's own children are ended as well when it does not answer to a signal.
func TestCloneStallEndsTheGroup(t *testing.T) {
	t.Parallel()
	c := of(t, bareRepo(t, t.TempDir(), "acme/web.git"))
	c.Tries = 1
	r := newRun(t, c)
	pids := filepath.Join(t.TempDir(), "pid")
	r.opts.Stall = 6 * time.Second // it has said its child's number by then
	r.opts.Git = fakeGit(t, `case "$*" in *clone*) trap '' TERM; sleep 100 & echo $! >`+pids+`; while :; do wait; done;; esac`)
	start := time.Now()
	counts(t, r.must(t), 0, 0, 1)
	if d := time.Since(start); d > time.Minute {
		t.Errorf("took %v", d)
	}
	data, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the child is gone", func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err != nil || strings.Contains(string(stat), ") Z ")
	})
}

func TestCloneRestsBetweenClones(t *testing.T) {
	t.Parallel()
	remotes := t.TempDir()
	a, b := bareRepo(t, remotes, "acme/a.git"), bareRepo(t, remotes, "acme/b.git")
	rest := int64(300)
	c := of(t, a, b)
	c.Concurrency, c.DelayMS = 1, &rest
	r := newRun(t, c)
	start := time.Now()
	counts(t, r.must(t), 2, 0, 0)
	if d := time.Since(start); d < 300*time.Millisecond {
		t.Errorf("took %v", d)
	}
}

func TestCloneConcurrency(t *testing.T) {
	t.Parallel()
	remotes := t.TempDir()
	var now, most atomic.Int32
	full := make(chan struct{})
	fill := sync.OnceFunc(func() { close(full) })
	url := serve(t, remotes, func(w http.ResponseWriter, r *http.Request) bool {
		n := now.Add(1)
		defer now.Add(-1)
		for {
			m := most.Load()
			if n <= m || most.CompareAndSwap(m, n) {
				break
			}
		}
		_, _ = io.Copy(io.Discard, r.Body)
		if n == 3 {
			fill()
		}
		select {
		case <-full: // and a little longer: is there a fourth?
			<-time.After(50 * time.Millisecond)
		case <-time.After(20 * time.Second):
		}
		w.WriteHeader(http.StatusNotFound)
		return true
	})
	var urls []string
	for i := range 9 {
		urls = append(urls, fmt.Sprintf("%s/acme/r%d", url, i))
	}
	c := of(t, urls...)
	c.Concurrency = 3
	counts(t, newRun(t, c).must(t), 0, 0, 9)
	if most.Load() != 3 {
		t.Errorf("%d at once; want 3", most.Load())
	}
}
