package github_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/providertest"
)

// Issues as api.github.com answered them.
func TestRecordedIssues(t *testing.T) {
	page := providertest.Recorded(t, tracker(issues{}), workers.ItemQuery{Source: "go-gitea/test_repo", Closed: true, Comments: true},
		"github-recorded-gitea.cases.json", map[string]string{
			"/issues":   "/repos/go-gitea/test_repo/issues?direction=asc&page=1&per_page=2&sort=created&state=all",
			"/comments": "/repos/go-gitea/test_repo/issues/2/comments?direction=asc&per_page=100&sort=created",
		})
	if len(page.Items) != 2 || page.Next == "" {
		t.Fatalf("%d items, next %q", len(page.Items), page.Next)
	}
	want := workers.Item{
		Platform: "github", Source: "go-gitea/test_repo", ID: "github#go-gitea/test_repo#1", Number: "1", URL: "https://github.com/go-gitea/test_repo/issues/1",
		Title: "Please add an animated gif icon to the merge button", Body: workers.Text{Raw: "I just want the merge button to hurt my eyes a little. \U0001f61d ", Markup: workers.Markdown},
		Type: "Bug", State: "closed", Status: workers.StatusCompleted, Labels: []string{"bug", "good first issue"}, Milestone: "1.0.0",
		Created: time.Date(2019, 11, 9, 17, 0, 29, 0, time.UTC), Updated: time.Date(2019, 11, 12, 20, 29, 53, 0, time.UTC), Closed: time.Date(2019, 11, 12, 20, 22, 22, 0, time.UTC),
	}
	if diff := cmp.Diff(want, page.Items[0], cmpopts.IgnoreFields(workers.Item{}, "Version")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if c := page.Items[1].Comments; len(c) != 2 || c[0].Author != "mrsdizzie" || c[0].ID != "553111966" || c[0].Body.Raw != "This is a comment" {
		t.Errorf("%+v", c)
	}
}
