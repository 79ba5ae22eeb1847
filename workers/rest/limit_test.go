package rest

import (
	"net/http"
	"strconv"
	"testing"
	"time"
)

// now is when the tables' answers arrive.
var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func epoch(d time.Duration) string { return strconv.FormatInt(now.Add(d).Unix(), 10) }

// head makes headers of names and values.
func head(pairs ...string) http.Header {
	h := make(http.Header)
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

func TestLimited(t *testing.T) {
	const (
		none  = time.Duration(-1) // it is not about limits
		unset = time.Duration(-2) // it is, and names no moment
	)
	secondary := `{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}`
	for name, c := range map[string]struct {
		status int
		header http.Header
		body   string
		n      int
		want   time.Duration
	}{
		"success":                      {200, head("X-RateLimit-Remaining", "0", "X-RateLimit-Reset", epoch(time.Hour)), "", 1, none},
		"github primary":               {403, head("X-RateLimit-Limit", "5000", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", epoch(40*time.Minute)), "", 1, 40 * time.Minute},
		"github primary 429":           {429, head("X-RateLimit-Limit", "5000", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", epoch(40*time.Minute)), "", 1, 40 * time.Minute},
		"github secondary, named":      {403, head("Retry-After", "30", "X-RateLimit-Remaining", "4000"), secondary, 1, 30 * time.Second},
		"github secondary, once":       {403, head("X-RateLimit-Limit", "5000", "X-RateLimit-Remaining", "4000", "X-RateLimit-Reset", epoch(time.Hour)), secondary, 1, time.Minute},
		"github secondary, twice":      {429, head(), secondary, 2, 2 * time.Minute},
		"github secondary, for ever":   {429, head(), secondary, 99, 24 * time.Hour},
		"github abuse":                 {403, head(), `{"message":"You have triggered an abuse detection mechanism."}`, 1, time.Minute},
		"github forbidden":             {403, head("X-RateLimit-Limit", "5000", "X-RateLimit-Remaining", "4000", "X-RateLimit-Reset", epoch(time.Hour)), `{"message":"Must have admin rights"}`, 1, none},
		"spent, and no reset":          {403, head("X-RateLimit-Remaining", "0"), "", 1, time.Minute},
		"gitlab":                       {429, head("RateLimit-Limit", "2000", "RateLimit-Remaining", "0", "RateLimit-Reset", epoch(42*time.Second)), "Retry later\n", 1, 42 * time.Second},
		"gitlab, law":                  {429, head("RateLimit-Limit", "2000", "RateLimit-Remaining", "0", "RateLimit-Reset", epoch(42*time.Second), "Retry-After", "50"), "Retry later\n", 1, 50 * time.Second},
		"gitlab application limit":     {429, head(), "This endpoint has been requested too many times. Try again later.", 1, unset},
		"azure, slow down":             {200, head("Retry-After", "12", "X-RateLimit-Delay", "1.5"), "{}", 1, 12 * time.Second},
		"azure, blocked":               {429, head("Retry-After", "180", "X-RateLimit-Reset", epoch(time.Hour)), "", 1, 3 * time.Minute},
		"azure, blocked for usage":     {403, head(), "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource.", 1, time.Minute},
		"jira cloud":                   {429, head("X-RateLimit-Limit", "100", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "2026-11-25T12:07Z"), "", 1, 7 * time.Minute},
		"jira data center":             {429, head("X-RateLimit-Limit", "10", "X-RateLimit-Remaining", "0", "X-RateLimit-Interval-Seconds", "20", "X-RateLimit-FillRate", "1"), "", 1, 20 * time.Second},
		"bitbucket":                    {429, head("X-RateLimit-Limit", "1000", "X-RateLimit-Resource", "api-repositories", "X-RateLimit-NearLimit", "true"), `{"type":"error","error":{"message":"Rate limit for this resource has been exceeded"}}`, 1, unset},
		"gitea's proxy":                {429, head(), "<html><title>429 Too Many Requests</title></html>", 1, unset},
		"seconds from now":             {429, head("RateLimit-Limit", "10", "RateLimit-Remaining", "0", "RateLimit-Reset", "15"), "", 1, 15 * time.Second},
		"date":                         {429, head("Retry-After", now.Add(90*time.Second).Format(http.TimeFormat)), "", 1, 90 * time.Second},
		"date of a clock that is late": {429, head("Date", now.Add(-time.Hour).Format(http.TimeFormat), "Retry-After", now.Add(30*time.Second-time.Hour).Format(http.TimeFormat)), "", 1, 30 * time.Second},
		"reset of a clock that is late": {
			403, head("Date", now.Add(-time.Hour).Format(http.TimeFormat), "X-RateLimit-Limit", "60", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", epoch(-50*time.Minute)),
			"", 1, 10 * time.Minute,
		},
		"in the past":       {403, head("X-RateLimit-Limit", "60", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", epoch(-time.Minute)), "", 1, 0},
		"too far":           {429, head("Retry-After", "99999999999999999999"), "", 1, 24 * time.Hour},
		"infinite":          {429, head("Retry-After", "Inf"), "", 1, 24 * time.Hour},
		"negative":          {429, head("Retry-After", "-5"), "", 1, unset},
		"nonsense":          {429, head("Retry-After", "soon", "X-RateLimit-Reset", "NaN"), "", 1, unset},
		"503 with a time":   {503, head("Retry-After", "5"), "", 1, 5 * time.Second},
		"503":               {503, head(), "rate limit", 1, none},
		"404 with a time":   {404, head("Retry-After", "5"), "rate limit", 1, none},
		"401 that is spent": {401, head("X-RateLimit-Remaining", "0"), "", 1, none},
	} {
		until, ok := limited(c.status, c.header, []byte(c.body), c.n, now)
		got := none
		switch {
		case ok && until.IsZero():
			got = unset
		case ok:
			got = until.Sub(now)
		}
		if got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func FuzzLimited(f *testing.F) {
	f.Add(429, "30", "0", "1764072000", "Wed, 25 Nov 2026 12:00:00 GMT", "rate limit", 3)
	f.Add(200, "Inf", "-1", "2026-11-25T12:07Z", "", "", -1)
	f.Fuzz(func(t *testing.T, status int, after, remaining, reset, date, body string, n int) {
		h := head("Retry-After", after, "X-RateLimit-Limit", "10", "X-RateLimit-Remaining", remaining, "X-RateLimit-Reset", reset, "Date", date)
		until, ok := limited(status, h, []byte(body), max(n, 1), now)
		if ok && !until.IsZero() && (until.Before(now) || until.After(now.Add(longest))) {
			t.Errorf("until %v", until)
		}
		if hold := held(quotaOf(h, now), DefaultBudget, now); hold.After(now.Add(longest)) {
			t.Errorf("held until %v", hold)
		}
	})
}

func TestQuota(t *testing.T) {
	for name, c := range map[string]struct {
		header http.Header
		want   Quota
	}{
		"nothing":       {head(), Quota{}},
		"github":        {head("X-RateLimit-Limit", "5000", "X-RateLimit-Remaining", "4999", "X-RateLimit-Reset", epoch(time.Hour)), Quota{5000, 4999, now.Add(time.Hour)}},
		"gitlab":        {head("RateLimit-Limit", "2000", "RateLimit-Remaining", "1996", "RateLimit-Reset", epoch(time.Minute)), Quota{2000, 1996, now.Add(time.Minute)}},
		"jira":          {head("X-RateLimit-Limit", "350", "X-RateLimit-Remaining", "7", "X-RateLimit-Reset", "2026-11-25T12:30:00Z"), Quota{350, 7, now.Add(30 * time.Minute)}},
		"no remaining":  {head("X-RateLimit-Limit", "1000"), Quota{}},
		"no reset":      {head("X-RateLimit-Limit", "10", "X-RateLimit-Remaining", "1"), Quota{10, 1, time.Time{}}},
		"no numbers":    {head("X-RateLimit-Limit", "many", "X-RateLimit-Remaining", "1"), Quota{}},
		"milliseconds":  {head("X-RateLimit-Limit", "10", "X-RateLimit-Remaining", "1", "X-RateLimit-Reset", "1764072000000"), Quota{10, 1, time.Time{}}},
		"fractions":     {head("X-RateLimit-Limit", "200.5", "X-RateLimit-Remaining", "3.25"), Quota{200, 3, time.Time{}}},
		"no ISO offset": {head("X-RateLimit-Limit", "10", "X-RateLimit-Remaining", "1", "X-RateLimit-Reset", "2026-11-25T12:30:00+0000"), Quota{10, 1, now.Add(30 * time.Minute)}},
	} {
		got := quotaOf(c.header, now)
		if got.Limit != c.want.Limit || got.Remaining != c.want.Remaining || !got.Reset.Equal(c.want.Reset) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestHeld(t *testing.T) {
	for _, c := range []struct {
		q      Quota
		budget float64
		held   bool
	}{
		{Quota{}, 0.8, false},
		{Quota{5000, 1000, now.Add(time.Hour)}, 0.8, false},
		{Quota{5000, 999, now.Add(time.Hour)}, 0.8, true},
		{Quota{5000, 999, now}, 0.8, false}, // whole again
		{Quota{5000, 0, time.Time{}}, 0.8, false},
		{Quota{5000, 0, now.Add(time.Hour)}, 1, false},
		{Quota{60, 29, now.Add(time.Hour)}, 0.5, true},
	} {
		if got := held(c.q, c.budget, now); got.IsZero() == c.held {
			t.Errorf("%v, %v: held until %v", c.q, c.budget, got)
		}
	}
}
