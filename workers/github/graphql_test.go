package github_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/github"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/providertest"
	"github.com/specweave/specweave/workers/rest"
)

// graphql answers what the provider asks.
func (f *issues) graphql(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Query     string `json:"query"`
		Variables struct {
			Owner  string `json:"owner"`
			Name   string `json:"name"`
			After  string `json:"after"`
			First  int    `json:"first"`
			Filter struct {
				States []string  `json:"states"`
				Labels []string  `json:"labels"`
				Since  time.Time `json:"since"`
			} `json:"filter"`
		} `json:"variables"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || r.Method != http.MethodPost {
		say(w, http.StatusBadRequest, "Problems parsing JSON")
		return
	}
	v := asked.Variables
	source := v.Owner + "/" + v.Name
	if f.Lacking {
		refuse(w, "FORBIDDEN", "Resource not accessible by personal access token")
		return
	}
	list, ok := f.Of(source, func(i providertest.Issue) bool {
		return !i.Pull && (len(v.Filter.States) == 2 || i.Open()) && i.Has(v.Filter.Labels) && !i.Updated.Before(v.Filter.Since)
	})
	if !ok {
		refuse(w, "NOT_FOUND", "Could not resolve to a Repository with the name '"+source+"'.")
		return
	}
	connection := map[string]any{"totalCount": len(list)}
	if strings.Contains(asked.Query, "nodes") {
		rest, ok := f.after(list, v.After)
		if !ok {
			refuse(w, "INVALID_CURSOR_ARGUMENTS", "`"+v.After+"` does not appear to be a valid cursor.")
			return
		}
		page, more := providertest.Cut(f.World, rest, 0, v.First)
		nodes := make([]map[string]any, len(page))
		for n, i := range page {
			nodes[n] = f.node(i)
		}
		info := map[string]any{"hasNextPage": more, "endCursor": nil}
		if more {
			info["endCursor"] = f.place(page[len(page)-1])
		}
		connection["nodes"], connection["pageInfo"] = nodes, info
	}
	reply(w, http.StatusOK, map[string]any{"data": map[string]any{"repository": map[string]any{"issues": connection}}})
}

// refuse answers with an error, and status 200.
func refuse(w http.ResponseWriter, kind, message string) {
	reply(w, http.StatusOK, map[string]any{
		"data":   map[string]any{"repository": nil},
		"errors": []map[string]any{{"type": kind, "path": []string{"repository"}, "message": message}},
	})
}

func (f *issues) node(i providertest.Issue) map[string]any {
	named := func(key string, names []string) map[string]any {
		nodes := []map[string]any{}
		for _, n := range names {
			nodes = append(nodes, map[string]any{key: n})
		}
		return map[string]any{"nodes": nodes}
	}
	page, more := providertest.Cut(f.World, i.Comments, 0, 0)
	comments := []map[string]any{}
	for _, c := range page {
		updated := c.Updated
		if updated.IsZero() {
			updated = c.Created
		}
		comments = append(comments, map[string]any{
			"fullDatabaseId": c.ID, "author": map[string]any{"login": c.Author}, "createdAt": c.Created, "updatedAt": updated, "body": c.Body,
		})
	}
	n := map[string]any{
		"number": i.Number, "title": i.Title, "body": i.Body, "state": "OPEN", "url": address(i.Number),
		"createdAt": i.Created, "updatedAt": i.Updated, "closedAt": nil, "issueType": nil, "milestone": nil, "parent": nil,
		"labels": named("name", i.Labels), "assignees": named("login", i.Assignees),
		"comments": map[string]any{"nodes": comments, "pageInfo": map[string]any{"hasNextPage": more}},
	}
	if !i.Open() {
		n["state"], n["closedAt"] = "CLOSED", i.Closed
	}
	if i.Milestone != "" {
		n["milestone"] = map[string]any{"title": i.Milestone}
	}
	if i.Parent > 0 {
		n["parent"] = map[string]any{"number": i.Parent, "repository": map[string]any{"nameWithOwner": "acme/app"}}
	}
	return n
}

// page asks a server that answers with h for a page, in a bubble.
func page(t *testing.T, h http.HandlerFunc, q workers.ItemQuery, cursor string, test func(*testing.T, workers.ItemPage, error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := listertest.NewNetwork(t)
		network.Serve("host.test", h)
		c := rest.New(rest.Options{Base: mustParse(t, "http://host.test/"), Transport: network.Transport()})
		got, err := github.NewProvider(c).Page(t.Context(), q, cursor)
		test(t, got, err)
	})
}

var commented = workers.ItemQuery{Source: "acme/app", Comments: true}

// A limit comes with status 200 and is no reason to ask by REST.
func TestGraphQLLimit(t *testing.T) {
	for _, kind := range []string{"RATE_LIMITED", "RATE_LIMIT"} {
		var reset time.Time
		page(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/graphql" {
				t.Errorf("%s was asked for", r.URL)
			}
			reset = time.Now().Add(30 * time.Minute)
			w.Header().Set("X-RateLimit-Limit", "5000")
			w.Header().Set("X-RateLimit-Remaining", "0")
			w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
			refuse(w, kind, "API rate limit exceeded for user ID 1.")
		}, commented, "", func(t *testing.T, _ workers.ItemPage, err error) {
			t.Helper()
			limit, ok := errors.AsType[*rest.LimitError](err)
			if !ok || limit.Until.Sub(reset).Abs() > time.Second || !strings.Contains(err.Error(), "API rate limit exceeded") {
				t.Errorf("%s: %v, want a limit until %v", kind, err, reset)
			}
		})
	}
}

// A page that takes GitHub too long is asked for in smaller pieces.
func TestGraphQLTooLong(t *testing.T) {
	firsts := make(map[int]int)
	page(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var asked struct {
			Variables struct {
				First int `json:"first"`
			} `json:"variables"`
		}
		_ = json.Unmarshal(body, &asked)
		if firsts[asked.Variables.First]++; asked.Variables.First > 25 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		_, _ = io.WriteString(w, `{"data":{"repository":{"issues":{"totalCount":1,"pageInfo":{"hasNextPage":false},"nodes":[
			{"number":1,"state":"OPEN","createdAt":"2026-01-02T03:04:05Z","updatedAt":"2026-01-02T03:04:05Z","issueType":{"name":"Epic"},
			"parent":{"number":9,"repository":{"nameWithOwner":"acme/plans"}},
			"comments":{"pageInfo":{},"nodes":[{"fullDatabaseId":"4","author":null,"body":"from a ghost","createdAt":"2026-01-02T03:04:05Z"}]}}]}}}}`)
	}, commented, "", func(t *testing.T, got workers.ItemPage, err error) {
		t.Helper()
		if err != nil || len(got.Items) != 1 || firsts[25] != 1 {
			t.Fatalf("%+v, %v, asked %v", got, err, firsts)
		}
		if i := got.Items[0]; i.Type != "Epic" || i.Parent != "github#acme/plans#9" || i.Comments[0].Body.Raw != "from a ghost" {
			t.Errorf("%+v", i)
		}
	})
}

// An error beside data is an error: what is missing would be lost.
func TestGraphQLPartial(t *testing.T) {
	page(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"data":{"repository":{"issues":{"totalCount":2,"pageInfo":{},"nodes":[null]}}},"errors":[{"type":"INTERNAL","message":"Something went wrong."}]}`)
	}, commented, "at=2026-01-02T03%3A04%3A05Z&graphql=abc", func(t *testing.T, got workers.ItemPage, err error) {
		t.Helper()
		if e, ok := errors.AsType[*rest.StatusError](err); !ok || e.Status != http.StatusInternalServerError || !strings.Contains(e.Message, "went wrong") {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
