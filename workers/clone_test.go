package workers

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestClone(t *testing.T) {
	t.Parallel()
	remotes := t.TempDir()
	bareRepo(t, remotes, "acme/web.git")
	bareRepo(t, remotes, "acme/größe ü.git")
	git(t, "", "init", "-q", "--bare", "-b", "main", filepath.Join(remotes, "acme/empty.git"))
	url := serve(t, remotes, nil)
	for name, tc := range map[string]struct {
		source string
		config CloneConfig
		path   string
		check  func(t *testing.T, dir string)
	}{
		"http":         {source: url + "/acme/web.git", path: "acme/web"},
		"file url":     {source: "file://" + remotes + "/acme/web.git", path: "acme/web"},
		"local path":   {source: remotes + "/acme/web.git", path: "acme/web"},
		"unicode":      {source: url + "/acme/gr%C3%B6%C3%9Fe%20%C3%BC.git", path: "acme/größe ü"},
		"unicode file": {source: "file://" + remotes + "/acme/gr%C3%B6%C3%9Fe%20%C3%BC.git", path: "acme/größe ü"},
		"empty": {source: url + "/acme/empty.git", path: "acme/empty", check: func(t *testing.T, dir string) {
			t.Helper()
			if out := git(t, dir, "status", "--porcelain"); out != "" {
				t.Error(out)
			}
		}},
		"depth": {source: remotes + "/acme/web.git", config: CloneConfig{Depth: 1}, path: "acme/web", check: func(t *testing.T, dir string) {
			t.Helper()
			if n := git(t, dir, "rev-list", "--count", "HEAD"); n != "1" {
				t.Errorf("%s commits", n)
			}
		}},
		"partial": {source: url + "/acme/web.git", config: CloneConfig{Filter: "blob:none"}, path: "acme/web", check: func(t *testing.T, dir string) {
			t.Helper()
			if f := git(t, dir, "config", "remote.origin.partialclonefilter"); f != "blob:none" {
				t.Error(f)
			}
			if missing := git(t, dir, "rev-list", "--objects", "--all", "--missing=print"); !strings.Contains(missing, "\n?") {
				t.Error("nothing is missing")
			}
		}},
		"mirror": {source: url + "/acme/web.git", config: CloneConfig{Mirror: true}, path: "acme/web", check: func(t *testing.T, dir string) {
			t.Helper()
			if b := git(t, dir, "rev-parse", "--is-bare-repository"); b != "true" {
				t.Error("not bare")
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := tc.config
			c.Repositories = of(t, tc.source).Repositories
			r := newRun(t, c)
			counts(t, r.must(t), 1, 0, 0)
			dir := r.path("repositories", filepath.FromSlash(tc.path))
			if !strings.HasPrefix(name, "empty") && !c.Mirror {
				if _, err := os.Stat(filepath.Join(dir, "file")); err != nil {
					t.Error(err)
				}
			}
			git(t, dir, "fsck", "--connectivity-only")
			if tc.check != nil {
				tc.check(t, dir)
			}
			noPartials(t, r.project)
			for _, word := range []string{"credential", "hooksPath", "askPass", "maintenance"} {
				if found := grep(t, dir, word); len(found) > 0 {
					t.Errorf("%s is stored in %v", word, found)
				}
			}
		})
	}
}

func TestCloneGoesOnAfterFailures(t *testing.T) {
	t.Parallel()
	remotes := t.TempDir()
	bareRepo(t, remotes, "acme/good.git")
	url := serve(t, remotes, func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case strings.HasPrefix(r.URL.Path, "/acme/secret"):
			w.WriteHeader(http.StatusForbidden)
		case strings.HasPrefix(r.URL.Path, "/acme/login"):
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		default:
			return false
		}
		return true
	})
	c := of(t, url+"/acme/secret", url+"/acme/login", url+"/acme/gone", url+"/acme/good")
	c.Concurrency = 2
	r := newRun(t, c)
	s := r.must(t)
	counts(t, s, 1, 0, 3)
	want := map[string]string{"acme/secret": ClassAuth, "acme/login": ClassAuth, "acme/gone": ClassNotFound}
	for _, f := range s.Failures() {
		if want[f.Item] != f.Class {
			t.Errorf("%+v; want class %s", f, want[f.Item])
		}
	}
	// What failed is tried again, what is done is not.
	bareRepo(t, remotes, "acme/gone.git")
	counts(t, r.must(t), 2, 0, 2)
	noPartials(t, r.project)
}

func TestCloneRetries(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer func(w http.ResponseWriter)
		class  string
	}{
		"429":   {func(w http.ResponseWriter) { w.WriteHeader(http.StatusTooManyRequests) }, ClassThrottle},
		"503":   {func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }, ClassServer},
		"reset": {func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, ClassNetwork},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			remotes := t.TempDir()
			bareRepo(t, remotes, "acme/web.git")
			var n atomic.Int32
			url := serve(t, remotes, func(w http.ResponseWriter, _ *http.Request) bool {
				if n.Add(1) > 1 {
					return false
				}
				tc.answer(w)
				return true
			})
			r := newRun(t, of(t, url+"/acme/web"))
			counts(t, r.must(t), 1, 0, 0)
			if tc.class == ClassThrottle {
				return // which is no failure, however often it happens
			}

			broken := serve(t, remotes, func(w http.ResponseWriter, _ *http.Request) bool {
				tc.answer(w)
				return true
			})
			c := of(t, broken+"/acme/web")
			c.Tries = 1
			r = newRun(t, c)
			s := r.must(t)
			counts(t, s, 0, 0, 1)
			if f := s.Failures()[0]; f.Class != tc.class {
				t.Errorf("%+v; want class %s", f, tc.class)
			}
		})
	}
}

func TestCloneStalls(t *testing.T) {
	t.Parallel()
	remotes := t.TempDir()
	bareRepo(t, remotes, "acme/web.git")
	url := serve(t, remotes, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet {
			return false
		}
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not see that the client is gone
		<-r.Context().Done()
		return true
	})
	c := of(t, url+"/acme/web")
	c.Tries = 1
	r := newRun(t, c)
	r.opts.Stall = 300 * time.Millisecond
	s := r.must(t)
	counts(t, s, 0, 0, 1)
	if f := s.Failures()[0]; f.Class != ClassNetwork || !strings.Contains(f.Error, "no output for 300ms") {
		t.Errorf("%+v", f)
	}
	noPartials(t, r.project)
}

func TestCloneStops(t *testing.T) {
	t.Parallel()
	remotes := t.TempDir()
	bareRepo(t, remotes, "acme/web.git")
	reached := make(chan struct{}, 8)
	url := serve(t, remotes, func(_ http.ResponseWriter, r *http.Request) bool {
		reached <- struct{}{}
		<-r.Context().Done()
		return true
	})
	r := newRun(t, of(t, url+"/acme/web", url+"/acme/web2"))
	cause := errors.New("stopped")
	ctx, stop := context.WithCancelCause(t.Context())
	var stopped time.Time
	go func() {
		<-reached
		stopped = time.Now()
		stop(cause)
	}()
	s, err := r.work(ctx, t)
	if d := time.Since(stopped); d > time.Minute { // the server never answers
		t.Errorf("took %v", d)
	}
	if !errors.Is(err, cause) {
		t.Fatalf("got %v", err)
	}
	counts(t, s, 0, 0, 0)
	eventually(t, "git is gone", func() bool { return len(processes(r.project)) == 0 })
	if _, err := os.Stat(r.path("repositories/acme/web")); !errors.Is(err, os.ErrNotExist) {
		t.Error("the final name exists:", err)
	}
}

// processes lists the command lines that have text in them, on Linux.
func processes(text string) []string {
	var found []string
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range files {
		if data, err := os.ReadFile(f); err == nil && strings.Contains(string(data), text) {
			found = append(found, strings.ReplaceAll(string(data), "\x00", " "))
		}
	}
	return found
}

func TestCloneLeftovers(t *testing.T) {
	t.Parallel()
	remote := bareRepo(t, t.TempDir(), "acme/web.git")
	r := newRun(t, of(t, remote))
	outside := t.TempDir()
	write(t, filepath.Join(outside, "keep"), "")
	partial := r.path("repositories/acme/web.partial-" + r.job.ID)
	write(t, filepath.Join(partial, "old/.git/objects/pack/tmp_pack_1"), "")
	if err := os.Chmod(filepath.Join(partial, "old/.git/objects/pack"), 0o500); err != nil {
		t.Fatal(err)
	}
	link(t, outside, filepath.Join(partial, "old/out"))
	counts(t, r.must(t), 1, 0, 0)
	noPartials(t, r.project)
	if _, err := os.Stat(filepath.Join(outside, "keep")); err != nil {
		t.Error(err)
	}
}

func TestCloneHostile(t *testing.T) {
	t.Parallel()
	src := filepath.Join(t.TempDir(), "src")
	git(t, "", "init", "-q", "-b", "main", src)
	write(t, filepath.Join(src, "a\x1b[2Jb"), "x")
	link(t, "/etc", filepath.Join(src, "etc"))
	link(t, "../../..", filepath.Join(src, "up"))
	write(t, filepath.Join(src, ".gitmodules"), "[submodule \"s\"]\n\tpath = s\n\turl = ext::sh -c touch% /tmp/pwned\n")
	git(t, src, "add", ".")
	git(t, src, "commit", "-qm", "x")
	mark := filepath.Join(t.TempDir(), "ran")
	r := newRun(t, of(t, src))
	home := lookup(r.opts.Environ, "HOME")
	hook := filepath.Join(home, "template/hooks/post-checkout")
	write(t, hook, "#!/bin/sh\ntouch "+mark+"\n")
	if err := os.Chmod(hook, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(home, ".gitconfig"), "[init]\n\ttemplateDir = "+filepath.ToSlash(filepath.Join(home, "template"))+"\n")
	counts(t, r.must(t), 1, 0, 0)
	if _, err := os.Stat(mark); !errors.Is(err, os.ErrNotExist) {
		t.Error("a hook ran")
	}
	dir := r.path("repositories", filepath.Base(filepath.Dir(src)), "src")
	if _, err := os.Stat(filepath.Join(dir, ".git/hooks/post-checkout")); err != nil {
		t.Error("the user's template was not used:", err)
	}
}
