package github

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-github/v92/github"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// searched is how far the results of a search were read: those created at a
// moment and not seen yet come next, and those created later.
type searched struct {
	reached
	page int // of the results since then; more than 1 if a page is full of them
}

func (s searched) String() string { return s.cursor(url.Values{"search": {strconv.Itoa(s.page)}}) }

func parseSearched(v url.Values) (s searched, ok bool) {
	if s.page, _ = strconv.Atoi(v.Get("search")); s.page < 1 {
		return s, false
	}
	s.reached, ok = parseReached(v)
	return s, ok
}

// after is the place behind results of the page at s. left is how many others
// are on that page.
func (s searched) after(list []*github.Issue, left int) searched {
	next := searched{s.reached, 1}
	for _, one := range list {
		next.reached = next.reached.after(one.GetCreatedAt().Time, int64(one.GetNumber()))
	}
	switch { // one moment may fill several pages
	case !next.at.Equal(s.at):
	case left > 0:
		next.page = s.page
	default:
		next.page = s.page + 1
	}
	return next
}

// search requests the results at a place.
func (p *Provider) search(ctx context.Context, q workers.ItemQuery, s searched) (workers.ItemPage, error) {
	words := qualify(q)
	if !s.at.IsZero() {
		words += " created:>=" + s.at.UTC().Format(time.RFC3339)
	}
	var result github.IssuesSearchResult
	header, err := p.client.Get(ctx, "search/issues?"+url.Values{
		"q": {words}, "sort": {"created"}, "order": {"asc"}, "per_page": {strconv.Itoa(pageSize)}, "page": {strconv.Itoa(s.page)},
	}.Encode(), &result)
	if err != nil {
		return workers.ItemPage{}, err
	}
	if result.GetIncompleteResults() { // it took GitHub too long
		return workers.ItemPage{}, &rest.FormatError{Method: http.MethodGet, URL: p.client.Base().JoinPath("search/issues").String(), Reason: "the search was broken off"}
	}
	fresh := slices.DeleteFunc(slices.Clone(result.Issues), func(i *github.Issue) bool { return slices.Contains(s.seen, int64(i.GetNumber())) })
	left := 0
	if q.Size > 0 && len(fresh) > q.Size {
		left = len(fresh) - q.Size
		fresh = fresh[:q.Size]
	}
	page := workers.ItemPage{}
	if s.at.IsZero() {
		page.Total = result.GetTotal()
	}
	if left > 0 || rest.Next(header) != "" {
		page.Next = s.after(fresh, left).String()
	}
	page.Items, err = p.items(ctx, q, fresh)
	return page, err
}

// qualify writes a query in GitHub's language ("Searching issues and pull
// requests", docs.github.com).
func qualify(q workers.ItemQuery) string {
	words := []string{"repo:" + q.Source, "is:issue"}
	if !q.Closed {
		words = append(words, "state:open")
	}
	if !q.Since.IsZero() {
		words = append(words, "updated:>="+q.Since.UTC().Format(time.RFC3339))
	}
	for _, l := range q.Labels {
		words = append(words, "label:"+quote(l))
	}
	if q.Milestone != "" {
		words = append(words, "milestone:"+quote(q.Milestone))
	}
	if q.Search != "" {
		words = append(words, q.Search)
	}
	return strings.Join(words, " ")
}

func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }
