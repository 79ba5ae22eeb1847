package rest

import (
	"context"
	"net/http"
)

// All gets the list at ref and all of its pages. next finds the reference of
// the one after an answer, "" if there is none; nil takes the link as it is
// ([Next]). A list that leads back to a page of itself is a [*FormatError].
func All[T any](ctx context.Context, c *Client, ref string, next func(ref string, h http.Header) string) ([]T, error) {
	var all []T
	asked := make(map[string]bool)
	for ref != "" {
		if asked[ref] {
			return nil, &FormatError{Reason: "a list that goes in a circle"}
		}
		asked[ref] = true
		var page []T
		header, err := c.Get(ctx, ref, &page)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if next == nil {
			ref = Next(header)
		} else {
			ref = next(ref, header)
		}
	}
	return all, nil
}
