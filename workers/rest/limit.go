package rest

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/specweave/specweave/workers/lazyregexp"
)

const (
	// longest bounds what a host can ask for: it may be wrong about the time,
	// and asking once a day is polite whatever it meant.
	longest = 24 * time.Hour
	// secondary is how long GitHub wants to be left alone after a secondary
	// limit that names no time, doubled each further time ("Rate limits for the
	// REST API", docs.github.com).
	secondary = time.Minute
)

// slowdown finds the words of a limit in an answer 403, where GitHub and Azure
// DevOps hide theirs among missing permissions; secondaryLimit GitHub's own.
var (
	slowdown       = lazyregexp.New(`(?i)rate limit|abuse detection|too many requests|request was blocked due to exceeding usage`)
	secondaryLimit = lazyregexp.New(`(?i)secondary rate limit|abuse detection`)
)

// limited reports whether an answer says that the host was asked too much, and
// until when it wants to be left alone, at the nth such answer in a row, the
// first being 1. A zero time leaves the moment to us.
//
// Retry-After is law with any answer; Azure DevOps sends it with successes
// ("Rate and usage limits", learn.microsoft.com).
func limited(status int, h http.Header, body []byte, n int, now time.Time) (until time.Time, ok bool) {
	after, asked := retryAfter(h.Get("Retry-After"), skew(h, now), now)
	forbidden := status == http.StatusForbidden
	switch {
	case status < http.StatusMultipleChoices, status >= http.StatusInternalServerError:
		return after, asked
	case !forbidden && status != http.StatusTooManyRequests:
		return time.Time{}, false // no other answer is about limits, whatever it holds
	case asked:
		return after, true
	}
	reset := resetOf(h, now)
	spent := h.Get("X-RateLimit-Remaining") == "0" || h.Get("RateLimit-Remaining") == "0"
	said := secondaryLimit.Match(body) || forbidden && slowdown.Match(body)
	interval, known := count(h.Get("X-RateLimit-Interval-Seconds"))
	switch {
	case forbidden && !spent && !said:
		return time.Time{}, false
	case spent && !reset.IsZero():
		return bounded(reset, now), true
	case said, spent && !known:
		return now.Add(min(secondary<<min(n-1, 12), longest)), true
	case reset.After(now):
		return bounded(reset, now), true
	case known: // Jira Data Center: its bucket is filled once an interval
		return now.Add(seconds(float64(interval))), true
	}
	return time.Time{}, true
}

// retryAfter reads a Retry-After: seconds or an HTTP date (RFC 9110, 10.2.3).
func retryAfter(s string, ahead time.Duration, now time.Time) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseFloat(s, 64); err == nil && n >= 0 {
		return now.Add(seconds(n)), true
	}
	if t, err := http.ParseTime(s); err == nil {
		return bounded(t.Add(ahead), now), true
	}
	return time.Time{}, false
}

func seconds(n float64) time.Duration {
	return time.Duration(min(n, longest.Seconds()) * float64(time.Second))
}

// bounded returns t, but no moment before now or more than a day after.
func bounded(t, now time.Time) time.Time {
	if t.Before(now) {
		return now
	}
	if last := now.Add(longest); t.After(last) {
		return last
	}
	return t
}
