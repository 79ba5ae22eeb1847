package gitlab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// Provider reads and writes the issues of a project. It reads the oldest first.
//
// It asks for keyset pagination, which project issues have since GitLab 18.3
// (gitlab.com/gitlab-org/gitlab/-/merge_requests/199887). Older servers ignore
// or refuse that and page by number, and are read with [rest.Place]; they order
// by id where they are asked for the time of creation (lib/api/helpers.rb,
// order_options_with_tie_breaker).
type Provider struct{ client *rest.Client }

// NewProvider returns a Provider over a client whose base is
// https://HOST/api/v4/.
func NewProvider(client *rest.Client) *Provider { return &Provider{client} }

// pageSize is the most that GitLab gives.
const pageSize = 100

// Page returns the page of the issues of q.Source, GROUP/PROJECT, at cursor. It
// does one request, for the first page two or three, and with q.Comments one
// more for each hundred comments of an issue that has any, a few at once.
func (p *Provider) Page(ctx context.Context, q workers.ItemQuery, cursor string) (workers.ItemPage, error) {
	place, ok := rest.ParsePlace(cursor)
	at, err := url.ParseQuery(cursor)
	switch {
	case cursor == "":
		return p.first(ctx, q)
	case ok:
		return p.list(ctx, q, numbered(q, place), place)
	case err == nil && at.Get("cursor") != "" && at.Get("pagination") == "keyset":
		page, err := p.list(ctx, q, at, rest.Place{})
		if status(err) == http.StatusBadRequest || status(err) == http.StatusUnprocessableEntity {
			err = fmt.Errorf("%w: %w", workers.ErrCursor, err)
		}
		return page, err
	}
	return workers.ItemPage{}, fmt.Errorf("cursor %q: %w", cursor, workers.ErrCursor)
}

func (p *Provider) first(ctx context.Context, q workers.ItemQuery) (workers.ItemPage, error) {
	v := filter(q)
	v.Set("pagination", "keyset")
	v.Set("order_by", "created_at")
	v.Set("sort", "asc")
	v.Set("per_page", strconv.Itoa(pageSize))
	if q.Size > 0 {
		v.Set("per_page", strconv.Itoa(min(q.Size, pageSize)))
	}
	place := rest.Place{Size: pageSize}
	page, err := p.list(ctx, q, v, place)
	if status(err) == http.StatusMethodNotAllowed || status(err) == http.StatusNotImplemented {
		page, err = p.list(ctx, q, numbered(q, place), place)
	}
	if err != nil {
		return page, err
	}
	page.Total, err = p.count(ctx, q)
	return page, err
}

// status is the one of a refusal, or 0.
func status(err error) int {
	if e, ok := errors.AsType[*rest.StatusError](err); ok {
		return e.Status
	}
	return 0
}

func numbered(q workers.ItemQuery, place rest.Place) url.Values {
	number, size := place.Page()
	v := filter(q)
	v.Set("order_by", "created_at")
	v.Set("sort", "asc")
	v.Set("page", strconv.Itoa(number))
	v.Set("per_page", strconv.Itoa(size))
	return v
}

// filter chooses issues, of a list and of its statistics alike.
func filter(q workers.ItemQuery) url.Values {
	v := url.Values{"scope": {"all"}}
	if !q.Closed {
		v.Set("state", "opened")
	}
	if !q.Since.IsZero() {
		v.Set("updated_after", q.Since.UTC().Format(time.RFC3339Nano))
	}
	if len(q.Labels) > 0 {
		v.Set("labels", strings.Join(q.Labels, ","))
	}
	if q.Milestone != "" {
		v.Set("milestone", q.Milestone)
	}
	if q.Search != "" {
		v.Set("search", q.Search)
	}
	return v
}

// list requests the page that a query names. place is where the server links
// pages by number.
func (p *Provider) list(ctx context.Context, q workers.ItemQuery, v url.Values, place rest.Place) (workers.ItemPage, error) {
	var list []issue
	header, err := p.client.Get(ctx, rest.Path("projects", q.Source, "issues")+"?"+v.Encode(), &list)
	if err != nil {
		return workers.ItemPage{}, err
	}
	page := workers.ItemPage{}
	link, err := url.Parse(rest.Next(header)) // its host is the server's external_url
	if err != nil {
		link = &url.URL{}
	}
	switch {
	case place.Size == 0 || link.RawQuery == "" && place.Offset == 0, link.Query().Has("cursor"):
		page.Next = link.RawQuery
	default:
		rows := make([]rest.Row, len(list))
		for i, one := range list {
			rows[i] = rest.Row{At: time.Unix(0, 0), ID: one.ID}
		}
		place.Most = q.Size
		from, to, next, done := place.Read(rows, link.RawQuery != "", rest.OldestFirst)
		list = list[from:to]
		if !done {
			page.Next = next.String()
		}
	}
	page.Items = make([]workers.Item, len(list))
	err = rest.Beside(ctx, len(list), func(ctx context.Context, n int) (err error) {
		page.Items[n], err = p.item(ctx, q, list[n])
		return err
	})
	if err != nil {
		return workers.ItemPage{}, err
	}
	return page, nil
}

// count asks for the statistics: a list by keyset has no total, and one by
// number none above 10,000 ("Issues statistics API", docs.gitlab.com). It
// returns 0 where they are refused.
func (p *Provider) count(ctx context.Context, q workers.ItemQuery) (int, error) {
	var answer struct {
		Statistics struct {
			Counts struct {
				All    int `json:"all"`
				Opened int `json:"opened"`
			} `json:"counts"`
		} `json:"statistics"`
	}
	v := filter(q)
	v.Del("state")
	_, err := p.client.Get(ctx, rest.Path("projects", q.Source, "issues_statistics")+"?"+v.Encode(), &answer)
	counts := answer.Statistics.Counts
	switch {
	case status(err) != 0:
		return 0, nil
	case q.Closed:
		return counts.All, err
	}
	return counts.Opened, err
}

// comments returns the notes of an issue without those that GitLab writes
// itself.
func (p *Provider) comments(ctx context.Context, source, number string) ([]workers.Comment, error) {
	ref := rest.Path("projects", source, "issues", number, "notes") + "?activity_filter=only_comments&order_by=created_at&sort=asc&per_page=100"
	list, err := rest.All[note](ctx, p.client, ref, next)
	if err != nil {
		return nil, err
	}
	var comments []workers.Comment
	for _, n := range list {
		if n.System { // servers older than activity_filter
			continue
		}
		comments = append(comments, n.comment())
	}
	return comments, nil
}
