package workers

import (
	"encoding/json"
	"errors"
	"fmt"
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

// window reads how many slots the only host in a directory of limits grants.
func window(t *testing.T, dir string) float64 {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var state struct {
		Window float64 `json:"window"`
		Leases []any   `json:"leases"`
	}
	if err := json.Unmarshal(data, &state); err != nil {
		t.Fatal(err)
	}
	if len(state.Leases) > 0 {
		t.Errorf("left behind: %s", data)
	}
	return state.Window
}

// A short limit is waited out by everyone, and is no try.
func TestThrottleShort(t *testing.T) {
	t.Parallel()
	remotes := t.TempDir()
	var urls []string
	var early atomic.Int32
	var until atomic.Int64
	url := serve(t, remotes, func(w http.ResponseWriter, _ *http.Request) bool {
		now := time.Now().UnixMilli()
		until.CompareAndSwap(0, now+2000)
		if now >= until.Load() {
			return false
		}
		early.Add(1)
		w.Header().Set("Retry-After", strconv.FormatInt((until.Load()-now+999)/1000, 10))
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	})
	for i := range 6 {
		bareRepo(t, remotes, fmt.Sprintf("acme/r%d.git", i))
		urls = append(urls, fmt.Sprintf("%s/acme/r%d", url, i))
	}
	c := of(t, urls...)
	c.Tries = 1
	r := newRun(t, c)
	r.opts.Limits = t.TempDir()
	counts(t, r.must(t), 6, 0, 0)
	if n := early.Load(); n > 6+1 { // each once, and one question
		t.Errorf("%d requests while the host wanted none", n)
	}
	if n := window(t, r.opts.Limits); n >= 8 {
		t.Errorf("%v slots", n)
	}
	noPartials(t, r.project)
}

// A long limit pauses the job until its end; what is in hand ends well.
func TestThrottleLong(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer func(http.ResponseWriter)
		wait   time.Duration
	}{
		"429": {func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusTooManyRequests)
		}, time.Hour},
		"403, quota used up": {func(w http.ResponseWriter) {
			w.Header().Set("X-RateLimit-Remaining", "0")
			w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(30*time.Minute).Unix(), 10))
			w.WriteHeader(http.StatusForbidden)
		}, 30 * time.Minute},
		"503": {func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusServiceUnavailable)
		}, 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			remotes := t.TempDir()
			bareRepo(t, remotes, "acme/slow.git")
			inHand, refused := make(chan struct{}), make(chan struct{})
			begin, refuse := sync.OnceFunc(func() { close(inHand) }), sync.OnceFunc(func() { close(refused) })
			var n atomic.Int32
			url := serve(t, remotes, func(w http.ResponseWriter, r *http.Request) bool {
				if strings.HasPrefix(r.URL.Path, "/acme/slow") {
					begin()
					<-refused
					return false
				}
				<-inHand
				tc.answer(w)
				if n.Add(1) == 2 { // the question
					refuse()
				}
				return true
			})
			urls := []string{url + "/acme/slow", url + "/acme/next"}
			for i := range 30 {
				urls = append(urls, fmt.Sprintf("%s/acme/later%d", url, i))
			}
			c := of(t, urls...)
			c.Concurrency = 2
			r := newRun(t, c)
			r.opts.Limits = t.TempDir()
			begun := time.Now()
			s, err := r.work(t.Context(), t)
			var pause *jobs.PauseError
			if !errors.As(err, &pause) || pause.Until.Before(begun.Add(tc.wait-time.Second)) || time.Until(pause.Until) > tc.wait+time.Second {
				t.Fatalf("%v", err)
			}
			if host := strings.TrimPrefix(url, "http://"); !strings.Contains(pause.Reason, "rate limit of "+host) {
				t.Error(pause.Reason)
			}
			counts(t, s, 1, 0, 0)
			if got := n.Load(); got != 2 {
				t.Errorf("%d requests that were refused", got)
			}
			// Another job does not even ask.
			other := newRun(t, of(t, url+"/acme/other"))
			other.opts.Limits = r.opts.Limits
			if _, err := other.work(t.Context(), t); !errors.As(err, &pause) || n.Load() != 2 {
				t.Errorf("%v, %d requests", err, n.Load())
			}
			// One whose repositories are all there needs no host.
			there := newRunIn(t, r.project, of(t, url+"/acme/slow"))
			there.opts.Limits = r.opts.Limits
			counts(t, there.must(t), 0, 1, 0)
			noPartials(t, r.project)
		})
	}
}

// A host that wants to be left alone for long does not hold up the others.
func TestThrottleOfOneHost(t *testing.T) {
	t.Parallel()
	remotes := t.TempDir()
	tired := serve(t, remotes, func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	})
	other := serve(t, remotes, nil)
	var urls []string
	for i := range 4 {
		bareRepo(t, remotes, fmt.Sprintf("acme/r%d.git", i))
		urls = append(urls, fmt.Sprintf("%s/acme/no%d", tired, i), fmt.Sprintf("%s/acme/r%d", other, i))
	}
	c := of(t, urls...)
	c.Concurrency = 2
	r := newRun(t, c)
	r.opts.Limits = t.TempDir()
	s, err := r.work(t.Context(), t)
	var pause *jobs.PauseError
	if !errors.As(err, &pause) || !strings.Contains(pause.Reason, strings.TrimPrefix(tired, "http://")) || time.Until(pause.Until) < 59*time.Minute {
		t.Fatalf("%v", err)
	}
	counts(t, s, 4, 0, 0)
}

// A refusal is no try: what fails later may be tried as often as before.
func TestThrottleIsNoTry(t *testing.T) {
	t.Parallel()
	remotes := t.TempDir()
	bareRepo(t, remotes, "acme/web.git")
	var n atomic.Int32
	url := serve(t, remotes, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Git-Protocol") == "" { // the question
			return false
		}
		switch n.Add(1) {
		case 1:
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			w.WriteHeader(http.StatusInternalServerError)
		default:
			return false
		}
		return true
	})
	c := of(t, url+"/acme/web")
	c.Tries = 2
	counts(t, newRun(t, c).must(t), 1, 0, 0)
}

// A 403 that is no limit stays one.
func TestForbiddenIsNoLimit(t *testing.T) {
	t.Parallel()
	url := serve(t, t.TempDir(), func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusForbidden)
		return true
	})
	r := newRun(t, of(t, url+"/acme/a", url+"/acme/b"))
	r.opts.Limits = t.TempDir()
	s := r.must(t)
	counts(t, s, 0, 0, 2)
	if f := s.Failures()[0]; f.Class != ClassAuth {
		t.Errorf("%+v", f)
	}
	if n := window(t, r.opts.Limits); n != 8 {
		t.Errorf("%v slots", n)
	}
}

func TestResetsHalve(t *testing.T) {
	t.Parallel()
	remotes := t.TempDir()
	bareRepo(t, remotes, "acme/web.git")
	var n atomic.Int32
	url := serve(t, remotes, func(http.ResponseWriter, *http.Request) bool {
		if n.Add(1) == 1 {
			panic(http.ErrAbortHandler)
		}
		return false
	})
	r := newRun(t, of(t, url+"/acme/web"))
	r.opts.Limits = t.TempDir()
	counts(t, r.must(t), 1, 0, 0)
	if n := window(t, r.opts.Limits); n != 4 {
		t.Errorf("%v slots; want half of 8", n)
	}
}

// An sshd that drops connections wants fewer of them.
func TestThrottleSSH(t *testing.T) {
	t.Parallel()
	remote := bareRepo(t, t.TempDir(), "acme/web.git")
	dir := t.TempDir()
	ssh := filepath.Join(dir, "ssh")
	write(t, ssh, `#!/bin/sh
if ! [ -e '`+dir+`/asked' ]; then
	touch '`+dir+`/asked'
	echo kex_exchange_identification: Connection closed by remote host >&2
	exit 255
fi
for last; do :; done
eval "$last"
`)
	if err := os.Chmod(ssh, 0o755); err != nil {
		t.Fatal(err)
	}
	c := of(t, "ssh://git@h.example"+remote)
	c.Tries = 1
	r := newRun(t, c)
	r.opts.Environ = append(r.opts.Environ, "GIT_SSH="+ssh, "GIT_SSH_VARIANT=ssh")
	r.opts.Limits = t.TempDir()
	counts(t, r.must(t), 1, 0, 0)
	if n := window(t, r.opts.Limits); n != 4 {
		t.Errorf("%v slots; want half of 8", n)
	}
}
