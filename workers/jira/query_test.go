package jira

import (
	"testing"
	"time"

	"github.com/specweave/specweave/workers"
)

func TestJQL(t *testing.T) {
	kathmandu := time.FixedZone("+0545", 5*3600+45*60)
	since := time.Date(2026, 1, 2, 23, 4, 59, 0, time.UTC)
	for want, test := range map[string]struct {
		q    workers.ItemQuery
		zone *time.Location
	}{
		`project = "APP" AND statusCategory != Done`: {workers.ItemQuery{Source: "APP"}, nil},
		`project = "APP"`: {workers.ItemQuery{Source: "APP", Closed: true}, nil},
		`project = "A\" OR project = \"B\\" AND statusCategory != Done`:                   {workers.ItemQuery{Source: `A" OR project = "B\`}, nil},
		`project = "APP" AND updated >= "2026-01-03 04:49"`:                               {workers.ItemQuery{Source: "APP", Closed: true, Since: since}, kathmandu},
		`project = "APP" AND updated >= "2026-01-02 11:04"`:                               {workers.ItemQuery{Source: "APP", Closed: true, Since: since}, nil},
		`project = "APP" AND labels = "a" AND labels = "b\u000a\u007f"`:                   {workers.ItemQuery{Source: "APP", Closed: true, Labels: []string{"a", "b\n\x7f"}}, nil},
		`project = "APP" AND fixVersion = "1.0 \"big\""`:                                  {workers.ItemQuery{Source: "APP", Closed: true, Milestone: `1.0 "big"`}, nil},
		`project = "APP" AND (type = Bug OR summary ~ "ü")`:                               {workers.ItemQuery{Source: "APP", Closed: true, Search: " type = Bug OR summary ~ \"ü\"\n"}, nil},
		`project = "APP" AND (type = Bug)`:                                                {workers.ItemQuery{Source: "APP", Closed: true, Search: "type = Bug order by\tcreated DESC, key"}, nil},
		`project = "APP" AND (summary ~ "order by x")`:                                    {workers.ItemQuery{Source: "APP", Closed: true, Search: `summary ~ "order by x"`}, nil},
		`project = "APP" AND statusCategory != Done AND labels = "a" AND (assignee = me)`: {workers.ItemQuery{Source: "APP", Labels: []string{"a"}, Search: "assignee = me ORDER BY rank"}, nil},
	} {
		if got := jql(test.q, test.zone); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if got := jql(workers.ItemQuery{Source: "APP", Closed: true, Search: "ORDER BY created"}, nil); got != `project = "APP"` {
		t.Error(got)
	}
}
