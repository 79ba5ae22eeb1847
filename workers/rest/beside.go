package rest

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// beside is how many requests are under way at once: as many as a person's
// browser has, or fewer.
const beside = 4

// Beside does n things that take a request each, a few at once. It returns the
// first error, with which the context of the others ends.
func Beside(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(beside)
	for i := range n {
		g.Go(func() error { return do(ctx, i) })
	}
	return g.Wait()
}
