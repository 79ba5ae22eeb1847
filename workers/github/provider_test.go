package github_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/github"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/providertest"
	"github.com/specweave/specweave/workers/rest"
)

// tracker is a server that answers in one of GitHub's ways.
func tracker(how issues) providertest.Vendor {
	return providertest.Vendor{
		Descriptions: []listertest.Description{{Name: "github", Described: named}},
		Describes: func(r *http.Request) int {
			if r.URL.Path == "/graphql" {
				return -1 // the description is REST's
			}
			return 0
		},
		Root: "/", Platform: "github",
		New:       func(c *rest.Client) (workers.Provider, error) { return github.NewProvider(c), nil },
		Authorize: github.Authorize,
		Serve: func(w *providertest.World) http.Handler {
			f := how
			f.World = w
			return &f
		},
		Source: "acme/app", Hollow: "acme/none", Unknown: "acme/no repo?#%",
		ID: func(source string, n int64) (id, number string) {
			return fmt.Sprintf("github#%s#%d", source, n), strconv.FormatInt(n, 10)
		},
		Scope:  "repo",
		Search: "in:nowhere", Refusal: "The search cannot be parsed.",
		Counted: true, Milestones: true, Pulls: true,
		Forgets: !how.numbered,
		Tags:    true,
	}
}

// named is the name that the description has for the path in a link.
func named(path string) string {
	if rest, ok := strings.CutPrefix(path, "/repositories/7/"); ok {
		return "/repos/acme/app/" + rest
	}
	return path
}

func TestProvider(t *testing.T) { providertest.Run(t, tracker(issues{})) }

// TestPlain reads from a server without GraphQL, which links pages by number.
func TestPlain(t *testing.T) { providertest.Run(t, tracker(issues{numbered: true, plain: true})) }

// TestSearch reads everything by searching.
func TestSearch(t *testing.T) {
	v := tracker(issues{})
	v.New = func(c *rest.Client) (workers.Provider, error) { return searching{github.NewProvider(c)}, nil }
	v.Forgets, v.Tags = false, false
	providertest.Run(t, v)
}

// searching adds a word that all issues have to each query.
type searching struct{ *github.Provider }

func (s searching) Page(ctx context.Context, q workers.ItemQuery, cursor string) (workers.ItemPage, error) {
	if q.Search == "" {
		q.Search = "any"
	}
	return s.Provider.Page(ctx, q, cursor)
}

func mustParse(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
