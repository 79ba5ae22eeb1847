package providertest

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/rest"
)

func (v *Vendor) faults(t *testing.T) {
	t.Helper()
	for _, f := range []struct {
		name  string
		fault listertest.Fault
		class string
	}{
		{"html", listertest.Answer(http.StatusOK, "text/html; charset=utf-8", "<!doctype html><title>Sign in</title>"), workers.ClassServer},
		{"html 502", listertest.Answer(http.StatusBadGateway, "text/html", "<html>Bad gateway</html>"), workers.ClassServer},
		{"garbage", listertest.Answer(http.StatusOK, "application/json", "}{\x00\xff"), workers.ClassServer},
		{"another kind of JSON", listertest.Answer(http.StatusOK, "application/json", `3`), workers.ClassServer},
		{"half a page", listertest.Half, workers.ClassNetwork},
		{"silence", listertest.Silent, workers.ClassNetwork},
		{"no end", listertest.Always(endless), workers.ClassServer},
		{"500", listertest.Answer(http.StatusInternalServerError, "application/json", `{"message":"boom"}`), workers.ClassServer},
		{"echo", listertest.Echo, workers.ClassOther},
		{"redirect elsewhere", listertest.Always(func(w http.ResponseWriter, q *http.Request) {
			http.Redirect(w, q, "http://"+elsewhere+q.URL.Path, http.StatusFound)
		}), workers.ClassServer},
		{"long limit", listertest.RetryAfter(time.Hour), workers.ClassThrottle},
	} {
		check := func(r *rig, spoilt listertest.Fault, pages int) {
			r.Helper()
			r.net.Serve(elsewhere, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				r.Errorf("%s was asked, with %q", elsewhere, q.Header.Get("Authorization"))
				_, _ = io.WriteString(w, "[]")
			}))
			start := time.Now()
			got, err := r.read(r.Context(), r.provider(spoilt), r.query(), nil)
			if workers.ClassOf(err) != f.class || got.pages != pages {
				r.Errorf("%d pages and class %s, want %d and %s: %v", got.pages, workers.ClassOf(err), pages, f.class, err)
			}
			if limit, ok := errors.AsType[*rest.LimitError](err); ok && limit.Until.Sub(start).Round(time.Minute) != time.Hour {
				r.Errorf("limited until %v, an hour after %v expected", limit.Until, start)
			}
			if n := r.asked.Load(); n > 50 {
				r.Errorf("asked %d times", n)
			}
		}
		v.bubble(t, f.name, func(r *rig) { check(r, f.fault, 0) })
		if !v.Whole {
			v.bubble(t, f.name+" after a page", func(r *rig) { check(r, f.fault.When(&r.late), 1) })
		}
	}
	v.bubble(t, "the same answer for ever", func(r *rig) {
		p, cursor := r.provider(listertest.Stuck), ""
		for range 5 { // each page ends, whatever it says
			page, err := p.Page(r.Context(), r.query(), cursor)
			if cursor = page.Next; err != nil || cursor == "" {
				return
			}
		}
		if n := r.asked.Load(); n > 50 {
			r.Errorf("asked %d times for five pages", n)
		}
	})
}

// endless answers a success that has no end.
func endless(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	chunk := strings.Repeat(" ", 1<<20)
	for {
		if _, err := io.WriteString(w, chunk); err != nil {
			return
		}
	}
}

// heals meets the provider with what passes by itself. No wait is longer than
// the server asks for or ten seconds.
func (v *Vendor) heals(t *testing.T) {
	t.Helper()
	for _, f := range []struct {
		name        string
		fault       listertest.Fault
		least, most time.Duration
	}{
		{"502 twice", listertest.Times(2, listertest.Answer(http.StatusBadGateway, "text/html", "<html>")), 0, 10 * time.Second},
		{"half a page twice", listertest.Times(2, listertest.Half), 0, 10 * time.Second},
		{"too many requests, in text", listertest.Times(1, listertest.Answer(http.StatusTooManyRequests, "text/plain", "Retry later\n")), 0, 10 * time.Second},
		{"short limit", listertest.Times(1, listertest.RetryAfter(30*time.Second)), 30 * time.Second, 31 * time.Second},
		{"a delay asked for with a page", delayed(30 * time.Second), 30 * time.Second, 31 * time.Second},
	} {
		v.bubble(t, f.name, func(r *rig) {
			start := time.Now()
			got, err := r.read(r.Context(), r.provider(f.fault), r.query(), nil)
			if err != nil {
				r.Fatal(err)
			}
			r.equal(got.items, r.wanted(Issue.Open), r.query())
			if took := time.Since(start); took < f.least || took > f.most {
				r.Errorf("took %v, want %v to %v", took, f.least, f.most)
			}
		})
	}
}

// delayed asks in its first good answer to wait, as Azure DevOps does.
func delayed(d time.Duration) listertest.Fault {
	return func(good http.Handler) http.Handler {
		asked := false
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			rec := httptest.NewRecorder()
			good.ServeHTTP(rec, q)
			maps.Copy(w.Header(), rec.Header())
			if rec.Code == http.StatusOK && !asked {
				asked = true
				w.Header().Set("Retry-After", strconv.Itoa(int(d.Seconds())))
			}
			w.WriteHeader(rec.Code)
			_, _ = w.Write(rec.Body.Bytes())
		})
	}
}

func (v *Vendor) cancel(t *testing.T) {
	t.Helper()
	for name, f := range map[string]listertest.Fault{"silence": listertest.Silent, "wait": listertest.RetryAfter(time.Minute)} {
		v.bubble(t, name, func(r *rig) {
			ctx, cancel := context.WithCancel(r.Context())
			start := time.Now()
			time.AfterFunc(5*time.Second, cancel)
			_, err := r.read(ctx, r.provider(f), r.query(), nil)
			if took := time.Since(start); !errors.Is(err, context.Canceled) || took != 5*time.Second {
				r.Errorf("after %v: %v", took, err)
			}
		})
	}
}
