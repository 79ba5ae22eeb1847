package jira

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// bookmark is how far the issues of a project were read. Jira keeps a token for seven
// days; the number serves when it is gone.
type bookmark struct {
	token string // of the next page
	last  int64  // number of the last issue that was read; 0: none was
	above int64  // the token's search is for issues above this number; 0: for all
}

func (at bookmark) String() string {
	return url.Values{"token": {at.token}, "last": {strconv.FormatInt(at.last, 10)}, "above": {strconv.FormatInt(at.above, 10)}}.Encode()
}

// parseBookmark reads what String wrote, and reports whether it did.
func parseBookmark(cursor string) (at bookmark, ok bool) {
	if cursor == "" {
		return bookmark{}, true
	}
	v, err := url.ParseQuery(cursor)
	last, err2 := strconv.ParseUint(v.Get("last"), 10, 63)
	above, err3 := strconv.ParseUint(v.Get("above"), 10, 63)
	at = bookmark{v.Get("token"), int64(last), int64(above)}
	return at, err == nil && err2 == nil && err3 == nil && at.token != "" && at.above <= at.last
}

// cloudPage reads the page at a bookmark. Where Jira has forgotten the token, it
// searches anew for what lies behind the last issue.
func (p *Provider) cloudPage(ctx context.Context, s site, q workers.ItemQuery, cursor string) (workers.ItemPage, error) {
	at, ok := parseBookmark(cursor)
	if !ok {
		return workers.ItemPage{}, fmt.Errorf("cursor %q: %w", cursor, workers.ErrCursor)
	}
	page, err := p.searched(ctx, s, q, at)
	if at.token == "" || !refusedSearch(err) {
		return page, err
	}
	// The search was accepted before.
	forgotten := fmt.Errorf("%w: %w", workers.ErrCursor, err)
	above, err := p.anchor(ctx, s, q.Source, at.last)
	switch {
	case err != nil:
		return workers.ItemPage{}, err
	case above == 0:
		return workers.ItemPage{}, forgotten
	}
	page, err = p.searched(ctx, s, q, bookmark{last: at.last, above: above})
	if refusedSearch(err) {
		return workers.ItemPage{}, forgotten
	}
	return page, err
}

func refusedSearch(err error) bool {
	refused, ok := errors.AsType[*rest.StatusError](err)
	return ok && refused.Status == http.StatusBadRequest
}

// searched reads the page at a bookmark, which has a token but at the beginning of its
// search.
func (p *Provider) searched(ctx context.Context, s site, q workers.ItemQuery, at bookmark) (workers.ItemPage, error) {
	chosen := jql(q, s.zone)
	if at.above > 0 {
		chosen += " AND key > " + quote(keyOf(q.Source, at.above))
	}
	question := map[string]any{"jql": chosen + order, "maxResults": q.Size, "fields": s.fields(q), "properties": []string{property}}
	if at.token != "" {
		question["nextPageToken"] = at.token
	}
	var answer struct {
		Issues []issue `json:"issues"`
		Next   string  `json:"nextPageToken"`
		Last   bool    `json:"isLast"`
	}
	if _, err := p.client.Ask(ctx, s.api+"search/jql", question, &answer); err != nil {
		return workers.ItemPage{}, s.needy(err)
	}
	next := bookmark{answer.Next, at.last, at.above}
	var fresh []issue
	for _, one := range answer.Issues {
		if n := one.number(); at.above == 0 || n > at.last {
			fresh, next.last = append(fresh, one), max(next.last, n)
		}
	}
	page := workers.ItemPage{}
	if next.token != "" && !answer.Last {
		page.Next = next.String()
	}
	if at == (bookmark{}) {
		var counted struct {
			Count int `json:"count"`
		}
		if _, err := p.client.Ask(ctx, s.api+"search/approximate-count", map[string]string{"jql": chosen}, &counted); err != nil {
			return workers.ItemPage{}, s.needy(err)
		}
		page.Total = counted.Count
	}
	var err error
	page.Items, err = p.items(ctx, s, q, fresh, q.Fresh)
	return page, err
}

// maxBack is how far before the last issue that was read one is looked for that
// is still there.
const maxBack = 1 << 10

// anchor is the number of an issue that a search can begin behind: last, or a
// lower one if that was deleted or moved away; 0 if there is none near. A key
// that was moved away would be taken for the one that it has become.
func (p *Provider) anchor(ctx context.Context, s site, project string, last int64) (int64, error) {
	for back := int64(1); back <= maxBack && back <= last; back *= 2 {
		n := last - back + 1
		var one issue
		_, err := p.client.Get(ctx, s.api+"issue/"+rest.Path(keyOf(project, n))+"?fields=summary", &one)
		refused, ok := errors.AsType[*rest.StatusError](err)
		switch {
		case ok && refused.Status == http.StatusNotFound:
		case err != nil:
			return 0, s.needy(err)
		case strings.EqualFold(one.Key, keyOf(project, n)):
			return n, nil
		}
	}
	return 0, nil
}

func keyOf(project string, number int64) string { return project + "-" + strconv.FormatInt(number, 10) }
