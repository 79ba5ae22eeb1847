package rest

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// Quota is how many requests a host allows. What it did not say is zero.
type Quota struct {
	Limit     int
	Remaining int
	Reset     time.Time // when Remaining is Limit again
}

// quotaOf reads the headers of GitHub, Azure DevOps and Jira, which begin with
// X-, and of GitLab, which do not. Bitbucket's name no Remaining and say
// nothing.
func quotaOf(h http.Header, now time.Time) Quota {
	limit, ok := count(rateLimit(h, "Limit"))
	remaining, also := count(rateLimit(h, "Remaining"))
	if !ok || !also {
		return Quota{}
	}
	return Quota{limit, remaining, resetOf(h, now)}
}

// resetOf is the reset of a quota, even where its size is not said.
func resetOf(h http.Header, now time.Time) time.Time {
	return resetTime(rateLimit(h, "Reset"), skew(h, now), now)
}

// rateLimit returns a header of a quota.
func rateLimit(h http.Header, name string) string {
	if v := h.Get("X-RateLimit-" + name); v != "" {
		return v
	}
	return h.Get("RateLimit-" + name)
}

func count(s string) (n int, ok bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f >= 0 && f <= math.MaxInt32) {
		return 0, false
	}
	return int(f), true
}

// skew is how far our clock is ahead of the host's; less than a minute is none.
func skew(h http.Header, now time.Time) time.Duration {
	theirs, err := http.ParseTime(h.Get("Date"))
	if d := now.Sub(theirs); err == nil && d.Abs() > time.Minute {
		return d
	}
	return 0
}

// resetTime reads when a quota is whole again: seconds since 1970 (GitHub,
// GitLab, Azure DevOps), seconds from now (draft-ietf-httpapi-ratelimit-headers)
// or ISO 8601 (Jira). ahead is how far our clock is ahead of the host's.
func resetTime(s string, ahead time.Duration, now time.Time) time.Time {
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		switch {
		case !(n > 0 && n < 1e11): // no such moment in our lives
			return time.Time{}
		case n < 1e8:
			return now.Add(seconds(n))
		}
		return time.Unix(int64(n), 0).Add(ahead)
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Add(ahead)
		}
	}
	return time.Time{}
}

// held reports until when the budget forbids further requests: the time is
// zero if it does not.
func held(q Quota, budget float64, now time.Time) time.Time {
	if q.Limit == 0 || !q.Reset.After(now) || float64(q.Remaining) >= (1-budget)*float64(q.Limit) {
		return time.Time{}
	}
	return bounded(q.Reset, now)
}
