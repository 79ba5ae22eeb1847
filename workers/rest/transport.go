package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// maxBody bounds an answer; no vendor's page of 100 comes near it.
const maxBody = 64 << 20

var (
	errBudget = errors.New("the share of the API quota that jobs may use is used up")
	errAsked  = errors.New("the host asked to wait")
	errSilent = fmt.Errorf("no whole answer within %v", longTry)
)

// transport sends requests to one API. See the package for what it does.
type transport struct {
	Options

	mu    sync.Mutex
	state state
}

type state struct {
	quota Quota
	until time.Time // the host is to be left alone
	why   error
	calls int
	wrote time.Time // when the last request that may change something was sent
}

func (t *transport) status() state {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.state
}

// RoundTrip sends req until there is an answer to give away. Unlike others it
// returns an error for an answer that is neither a success nor a redirect.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if !sameOrigin(req.URL, t.Base) {
		return nil, t.undone(req, "not on "+t.Base.Host+", where the API is")
	}
	ctx := req.Context()
	for n := 1; ; n++ {
		if err := t.turn(req); err != nil {
			return nil, err
		}
		a, res := t.send(req, n)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		now := time.Now()
		next, until := decide(a, n, now, rand.Float64()) //nolint:gosec // spreads load, hides nothing
		t.note(a, now)
		switch next {
		case use:
			t.leave(until, errAsked)
			return t.success(req, res, a)
		case fail:
			return nil, t.failure(req, a)
		case again:
			t.Logf("%s: again in %s", t.Redact(t.failure(req, a).Error()), until.Sub(now).Round(time.Second))
			if err := sleep(ctx, until.Sub(now)); err != nil {
				return nil, err
			}
		case wait:
			t.leave(until, t.failure(req, a))
		case leave:
			err := t.failure(req, a)
			t.leave(until, err)
			return nil, &LimitError{until, err, a.doubtful()}
		}
	}
}

// hold waits for the moment from which the host may be asked, or returns a
// LimitError if that is far.
func (t *transport) hold(ctx context.Context) error {
	for {
		s, now := t.status(), time.Now()
		until, why := held(s.quota, t.Budget, now), errBudget
		if !s.until.Before(until) {
			until, why = s.until, s.why
		}
		d := until.Sub(now)
		switch {
		case d <= 0:
			return nil
		case d > short:
			return &LimitError{Until: until, Err: why}
		}
		t.Logf("%s: waiting for %s", t.Redact(why.Error()), d.Round(time.Second))
		if err := sleep(ctx, d); err != nil {
			return err
		}
	}
}

// turn waits until a request may be sent: what the host asks for may change
// while one that may change something waits for the pace.
func (t *transport) turn(req *http.Request) error {
	for {
		if err := t.hold(req.Context()); err != nil {
			return err
		}
		d := t.pace(req, time.Now())
		if d <= 0 {
			return nil
		}
		if err := sleep(req.Context(), d); err != nil {
			return err
		}
	}
}

// pace is how long a request has to wait for the one before it. Nothing: this is
// the one that others have to wait for.
func (t *transport) pace(req *http.Request, now time.Time) time.Duration {
	if t.Pace == 0 || safe(method(req)) {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	d := t.state.wrote.Add(t.Pace).Sub(now)
	if d <= 0 {
		t.state.wrote = now
	}
	return d
}

// leave has all requests wait until a moment, because of why.
func (t *transport) leave(until time.Time, why error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if until.After(t.state.until) {
		t.state.until, t.state.why = until, why
	}
}

// note remembers what an answer says about the quota.
func (t *transport) note(a answer, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if q := quotaOf(a.header, now); q.Limit > 0 {
		t.state.quota = q
	}
}

// send sends req for the nth time and reads the whole answer.
func (t *transport) send(req *http.Request, n int) (answer, *http.Response) {
	t.mu.Lock()
	t.state.calls++
	t.mu.Unlock()
	ctx, cancel := context.WithTimeoutCause(req.Context(), longTry, errSilent)
	defer cancel()
	a := answer{method: method(req), fixed: fixed(req)}
	out, err := t.prepare(req.Clone(ctx), n)
	if err != nil {
		a.err = err
		return a, nil
	}
	res, err := t.Transport.RoundTrip(out)
	if err != nil {
		a.err = cause(ctx, err)
		return a, nil
	}
	defer res.Body.Close()
	a.header = res.Header
	a.body, err = io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	a.json = err == nil && len(a.body) <= maxBody && json.Valid(a.body)
	if err == nil && !a.json && truncated(res.StatusCode, a.body) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		a.err = cause(ctx, err)
		return a, nil
	}
	a.status = meant(res)
	return a, res
}

// prepare adds to a copy of a request what it lacks.
func (t *transport) prepare(out *http.Request, n int) (*http.Request, error) {
	if n > 1 && out.GetBody != nil {
		body, err := out.GetBody()
		if err != nil {
			return nil, err
		}
		out.Body = body
	}
	if out.Header.Get("User-Agent") == "" {
		out.Header.Set("User-Agent", "specweave")
	}
	if t.Authorize != nil {
		t.Authorize(out)
	}
	return out, nil
}

type repeat struct{}

// Repeatable marks requests that change nothing, and may be sent again whatever
// their method: searches that are sent by POST.
func Repeatable(ctx context.Context) context.Context { return context.WithValue(ctx, repeat{}, true) }

// method is the one whose rules hold for req.
func method(req *http.Request) string {
	if req.Context().Value(repeat{}) != nil {
		return http.MethodGet
	}
	return req.Method
}

// fixed reports whether req can be sent once only, because its body can be
// read once only.
func fixed(req *http.Request) bool {
	return req.Body != nil && req.Body != http.NoBody && req.GetBody == nil
}

func cause(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errSilent) {
		return errSilent
	}
	return err
}

// success gives an answer away, if it is what an API answers.
func (t *transport) success(req *http.Request, res *http.Response, a answer) (*http.Response, error) {
	if res.StatusCode < http.StatusMultipleChoices {
		if reason := odd(a); reason != "" {
			return nil, t.malformed(req, reason)
		}
	}
	res.Body = io.NopCloser(bytes.NewReader(a.body))
	res.ContentLength = int64(len(a.body))
	res.Request = req
	return res, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
