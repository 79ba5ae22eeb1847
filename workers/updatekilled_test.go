package workers

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/platform"
)

// process starts an attempt in a process of its own that can be killed.
func (r *run) process(t *testing.T) (cmd *exec.Cmd, ended <-chan error) {
	t.Helper()
	cmd = exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(r.opts.Environ, "WORKERS_TEST_JOB="+r.project+"\n"+r.job.ID)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end := make(chan error, 1)
	go func() { end <- cmd.Wait() }()
	return cmd, end
}

// sound fails unless git calls a repository sound.
func sound(t *testing.T, dir string) {
	t.Helper()
	git(t, dir, "fsck", "--full")
	git(t, dir, "log", "--oneline", "--all")
}

// An update whose worker is killed at any request, with its git or without,
// leaves a sound repository and a clean work tree, and the next one finishes it.
func TestUpdateKilled(t *testing.T) {
	t.Parallel()
	for name, mirror := range map[string]bool{"work tree": false, "mirror": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			enough := false
			for at := 1; at <= 8 && !enough; at++ {
				remotes := t.TempDir()
				_, commit := upstream(t, remotes, "acme/web.git")
				reached, goOn := make(chan struct{}), make(chan struct{})
				n := make(chan int, 1)
				n <- -1 << 20 // the clone
				url := serve(t, remotes, func(_ http.ResponseWriter, r *http.Request) bool {
					i := <-n + 1
					n <- i
					if i == at {
						body, _ := io.ReadAll(r.Body)
						r.Body = io.NopCloser(strings.NewReader(string(body)))
						close(reached)
						<-goOn
					}
					return false
				})
				c := of(t, url+"/acme/web")
				c.Update, c.Mirror = true, mirror
				r := newRun(t, c)
				counts(t, r.must(t), 1, 0, 0)
				commit("main", "new", "theirs")
				<-n
				n <- 0
				r = newRunIn(t, r.project, c)
				cmd, ended := r.process(t)
				select {
				case <-reached:
					if err := cmd.Process.Kill(); err != nil {
						t.Error(err)
					}
					<-ended
					if at%2 == 0 {
						if err := platform.KillMarked(r.job.Mark()); err != nil {
							t.Error(err)
						}
					}
				case <-ended: // it needed fewer requests
					enough = true
				}
				dir := r.path("repositories/acme/web")
				sound(t, dir)
				if !mirror {
					git(t, dir, "diff", "--exit-code", "HEAD")
				}
				close(goOn)
				if at%2 != 0 {
					eventually(t, "no git is left", func() bool { return len(markedBy(r.job.Mark())) == 0 })
				}
				if s := r.must(t); s.Done != 1 || s.Kept != 0 || s.Failed != 0 {
					t.Errorf("killed at request %d: %+v %+v", at, s.KeptItems(), s.Failures())
				}
				sound(t, dir)
				if git(t, dir, "rev-parse", "main") != git(t, filepath.Join(remotes, "acme/web.git"), "rev-parse", "main") {
					t.Errorf("killed at request %d: not updated", at)
				}
			}
			if !enough {
				t.Error("the sweep did not reach the end")
			}
		})
	}
}

// markedBy lists the processes whose environment holds a job's mark, on Linux.
func markedBy(mark string) []string {
	var found []string
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, f := range files {
		if data, err := os.ReadFile(f); err == nil && strings.Contains(string(data), mark+"\x00") {
			found = append(found, f)
		}
	}
	return found
}

// halfway prepares an update that stops in the middle of its fast-forward: when
// the file reached is there, and until the file goOn is.
func halfway(t *testing.T) (r *run, reached, goOn string) {
	t.Helper()
	remotes, dir := t.TempDir(), t.TempDir()
	reached, goOn = filepath.Join(dir, "reached"), filepath.Join(dir, "goon")
	_, commit := upstream(t, remotes, "acme/web.git")
	c := of(t, serve(t, remotes, nil)+"/acme/web")
	c.Update = true
	first := newRun(t, c)
	counts(t, first.must(t), 1, 0, 0)
	commit("main", ".gitattributes", "slow filter=slow\n")
	commit("main", "a", "theirs")
	commit("main", "slow", "theirs")
	commit("main", "z", "theirs")
	r = newRunIn(t, first.project, c)
	write(t, lookup(r.opts.Environ, "GIT_CONFIG_GLOBAL"), "[filter \"slow\"]\n\tsmudge = \"touch "+reached+"; while ! test -e "+goOn+"; do sleep 0.02; done; cat\"\n")
	return r, reached, goOn
}

func there(path string) func() bool {
	return func() bool {
		_, err := os.Stat(path)
		return err == nil
	}
}

// A fast-forward that is cut off by force leaves a sound repository, with every
// file either as it was or as it is to be, and the next update leaves it to a
// person.
func TestForwardKilled(t *testing.T) {
	t.Parallel()
	r, reached, goOn := halfway(t)
	dir := r.path("repositories/acme/web")
	was := git(t, dir, "rev-parse", "HEAD")
	cmd, ended := r.process(t)
	eventually(t, "halfway", there(reached))
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	<-ended
	if err := platform.KillMarked(r.job.Mark()); err != nil {
		t.Error(err)
	}
	write(t, goOn, "")
	sound(t, dir)
	if now := git(t, dir, "rev-parse", "HEAD"); now != was {
		t.Errorf("%s, was %s", now, was)
	}
	for _, name := range []string{"a", "slow", "z"} {
		if data, err := os.ReadFile(filepath.Join(dir, name)); err == nil && !strings.HasPrefix("theirs", string(data)) {
			t.Errorf("%s: %q", name, data)
		}
	}
	s := r.must(t)
	if s.Kept != 1 || !strings.Contains(s.KeptItems()[0].Why, "index.lock") {
		t.Errorf("%+v %+v", s.KeptItems(), s.Failures())
	}
	// What a person then does is enough.
	if err := os.Remove(filepath.Join(dir, ".git/index.lock")); err != nil {
		t.Error(err)
	}
	git(t, dir, "clean", "-fq")
	git(t, dir, "checkout", "-q", ".")
	if s := newRunIn(t, r.project, CloneConfig{Repositories: []Repository{repositoryOf(t, r)}, Update: true}).must(t); s.Updated != 1 {
		t.Errorf("%+v %+v", s.KeptItems(), s.Failures())
	}
}

func repositoryOf(t *testing.T, r *run) Repository {
	t.Helper()
	c, err := ParseCloneConfig(r.job.Config)
	if err != nil {
		t.Fatal(err)
	}
	return c.Repositories[0]
}

// A worker that is asked to end finishes the fast-forward in hand.
func TestForwardStopped(t *testing.T) {
	t.Parallel()
	r, reached, goOn := halfway(t)
	stopped := errors.New("stopped")
	ctx, stop := context.WithCancelCause(t.Context())
	go func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for !there(reached)() {
			select {
			case <-t.Context().Done():
				return
			case <-tick.C:
			}
		}
		stop(stopped)
		write(t, goOn, "")
	}()
	if s, err := r.work(ctx, t); s.Updated != 1 {
		t.Errorf("%v, %+v %+v", err, s.KeptItems(), s.Failures())
	}
	dir := r.path("repositories/acme/web")
	sound(t, dir)
	if out := git(t, dir, "status", "--porcelain", "-b"); out != "## main...origin/main" {
		t.Error(out)
	}
}
