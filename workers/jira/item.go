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
	var one issue
	query := url.Values{"fields": {strings.Join(s.fields(q), ",")}}
	_, err = p.client.Get(ctx, s.api+"issue/"+rest.Path(key)+"?"+query.Encode(), &one)
	refused, ok := errors.AsType[*rest.StatusError](err)
	switch {
	case s.nobody != nil && ok && refused.Status < http.StatusInternalServerError:
		return workers.Item{}, s.nobody
	case err != nil:
		return workers.Item{}, s.needy(err)
	case one.Key == "":
		return workers.Item{}, workers.NoItem(key)
	case !strings.EqualFold(one.Key, key):
		return workers.Item{}, &workers.InputError{Input: workers.Show(key), Reason: "moved to " + workers.Show(browse(p.client.Base(), one.Key))}
	}
	items, err := p.items(ctx, s, q, []issue{one})
	if err != nil {
		return workers.Item{}, err
	}
	return items[0], nil
}
