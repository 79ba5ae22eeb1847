package github

import (
	"context"
	"strconv"

	"github.com/google/go-github/v92/github"

	"github.com/specweave/specweave/workers"
)

// Item returns one issue of q.Source. It does one request, and with q.Comments
// one more for each hundred comments, if there are any. An issue that was
// transferred leads to where it is now ("Get an issue", docs.github.com), and is
// refused: it is one of another source.
func (p *Provider) Item(ctx context.Context, q workers.ItemQuery, number string) (workers.Item, error) {
	one := new(github.Issue)
	_, err := p.client.Get(ctx, within(q.Source, "issues", number), one)
	switch {
	case err != nil:
		return workers.Item{}, err
	case one.GetNumber() == 0:
		return workers.Item{}, workers.NoItem(number)
	case one.IsPullRequest():
		return workers.Item{}, workers.PullRequest(q.Source, number)
	case strconv.Itoa(one.GetNumber()) != number:
		return workers.Item{}, &workers.InputError{Input: workers.Show(q.Source + "#" + number), Reason: "moved to " + workers.Show(one.GetHTMLURL())}
	}
	items, err := p.items(ctx, q, []*github.Issue{one})
	if err != nil {
		return workers.Item{}, err
	}
	return items[0], nil
}
