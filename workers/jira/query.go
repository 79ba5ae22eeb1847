package jira

import (
	"fmt"
	"strings"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/lazyregexp"
)

const order = " ORDER BY key ASC"

// jql chooses q's issues, in no order. A time is in zone; nil: that is unknown.
func jql(q workers.ItemQuery, zone *time.Location) string {
	conditions := []string{"project = " + quote(q.Source)}
	if !q.Since.IsZero() {
		conditions = append(conditions, "updated >= "+quote(moment(q.Since, zone)))
	}
	if !q.Closed {
		conditions = append(conditions, "statusCategory != Done")
	}
	for _, l := range q.Labels {
		conditions = append(conditions, "labels = "+quote(l))
	}
	if q.Milestone != "" {
		conditions = append(conditions, "fixVersion = "+quote(q.Milestone))
	}
	if s := condition(q.Search); s != "" {
		conditions = append(conditions, "("+s+")")
	}
	return strings.Join(conditions, " AND ")
}

// earliest is how far behind UTC a time zone may be.
const earliest = 12 * time.Hour

// moment writes a time, or one before it, as JQL understands it.
func moment(t time.Time, zone *time.Location) string {
	if zone == nil {
		t, zone = t.Add(-earliest), time.UTC
	}
	return t.In(zone).Format("2006-01-02 15:04")
}

// quote makes a string of JQL ("JQL: Get started with advanced search",
// support.atlassian.com).
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

var ordered = lazyregexp.New(`(?is)\s*\border\s+by\b[^'"()]*$`)

// condition is what a search says of issues, without an order: pages have one of
// their own.
func condition(search string) string {
	return strings.TrimSpace(ordered.ReplaceAllString(search, ""))
}
