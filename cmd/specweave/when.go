package main

import (
	"strings"
	"time"

	"github.com/specweave/specweave/jobs"
)

// parseTime reads a moment as people write one: a duration from now ("90m"),
// a time of day, the next one ("18:30"), a day and time ("2026-01-02 18:30"),
// or RFC 3339. Without a zone it is local time.
func parseTime(text string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(strings.TrimPrefix(text, "+")); err == nil && d >= 0 {
		return now.Add(d), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			if t.Before(now) {
				return time.Time{}, usage("--at %q: is past", text)
			}
			return t, nil
		}
	}
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			at := time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), t.Second(), 0, now.Location())
			if at.Before(now) {
				at = time.Date(now.Year(), now.Month(), now.Day()+1, t.Hour(), t.Minute(), t.Second(), 0, now.Location())
			}
			return at, nil
		}
	}
	return time.Time{}, usage("--at %q: want a duration such as 90m, a time such as 18:30, a day and time, or RFC 3339", text)
}

// parseAfter reads ID[,ok|any] and finds the job.
func parseAfter(s *jobs.Store, text string) (jobs.Dependency, error) {
	id, how, found := strings.Cut(text, ",")
	if found && how != "ok" && how != "any" {
		return jobs.Dependency{}, usage("--after %q: after the comma stands ok or any", text)
	}
	v, err := s.Find(id)
	return jobs.Dependency{ID: v.Job.ID, Any: how == "any"}, err
}

// when reads what a job is to wait for.
func when(s *jobs.Store, at string, after []string, now time.Time) (w jobs.When, err error) {
	if at != "" {
		if w.NotBefore, err = parseTime(at, now); err != nil {
			return jobs.When{}, err
		}
	}
	for _, text := range after {
		d, err := parseAfter(s, text)
		if err != nil {
			return jobs.When{}, err
		}
		w.After = append(w.After, d)
	}
	return w, nil
}
