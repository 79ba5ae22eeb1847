package jira

import (
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/specweave/specweave/workers"
)

func TestItem(t *testing.T) {
	base := &url.URL{Scheme: "https", Host: "jira.acme.test", Path: "/jira/"}
	s := site{criteria: []string{"customfield_1", "customfield_2"}, epic: []string{"customfield_3"}}
	at := func(hour int) time.Time { return time.Date(2026, 1, 2, hour, 4, 5, 0, time.UTC) }
	want := workers.Item{Platform: "jira", Source: "APP", ID: "APP-7", Number: "APP-7", URL: "https://jira.acme.test/jira/browse/APP-7", Status: workers.StatusOpen}
	for name, test := range map[string]struct {
		fields string
		cloud  bool
		change func(*workers.Item)
	}{
		"nothing":            {`{}`, false, func(*workers.Item) {}},
		"nulls":              {`{"summary":null,"description":null,"status":null,"priority":null,"labels":null,"assignee":null,"fixVersions":null,"parent":null,"attachment":null,"issuelinks":null,"comment":null}`, false, func(*workers.Item) {}},
		"other kinds":        {`{"summary":{},"description":[1],"status":"x","priority":4,"labels":"x","assignee":[],"fixVersions":{},"parent":"x","created":5,"attachment":{},"issuelinks":true,"customfield_1":{"type":"x"},"customfield_3":{}}`, false, func(*workers.Item) {}},
		"wiki":               {`{"description":"h1. x"}`, false, func(i *workers.Item) { i.Body = workers.Text{Raw: "h1. x", Markup: workers.Wiki} }},
		"line":               {`{"customfield_1":"x"}`, true, func(i *workers.Item) { i.Criteria = workers.Text{Raw: "x", Markup: workers.Markdown} }},
		"document":           {`{"description":{"type":"doc","version":1}}`, true, func(i *workers.Item) { i.Body = workers.Text{Raw: `{"type":"doc","version":1}`, Markup: workers.ADF} }},
		"second criteria":    {`{"customfield_1":null,"customfield_2":"* x"}`, false, func(i *workers.Item) { i.Criteria = workers.Text{Raw: "* x", Markup: workers.Wiki} }},
		"epic":               {`{"customfield_3":"EPIC-1"}`, false, func(i *workers.Item) { i.Parent = "EPIC-1" }},
		"parent before epic": {`{"parent":{"key":"APP-1"},"customfield_3":"EPIC-1"}`, false, func(i *workers.Item) { i.Parent = "APP-1" }},
		"in progress": {`{"status":{"name":"In Review","statusCategory":{"key":"indeterminate"}}}`, false, func(i *workers.Item) {
			i.State, i.Status = "In Review", workers.StatusInProgress
		}},
		"done": {`{"status":{"name":"Fertig","statusCategory":{"key":"done"}},"updated":"2026-01-02T05:04:05.000+0200","resolutiondate":"2026-01-02T03:04:05.000+0200"}`, false, func(i *workers.Item) {
			i.State, i.Status, i.Updated, i.Closed = "Fertig", workers.StatusCompleted, at(3), at(1)
		}},
		"done without a resolution": {`{"status":{"name":"Done"},"updated":"2026-01-02T03:04:05.000Z"}`, false, func(i *workers.Item) {
			i.State, i.Status, i.Updated, i.Closed = "Done", workers.StatusCompleted, at(3), at(3)
		}},
		"reopened": {`{"status":{"name":"To Do","statusCategory":{"key":"new"}},"resolutiondate":"2026-01-02T03:04:05.000+0000"}`, false, func(i *workers.Item) { i.State = "To Do" }},
		"links": {`{"attachment":[{"filename":"a.png","content":"https://jira.acme.test/a"}],"issuelinks":[{"type":{"inward":"is blocked by","outward":"blocks"},"outwardIssue":{"key":"APP-8"}},{"type":{"inward":"is blocked by","outward":"blocks"},"inwardIssue":{"key":"../x"}}]}`, false, func(i *workers.Item) {
			i.Links = []workers.Link{
				{Title: "a.png", URL: "https://jira.acme.test/a"},
				{Title: "blocks APP-8", URL: "https://jira.acme.test/jira/browse/APP-8"},
				{Title: "is blocked by ../x", URL: "https://jira.acme.test/jira/browse/..%2Fx"},
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			i := issue{Key: "APP-7"}
			if err := json.Unmarshal([]byte(test.fields), &i.Fields); err != nil {
				t.Fatal(err)
			}
			s, want := s, want
			s.cloud = test.cloud
			test.change(&want)
			if diff := cmp.Diff(want, s.item(base, "APP", i), cmpopts.IgnoreFields(workers.Item{}, "Version")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPriority(t *testing.T) {
	for name, want := range map[string]string{"Highest": "P0", "high": "P1", "Medium": "P2", "Low": "P3", "Lowest": "P4", "Blocker": "P0", "Trivial": "P4", "Urgent": "", "": ""} {
		if got := priority(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestNumber(t *testing.T) {
	for key, want := range map[string]int64{"APP-7": 7, "A-B-12": 12, "APP-4294967296": 4294967296, "APP": 0, "APP-": 0, "APP--1": 1, "": 0} {
		if got := (issue{Key: key}).number(); got != want {
			t.Errorf("%s: %d", key, got)
		}
	}
}

func TestParseTime(t *testing.T) {
	want := time.Date(1969, 7, 20, 20, 17, 40, 0, time.UTC)
	for _, s := range []string{"1969-07-20T20:17:40.000+0000", "1969-07-20T22:17:40+0200", "1969-07-20T20:17:40Z", "1969-07-20T16:17:40-04:00"} {
		if got := parseTime(s); !got.Equal(want) {
			t.Errorf("%s: %v", s, got)
		}
	}
	for _, s := range []string{"", "yesterday", "1969-07-20", "-7T"} {
		if got := parseTime(s); !got.IsZero() {
			t.Errorf("%s: %v", s, got)
		}
	}
}
