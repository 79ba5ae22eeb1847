package workers

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A worker that is killed at any request of git leaves no final name but of a
// whole repository, and the next attempt finishes the rest, whatever the git
// that outlived the worker still does.
func TestCloneKilled(t *testing.T) {
	t.Parallel()
	remotes := t.TempDir()
	bareRepo(t, remotes, "acme/a.git")
	bareRepo(t, remotes, "acme/b.git")
	enough := false
	for at := 1; at <= 7 && !enough; at++ {
		reached, goOn := make(chan struct{}), make(chan struct{})
		n := make(chan int, 1)
		n <- 0
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
		c := of(t, url+"/acme/a", url+"/acme/b")
		c.Concurrency = 1
		r := newRun(t, c)
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(r.opts.Environ, "WORKERS_TEST_JOB="+r.project+"\n"+r.job.ID)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case <-reached:
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
			<-ended
		case <-ended: // it needed fewer requests
			enough = true
		}
		for _, name := range []string{"a", "b"} {
			dir := r.path("repositories/acme", name)
			if _, err := os.Stat(dir); err == nil {
				git(t, dir, "fsck", "--connectivity-only")
				git(t, dir, "diff", "--exit-code", "HEAD")
			}
		}
		close(goOn)
		if s := r.must(t); s.Done != 2 || s.Failed != 0 {
			t.Errorf("killed at request %d: %+v", at, s.Failures())
		}
		for _, name := range []string{"a", "b"} {
			git(t, r.path("repositories/acme", name), "fsck", "--connectivity-only")
		}
		eventually(t, "no git is left", func() bool { return len(processes(r.project)) == 0 })
	}
}

func TestCloneSSH(t *testing.T) {
	t.Parallel()
	remote := bareRepo(t, t.TempDir(), "acme/web.git")
	dir := t.TempDir()
	ssh := filepath.Join(dir, "my ssh")
	write(t, ssh, "#!/bin/sh\necho \"$@\" >'"+dir+"/args'\nfor last; do :; done\neval \"$last\"\n")
	if err := os.Chmod(ssh, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, set := range map[string]func(r *run){
		"GIT_SSH_COMMAND": func(r *run) { r.opts.Environ = append(r.opts.Environ, "GIT_SSH_COMMAND='"+ssh+"' -4") },
		"GIT_SSH":         func(r *run) { r.opts.Environ = append(r.opts.Environ, "GIT_SSH="+ssh, "GIT_SSH_VARIANT=ssh") },
		"core.sshCommand": func(r *run) {
			git(t, "", "config", "-f", filepath.Join(lookup(r.opts.Environ, "HOME"), ".gitconfig"), "core.sshCommand", "'"+ssh+"' -4")
		},
	} {
		r := newRun(t, of(t, "ssh://git@h.example"+remote))
		set(r)
		counts(t, r.must(t), 1, 0, 0)
		args, err := os.ReadFile(filepath.Join(dir, "args"))
		if err != nil || !strings.Contains(string(args), "-oBatchMode=yes") {
			t.Errorf("%s: ssh got %q, %v", name, args, err)
		}
	}
}

func TestCheckTargets(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	repos := []Repository{{Owner: "a", Name: "b", Path: "repositories/a/b"}}
	if err := CheckTargets(project, repos); err != nil {
		t.Error(err)
	}
	link(t, t.TempDir(), filepath.Join(project, "repositories"))
	if err := CheckTargets(project, repos); err == nil || !strings.Contains(err.Error(), "leads out of the project") {
		t.Error(err)
	}
}

// Sockets of workers that were killed do not pile up; a living one stays.
func TestSweepSockets(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	old := time.Now().Add(-time.Hour)
	var config net.ListenConfig
	for _, name := range []string{"dead", "alive", "fresh"} {
		dir := filepath.Join(parent, socketPrefix+name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		l, err := config.Listen(t.Context(), "unix", filepath.Join(dir, "s"))
		if err != nil {
			t.Fatal(err)
		}
		if u, ok := l.(*net.UnixListener); ok && name != "alive" {
			u.SetUnlinkOnClose(false)
			_ = l.Close()
		} else {
			t.Cleanup(func() { _ = l.Close() })
		}
		if name != "fresh" {
			if err := os.Chtimes(dir, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	sweepSockets(t.Context(), parent)
	left, _ := filepath.Glob(filepath.Join(parent, "*"))
	if len(left) != 2 {
		t.Errorf("left: %v", left)
	}
}

// What git wrote before it ended is read in the seconds after that, too.
func TestFindGitWaitsForItsAnswer(t *testing.T) {
	t.Parallel()
	git := filepath.Join(t.TempDir(), "git")
	write(t, git, "#!/bin/sh\n{ sleep 2; echo git version 2.40.0; } &\n")
	if err := os.Chmod(git, 0o755); err != nil {
		t.Fatal(err)
	}
	if g, err := FindGit(t.Context(), git); err != nil || g.Version != "2.40.0" {
		t.Errorf("%+v, %v", g, err)
	}
}

// A signal that is meant for the worker as well may reach git first: that git
// then does not run is no failure of the job.
func TestStoppedWhileGitSaysItsVersion(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	git := filepath.Join(t.TempDir(), "git")
	write(t, git, "#!/bin/sh\nkill -TERM $$\n")
	if err := os.Chmod(git, 0o755); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, func() { cancel(stopped) })
	if _, err := FindGit(ctx, git); !errors.Is(err, stopped) {
		t.Errorf("got %v", err)
	}
	var bad *InputError
	if _, err := FindGit(t.Context(), git); !errors.As(err, &bad) {
		t.Errorf("nobody stops it: got %v", err)
	}
}
