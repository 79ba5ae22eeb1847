package github

import (
	"context"
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
	page int // of the results since then; more than 1 if a page is full of them
	at   time.Time
	seen []int64 // ids of those created at that moment
}

func (s searched) String() string {
	v := url.Values{"search": {strconv.Itoa(s.page)}, "at": {s.at.UTC().Format(time.RFC3339)}}
	for _, id := range s.seen {
		v.Add("id", strconv.FormatInt(id, 10))
	}
	return v.Encode()
}

func parseSearched(v url.Values) (s searched, ok bool) {
	var err error
	if s.page, err = strconv.Atoi(v.Get("search")); err != nil || s.page < 1 {
		return s, false
	}
	if s.at, err = time.Parse(time.RFC3339, v.Get("at")); err != nil {
		return s, false
	}
	for _, text := range v["id"] {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return s, false
		}
		s.seen = append(s.seen, id)
	}
	return s, true
}

// after is the place behind results of the page at s. left is how many others
// are on that page.
func (s searched) after(list []*github.Issue, left int) searched {
	next := searched{page: 1, at: s.at, seen: slices.Clone(s.seen)}
	for _, one := range list {
		at := one.GetCreatedAt().Time
		if at.After(next.at) {
			next.at, next.seen = at, nil
		}
		if at.Equal(next.at) && !slices.Contains(next.seen, one.GetID()) {
			next.seen = append(next.seen, one.GetID())
		}
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
	fresh := slices.DeleteFunc(slices.Clone(result.Issues), func(i *github.Issue) bool { return slices.Contains(s.seen, i.GetID()) })
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
