package listertest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

func (v *Vendor) faults(t *testing.T) {
	t.Helper()
	for _, f := range []struct {
		name  string
		fault Fault
		class string
	}{
		{"html", Answer(http.StatusOK, "text/html; charset=utf-8", "<!doctype html><title>Sign in</title>"), workers.ClassServer},
		{"html 502", Answer(http.StatusBadGateway, "text/html", "<html>Bad gateway</html>"), workers.ClassServer},
		{"html 404", Answer(http.StatusNotFound, "text/html", "<html>no such page</html>"), workers.ClassNotFound},
		{"garbage", Answer(http.StatusOK, "application/json", "}{\x00\xff"), workers.ClassServer},
		{"text", Answer(http.StatusOK, "text/plain", "it works!"), workers.ClassServer},
		{"another kind of JSON", Answer(http.StatusOK, "application/json", `[3, "repositories"]`), workers.ClassServer},
		{"half a page", Half, workers.ClassNetwork},
		{"no answer", Always(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), workers.ClassNetwork},
		{"silence", Silent, workers.ClassNetwork},
		{"500", Answer(http.StatusInternalServerError, "application/json", `{"message":"boom"}`), workers.ClassServer},
		{"echo", Echo, workers.ClassOther},
		{"redirect elsewhere", Always(func(w http.ResponseWriter, q *http.Request) {
			http.Redirect(w, q, "http://"+elsewhere+q.URL.Path, http.StatusFound)
		}), workers.ClassServer},
		{"redirect in a circle", Always(func(w http.ResponseWriter, q *http.Request) {
			http.Redirect(w, q, q.URL.Path, http.StatusMovedPermanently)
		}), workers.ClassServer},
		{"long limit", RetryAfter(time.Hour), workers.ClassThrottle},
	} {
		check := func(r *rig, spoilt Fault) []workers.Listed {
			r.net.Serve(elsewhere, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				r.Errorf("%s was asked, with %q", elsewhere, q.Header.Get("Authorization"))
				_, _ = io.WriteString(w, "[]")
			}))
			start := time.Now()
			got, _, err := r.list(r.Context(), r.lister(spoilt), "acme")
			if workers.ClassOf(err) != f.class {
				r.Errorf("class %s, want %s: %v", workers.ClassOf(err), f.class, err)
			}
			if limit, ok := errors.AsType[*rest.LimitError](err); ok && limit.Until.Sub(start).Round(time.Minute) != time.Hour {
				r.Errorf("limited until %v, an hour after %v expected", limit.Until, start)
			}
			return got
		}
		v.bubble(t, f.name, func(r *rig) { r.equal(check(r, f.fault), nil) })
		if v.Paging != Whole {
			v.bubble(t, f.name+" after a page", func(r *rig) {
				r.equal(check(r, f.fault.When(&r.late)), r.world.Owners[v.owner("acme")].Repositories[:r.world.PageSize])
			})
		}
	}
	if v.Paging == Whole {
		return
	}
	v.bubble(t, "the same page for ever", func(r *rig) {
		got, _, err := r.list(r.Context(), r.lister(Stuck), "acme")
		if !errors.Is(err, workers.ErrCircle) {
			r.Errorf("got %v", err)
		}
		r.equal(got, r.world.Owners[v.owner("acme")].Repositories[:r.world.PageSize])
	})
}

// heals meets the lister with what passes by itself. No wait is longer than
// the server asks for or ten seconds.
func (v *Vendor) heals(t *testing.T) {
	t.Helper()
	for _, f := range []struct {
		name        string
		fault       Fault
		least, most time.Duration
	}{
		{"500 once", Times(1, Answer(http.StatusInternalServerError, "text/plain", "boom")), 0, 10 * time.Second},
		{"502 twice", Times(2, Answer(http.StatusBadGateway, "text/html", "<html>")), 0, 10 * time.Second},
		{"half a page twice", Times(2, Half), 0, 10 * time.Second},
		{"no answer once", Times(1, Always(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })), 0, 10 * time.Second},
		{"too many requests", Times(1, Answer(http.StatusTooManyRequests, "text/plain", "Retry later\n")), 0, 10 * time.Second},
		{"short limit", Times(1, RetryAfter(30*time.Second)), 30 * time.Second, 31 * time.Second},
		{"503 for a while", Times(1, Always(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "20")
			w.WriteHeader(http.StatusServiceUnavailable)
		})), 20 * time.Second, 21 * time.Second},
	} {
		v.bubble(t, f.name, func(r *rig) {
			start := time.Now()
			got, _, err := r.list(r.Context(), r.lister(f.fault), "acme")
			if err != nil {
				r.Fatal(err)
			}
			r.equal(got, r.world.Owners[v.owner("acme")].Repositories)
			if took := time.Since(start); took < f.least || took > f.most {
				r.Errorf("took %v, want %v to %v", took, f.least, f.most)
			}
		})
	}
}

func (v *Vendor) cancel(t *testing.T) {
	t.Helper()
	for name, f := range map[string]Fault{"silence": Silent, "wait": RetryAfter(time.Minute)} {
		v.bubble(t, name, func(r *rig) {
			ctx, cancel := context.WithCancel(r.Context())
			start := time.Now()
			time.AfterFunc(5*time.Second, cancel)
			_, _, err := r.list(ctx, r.lister(f), "acme")
			if took := time.Since(start); !errors.Is(err, context.Canceled) || took != 5*time.Second {
				r.Errorf("after %v: %v", took, err)
			}
		})
	}
}
