package github

import (
	"net/url"
	"slices"
	"strconv"
	"time"
)

// reached is how far issues were read in the order in which they were created:
// all that are older than a moment, and some of that moment.
type reached struct {
	at   time.Time // zero: none were
	seen []int64   // numbers of those that were created then
}

// after is the place behind one issue more.
func (r reached) after(created time.Time, number int64) reached {
	if created.After(r.at) {
		r.at, r.seen = created, nil
	}
	if created.Equal(r.at) && !slices.Contains(r.seen, number) {
		r.seen = append(slices.Clip(r.seen), number)
	}
	return r
}

// cursor adds r to what else a cursor says.
func (r reached) cursor(v url.Values) string {
	v.Set("at", r.at.UTC().Format(time.RFC3339))
	for _, n := range r.seen {
		v.Add("number", strconv.FormatInt(n, 10))
	}
	return v.Encode()
}

// parseReached reads what cursor added, and reports whether it did.
func parseReached(v url.Values) (r reached, ok bool) {
	var err error
	if r.at, err = time.Parse(time.RFC3339, v.Get("at")); err != nil {
		return r, false
	}
	for _, text := range v["number"] {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return r, false
		}
		r.seen = append(r.seen, n)
	}
	return r, true
}
