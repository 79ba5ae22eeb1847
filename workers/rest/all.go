package rest

import (
	"context"
	"fmt"
	"net/http"
)

// All gets the list at ref and all of its pages. next finds the reference of
// the one after an answer, "" if there is none; nil takes the link as it is
// ([Next]). A list that leads back to a page of itself, or does not end, is a
// [*FormatError].
func All[T any](ctx context.Context, c *Client, ref string, next func(ref string, h http.Header) string) ([]T, error) {
	var all []T
	var pages Pages
	asked := make(map[string]bool)
	for ref != "" {
		if asked[ref] {
			return nil, c.odd(ref, "a list that goes in a circle")
		}
		asked[ref] = true
		if err := pages.Next(c, ref); err != nil {
			return nil, err
		}
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

// maxPages is more than any list has that is read as one: trackers allow a few
// thousand comments on an item.
const maxPages = 1000

// Pages counts the pages of a list that is read as one, as the comments of an
// item. Its zero value has seen none.
type Pages struct{ n int }

// Next is to be called before a page is asked for, at ref. It returns a
// [*FormatError] for one more than any list has.
func (p *Pages) Next(c *Client, ref string) error {
	if p.n++; p.n > maxPages {
		return c.odd(ref, fmt.Sprintf("a list of more than %d pages", maxPages))
	}
	return nil
}

// odd is the error about a list.
func (c *Client) odd(ref, reason string) error {
	err := &FormatError{Reason: reason}
	if u, parsed := c.base.Parse(ref); parsed == nil {
		err.Method, err.URL = http.MethodGet, c.Redact(bare(u))
	}
	return err
}
