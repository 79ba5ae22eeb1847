package gitea

import (
	"context"

	"github.com/specweave/specweave/workers"
)

// Item returns one issue of q.Source. It does one request, and with q.Comments
// another one if there are any.
func (p *Provider) Item(ctx context.Context, q workers.ItemQuery, number string) (workers.Item, error) {
	var one struct {
		issue
		Pull *struct{} `json:"pull_request"`
	}
	_, err := p.client.Get(ctx, within(q.Source, "issues", number), &one)
	switch {
	case err != nil:
		return workers.Item{}, err
	case one.Number == 0:
		return workers.Item{}, workers.NoItem(number)
	case one.Pull != nil:
		return workers.Item{}, workers.PullRequest(q.Source, number)
	}
	item := one.item(q.Source)
	if q.Comments && one.Comments > 0 {
		item.Comments, err = p.comments(ctx, q.Source, one.Number)
	}
	return item, err
}
