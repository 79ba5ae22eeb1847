package listertest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Fault spoils the answers of a server.
type Fault func(good http.Handler) http.Handler

// When lets f begin once begun is true.
func (f Fault) When(begun *atomic.Bool) Fault {
	return func(good http.Handler) http.Handler {
		bad := f(good)
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			if begun.Load() {
				bad.ServeHTTP(w, q)
			} else {
				good.ServeHTTP(w, q)
			}
		})
	}
}

// Always gives the same answer to everything.
func Always(h http.HandlerFunc) Fault {
	return func(http.Handler) http.Handler { return h }
}

// Times applies f to the first n requests.
func Times(n int, f Fault) Fault {
	return func(good http.Handler) http.Handler {
		bad := f(good)
		var mu sync.Mutex
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			n--
			spoil := n >= 0
			mu.Unlock()
			if spoil {
				bad.ServeHTTP(w, r)
			} else {
				good.ServeHTTP(w, r)
			}
		})
	}
}

// Answer gives one answer to everything.
func Answer(status int, kind, body string) Fault {
	return Always(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

// Half breaks the connection in the middle of a good answer.
func Half(good http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		good.ServeHTTP(rec, r)
		body := rec.Body.Bytes()
		w.Header().Set("Content-Type", rec.Header().Get("Content-Type"))
		w.Header().Set("Content-Length", strconv.Itoa(len(body)+1))
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
}

// Stuck gives the answer to its first request for ever.
func Stuck(good http.Handler) http.Handler {
	first := httptest.NewRecorder()
	var mu sync.Mutex
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if first.Body.Len() == 0 {
			good.ServeHTTP(first, r)
		}
		for name, values := range first.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(first.Code)
		_, _ = w.Write(first.Body.Bytes())
	})
}

// Silent answers nothing until the client has gone.
func Silent(http.Handler) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // before that nobody looks whether it has gone
		<-r.Context().Done()
	})
}

// Echo puts the credential it is sent into a page that is none.
func Echo(http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		for _, values := range r.Header {
			for _, v := range values {
				_, _ = io.WriteString(w, v+" ")
			}
		}
	})
}

// RetryAfter limits as all vendors may.
func RetryAfter(d time.Duration) Fault {
	return Always(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", strconv.Itoa(int(d.Seconds())))
		http.Error(w, "Retry later", http.StatusTooManyRequests)
	})
}
