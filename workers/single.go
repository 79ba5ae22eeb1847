package workers

import (
	"context"

	"github.com/specweave/specweave/workers/rest"
)

// ItemReader is what a [Provider] can do besides, if its tracker can: Item
// reads one item of q.Source, by what people call it. Of the rest of q only
// Comments and Links count. Errors are those of package rest, with status 404
// for what is not there, and an [*InputError] for what is no item.
type ItemReader interface {
	Item(ctx context.Context, q ItemQuery, number string) (Item, error)
}

// Single is a Provider of one item.
type Single struct {
	ItemReader
	Number string
}

// Page returns the item, whatever else q asks for.
func (s Single) Page(ctx context.Context, q ItemQuery, _ string) (ItemPage, error) {
	item, err := s.Item(ctx, q, s.Number)
	if err != nil {
		return ItemPage{}, err
	}
	return ItemPage{Items: []Item{item}, Total: 1}, nil
}

// PullRequest is the error that refuses a number of source that is a pull request's, which
// trackers list among issues.
func PullRequest(source, number string) error {
	return refuse(source+"#"+number, "a pull request, not an issue")
}

// NoItem is the error about an answer that has no item in it.
func NoItem(number string) error {
	return &rest.FormatError{Reason: number + ": an unexpected answer: no item"}
}
