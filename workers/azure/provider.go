package azure

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// Provider reads the work items of projects. It may be used from any goroutine.
type Provider struct {
	client *rest.Client

	mu    sync.Mutex
	known map[string][]kind // by source
}

// NewProvider returns a Provider over a client whose base is that of [New].
func NewProvider(client *rest.Client) *Provider { return &Provider{client: client} }

// batch is how many items are asked for at once, the most that are allowed
// ("Work Items - Get Work Items Batch",
// learn.microsoft.com/rest/api/azure/devops/wit).
const batch = 200

// The resources that are used, by their ids among the API's routes.
const (
	wiqlID     = "1a9c53f7-f243-4447-b110-35ef023636e4"
	batchID    = "908509b6-4248-4475-a1cd-829139ba419f"
	commentsID = "608aac0a-32e1-4493-a863-b9cf4566d257"
	typesID    = "7c8d7a76-4a09-43e8-b5df-bd792f4ac6aa"
	binID      = "b70d8d39-926c-465e-b927-b1bf0e5ca0e0"
)

// project is where items are.
type project struct {
	client             *rest.Client
	organisation, name string
	source             string // both
	kinds              []kind // of its items; empty: they are not to be seen
	states             states // of those
}

// project takes a source apart.
func (p *Provider) project(source string) (project, error) {
	organisation, name, ok := split(source)
	if !ok || name == "" {
		return project{}, &workers.InputError{Input: workers.Show(source), Reason: "is not organisation/project"}
	}
	return project{client: p.client, organisation: organisation, name: name, source: source}, nil
}

// Page returns the items of q.Source, "organisation/project", at cursor. It
// does two requests, with q.Since one more if there are links that may be marks,
// and with q.Comments one for each item that has any, a few at once.
// The first one for a project also asks for the states of its items, and the
// first page counts all items, by a request for each 20,000 of them.
//
// The last pages hold what lies in the recycle bin, if q is about all items of
// the project: it is Deleted and has nothing else but a title and a type.
func (p *Provider) Page(ctx context.Context, q workers.ItemQuery, cursor string) (workers.ItemPage, error) {
	return p.page(ctx, q, cursor, q.Fresh)
}

// page is Page, and reads marks of what made says was made since they are asked
// for.
func (p *Provider) page(ctx context.Context, q workers.ItemQuery, cursor string, made func(time.Time) bool) (workers.ItemPage, error) {
	at, err := p.project(q.Source)
	if err != nil {
		return workers.ItemPage{}, err
	}
	from, ok := parsePlace(cursor)
	if !ok {
		return workers.ItemPage{}, fmt.Errorf("cursor %q: %w", cursor, workers.ErrCursor)
	}
	if q.Size <= 0 || q.Size > batch {
		q.Size = batch
	}
	if from.deleted {
		return at.deletedPage(ctx, q, from.last)
	}
	page := workers.ItemPage{}
	if err := p.learn(ctx, &at); err != nil {
		return page, err
	}
	top := q.Size + 1 // to see whether that is all
	if cursor == "" {
		top = window
	}
	ids, err := at.ids(ctx, q, from.last, top)
	if err != nil {
		return page, err
	}
	if cursor == "" {
		if page.Total, err = at.count(ctx, q, ids); err != nil {
			return page, err
		}
	}
	more := len(ids) > q.Size
	ids = ids[:min(len(ids), q.Size)]
	if page.Items, err = at.items(ctx, q, ids, made); err != nil {
		return workers.ItemPage{}, err
	}
	switch {
	case more:
		page.Next = place{last: ids[len(ids)-1]}.String()
	case whole(q):
		list, err := at.deleted(ctx)
		if err != nil {
			return workers.ItemPage{}, err
		}
		if len(list) > 0 {
			page.Next = place{deleted: true}.String()
		}
	}
	return page, nil
}

// count is how many items q has, of which ids are the first.
func (at project) count(ctx context.Context, q workers.ItemQuery, ids []int64) (n int, err error) {
	var pages rest.Pages
	for n = len(ids); len(ids) >= window; n += len(ids) {
		if err := pages.Next(at.client, rest.Path(at.organisation, at.name, "_apis", "wit", "wiql")); err != nil {
			return 0, err
		}
		if ids, err = at.ids(ctx, q, ids[len(ids)-1], window); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// ids returns those of q's items above last, of which there are at most top.
func (at project) ids(ctx context.Context, q workers.ItemQuery, last int64, top int) ([]int64, error) {
	var found struct {
		WorkItems []struct {
			ID int64 `json:"id"`
		} `json:"workItems"`
	}
	if err := at.ask(ctx, request{
		resource: wiqlID, version: "7.1", query: map[string][]string{"$top": {strconv.Itoa(top)}, "timePrecision": {"true"}},
		question: map[string]string{"query": wiql(q, at.name, at.states.closed(), last)},
	}, &found); err != nil {
		return nil, err
	}
	ids := make([]int64, len(found.WorkItems))
	for i, w := range found.WorkItems {
		if ids[i] = w.ID; w.ID <= last { // it would go in circles
			return nil, &rest.FormatError{Method: http.MethodPost, URL: at.client.Base().String(), Reason: fmt.Sprintf("work item %d after %d, in the order of ids", w.ID, last)}
		}
		last = w.ID
	}
	return ids, nil
}

// items reads those that still are there.
func (at project) items(ctx context.Context, q workers.ItemQuery, ids []int64, made func(time.Time) bool) ([]workers.Item, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	question := map[string]any{"ids": ids, "errorPolicy": "omit", "fields": fields}
	if q.Links { // they do not come with fields that are named
		delete(question, "fields")
		question["$expand"] = "relations"
	}
	var answer struct {
		Value []*workItem `json:"value"`
	}
	if err := at.ask(ctx, request{resource: batchID, version: "7.2-preview.1", question: question}, &answer); err != nil {
		return nil, err
	}
	if err := at.mark(ctx, answer.Value, made); err != nil {
		return nil, err
	}
	var list []workers.Item
	var remarked []int // of the list
	for _, w := range answer.Value {
		if w == nil || !slices.Contains(ids, w.ID) {
			continue
		}
		item := w.item(at)
		if !tagged(item, q.Labels) {
			continue
		}
		if q.Comments && read[int](w.Fields, "System.CommentCount") > 0 {
			remarked = append(remarked, len(list))
		}
		list = append(list, item)
	}
	return list, rest.Beside(ctx, len(remarked), func(ctx context.Context, n int) (err error) {
		item := &list[remarked[n]]
		item.Comments, err = at.comments(ctx, item.Number)
		return err
	})
}

// tagged looks again for labels: a query may take a part of a tag for it.
func tagged(item workers.Item, labels []string) bool {
	return !slices.ContainsFunc(labels, func(l string) bool {
		return !slices.ContainsFunc(item.Labels, func(tag string) bool { return strings.EqualFold(tag, l) })
	})
}

// comments returns those of an item, the oldest first.
func (at project) comments(ctx context.Context, number string) ([]workers.Comment, error) {
	var list []workers.Comment
	r := request{
		resource: commentsID, version: "7.1-preview.4", route: map[string]string{"workItemId": number},
		query: map[string][]string{"$top": {strconv.Itoa(batch)}, "order": {"asc"}},
	}
	var pages rest.Pages
	for {
		if err := pages.Next(at.client, rest.Path(at.organisation, at.name, "_apis", "wit", "workItems", number, "comments")); err != nil {
			return nil, err
		}
		var answer struct {
			Comments []comment `json:"comments"`
			Next     string    `json:"continuationToken"`
		}
		if err := at.ask(ctx, r, &answer); err != nil {
			if gone(err) { // since the item was read
				return list, nil
			}
			return nil, err
		}
		for _, c := range answer.Comments {
			if !c.Deleted {
				list = append(list, c.comment())
			}
		}
		if answer.Next == "" || len(answer.Comments) == 0 || answer.Next == r.query.Get("continuationToken") {
			return list, nil
		}
		r.query.Set("continuationToken", answer.Next)
	}
}

func (at project) ask(ctx context.Context, r request, into any) error {
	route := map[string]string{"project": at.name}
	for name, value := range r.route {
		route[name] = value
	}
	r.route = route
	return ask(ctx, at.client, at.organisation, r, into)
}

// gone reports whether what was asked for is not there.
func gone(err error) bool {
	refused, ok := errors.AsType[*rest.StatusError](err)
	return ok && refused.Status == http.StatusNotFound
}
