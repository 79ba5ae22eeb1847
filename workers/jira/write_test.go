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

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/jira"
	"github.com/specweave/specweave/workers/rest"
)

// single serves one issue, and notes what changes something.
func single(t *testing.T, issue string) (p *jira.Provider, sent *[]string) {
	t.Helper()
	return answering(t, issue, http.StatusNoContent, "")
}

// answering answers so to what changes something.
func answering(t *testing.T, issue string, status int, body string) (p *jira.Provider, sent *[]string) {
	t.Helper()
	sent = new([]string)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.Method != http.MethodGet:
			*sent = append(*sent, r.Method+" "+path.Base(r.URL.Path))
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		case strings.HasSuffix(r.URL.Path, "/serverInfo"):
			fmt.Fprint(w, `{"deploymentType": "Server"}`)
		case strings.HasSuffix(r.URL.Path, "/field"):
			fmt.Fprint(w, `[]`)
		case strings.HasSuffix(r.URL.Path, "/myself"):
			fmt.Fprint(w, `{}`)
		case strings.HasSuffix(r.URL.Path, "/transitions"):
			fmt.Fprint(w, `{"transitions": [{"id": "1", "to": {"name": "Open"}}, {"id": "2", "to": {"name": "Done"}}]}`)
		default:
			fmt.Fprint(w, issue)
		}
	}))
	t.Cleanup(s.Close)
	base, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return jira.NewProvider(rest.New(rest.Options{Base: base})), sent
}

// What is done is reopened before it is changed, and changed before it is done.
func TestOrder(t *testing.T) {
	open, done, title := workers.StatusOpen, workers.StatusCompleted, "Another"
	for was, test := range map[string]struct {
		to   *workers.ItemStatus
		want []string
	}{
		"Open": {&done, []string{"PUT APP-1", "POST transitions"}},
		"Done": {&open, []string{"POST transitions", "PUT APP-1"}},
	} {
		p, sent := single(t, `{"key": "APP-1", "fields": {"summary": "x", "status": {"name": "`+was+`"}}}`)
		_, err := p.Write(t.Context(), workers.Write{Source: "APP", Number: "APP-1", Fields: workers.Fields{Title: &title, Status: test.to}})
		if diff := cmp.Diff(test.want, *sent); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
}

// An answer about another comment leaves doubt, and one without a word is told by
// its status.
func TestOddAnswers(t *testing.T) {
	const one = `{"key": "APP-1", "fields": {}}`
	change := workers.Write{Source: "APP", Number: "APP-1", Mark: "m", Comment: &workers.CommentWrite{ID: "7", Body: workers.Text{Raw: "x", Markup: workers.Wiki}}}
	p, _ := answering(t, one, http.StatusOK, `{"id": "8", "body": "x"}`)
	if _, err := p.Write(t.Context(), change); !rest.InDoubt(err) {
		t.Errorf("%v", err)
	}
	p, _ = answering(t, one, http.StatusBadRequest, `{}`)
	_, err := p.Write(t.Context(), change)
	if refused, ok := errors.AsType[*workers.RefusedError](err); !ok || !strings.Contains(refused.Reason, "400 Bad Request") {
		t.Errorf("%v", err)
	}
}

// An issue that was moved has another key, and is left alone.
func TestMoved(t *testing.T) {
	p, sent := single(t, `{"key": "WEB-7", "fields": {"summary": "x"}}`)
	title := "Another"
	for _, w := range []workers.Write{{Fields: workers.Fields{Title: &title}}, {Comment: &workers.CommentWrite{Body: workers.Text{Raw: "x", Markup: workers.Wiki}}}} {
		w.Source, w.Number = "APP", "APP-1"
		_, err := p.Write(t.Context(), w)
		if refused, ok := errors.AsType[*workers.InputError](err); !ok || !strings.Contains(refused.Reason, "/browse/WEB-7") || len(*sent) > 0 {
			t.Errorf("%v, sent %q", err, *sent)
		}
	}
}

// Abilities are those of the site as soon as that is known.
func TestAbilities(t *testing.T) {
	p, _ := single(t, `{"key": "APP-1", "fields": {}}`)
	before := p.Abilities()
	if _, err := p.Item(t.Context(), workers.ItemQuery{Source: "APP"}, "APP-1"); err != nil {
		t.Fatal(err)
	}
	if after := p.Abilities(); after.Markup != workers.Wiki || after.Criteria || after.Parent || before != after {
		t.Errorf("%+v, then %+v", before, after)
	}
	cloud := jira.NewProvider(rest.New(rest.Options{Base: &url.URL{Scheme: "https", Host: "acme.atlassian.net"}}))
	if can := cloud.Abilities(); can.Markup != workers.ADF || !can.Parent {
		t.Errorf("%+v", can)
	}
}
