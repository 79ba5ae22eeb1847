package jira_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

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
	Serve: func(w *providertest.World) http.Handler { return &fake{w, true} },
	Text: func(s string) workers.Text {
		if s == "" {
			return workers.Text{}
		}
		return workers.Text{Raw: document(s), Markup: workers.ADF}
	},
	Scope:   "read:jira-work",
	Forgets: true,
})

var server = vendor(providertest.Vendor{
	Descriptions: []listertest.Description{{Name: "jira-dc", Server: "/jira/rest"}},
	Root:         "/jira/",
	Serve:        func(w *providertest.World) http.Handler { return &fake{w, false} },
	Text: func(s string) workers.Text {
		if s == "" {
			return workers.Text{}
		}
		return workers.Text{Raw: s, Markup: workers.Wiki}
	},
	Scope: "Browse Projects",
})

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
	return v
}

func TestCloud(t *testing.T) { providertest.Run(t, cloud) }

func TestServer(t *testing.T) { providertest.Run(t, server) }

func document(s string) string {
	text, _ := json.Marshal(s)
	return fmt.Sprintf(`{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":%s}]}]}`, text)
}

func key(n int64) string { return "APP-" + strconv.FormatInt(n, 10) }
