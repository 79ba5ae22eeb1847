package gitlab

import (
	"context"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// Item returns one issue of q.Source. It does one request, and with q.Comments
// one more for each hundred comments, if there are any.
func (p *Provider) Item(ctx context.Context, q workers.ItemQuery, number string) (workers.Item, error) {
	var one issue
	if _, err := p.client.Get(ctx, rest.Path("projects", q.Source, "issues", number), &one); err != nil {
		return workers.Item{}, err
	}
	if one.IID == 0 {
		return workers.Item{}, workers.NoItem(number)
	}
	return p.item(ctx, q, one)
}

// item makes an item of an issue, with its comments if they are wanted.
func (p *Provider) item(ctx context.Context, q workers.ItemQuery, one issue) (item workers.Item, err error) {
	item = one.item(q.Source)
	if q.Comments && one.UserNotesCount > 0 {
		item.Comments, err = p.comments(ctx, q.Source, item.Number)
	}
	return item, err
}
