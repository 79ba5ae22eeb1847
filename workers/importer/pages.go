package importer

import (
	"context"
	"hash/maphash"

	"github.com/specweave/specweave/workers"
)

// fetched is one page, or why there is none.
type fetched struct {
	page workers.ItemPage
	err  error
}

// fetch reads the pages of a query from cursor on, one ahead of whoever takes
// them. The channel is closed after the last page, an error, or the end of ctx.
// A tracker that gives a cursor twice is asked for no more, and the last page
// is followed by [workers.ErrCircle].
func fetch(ctx context.Context, p workers.Provider, q workers.ItemQuery, cursor string) <-chan fetched {
	pages := make(chan fetched)
	give := func(f fetched) bool {
		select {
		case pages <- f:
			return true
		case <-ctx.Done():
			return false
		}
	}
	go func() {
		defer close(pages)
		asked := NewSet()
		for {
			if !asked.Add(cursor) {
				give(fetched{err: workers.ErrCircle})
				return
			}
			page, err := p.Page(ctx, q, cursor)
			if !give(fetched{page, err}) || err != nil || page.Next == "" {
				return
			}
			cursor = page.Next
		}
	}()
	return pages
}

// Set knows strings by their hashes, which are all that it keeps: 100,000 ids
// in a few megabytes. Two of a million share one of 2^64 about never.
type Set struct {
	seed maphash.Seed
	has  map[uint64]struct{}
}

// NewSet returns one that knows none.
func NewSet() Set { return Set{maphash.MakeSeed(), make(map[uint64]struct{})} }

// Knows reports whether text was added.
func (s Set) Knows(text string) bool {
	_, ok := s.has[maphash.String(s.seed, text)]
	return ok
}

// Add reports whether text is new.
func (s Set) Add(text string) bool {
	h := maphash.String(s.seed, text)
	if _, ok := s.has[h]; ok {
		return false
	}
	s.has[h] = struct{}{}
	return true
}

// Len is how many strings were added.
func (s Set) Len() int { return len(s.has) }

// Circle finds out that pages hold nothing new any more. Its zero value has
// seen none.
type Circle struct{ idle int }

// How many pages in a row may hold nothing new: ones that repeat items, and
// ones that the provider has emptied of what does not answer the query.
const (
	maxRepeats = 10
	maxIdle    = 1000
)

// Next takes one more page of so many items, of which so many are new, and
// returns [workers.ErrCircle] when that is enough.
func (c *Circle) Next(items, fresh int) error {
	c.idle++
	switch {
	case fresh > 0:
		c.idle = 0
	case c.idle >= maxIdle, c.idle >= maxRepeats && items > 0:
		return workers.ErrCircle
	}
	return nil
}
