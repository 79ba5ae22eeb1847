package gitea

import (
	"context"

	"github.com/specweave/specweave/workers"
)

// Item returns one issue of q.Source. It does one request, and with q.Comments
// another one if there are any.
func (p *Provider) Item(ctx context.Context, q workers.ItemQuery, number string) (workers.Item, error) {
	one, err := p.issue(ctx, q.Source, number)
	if err != nil {
		return workers.Item{}, err
	}
	item := one.item(q.Source)
	if q.Comments && one.Comments > 0 {
		item.Comments, err = p.comments(ctx, q.Source, item.Number)
	}
	return item, err
}

// issue requests an issue.
func (p *Provider) issue(ctx context.Context, source, number string) (issue, error) {
	var one struct {
		issue
		Pull *struct{} `json:"pull_request"`
	}
	_, err := p.client.Get(ctx, within(source, "issues", number), &one)
	switch {
	case err != nil:
		return issue{}, err
	case one.Number == 0:
		return issue{}, workers.NoItem(number)
	case one.Pull != nil:
		return issue{}, workers.PullRequest(source, number)
	}
	return one.issue, nil
}
