package gitlab_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/listertest"
)

// A project as gitlab.com answered it.
func TestRecorded(t *testing.T) {
	page := listertest.Recorded(t, vendor, "gitlab-recorded-gitea.cases.json", "/api/v4/projects/15578026")
	want := workers.ListPage{Repositories: []workers.Listed{{
		Owner: "gitea", Name: "test_repo",
		CloneURL: "https://gitlab.com/gitea/test_repo.git", SSHURL: "git@gitlab.com:gitea/test_repo.git",
		Size: -1, Visibility: "public", Topics: []string{"migration", "test"},
		PushedAt: time.Date(2025, 11, 25, 9, 21, 43, 130e6, time.UTC),
	}}}
	if diff := cmp.Diff(want, page); diff != "" {
		t.Error(diff)
	}
}
