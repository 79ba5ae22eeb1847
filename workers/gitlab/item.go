package gitlab

import (
	"context"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// Item returns one issue of q.Source. It does one request, and with q.Comments
// one more for each hundred comments, if there are any.
func (p *Provider) Item(ctx context.Context, q workers.ItemQuery, number string) (workers.Item, error) {
	one, err := p.issue(ctx, q.Source, number)
	if err != nil {
		return workers.Item{}, err
	}
	return p.item(ctx, q, one)
}

// issue requests an issue.
func (p *Provider) issue(ctx context.Context, source, number string) (one issue, err error) {
	_, err = p.client.Get(ctx, rest.Path("projects", source, "issues", number), &one)
	if err == nil && one.IID == 0 {
		err = workers.NoItem(number)
	}
	return one, err
}

// item makes an item of an issue, with its comments if they are wanted.
func (p *Provider) item(ctx context.Context, q workers.ItemQuery, one issue) (item workers.Item, err error) {
	item = one.item(q.Source)
	if q.Comments && one.UserNotesCount > 0 {
		item.Comments, err = p.comments(ctx, q.Source, item.Number)
	}
	return item, err
}
