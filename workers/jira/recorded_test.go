package jira

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/listertest"
)

// recorded stores in into what a server of Jira once answered to url.
func recorded(t *testing.T, address string, into any) {
	t.Helper()
	rec := httptest.NewRecorder()
	listertest.Replay(t, "jira-server-gojira-mocks.cases.json", address)(rec, httptest.NewRequest(http.MethodGet, "/", nil))
	if err := json.Unmarshal(rec.Body.Bytes(), into); err != nil {
		t.Fatal(err)
	}
}

func TestRecordedStatuses(t *testing.T) {
	var statuses []status
	recorded(t, "/api/2/status", &statuses)
	counts := make(map[workers.ItemStatus]int)
	for _, s := range statuses {
		counts[s.meaning()]++
		if s.Name == "cannot reproduce" && s.meaning() != workers.StatusCompleted || s.Name == "QA" && s.meaning() != workers.StatusInProgress {
			t.Errorf("%+v is %s", s, s.meaning())
		}
	}
	if counts[workers.StatusOpen] != 21 || counts[workers.StatusInProgress] != 11 || counts[workers.StatusCompleted] != 5 {
		t.Error(counts)
	}
}

func TestRecordedPriorities(t *testing.T) {
	var list []named
	recorded(t, "/api/2/priority", &list)
	for n, p := range list {
		if got := priority(p.Name); got != "P"+string(rune('0'+n)) {
			t.Errorf("%s is %q", p.Name, got)
		}
	}
	if len(list) != 5 {
		t.Error(list)
	}
}

func TestRecordedFields(t *testing.T) {
	var fields []field
	if recorded(t, "/api/2/field", &fields); len(fields) != 2 || fields[0].ID != "description" || fields[0].Name != "Description" {
		t.Errorf("%+v", fields)
	}
}

// The example of an issue that Atlassian publishes has fields of other kinds than
// its API answers: a number for a time, a list for the comments.
func TestExample(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(listertest.Contracts(t), "jira-cloud.json"))
	if err != nil {
		t.Fatal(err)
	}
	var description struct {
		Paths map[string]struct {
			Post struct {
				Responses map[string]struct {
					Content map[string]struct {
						Example struct {
							Issues []issue `json:"issues"`
						} `json:"example"`
					} `json:"content"`
				} `json:"responses"`
			} `json:"post"`
		} `json:"paths"`
	}
	_ = json.Unmarshal(data, &description) // other examples are of other kinds
	issues := description.Paths["/rest/api/3/search/jql"].Post.Responses["200"].Content["application/json"].Example.Issues
	if len(issues) != 1 {
		t.Fatal(issues)
	}
	item := site{cloud: true}.item(&url.URL{Scheme: "https", Host: "acme.atlassian.net"}, "ED", issues[0])
	if item.ID != "ED-1" || item.Body.Raw != "Main order flow broken" || !item.Updated.IsZero() || len(item.Links) != 3 || item.Links[0].Title != "debuglog.txt" || item.Links[2].URL != "https://acme.atlassian.net/browse/PR-3" {
		t.Errorf("%+v", item)
	}
}
