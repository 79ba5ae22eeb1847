package jira

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// Item returns the issue with a key. It does one request, and with q.Comments
// another one if there are many; the first of a Provider asks for what the site
// is like. An issue that was moved is found by its old key too ("Get issue",
// developer.atlassian.com), and is refused: it is one of another source.
func (p *Provider) Item(ctx context.Context, q workers.ItemQuery, key string) (workers.Item, error) {
	s, err := p.learn(ctx)
	if err != nil {
		return workers.Item{}, err
	}
	one, err := p.one(ctx, s, q, key)
	if err != nil {
		return workers.Item{}, err
	}
	items, err := p.items(ctx, s, q, []issue{one}, always)
	if err != nil {
		return workers.Item{}, err
	}
	return items[0], nil
}

// one asks for the issue with a key, and what it is marked with.
func (p *Provider) one(ctx context.Context, s site, q workers.ItemQuery, key string) (one issue, err error) {
	query := url.Values{"fields": {strings.Join(s.fields(q), ",")}, "properties": {property}}
	_, err = p.client.Get(ctx, s.api+"issue/"+rest.Path(key)+"?"+query.Encode(), &one)
	refused, ok := errors.AsType[*rest.StatusError](err)
	switch {
	case s.nobody != nil && ok && refused.Status < http.StatusInternalServerError:
		return issue{}, s.nobody
	case err != nil:
		return issue{}, s.needy(err)
	case one.Key == "":
		return issue{}, workers.NoItem(key)
	case !strings.EqualFold(one.Key, key):
		return issue{}, &workers.InputError{Input: workers.Show(key), Reason: "moved to " + workers.Show(browse(p.client.Base(), one.Key))}
	}
	return one, nil
}
