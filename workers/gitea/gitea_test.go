package gitea_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/gitea"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/rest"
)

var vendor = listertest.Vendor{
	Name: "gitea", Root: "/api/v1/", Server: "/api/v1",
	New:       func(c *rest.Client) (workers.Lister, error) { return gitea.New(c), nil },
	Authorize: gitea.Authorize,
	Serve:     func(w *listertest.World) http.Handler { return &fake{w} },
	Said: func(l workers.Listed) workers.Listed {
		l.Disabled = false // it has no such thing
		return l
	},
	Scope:  "read:organization",
	Paging: listertest.Counted,
}

func TestLister(t *testing.T) { listertest.Run(t, vendor) }

func TestRecorded(t *testing.T) {
	page := listertest.Recorded(t, vendor, "gitea-recorded-gitea.cases.json", "/repos/gitea/test_repo")
	want := []workers.Listed{{
		Owner: "gitea", Name: "test_repo", CloneURL: "https://gitea.com/gitea/test_repo.git", SSHURL: "git@gitea.com:gitea/test_repo.git",
		Size: 68 << 10, Visibility: "public", Topics: []string{"gitea", "test", "migration", "ci"},
		PushedAt: time.Date(2020, 9, 1, 18, 3, 41, 0, time.UTC),
	}}
	if diff := cmp.Diff(want, page.Repositories); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAuthorize(t *testing.T) {
	for login, want := range map[workers.Login]string{
		{}:                  "",
		{Password: "token"}: "token token",
		{Username: "alice", Password: "password"}: "Basic YWxpY2U6cGFzc3dvcmQ=",
	} {
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		gitea.Authorize(login)(req)
		if got := req.Header.Get("Authorization"); got != want {
			t.Errorf("%v: %q, want %q", login, got, want)
		}
	}
}

// fake answers like Gitea 1.27 (routers/api/v1 in its source).
type fake struct{ *listertest.World }

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, password, _ := r.BasicAuth()
	if (workers.Login{Username: name, Password: password}) != f.Login {
		say(w, http.StatusUnauthorized, "user does not exist [uid: 0, name: ]")
		return
	}
	if f.Lacking {
		say(w, http.StatusForbidden, "token does not have at least one of required scope(s), required=[read:organization], token scope=read:issue")
		return
	}
	kind, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/v1/"), "/")
	name, ok := strings.CutSuffix(rest, "/repos")
	owner, found := f.Owners[name]
	switch {
	case !ok || !found, kind == "orgs" && owner.User, kind == "users" && !owner.User:
		say(w, http.StatusNotFound, "The target couldn't be found.")
		return
	}
	num, _ := strconv.Atoi(r.FormValue("page"))
	page, more := f.Page(owner.Repositories, num)
	if more { // with its ROOT_URL, which an administrator forgot to set
		w.Header().Set("Link", fmt.Sprintf(`<http://localhost:3000%s?limit=%d&page=%d>; rel="next",<http://localhost:3000%s?page=9>; rel="last"`,
			r.URL.Path, f.PageSize, num+1, r.URL.Path))
	}
	w.Header().Set("X-Total-Count", strconv.Itoa(unique(owner.Repositories)))
	list := make([]map[string]any, len(page))
	for i, l := range page {
		list[i] = repository(l)
	}
	reply(w, http.StatusOK, list)
}

func unique(list []workers.Listed) int {
	names := make(map[string]bool)
	for _, l := range list {
		names[l.Name] = true
	}
	return len(names)
}

func repository(l workers.Listed) map[string]any {
	r := map[string]any{
		"id": 7, "name": l.Name, "full_name": l.Owner + "/" + l.Name, "owner": map[string]any{"id": 3, "login": l.Owner},
		"clone_url": l.CloneURL, "ssh_url": l.SSHURL, "size": l.Size >> 10, "language": l.Language, "topics": l.Topics,
		"private": l.Visibility != "public", "internal": l.Visibility == "internal",
		"archived": l.Archived, "fork": l.Fork, "empty": l.Empty, "updated_at": l.PushedAt,
	}
	return r
}

func say(w http.ResponseWriter, status int, message string) {
	reply(w, status, map[string]string{"message": message, "url": "http://localhost:3000/api/swagger"})
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
