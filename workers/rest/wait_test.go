package rest_test

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/specweave/specweave/workers/rest"
)

// TestHalf closes the connection where its end is the end of the answer.
func TestHalf(t *testing.T) {
	calls := 0
	bubble(t, func(w http.ResponseWriter, r *http.Request) {
		calls++
		if calls > 2 {
			good(w, r)
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{\"name\":\"go")
		_ = conn.Close()
	}, func(t inside) {
		if got, err := get(t.Context(), rest.New(t.options), "x"); got != "good" || calls != 3 {
			t.Errorf("%q after %d calls: %v", got, calls, err)
		}
	})
}

// TestSlowBody sends a byte now and then: that is no answer either.
func TestSlowBody(t *testing.T) {
	bubble(t, func(w http.ResponseWriter, r *http.Request) {
		for {
			_, _ = io.WriteString(w, " ")
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
				return
			case <-time.After(10 * time.Second):
			}
		}
	}, func(t inside) {
		start := time.Now()
		_, err := get(t.Context(), rest.New(t.options), "x")
		var network *rest.NetworkError
		if took := time.Since(start); !errors.As(err, &network) || took < 5*time.Minute || took > 6*time.Minute {
			t.Errorf("after %v: %v", took, err)
		}
	})
}

// TestAsked asks again after a success that came with Retry-After.
func TestAsked(t *testing.T) {
	for after, want := range map[string]time.Duration{"20": 20 * time.Second, "90": 0} {
		bubble(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", after)
			good(w, r)
		}, func(t inside) {
			c := rest.New(t.options)
			if _, err := get(t.Context(), c, "x"); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			_, err := get(t.Context(), c, "x")
			limit, limited := errors.AsType[*rest.LimitError](err)
			if time.Since(start) != want || limited != (want == 0) || limited && limit.Until.Sub(start) != 90*time.Second {
				t.Errorf("%s: after %v: %v", after, time.Since(start), err)
			}
		})
	}
}

// TestBudget leaves what is left of a quota to people.
func TestBudget(t *testing.T) {
	left := 60
	reset := time.Time{}
	h := func(w http.ResponseWriter, r *http.Request) {
		if reset.Before(time.Now()) {
			left, reset = 60, time.Now().Add(time.Hour)
		}
		left--
		w.Header().Set("X-RateLimit-Limit", "60")
		w.Header().Set("X-RateLimit-Remaining", strconv.Itoa(left))
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
		good(w, r)
	}
	bubble(t, h, func(t inside) {
		c := rest.New(t.options)
		use := func() (n int, err error) {
			for err == nil && n < 100 {
				if _, err = get(t.Context(), c, "x"); err == nil {
					n++
				}
			}
			return n, err
		}
		n, err := use()
		limit, ok := errors.AsType[*rest.LimitError](err)
		if !ok || n != 49 || !limit.Until.Equal(reset.Truncate(time.Second)) {
			t.Fatalf("after %d calls: %v", n, err)
		}
		time.Sleep(time.Until(limit.Until) + time.Second)
		if n, err = use(); n != 49 {
			t.Errorf("after the reset, after %d calls: %v", n, err)
		}
	})
}

// TestShared has a limit that one request meets hold back the others.
func TestShared(t *testing.T) {
	var calls atomic.Int32
	bubble(t, func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == 1 {
			w.Header().Set("Retry-After", "40")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		good(w, r)
	}, func(t inside) {
		c := rest.New(t.options)
		start := time.Now()
		done := make(chan error, 2)
		for i := range 2 {
			go func() {
				time.Sleep(time.Duration(i) * time.Second)
				_, err := get(t.Context(), c, "x")
				done <- err
			}()
		}
		for range 2 {
			if err := <-done; err != nil || time.Since(start) != 40*time.Second {
				t.Errorf("after %v: %v", time.Since(start), err)
			}
		}
		if calls.Load() != 3 {
			t.Errorf("%d calls", calls.Load())
		}
	})
}
