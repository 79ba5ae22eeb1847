package gitlab_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/gitlab"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/rest"
)

// serve answers each request URI with what it stands for, and 404 for others.
// Asked for anything twice, or never for something, the test fails.
func serve(t *testing.T, answers map[string]func(http.ResponseWriter)) *gitlab.Lister {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, ok := answers[r.RequestURI]
		if !ok {
			t.Errorf("unexpected request %s", r.RequestURI)
			http.NotFound(w, r)
			return
		}
		delete(answers, r.RequestURI)
		answer(w)
	}))
	t.Cleanup(func() {
		server.Close()
		for uri := range answers {
			t.Errorf("never requested: %s", uri)
		}
	})
	base, err := url.Parse(server.URL + "/api/v4/")
	if err != nil {
		t.Fatal(err)
	}
	return gitlab.New(rest.New(rest.Options{Base: base}))
}

// notFound is the answer for what is not there, or not for us to see.
func notFound(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprint(w, `{"message":"404 Group Not Found"}`)
}

func projects(list ...map[string]any) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(list)
	}
}

const order = "order_by=id&sort=asc&per_page=100"

func TestList(t *testing.T) {
	l := serve(t, map[string]func(http.ResponseWriter){
		"/api/v4/groups/group%2Fsub/projects?include_subgroups=true&with_shared=false&" + order: projects(
			map[string]any{
				"id": 1, "namespace": map[string]any{"full_path": "group/sub/sub2"}, "path": "name", "name": "A Name",
				"http_url_to_repo": "https://gitlab.example.com/group/sub/sub2/name.git",
				"ssh_url_to_repo":  "git@gitlab.example.com:group/sub/sub2/name.git",
				"visibility":       "internal", "topics": []string{"one"},
				"last_activity_at": "2025-11-25T09:21:43.130Z", "archived": true, "empty_repo": true,
				"forked_from_project": map[string]any{"id": 7}, "repository_access_level": "disabled",
			},
			map[string]any{"id": 9, "namespace": map[string]any{"full_path": "group/sub"}, "path": "other", "last_activity_at": nil, "topics": nil, "visibility": "public", "repository_access_level": "enabled"},
		),
		sizes(0, 10): func(w http.ResponseWriter) { w.WriteHeader(http.StatusForbidden) },
	})
	got, err := l.List(t.Context(), "group/sub", "")
	if err != nil {
		t.Fatal(err)
	}
	want := workers.ListPage{Repositories: []workers.Listed{
		{
			Owner: "group/sub/sub2", Name: "name",
			CloneURL:   "https://gitlab.example.com/group/sub/sub2/name.git",
			SSHURL:     "git@gitlab.example.com:group/sub/sub2/name.git",
			Size:       -1,
			Visibility: "internal", Topics: []string{"one"},
			PushedAt: time.Date(2025, 11, 25, 9, 21, 43, 130e6, time.UTC),
			Archived: true, Fork: true, Empty: true, Disabled: true,
		},
		{Owner: "group/sub", Name: "other", Size: -1, Visibility: "public"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// sizes is the request for the sizes of what lies between two ids.
func sizes(after, before int) string {
	return fmt.Sprintf("/api/v4/projects?membership=true&min_access_level=20&statistics=true&id_after=%d&id_before=%d&%s", after, before, order)
}

func TestSizes(t *testing.T) {
	l := serve(t, map[string]func(http.ResponseWriter){
		"/api/v4/groups/acme/projects?include_subgroups=true&with_shared=false&" + order: projects(
			map[string]any{"id": 12, "path": "guest"}, map[string]any{"id": 11, "path": "member"}, map[string]any{"id": 13, "path": "new"},
		),
		sizes(10, 14): projects(
			map[string]any{"id": 11, "statistics": map[string]any{"repository_size": 1 << 40}},
			map[string]any{"id": 12, "statistics": nil},
			map[string]any{"id": 13, "statistics": map[string]any{"repository_size": nil}},
			map[string]any{"id": 14, "path": "of another group", "statistics": map[string]any{"repository_size": 5}},
		),
	})
	page, err := l.List(t.Context(), "acme", "")
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]int64)
	for _, r := range page.Repositories {
		got[r.Name] = r.Size
	}
	if diff := cmp.Diff(map[string]int64{"guest": -1, "member": 1 << 40, "new": -1}, got); diff != "" {
		t.Error(diff)
	}
}

func TestUser(t *testing.T) {
	l := serve(t, map[string]func(http.ResponseWriter){
		"/api/v4/groups/ann/projects?include_subgroups=true&with_shared=false&" + order: notFound,
		"/api/v4/users/ann/projects?statistics=true&" + order: projects(
			map[string]any{"namespace": map[string]any{"full_path": "ann"}, "path": "mine", "statistics": map[string]any{"repository_size": 1 << 40}},
			map[string]any{"namespace": map[string]any{"full_path": "ann"}, "path": "hidden"},
		),
	})
	got, err := l.List(t.Context(), "ann", "")
	if err != nil {
		t.Fatal(err)
	}
	want := workers.ListPage{Repositories: []workers.Listed{
		{Owner: "ann", Name: "mine", Size: 1 << 40},
		{Owner: "ann", Name: "hidden", Size: -1},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNobody(t *testing.T) {
	for owner, requests := range map[string]map[string]func(http.ResponseWriter){
		"nobody": {
			"/api/v4/groups/nobody/projects?include_subgroups=true&with_shared=false&" + order: notFound,
			"/api/v4/users/nobody/projects?statistics=true&" + order:                           notFound,
		},
		"no/body": { // users have no slash
			"/api/v4/groups/no%2Fbody/projects?include_subgroups=true&with_shared=false&" + order: notFound,
		},
	} {
		_, err := serve(t, requests).List(t.Context(), owner, "")
		status, ok := errors.AsType[*rest.StatusError](err)
		if !ok || status.Status != http.StatusNotFound {
			t.Errorf("%s: got %v, want status 404", owner, err)
		}
	}
}

// "groups/../projects" would be all projects of the server.
func TestDots(t *testing.T) {
	l := serve(t, map[string]func(http.ResponseWriter){
		"/api/v4/groups/%2E%2E/projects?include_subgroups=true&with_shared=false&" + order: projects(),
	})
	if _, err := l.List(t.Context(), "..", ""); err != nil {
		t.Error(err)
	}
}

// The server's links are followed where we reach it, whatever it is called.
func TestPages(t *testing.T) {
	l := serve(t, map[string]func(http.ResponseWriter){
		"/api/v4/groups/a%2Fb/projects?include_subgroups=true&with_shared=false&" + order: func(w http.ResponseWriter) {
			w.Header().Add("Link", `<http://gitlab.internal/api/v4/groups/a%2Fb/projects?id=a%2Fb&page=1>; rel="first", <http://gitlab.internal/api/v4/groups/a%2Fb/projects?id=a%2Fb&page=2>; rel="next"`)
			w.Header().Set("X-Total", "2")
			projects(map[string]any{"id": 7, "namespace": map[string]any{"full_path": "a/b"}, "path": "one"})(w)
		},
		sizes(6, 8): projects(map[string]any{"id": 7, "statistics": nil}), // and no more for the second page
		"/api/v4/groups/a%2Fb/projects?id=a%2Fb&page=2": projects(map[string]any{"namespace": map[string]any{"full_path": "a/b"}, "path": "two"}),
	})
	first, err := l.List(t.Context(), "a/b", "")
	if err != nil {
		t.Fatal(err)
	}
	if first.Total != 2 {
		t.Errorf("total %d, want 2", first.Total)
	}
	second, err := l.List(t.Context(), "a/b", first.Next)
	if err != nil {
		t.Fatal(err)
	}
	if second.Next != "" || second.Repositories[0].Name != "two" {
		t.Errorf("got %+v", second)
	}
}

func TestAuthorize(t *testing.T) {
	for login, want := range map[workers.Login]string{
		{Username: "oauth2", Password: "glpat-1"}: "Bearer glpat-1",
		{Username: "glpat-1"}:                     "Bearer glpat-1",
		{}:                                        "",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		gitlab.Authorize(login)(r)
		if got := r.Header.Get("Authorization"); got != want {
			t.Errorf("%v: got %q, want %q", login, got, want)
		}
	}
}

// A server that takes long to count sizes does not keep the list back.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := listertest.NewNetwork(t)
		network.Serve("gitlab.test", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/v4/projects" {
				<-r.Context().Done()
				return
			}
			projects(map[string]any{"id": 1, "path": "one"})(w)
		}))
		base, err := url.Parse("http://gitlab.test/api/v4/")
		if err != nil {
			t.Fatal(err)
		}
		l := gitlab.New(rest.New(rest.Options{Base: base, Transport: network.Transport()}))
		start := time.Now()
		for range 2 {
			page, err := l.List(t.Context(), "acme", "")
			if err != nil || len(page.Repositories) != 1 || page.Repositories[0].Size != -1 {
				t.Errorf("got %+v, %v", page, err)
			}
		}
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("took %v", took)
		}
	})
}
