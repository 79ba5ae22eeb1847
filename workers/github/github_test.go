package github_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/github"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/rest"
)

var vendor = listertest.Vendor{
	Name: "github", Root: "/",
	New:       func(c *rest.Client) (workers.Lister, error) { return github.New(c) },
	Authorize: github.Authorize,
	Serve:     func(w *listertest.World) http.Handler { return &fake{w} },
	Described: described,
	Said: func(l workers.Listed) workers.Listed {
		l.Empty = false // it does not say
		return l
	},
	Scope:  "read:org or repo",
	Paging: listertest.Linked,
}

func TestLister(t *testing.T) { listertest.Run(t, vendor) }

// TestEnterprise lists where the API is not at the root of its server.
func TestEnterprise(t *testing.T) {
	v := vendor
	v.Name, v.Root = "", "/api/v3/"
	v.Serve = func(w *listertest.World) http.Handler {
		inner := *w
		inner.URL += "/api/v3"
		return http.StripPrefix("/api/v3", &fake{&inner})
	}
	listertest.Run(t, v)
}

func TestRecorded(t *testing.T) {
	page := listertest.Recorded(t, vendor, "github-recorded-gitea.cases.json", "/repos/go-gitea/test_repo")
	want := []workers.Listed{{
		Owner: "go-gitea", Name: "test_repo", CloneURL: "https://github.com/go-gitea/test_repo.git", SSHURL: "git@github.com:go-gitea/test_repo.git",
		Size: 1 << 10, Visibility: "public", Topics: []string{"gitea"},
		PushedAt: time.Date(2019, 11, 12, 21, 54, 19, 0, time.UTC),
	}}
	if diff := cmp.Diff(want, page.Repositories); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAuthorize(t *testing.T) {
	for login, want := range map[workers.Login]string{
		{}: "",
		{Username: "x-access-token", Password: "token"}: "Bearer token",
		{Username: "token", Password: "x-oauth-basic"}:  "Bearer token",
		{Username: "token"}:                             "Bearer token",
	} {
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		github.Authorize(login)(req)
		if got := req.Header.Get("Authorization"); got != want {
			t.Errorf("%v: %q, want %q", login, got, want)
		}
	}
}
