package rest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/specweave/specweave/workers/rest"
)

// send sends a title and returns the name in the answer.
func send(ctx context.Context, c *rest.Client, ref string) (string, error) {
	var into struct {
		Name string `json:"name"`
	}
	_, err := c.Send(ctx, http.MethodPatch, ref, nil, map[string]string{"title": "new"}, &into)
	return into.Name, err
}

func TestSend(t *testing.T) {
	o := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch asked := fmt.Sprintf("%s %s %s %s", r.Method, r.URL.Path, r.Header.Get("Content-Type"), body); asked {
		case `PATCH /fields application/json {"title":"new"}`:
			good(w, r)
		case `PATCH /patch application/json-patch+json [1]`:
			w.WriteHeader(http.StatusNoContent)
		case `DELETE /thing  `:
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, `"whatever"`)
		default:
			http.Error(w, asked, http.StatusBadRequest)
		}
		if r.Header.Get("Authorization") != "Bearer "+secret || r.Header.Get("Accept") != "application/json" {
			t.Errorf("%v", r.Header)
		}
	})
	c := rest.New(o)
	if got, err := send(t.Context(), c, "fields"); got != "good" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	into := "as it was"
	h := http.Header{"Content-Type": {"application/json-patch+json"}}
	if header, err := c.Send(t.Context(), http.MethodPatch, "patch", h, []int{1}, &into); err != nil || header == nil || into != "as it was" {
		t.Errorf("%q, %v", into, err)
	}
	if _, err := c.Send(t.Context(), http.MethodDelete, "thing", nil, nil, nil); err != nil {
		t.Error(err)
	}
	if _, err := c.Send(t.Context(), http.MethodPost, "thing", nil, func() {}, nil); err == nil || c.Calls() != 3 {
		t.Errorf("%d calls, %v", c.Calls(), err)
	}
}

// TestSendOnce sends again what the host refused, and nothing else.
func TestSendOnce(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		calls  int64 // 2: it was good the second time
		doubt  bool
		limit  bool
	}{
		"429":            {answering(http.StatusTooManyRequests, "20"), 2, false, false},
		"429, long":      {answering(http.StatusTooManyRequests, "90"), 1, false, true},
		"403, a limit":   {answering(http.StatusForbidden, "20"), 2, false, false},
		"403":            {answering(http.StatusForbidden, ""), 1, false, false},
		"422":            {answering(http.StatusUnprocessableEntity, ""), 1, false, false},
		"501":            {answering(http.StatusNotImplemented, ""), 1, false, false},
		"500":            {answering(http.StatusInternalServerError, ""), 1, true, false},
		"503":            {answering(http.StatusServiceUnavailable, ""), 1, true, false},
		"503 for now":    {answering(http.StatusServiceUnavailable, "0"), 1, true, true},
		"503 for a bit":  {answering(http.StatusServiceUnavailable, "20"), 1, true, true},
		"503 for long":   {answering(http.StatusServiceUnavailable, "90"), 1, true, true},
		"504":            {answering(http.StatusGatewayTimeout, "20"), 1, true, true},
		"hangs up":       {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 1, true, false},
		"redirect":       {leading(http.StatusMovedPermanently, "/y"), 1, false, false},
		"redirect 307":   {leading(http.StatusTemporaryRedirect, "/y"), 1, false, false},
		"redirect away":  {leading(http.StatusPermanentRedirect, "http://y.test"), 1, false, false},
		"found":          {leading(http.StatusFound, "/y"), 1, true, false},
		"see other":      {leading(http.StatusSeeOther, "/y"), 1, true, false},
		"see elsewhere":  {leading(http.StatusSeeOther, "http://y.test"), 1, true, false},
		"a choice":       {leading(http.StatusMultipleChoices, "/y"), 1, false, false},
		"not modified":   {leading(http.StatusNotModified, "/y"), 1, false, false},
		"a page":         {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<!doctype html>") }, 1, true, false},
		"something else": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"name":7}`) }, 1, true, false},
		"half": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "17")
			_, _ = io.WriteString(w, `{"name":`)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, 1, true, false},
		"silence": {func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}, 1, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			var calls atomic.Int64
			bubble(t, func(w http.ResponseWriter, r *http.Request) {
				if calls.Add(1) == 1 {
					c.answer(w, r)
					return
				}
				good(w, r)
			}, func(t inside) {
				client := rest.New(t.options)
				start := time.Now()
				got, err := send(t.Context(), client, "x")
				if n := calls.Load(); n != c.calls || (err == nil) != (n == 2) || err == nil && got != "good" {
					t.Fatalf("%d calls, %q, %v", n, got, err)
				}
				limit, limited := errors.AsType[*rest.LimitError](err)
				if rest.InDoubt(err) != c.doubt || limited != c.limit || limited && !limit.Until.After(start) {
					t.Errorf("in doubt: %v, limited: %v: %v", rest.InDoubt(err), limited, err)
				}
				if limited && limit.Until.Sub(start) > time.Minute {
					// What is not sent meanwhile is not in doubt, whatever the host said before.
					if _, err := send(t.Context(), client, "x"); rest.InDoubt(err) || err == nil || calls.Load() != 1 {
						t.Errorf("%d calls, in doubt: %v", calls.Load(), err)
					}
					return
				}
				if got, err := get(t.Context(), client, "x"); err != nil || got != "good" {
					t.Errorf("afterwards %q, %v", got, err)
				}
			})
		})
	}
}

func leading(status int, to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, status) }
}

func answering(status int, after string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if after != "" {
			w.Header().Set("Retry-After", after)
		}
		w.WriteHeader(status)
	}
}

// TestSendWithoutNetwork tries again what cannot have left.
func TestSendWithoutNetwork(t *testing.T) {
	bubble(t, good, func(t inside) {
		calls := 0
		dial := &net.OpError{Op: "dial", Err: errors.New("network is unreachable")}
		next := t.options.Transport
		t.options.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			if calls++; calls < 3 {
				return nil, dial
			}
			return next.RoundTrip(r)
		})
		if got, err := send(t.Context(), rest.New(t.options), "x"); got != "good" || calls != 3 {
			t.Errorf("%d calls, %q, %v", calls, got, err)
		}
		calls = -100
		if _, err := send(t.Context(), rest.New(t.options), "x"); !errors.Is(err, dial) || rest.InDoubt(err) || calls != -95 {
			t.Errorf("%d calls, %v", calls, err)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestDoubt(t *testing.T) {
	refused := &rest.StatusError{Status: http.StatusForbidden}
	err := fmt.Errorf("x: %w", rest.Doubt(refused))
	if !rest.InDoubt(err) || !errors.Is(err, refused) || rest.InDoubt(refused) || rest.Doubt(nil) != nil || rest.InDoubt(nil) {
		t.Error(err)
	}
	if rest.InDoubt(errors.New("what no host said")) || !rest.InDoubt(context.Canceled) {
		t.Error("who was asked did not answer, or nobody was")
	}
}

// TestPace sends what may change something a while after the last such, and
// nothing before the host may be asked.
func TestPace(t *testing.T) {
	start := time.Time{}
	var at []string
	bubble(t, func(w http.ResponseWriter, r *http.Request) {
		at = append(at, fmt.Sprintf("%s %v", r.Method, time.Since(start).Round(time.Second)))
		if len(at) == 5 {
			w.Header().Set("Retry-After", "7")
		}
		good(w, r)
	}, func(t inside) {
		t.options.Pace = 3 * time.Second
		c := rest.New(t.options)
		start = time.Now()
		for range 2 {
			for _, ask := range []func(context.Context, *rest.Client, string) (string, error){send, get, send} {
				if _, err := ask(t.Context(), c, "x"); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := c.Ask(t.Context(), "x", 1, nil); err != nil {
				t.Fatal(err)
			}
		}
		const want = "PATCH 0s, GET 0s, PATCH 3s, POST 3s, PATCH 6s, GET 13s, PATCH 13s, POST 13s"
		if got := strings.Join(at, ", "); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := send(ctx, c, "x"); !errors.Is(err, context.Canceled) || len(at) != 8 {
			t.Errorf("%v, %v", at, err)
		}
	})
}
