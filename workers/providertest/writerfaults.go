package providertest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/rest"
)

// changes reports whether a request may change something.
func (v *Vendor) changes(q *http.Request) bool {
	if slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodOptions}, q.Method) {
		return false
	}
	return v.Asks == nil || !v.Asks(q)
}

// nth spoils the nth request that may change something, the first being 1.
func (v *Vendor) nth(n int, f listertest.Fault) listertest.Fault {
	return func(good http.Handler) http.Handler {
		bad, seen := f(good), 0
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			if v.changes(q) {
				if seen++; seen == n {
					bad.ServeHTTP(w, q)
					return
				}
			}
			good.ServeHTTP(w, q)
		})
	}
}

// done carries out a request and answers something else.
func done(f listertest.Fault) listertest.Fault {
	return func(good http.Handler) http.Handler {
		bad := f(good)
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			good.ServeHTTP(httptest.NewRecorder(), q)
			bad.ServeHTTP(w, q)
		})
	}
}

// unavailable answers 503 with a Retry-After.
func unavailable(after time.Duration) listertest.Fault {
	return listertest.Always(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", strconv.Itoa(int(after.Seconds())))
		http.Error(w, "Service Unavailable", http.StatusServiceUnavailable)
	})
}

// hangUp closes the connection without an answer.
var hangUp = listertest.Always(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })

// writeFaults meets each request of each kind of change with all that a server
// may answer in place of a success.
func (v *Vendor) writeFaults(t *testing.T) {
	t.Helper()
	for name, f := range map[string]listertest.Fault{
		"500":                       done(listertest.Answer(http.StatusInternalServerError, "application/json", `{"message":"boom"}`)),
		"502":                       done(listertest.Answer(http.StatusBadGateway, "text/html", "<html>Bad gateway</html>")),
		"503 for a while":           done(unavailable(5 * time.Second)),
		"503 for long":              done(unavailable(time.Hour)),
		"no answer":                 done(hangUp),
		"silence":                   done(listertest.Silent),
		"half an answer":            listertest.Half,
		"a page":                    done(listertest.Answer(http.StatusOK, "text/html", "<!doctype html><title>Sign in</title>")),
		"garbage":                   done(listertest.Answer(http.StatusOK, "application/json", "}{\x00\xff")),
		"two answers":               done(listertest.Answer(http.StatusOK, "application/json", "{}\n{}\n")),
		"another kind of JSON":      done(listertest.Answer(http.StatusOK, "application/json", "3")),
		"no answer and not done":    hangUp,
		"503 for long and not done": unavailable(time.Hour),
	} {
		v.spoilt(t, name, f, func(r *rig, n int, change workers.Write, err error) {
			if !rest.InDoubt(err) {
				r.Errorf("request %d of %+v: not in doubt: %v", n, change, err)
			}
		})
	}
	for name, f := range map[string]listertest.Fault{
		"long limit": listertest.RetryAfter(time.Hour),
		"403":        listertest.Answer(http.StatusForbidden, "application/json", `{"message":"Forbidden"}`),
		"422":        listertest.Answer(http.StatusUnprocessableEntity, "application/json", `{"message":"Unprocessable"}`),
	} {
		v.spoilt(t, name, f, func(r *rig, n int, change workers.Write, err error) {
			if rest.InDoubt(err) != (n > 1) { // of what went before
				r.Errorf("request %d of %+v: in doubt: %v: %v", n, change, rest.InDoubt(err), err)
			}
			_, limited := errors.AsType[*rest.LimitError](err)
			_, refused := errors.AsType[*workers.RefusedError](err)
			_, status := errors.AsType[*rest.StatusError](err)
			if limited != (name == "long limit") || !refused && !status {
				r.Errorf("request %d of %+v: %v", n, change, err)
			}
		})
	}
	v.limitedWrites(t)
	v.vagueWrites(t)
}

// vagueWrites answers a change that was carried out with a success that says
// nothing, which is a doubt unless the writer looks for itself.
func (v *Vendor) vagueWrites(t *testing.T) {
	t.Helper()
	for name, body := range map[string]string{"nothing": "", "an empty object": "{}"} {
		v.bubble(t, name, func(r *rig) {
			for kind := range r.changes(r.writer(nil).Abilities()) {
				r.world = v.world()
				w := r.writer(v.nth(1, done(listertest.Answer(http.StatusOK, "application/json", body))))
				change := r.changes(w.Abilities())[kind]
				item, err := w.Write(r.Context(), change)
				if err != nil && !rest.InDoubt(err) {
					r.Errorf("%+v: not in doubt: %v", change, err)
				}
				if err == nil {
					r.shows(item, change.Fields)
				}
			}
		})
	}
}

// spoilt spoils one request after another of each kind of change. Nothing is
// sent after it.
func (v *Vendor) spoilt(t *testing.T, name string, f listertest.Fault, check func(r *rig, n int, change workers.Write, err error)) {
	t.Helper()
	v.bubble(t, name, func(r *rig) {
		kinds := len(r.changes(r.writer(nil).Abilities()))
		for kind := range kinds {
			for n, more := 1, true; more; n++ {
				r.world = v.world()
				w := r.writer(v.nth(n, f))
				change := r.changes(w.Abilities())[kind]
				r.sent.Store(0)
				_, err := w.Write(r.Context(), change)
				sent := int(r.sent.Load())
				if more = sent >= n; !more {
					if err != nil || n == 1 {
						r.Errorf("%+v: %v", change, err)
					}
					continue
				}
				if err == nil || sent != n {
					r.Errorf("request %d of %+v: %d sent: %v", n, change, sent, err)
					continue
				}
				check(r, n, change, err)
			}
		}
	})
}

// limitedWrites meets changes with limits that are short.
func (v *Vendor) limitedWrites(t *testing.T) {
	t.Helper()
	v.bubble(t, "short limit", func(r *rig) {
		for kind := range r.changes(r.writer(nil).Abilities()) {
			r.world = v.world()
			w := r.writer(v.nth(1, listertest.RetryAfter(30*time.Second)))
			change := r.changes(w.Abilities())[kind]
			before, start := len(r.world.Issues(nil)), time.Now()
			if _, err := w.Write(r.Context(), change); err != nil {
				r.Fatalf("%+v: %v", change, err)
			}
			if took := time.Since(start); took < 30*time.Second || took > 40*time.Second {
				r.Errorf("%+v took %v", change, took)
			}
			if n := len(r.world.Issues(nil)) - before; n > 1 || n != 1 && change.Number == "" {
				r.Errorf("%+v made %d", change, n)
			}
		}
	})
	for name, f := range map[string]listertest.Fault{"cancel while it waits": listertest.RetryAfter(time.Minute), "cancel on the way": done(listertest.Silent)} {
		v.bubble(t, name, func(r *rig) {
			w := r.writer(v.nth(1, f))
			ctx, cancel := context.WithCancel(r.Context())
			time.AfterFunc(5*time.Second, cancel)
			start := time.Now()
			_, err := w.Write(ctx, r.changes(w.Abilities())[0])
			if took := time.Since(start); !errors.Is(err, context.Canceled) || took != 5*time.Second || !rest.InDoubt(err) {
				r.Errorf("after %v: %v", took, err)
			}
		})
	}
}
