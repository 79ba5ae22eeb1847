package importer

import (
	"context"
	"hash/maphash"

	"github.com/specweave/specweave/workers"
)

// fetched is one page, or why there is none.
type fetched struct {
	cursor string // where it was
	page   workers.ItemPage
	err    error
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
		asked := newSet()
		for {
			if !asked.add(cursor) {
				give(fetched{cursor: cursor, err: workers.ErrCircle})
				return
			}
			page, err := p.Page(ctx, q, cursor)
			if !give(fetched{cursor, page, err}) || err != nil || page.Next == "" {
				return
			}
			cursor = page.Next
		}
	}()
	return pages
}

// set knows strings by their hashes, which are all that it keeps: 100,000 ids
// in a few megabytes. Two of a million share one of 2^64 about never.
type set struct {
	seed maphash.Seed
	has  map[uint64]struct{}
}

func newSet() set { return set{maphash.MakeSeed(), make(map[uint64]struct{})} }

func (s set) knows(text string) bool {
	_, ok := s.has[maphash.String(s.seed, text)]
	return ok
}

// add reports whether s is new.
func (s set) add(text string) bool {
	h := maphash.String(s.seed, text)
	if _, ok := s.has[h]; ok {
		return false
	}
	s.has[h] = struct{}{}
	return true
}
