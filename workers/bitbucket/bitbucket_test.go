package bitbucket_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/bitbucket"
	"github.com/specweave/specweave/workers/rest"
)

// page is shortened from an answer of the API.
const page = `{
  "pagelen": 100, "size": 3, "page": 1, "next": %q,
  "values": [
    {
      "type": "repository", "full_name": "acme/api", "name": "The API", "slug": "api", "scm": "git",
      "size": 5242880, "is_private": true, "language": "go", "updated_on": "2025-03-04T05:06:07.123456+00:00",
      "parent": {"type": "repository", "full_name": "other/api"},
      "links": {"clone": [
        {"name": "https", "href": "https://ann@bitbucket.org/acme/api.git"},
        {"name": "ssh", "href": "git@bitbucket.org:acme/api.git"}
      ]}
    },
    {"full_name": "acme/docs", "is_private": false, "language": "", "parent": null, "updated_on": null, "links": {}}
  ]
}`

func TestList(t *testing.T) {
	var next string
	var requests []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests = append(requests, r.RequestURI)
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Query().Get("page") == "2" {
			fmt.Fprint(w, `{"size": 3, "values": [{"full_name": "acme/web", "size": 0}]}`)
			return
		}
		fmt.Fprintf(w, page, next)
	}))
	t.Cleanup(server.Close)
	next = server.URL + "/2.0/repositories/acme?page=2&pagelen=100"
	base, err := url.Parse(server.URL + "/2.0/")
	if err != nil {
		t.Fatal(err)
	}
	l := bitbucket.New(rest.New(rest.Options{Base: base}))

	first, err := l.List(t.Context(), "acme", "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(workers.ListPage{
		Total: 3, Next: next,
		Repositories: []workers.Listed{
			{
				Owner: "acme", Name: "api",
				CloneURL: "https://bitbucket.org/acme/api.git", SSHURL: "git@bitbucket.org:acme/api.git",
				Size: 5 << 20, Visibility: "private", Language: "go", Fork: true,
				PushedAt: time.Date(2025, 3, 4, 5, 6, 7, 123456e3, time.UTC),
			},
			{Owner: "acme", Name: "docs", Size: -1, Visibility: "public"},
		},
	}, first); diff != "" {
		t.Error(diff)
	}
	second, err := l.List(t.Context(), "acme", first.Next)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(workers.ListPage{
		Total:        3,
		Repositories: []workers.Listed{{Owner: "acme", Name: "web", Visibility: "public"}},
	}, second); diff != "" {
		t.Error(diff)
	}
	want := []string{"/2.0/repositories/acme?pagelen=100&sort=created_on", "/2.0/repositories/acme?page=2&pagelen=100"}
	if diff := cmp.Diff(want, requests); diff != "" {
		t.Error(diff)
	}
}

func TestAuthorize(t *testing.T) {
	for login, want := range map[workers.Login]string{
		{Username: "x-token-auth", Password: "secret"}: "Bearer secret",
		{Password: "secret"}:                           "Bearer secret",
		{Username: "secret"}:                           "Bearer secret",
		{Username: "ann", Password: "secret"}:          "Basic YW5uOnNlY3JldA==",
		{}:                                             "",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		bitbucket.Authorize(login)(r)
		if got := r.Header.Get("Authorization"); got != want {
			t.Errorf("%v: got %q, want %q", login, got, want)
		}
	}
}
