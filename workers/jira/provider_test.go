package jira_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/jira"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/providertest"
	"github.com/specweave/specweave/workers/rest"
)

var cloud = vendor(providertest.Vendor{
	Descriptions: []listertest.Description{{Name: "jira-cloud", Described: func(path string) string {
		return strings.Replace(path, "/rest/api/2/serverInfo", "/rest/api/3/serverInfo", 1) // of v2, which is like v3
	}}},
	Root:  "/",
	Serve: func(w *providertest.World) http.Handler { return &fake{World: w, cloud: true} },
	Text: func(s string) workers.Text {
		if s == "" {
			return workers.Text{}
		}
		return workers.Text{Raw: document(s), Markup: workers.ADF}
	},
	Scope:      "read:jira-work",
	WriteScope: "write:jira-work",
	Forgets:    true,
})

var server = vendor(providertest.Vendor{
	Descriptions: []listertest.Description{{Name: "jira-dc", Server: "/jira/rest", Amend: amend}},
	Root:         "/jira/",
	Serve:        func(w *providertest.World) http.Handler { return &fake{World: w} },
	Text: func(s string) workers.Text {
		if s == "" {
			return workers.Text{}
		}
		return workers.Text{Raw: s, Markup: workers.Wiki}
	},
	Scope:      "Browse Projects",
	WriteScope: "Edit Issues",
})

// amend lets fields be of any type, which the description has as objects though
// its own examples of them are none, and adds the parameter of transitions that
// it tells of in words.
func amend(doc *openapi3.T) {
	doc.Components.Schemas["IssueUpdateBean"].Value.Properties["fields"].Value.AdditionalProperties = openapi3.AdditionalProperties{}
	transitions := doc.Paths.Value("/api/2/issue/{issueIdOrKey}/transitions").Get
	transitions.Parameters = append(transitions.Parameters, &openapi3.ParameterRef{
		Value: openapi3.NewQueryParameter("expand").WithSchema(openapi3.NewStringSchema()),
	})
}

// vendor adds what both are like.
func vendor(v providertest.Vendor) providertest.Vendor {
	v.Platform = "jira"
	v.New = func(c *rest.Client) (workers.Provider, error) { return jira.NewProvider(c), nil }
	v.Authorize = jira.Authorize
	v.Source, v.Hollow, v.Unknown = "APP", "NONE", `no "such" project`
	v.ID = func(_ string, n int64) (id, number string) {
		key := fmt.Sprintf("APP-%d", n)
		return key, key
	}
	v.Said = func(i workers.Item) workers.Item {
		i.Assignees = i.Assignees[:min(1, len(i.Assignees))]
		return i
	}
	v.Search, v.Refusal = `sprint = "no such`, `Error in the JQL Query: The quoted string 'no such' has not been completed.`
	v.Counted = true
	v.Grain = time.Millisecond
	v.Asks = func(q *http.Request) bool {
		return strings.Contains(q.URL.Path, "/search") || strings.HasSuffix(q.URL.Path, "/comment/list")
	}
	empty, nowhere, spaces, nobody := "", "Nowhere", []string{"a b"}, []string{"nobody"}
	title, elsewhere := "A title", "APP-404"
	v.Refusals = []providertest.Refusal{
		{Number: "APP-1", Fields: workers.Fields{Title: &empty}, Field: "title", Words: "specify a summary"},
		{Number: "APP-1", Fields: workers.Fields{Title: &title, State: nowhere}, Field: "status", Words: "no transition"},
		{Number: "APP-1", Fields: workers.Fields{Labels: &spaces}, Field: "labels", Words: "spaces"},
		{Number: "APP-1", Fields: workers.Fields{Assignees: &nobody}, Field: "assignees", Words: "nobody of that name"},
		{Number: "APP-1", Fields: workers.Fields{Parent: &elsewhere}, Field: "parent", Words: "not find issue"},
		{Number: "APP-1", Fields: workers.Fields{Criteria: &workers.Text{Raw: "x"}}, Field: "criteria", Words: "no field"},
		{Fields: workers.Fields{Title: &title, Type: "Dream"}, Field: "type", Words: "no such type"},
		{Fields: workers.Fields{Title: &title, Type: "bug"}, Field: "Severity", Words: "is required"},
		{Fields: workers.Fields{Type: "Story"}, Field: "title", Words: "specify a summary"},
	}
	return v
}

func TestCloudWriter(t *testing.T) { providertest.RunWriter(t, cloud) }

func TestServerWriter(t *testing.T) { providertest.RunWriter(t, server) }

func TestCloud(t *testing.T) { providertest.Run(t, cloud) }

func TestServer(t *testing.T) { providertest.Run(t, server) }

func document(s string) string {
	text, _ := json.Marshal(s)
	return fmt.Sprintf(`{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":%s}]}]}`, text)
}

func key(n int64) string { return "APP-" + strconv.FormatInt(n, 10) }
