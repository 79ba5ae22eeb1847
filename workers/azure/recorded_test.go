package azure_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/listertest"
)

// The routes as dev.azure.com answered them, and a repository of Microsoft's
// published examples.
func TestRecorded(t *testing.T) {
	dir := filepath.Join(listertest.Contracts(t), "recorded")
	discovery, err := os.ReadFile(filepath.Join(dir, "ado-discovery-locations.json"))
	if err != nil {
		t.Fatal(err)
	}
	examples, err := os.ReadFile(filepath.Join(dir, "ado-published-examples.cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name string          `json:"Name"`
		Body json.RawMessage `json:"Body"`
	}
	if err := json.Unmarshal(examples, &cases); err != nil {
		t.Fatal(err)
	}
	var example struct {
		Repository json.RawMessage `json:"repository"`
	}
	for _, c := range cases {
		if c.Name != "GET__git_repositories__repositoryId__pullRequests__pullRequestId_.json" {
			continue
		}
		if err := json.Unmarshal(c.Body, &example); err != nil {
			t.Fatal(err)
		}
	}
	l, requests := server(t, string(discovery), says(`{"count": 1, "value": [`+string(example.Repository)+`]}`))
	got, err := l.List(t.Context(), "fabrikam", "")
	if err != nil {
		t.Fatal(err)
	}
	want := workers.ListPage{
		Total: 1,
		Repositories: []workers.Listed{{
			Owner: "fabrikam/2016_10_31", Name: "2016_10_31",
			CloneURL: "https://dev.azure.com/fabrikam/_git/2016_10_31", Size: -1,
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"OPTIONS /fabrikam/_apis", "GET /fabrikam/_apis/git/repositories"}, *requests); diff != "" {
		t.Error(diff)
	}
}
