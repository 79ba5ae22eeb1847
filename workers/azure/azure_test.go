package azure_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/azure"
	"github.com/specweave/specweave/workers/rest"
)

// routes are those that are used, as dev.azure.com describes them.
const routes = `{"count": 8, "value": [
  {"id": "72c7ddf8-2cdc-4f60-90cd-ab71c14a399b", "area": "wit", "resourceName": "workItems", "routeTemplate": "{project}/_apis/{area}/{resource}/{id}", "resourceVersion": 3, "minVersion": "1.0", "maxVersion": "7.2", "releasedVersion": "7.1"},
  {"id": "62d3d110-0047-428c-ad3c-4fe872c91c74", "area": "wit", "resourceName": "workItems", "routeTemplate": "{project}/_apis/{area}/{resource}/${type}", "resourceVersion": 3, "minVersion": "1.0", "maxVersion": "7.2", "releasedVersion": "7.1"},
  {"id": "225f7195-f9c7-4d14-ab28-a83f7ff77e1f", "area": "git", "resourceName": "repositories", "routeTemplate": "{project}/_apis/{area}/{resource}/{repositoryId}", "resourceVersion": 1, "minVersion": "1.0", "maxVersion": "7.2", "releasedVersion": "7.1"},
  {"id": "1a9c53f7-f243-4447-b110-35ef023636e4", "area": "wit", "resourceName": "wiql", "routeTemplate": "{project}/{team}/_apis/{area}/{resource}", "resourceVersion": 2, "minVersion": "1.0", "maxVersion": "7.2", "releasedVersion": "7.1"},
  {"id": "908509b6-4248-4475-a1cd-829139ba419f", "area": "wit", "resourceName": "workItemsBatch", "routeTemplate": "{project}/_apis/{area}/{resource}", "resourceVersion": 1, "minVersion": "5.0", "maxVersion": "7.2", "releasedVersion": "7.1"},
  {"id": "7c8d7a76-4a09-43e8-b5df-bd792f4ac6aa", "area": "wit", "resourceName": "workItemTypes", "routeTemplate": "{project}/_apis/{area}/{resource}/{type}", "resourceVersion": 2, "minVersion": "1.0", "maxVersion": "7.2", "releasedVersion": "7.1"},
  {"id": "b70d8d39-926c-465e-b927-b1bf0e5ca0e0", "area": "wit", "resourceName": "recyclebin", "routeTemplate": "{project}/_apis/{area}/{resource}/{id}", "resourceVersion": 2, "minVersion": "2.1", "maxVersion": "7.2", "releasedVersion": "7.1"},
  {"id": "608aac0a-32e1-4493-a863-b9cf4566d257", "area": "wit", "resourceName": "comments", "routeTemplate": "{project}/_apis/wit/workItems/{workItemId}/comments/{commentId}", "resourceVersion": 4, "minVersion": "5.1", "maxVersion": "7.2", "releasedVersion": "0.0"}]}`

// server answers OPTIONS with options and all else with answer, and notes what
// was asked for.
func server(t *testing.T, options string, answer http.HandlerFunc) (l *azure.Lister, requests *[]string) {
	t.Helper()
	requests = new([]string)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*requests = append(*requests, r.Method+" "+r.RequestURI)
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodOptions {
			fmt.Fprint(w, options)
			return
		}
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	base, err := url.Parse(s.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	return azure.New(rest.New(rest.Options{Base: base})), requests
}

func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }
}

const repositories = `{"count": 4, "value": [
  {
    "id": "5febef5a-833d-4e14-b9c0-14cb638f91e6", "name": "Web Site", "defaultBranch": "refs/heads/main", "size": 1234,
    "remoteUrl": "https://acme@dev.azure.com/acme/Big%20Project/_git/Web%20Site",
    "sshUrl": "git@ssh.dev.azure.com:v3/acme/Big%20Project/Web%20Site",
    "project": {"id": "6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c", "name": "Big Project", "state": "wellFormed", "visibility": "organization", "lastUpdateTime": "0001-01-01T00:00:00"},
    "isDisabled": true, "isFork": true, "isInMaintenance": false
  },
  {"name": "empty", "size": 0, "project": {"name": "Other", "visibility": "private"}},
  {"name": "new", "size": 0, "defaultBranch": "refs/heads/main", "project": {"name": "Other"}},
  {"name": "silent", "project": {"name": "Other"}}
]}`

func TestList(t *testing.T) {
	for owner, path := range map[string]string{
		"acme":             "/acme/_apis/git/repositories",
		"acme/Big Project": "/acme/Big%20Project/_apis/git/repositories",
	} {
		l, requests := server(t, routes, says(repositories))
		got, err := l.List(t.Context(), owner, "")
		if err != nil {
			t.Fatal(err)
		}
		want := workers.ListPage{
			Total: 4,
			Repositories: []workers.Listed{
				{
					Owner: "acme/Big Project", Name: "Web Site",
					CloneURL: "https://dev.azure.com/acme/Big%20Project/_git/Web%20Site",
					SSHURL:   "git@ssh.dev.azure.com:v3/acme/Big%20Project/Web%20Site",
					Size:     1234, Visibility: "internal", Fork: true, Disabled: true,
				},
				{Owner: "acme/Other", Name: "empty", Visibility: "private", Empty: true},
				{Owner: "acme/Other", Name: "new"}, // its size is counted later
				{Owner: "acme/Other", Name: "silent", Size: -1},
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"OPTIONS /acme/_apis", "GET " + path}, *requests); diff != "" {
			t.Error(diff)
		}
	}
}

func TestOwner(t *testing.T) {
	for _, owner := range []string{"", "/project", "acme/a/b", "acme/.", "acme/.."} {
		l, requests := server(t, routes, says(repositories))
		_, err := l.List(t.Context(), owner, "")
		if _, ok := errors.AsType[*workers.InputError](err); !ok || len(*requests) > 0 {
			t.Errorf("%q: got %v after %d requests, want an InputError after none", owner, err, len(*requests))
		}
	}
}

// The vendor's client follows pointers out of what the server sends.
func TestRoutes(t *testing.T) {
	for _, options := range []string{
		`{"value": [{}]}`,
		`{"value": [{"id": "225f7195-f9c7-4d14-ab28-a83f7ff77e1f"}]}`,
		`{"value": []}`,
		`[]`,
		`null`,
	} {
		l, _ := server(t, options, says(repositories))
		_, err := l.List(t.Context(), "acme", "")
		if _, ok := errors.AsType[*rest.FormatError](err); !ok {
			t.Errorf("%s: got %v, want a FormatError", options, err)
		}
	}
}

func TestErrors(t *testing.T) {
	l, _ := server(t, routes, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"$id":"1","innerException":null,"message":"TF200016: The following project does not exist: nobody.","typeName":"x","typeKey":"ProjectDoesNotExistWithNameException","errorCode":0,"eventId":3000}`)
	})
	_, err := l.List(t.Context(), "acme/nobody", "")
	if status, ok := errors.AsType[*rest.StatusError](err); !ok || status.Status != http.StatusNotFound || status.Message == "" {
		t.Errorf("got %v, want status 404 and what the host says", err)
	}

	l, _ = server(t, routes, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusNonAuthoritativeInfo)
		fmt.Fprint(w, `<!DOCTYPE html><html lang="en-US"><head><title>Azure DevOps Services | Sign In</title></head></html>`)
	})
	_, err = l.List(t.Context(), "acme", "")
	if status, ok := errors.AsType[*rest.StatusError](err); !ok || status.Status != http.StatusUnauthorized {
		t.Errorf("got %v, want status 401 for a sign-in page", err)
	}

	l, _ = server(t, routes, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "300")
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"message":"Request was blocked due to exceeding usage of resource 'Concurrency' in namespace 'User'."}`)
	})
	_, err = l.List(t.Context(), "acme", "")
	if _, ok := err.(*rest.LimitError); !ok { //nolint:errorlint // it is to be wrapped in nothing
		t.Errorf("got %v, want a LimitError", err)
	}
}

func TestGarbage(t *testing.T) {
	for _, answer := range []string{`{"value": 1}`, `[]`, `{"value": [{"size": -1}]}`} {
		l, _ := server(t, routes, says(answer))
		_, err := l.List(t.Context(), "acme", "")
		if _, ok := errors.AsType[*rest.FormatError](err); !ok {
			t.Errorf("%s: got %v, want a FormatError", answer, err)
		}
	}
}

func TestAuthorize(t *testing.T) {
	for login, want := range map[workers.Login]string{
		{Username: "pat", Password: "secret"}:      "Basic OnNlY3JldA==",
		{Username: "secret"}:                       "Basic OnNlY3JldA==",
		{Username: "ann", Password: "eyJh.eyJi.c"}: "Bearer eyJh.eyJi.c",
		{}: "",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		azure.Authorize(login)(r)
		if got := r.Header.Get("Authorization"); got != want {
			t.Errorf("%v: got %q, want %q", login, got, want)
		}
	}
}
