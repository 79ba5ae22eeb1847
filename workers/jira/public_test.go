package jira_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/jira"
	"github.com/specweave/specweave/workers/rest"
)

// Who is not known sees what is public. If there is nothing to see, that is why.
func TestPublic(t *testing.T) {
	for search, public := range map[string]bool{`{"total": 1, "issues": [{"key": "APP-1"}]}`: true, `{"total": 0, "issues": []}`: false, "": false} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			switch resource := path.Base(r.URL.Path); {
			case resource == "serverInfo":
				fmt.Fprint(w, `{"deploymentType": "Server"}`)
			case resource == "field":
				fmt.Fprint(w, `[]`)
			case resource == "search" && search != "":
				fmt.Fprint(w, search)
			case resource == "search":
				refuse(w, http.StatusBadRequest, "The value 'APP' does not exist for the field 'project'.")
			default:
				refuse(w, http.StatusUnauthorized, "You are not authenticated.")
			}
		}))
		defer s.Close()
		base, err := url.Parse(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		page, err := jira.NewProvider(rest.New(rest.Options{Base: base})).Page(t.Context(), workers.ItemQuery{Source: "APP"}, "")
		refused, ok := errors.AsType[*rest.StatusError](err)
		if public && (err != nil || len(page.Items) != 1) || !public && (!ok || refused.Status != http.StatusUnauthorized) {
			t.Errorf("%s: %d items: %v", search, len(page.Items), err)
		}
	}
}

// Comments that a server has always one more of are no comments of an issue.
func TestEndlessComments(t *testing.T) {
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch resource := path.Base(r.URL.Path); resource {
		case "serverInfo":
			fmt.Fprint(w, `{"deploymentType": "Server"}`)
		case "field":
			fmt.Fprint(w, `[]`)
		case "search":
			fmt.Fprint(w, `{"total": 1, "issues": [{"key": "APP-1", "fields": {"comment": {"total": 2, "comments": []}}}]}`)
		case "comment":
			asked++
			fmt.Fprintf(w, `{"total": %d, "comments": [{"id": "%d"}]}`, asked+1, asked)
		default:
			fmt.Fprint(w, `{}`)
		}
	}))
	defer s.Close()
	base, err := url.Parse(s.URL)
	check(t, err)
	page, err := jira.NewProvider(rest.New(rest.Options{Base: base})).Page(t.Context(), workers.ItemQuery{Source: "APP", Comments: true}, "")
	if workers.ClassOf(err) != workers.ClassServer || !strings.Contains(err.Error(), "/issue/APP-1/comment: a list of more than 1000 pages") || asked != 1000 {
		t.Errorf("asked %d times: %d items: %v", asked, len(page.Items), err)
	}
}
