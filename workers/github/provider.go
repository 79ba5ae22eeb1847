package github

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/go-github/v92/github"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// Provider reads and writes the issues of a repository, the oldest first, without pull
// requests. It knows three ways to read:
//
//   - the list of REST, whose pages GitHub links by a cursor; older servers link
//     them by number, and they are read with [rest.Place];
//   - GraphQL where comments are wanted: a hundred issues with theirs are one
//     request, in REST up to a hundred and one. A server that refuses it, as
//     GitHub does without a token, is asked by REST;
//   - the search where the query has one, or names a milestone by its title.
//     Its results end after a thousand ("About search", docs.github.com), so
//     that each page asks for those created since the last one. It also finds
//     what follows where a cursor is refused: each says how far the issues were
//     read.
type Provider struct {
	client *rest.Client
	plain  atomic.Bool // GraphQL was refused
}

// NewProvider returns a Provider over a client whose base is
// https://api.github.com/, or https://HOST/api/v3/ for a server of one's own.
func NewProvider(client *rest.Client) *Provider { return &Provider{client: client} }

// pageSize is the most that GitHub gives.
const pageSize = 100

// Page returns the page of the issues of q.Source, OWNER/REPO, at cursor. It
// does one request, for the first page two. Where GraphQL is refused, q.Comments
// takes one more for each issue that has any.
func (p *Provider) Page(ctx context.Context, q workers.ItemQuery, cursor string) (workers.ItemPage, error) {
	place, numbers := rest.ParsePlace(cursor)
	at, err := url.ParseQuery(cursor)
	till, ok := parseReached(at)
	s, searching := parseSearched(at)
	switch {
	case cursor == "":
		return p.first(ctx, q)
	case numbers:
		return p.list(ctx, q, numbered(q, place), place, till)
	case err != nil || !ok:
	case searching:
		return p.search(ctx, q, s)
	case at.Has("graphql"):
		page, err := p.graphql(ctx, q, at.Get("graphql"), till)
		return p.behind(ctx, q, till, page, err)
	case strings.HasPrefix(at.Get("list"), p.client.Base().String()) && strings.Contains(at.Get("list"), "after="):
		page, err := p.list(ctx, q, at.Get("list"), rest.Place{}, till)
		return p.behind(ctx, q, till, page, err)
	}
	return workers.ItemPage{}, fmt.Errorf("cursor %q: %w", cursor, workers.ErrCursor)
}

// behind searches for what follows, where GitHub did not accept a cursor. The
// search knows milestones by their titles only.
func (p *Provider) behind(ctx context.Context, q workers.ItemQuery, till reached, page workers.ItemPage, err error) (workers.ItemPage, error) {
	if !errors.Is(err, workers.ErrCursor) || till.at.IsZero() || q.Milestone != "" {
		return page, err
	}
	found, other := p.search(ctx, q, searched{till, 1})
	if other != nil && refused(other) {
		return page, err
	}
	return found, other
}

func (p *Provider) first(ctx context.Context, q workers.ItemQuery) (workers.ItemPage, error) {
	if q.Search != "" || q.Milestone != "" && milestoneNumber(q.Milestone) == "" {
		return p.search(ctx, q, searched{reached{}, 1})
	}
	tag, list, same, err := p.tag(ctx, q)
	if err != nil || same {
		return workers.ItemPage{Tag: tag, Same: same}, err
	}
	page, err := p.whole(ctx, q)
	if err == nil && shows(page, list) {
		page.Tag = tag
	}
	return page, err
}

// whole requests the first page, whatever was there before.
func (p *Provider) whole(ctx context.Context, q workers.ItemQuery) (workers.ItemPage, error) {
	if q.Comments && !p.plain.Load() {
		page, err := p.graphql(ctx, q, "", reached{})
		if err == nil || !refused(err) {
			return page, err
		}
		p.plain.Store(true)
	}
	place := rest.Place{Size: pageSize}
	page, err := p.list(ctx, q, p.oldest(q), place, reached{})
	if err != nil {
		return page, err
	}
	page.Total, err = p.count(ctx, q)
	return page, err
}

// refused reports whether an error is an answer, and a limit is none.
func refused(err error) bool {
	if _, ok := errors.AsType[*rest.LimitError](err); ok {
		return false
	}
	_, status := errors.AsType[*rest.StatusError](err)
	_, format := errors.AsType[*rest.FormatError](err)
	return status || format
}

// oldest is the reference of the first page of the list.
func (p *Provider) oldest(q workers.ItemQuery) string {
	return within(q.Source, "issues") + "?" + parameters(q).Encode()
}

// numbered is the reference of a page of the list by its number.
func numbered(q workers.ItemQuery, place rest.Place) string {
	number, size := place.Page()
	v := parameters(q)
	v.Set("page", strconv.Itoa(number))
	v.Set("per_page", strconv.Itoa(size))
	return within(q.Source, "issues") + "?" + v.Encode()
}

func parameters(q workers.ItemQuery) url.Values {
	v := url.Values{"state": {"open"}, "sort": {"created"}, "direction": {"asc"}, "per_page": {strconv.Itoa(sizeOf(q))}}
	if q.Closed {
		v.Set("state", "all")
	}
	if !q.Since.IsZero() {
		v.Set("since", q.Since.UTC().Format(time.RFC3339))
	}
	if len(q.Labels) > 0 {
		v.Set("labels", strings.Join(q.Labels, ","))
	}
	if q.Milestone != "" {
		v.Set("milestone", q.Milestone)
	}
	return v
}

func sizeOf(q workers.ItemQuery) int {
	if q.Size > 0 {
		return min(q.Size, pageSize)
	}
	return pageSize
}

// milestoneNumber returns what the list takes for a milestone: its number, none
// or *; or "" for a title.
func milestoneNumber(s string) string {
	if _, err := strconv.Atoi(s); err == nil || s == "none" || s == "*" {
		return s
	}
	return ""
}

// within is the reference of something in a repository, OWNER/REPO.
func within(source string, segments ...string) string {
	owner, name, _ := strings.Cut(source, "/")
	return rest.Path(append([]string{"repos", owner, name}, segments...)...)
}

// list requests the page of the list at ref. place is where it was linked by
// number, and till says how far the issues were read.
func (p *Provider) list(ctx context.Context, q workers.ItemQuery, ref string, place rest.Place, till reached) (workers.ItemPage, error) {
	var list []*github.Issue
	header, err := p.client.Get(ctx, ref, &list)
	if err != nil {
		return workers.ItemPage{}, forgotten(err, ref)
	}
	next := rest.Next(header)
	page := workers.ItemPage{}
	switch {
	case place.Size == 0 || next == "" && place.Offset == 0, strings.Contains(next, "after="):
		for _, one := range list {
			till = till.after(one.GetCreatedAt().Time, int64(one.GetNumber()))
		}
		if next != "" {
			page.Next = till.cursor(url.Values{"list": {next}})
		}
	default:
		rows := make([]rest.Row, len(list))
		for i, one := range list {
			rows[i] = rest.Row{At: one.GetCreatedAt().Time, ID: one.GetID()}
		}
		place.Most = q.Size
		from, to, then, done := place.Read(rows, next != "", rest.OldestFirst)
		list = list[from:to]
		if !done {
			page.Next = then.String()
		}
	}
	page.Items, err = p.items(ctx, q, list)
	return page, err
}

// forgotten says of an error that GitHub did not accept the cursor in ref.
func forgotten(err error, ref string) error {
	if e, ok := errors.AsType[*rest.StatusError](err); ok && e.Status == 422 && strings.Contains(ref, "after=") {
		return fmt.Errorf("%w: %w", workers.ErrCursor, err)
	}
	return err
}

// items makes items of issues, with their comments if they are wanted.
func (p *Provider) items(ctx context.Context, q workers.ItemQuery, list []*github.Issue) ([]workers.Item, error) {
	var items []workers.Item
	for _, one := range list {
		if one.IsPullRequest() {
			continue
		}
		item := itemOf(q.Source, one)
		if q.Comments && one.GetComments() > 0 {
			var err error
			if item.Comments, err = p.comments(ctx, q.Source, item.Number); err != nil {
				return nil, err
			}
		}
		items = append(items, item)
	}
	return items, nil
}

func (p *Provider) comments(ctx context.Context, source, number string) ([]workers.Comment, error) {
	list, err := rest.All[*github.IssueComment](ctx, p.client, within(source, "issues", number, "comments")+"?per_page=100", nil)
	if err != nil {
		return nil, err
	}
	comments := make([]workers.Comment, len(list))
	for i, c := range list {
		comments[i] = commentOf(c)
	}
	return comments, nil
}
