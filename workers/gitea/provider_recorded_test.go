package gitea_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/providertest"
)

// Issues as gitea.com answered them.
func TestRecordedIssues(t *testing.T) {
	page := providertest.Recorded(t, tracker, workers.ItemQuery{Source: "gitea/test_repo", Closed: true, Comments: true}, "gitea-recorded-gitea.cases.json", map[string]string{
		"/issues":   "/repos/gitea/test_repo/issues?limit=50&page=1&state=all&type=issues",
		"/comments": "/repos/gitea/test_repo/issues/4/comments?limit=50&page=1",
	})
	if len(page.Items) != 7 || page.Total != 7 || page.Next != "" {
		t.Fatalf("%d items of %d, next %q", len(page.Items), page.Total, page.Next)
	}
	want := workers.Item{
		Platform: "gitea", Source: "gitea/test_repo", ID: "gitea#gitea/test_repo#10", Number: "10", URL: "https://gitea.com/gitea/test_repo/issues/10",
		Title: "A'm I allowed to fork it?", Body: workers.Text{Raw: "yes but do not create pull requests anymore", Markup: workers.Markdown},
		State: "open", Status: workers.StatusOpen, Labels: []string{"Question"},
		Created: time.Date(2020, 9, 1, 17, 48, 14, 0, time.UTC), Updated: time.Date(2020, 9, 1, 17, 48, 14, 0, time.UTC),
	}
	if diff := cmp.Diff(want, page.Items[0], cmpopts.IgnoreFields(workers.Item{}, "Version")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, i := range page.Items {
		if i.Number == "4" && (len(i.Comments) != 2 || i.Comments[0].Author != "6543" || i.Comments[0].ID != "116550") {
			t.Errorf("%+v", i.Comments)
		}
	}
}
