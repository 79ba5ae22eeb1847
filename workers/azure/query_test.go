package azure

import (
	"testing"
	"time"

	"github.com/specweave/specweave/workers"
)

func TestWIQL(t *testing.T) {
	const begin, end = "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project", " ORDER BY [System.Id]"
	const open = " AND [System.State] NOT IN ('Closed', 'Won''t fix')"
	for want, test := range map[string]struct {
		q    workers.ItemQuery
		last int64
	}{
		open:                            {},
		"":                              {q: workers.ItemQuery{Closed: true}},
		" AND [System.Id] > 4294967296": {q: workers.ItemQuery{Closed: true}, last: 1 << 32},
		" AND [System.ChangedDate] >= '2026-01-02T01:04:05.006Z'": {q: workers.ItemQuery{
			Closed: true, Since: time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.FixedZone("", 2*3600)),
		}},
		" AND [System.Tags] CONTAINS 'a' AND [System.Tags] CONTAINS 'it''s ''' AND [System.IterationPath] UNDER 'Big Project\\Sprint 1'": {q: workers.ItemQuery{
			Closed: true, Labels: []string{"a", "it's '"}, Milestone: "Sprint 1",
		}},
		" AND [System.AreaPath] UNDER 'big project\\Web'":        {q: workers.ItemQuery{Closed: true, AreaPath: `\big project\Web\`}},
		open + " AND ([System.WorkItemType] = 'Bug' OR [A] = 1)": {q: workers.ItemQuery{Search: "[System.WorkItemType] = 'Bug' OR [A] = 1"}},
		" AND ([System.WorkItemType] = 'Bug')":                   {q: workers.ItemQuery{Closed: true, Search: "[System.WorkItemType] = 'Bug'\nORDER BY [System.Title] desc"}},
		" AND ([System.Title] CONTAINS 'order by x')":            {q: workers.ItemQuery{Closed: true, Search: "[System.Title] CONTAINS 'order by x'"}},
	} {
		if got := wiql(test.q, "Big Project", []string{"Closed", "Won't fix"}, test.last); got != begin+want+end {
			t.Errorf("got  %s\nwant %s", got, begin+want+end)
		}
	}
}

func TestPlace(t *testing.T) {
	for _, p := range []place{{}, {last: 1 << 40}, {deleted: true}, {true, 7}} {
		if got, ok := parsePlace(p.String()); !ok || got != p {
			t.Errorf("%v: %v, %v", p, got, ok)
		}
	}
	for _, cursor := range []string{"deleted:", "deleted:-1", "deleted", "-1", "+1", " 1", "1.5", "18446744073709551615"} {
		if got, ok := parsePlace(cursor); ok {
			t.Errorf("%q: %v", cursor, got)
		}
	}
}
