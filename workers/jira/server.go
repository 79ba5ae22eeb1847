package jira

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// place is how far the issues of a project were read.
type place struct {
	offset int   // issues read, as they were counted then
	last   int64 // number of the last one
}

func (at place) String() string {
	return strconv.Itoa(at.offset) + "/" + strconv.FormatInt(at.last, 10)
}

// parsePlace reads what String wrote, and reports whether it did.
func parsePlace(cursor string) (at place, ok bool) {
	if cursor == "" {
		return place{}, true
	}
	offset, last, _ := strings.Cut(cursor, "/")
	n, err := strconv.ParseUint(offset, 10, 31)
	m, err2 := strconv.ParseUint(last, 10, 63)
	return place{int(n), int64(m)}, err == nil && err2 == nil
}

// rounds bounds the requests for a page: who needs more goes in circles.
const rounds = 100

// serverPage reads the issues after a place.
func (p *Provider) serverPage(ctx context.Context, s site, q workers.ItemQuery, cursor string) (workers.ItemPage, error) {
	at, ok := parsePlace(cursor)
	if !ok {
		return workers.ItemPage{}, fmt.Errorf("cursor %q: %w", cursor, workers.ErrCursor)
	}
	w := newWindow(at, q.Size)
	for range rounds {
		found, err := p.search(ctx, s, q, w)
		if err != nil {
			return workers.ItemPage{}, err
		}
		numbers := make([]int64, len(found.Issues))
		for i, one := range found.Issues {
			numbers[i] = one.number()
		}
		from, to, next := w.read(numbers, found.Total)
		if next == again {
			continue
		}
		page := workers.ItemPage{Total: found.Total}
		if next == more {
			page.Next = place{w.start + to, numbers[to-1]}.String()
		}
		page.Items, err = p.items(ctx, s, q, found.Issues[from:to], q.Fresh)
		return page, err
	}
	return workers.ItemPage{}, &rest.FormatError{
		Method: http.MethodPost, URL: p.client.Base().String(), Reason: fmt.Sprintf("no issue after number %d in %d pages", at.last, rounds),
	}
}

// found is a page of issues as a search answers it.
type found struct {
	Issues []issue `json:"issues"`
	Total  int     `json:"total"`
}

func (p *Provider) search(ctx context.Context, s site, q workers.ItemQuery, w *window) (f found, err error) {
	question := map[string]any{"jql": jql(q, s.zone) + order, "startAt": w.start, "maxResults": w.size, "fields": s.fields(q)}
	_, err = p.client.Ask(ctx, s.api+"search", question, &f)
	return f, s.needy(err)
}

// window is what is asked for in order to go on after a place.
type window struct {
	start, size int
	last        int64 // number of the last issue that was read
	wanted      int   // new issues
	sure        bool  // nothing lies between what was read and start
}

// newWindow begins before the end of what was read, so that an issue or a few
// may have gone from it.
func newWindow(at place, wanted int) *window {
	overlap := min(at.offset, 1+wanted/50)
	return &window{start: at.offset - overlap, size: wanted + overlap, last: at.last, wanted: wanted}
}

// step is what follows a window.
type step int

const (
	again step = iota // it has nothing for us; ask for the window as it is now
	more              // others follow
	done              // none do
)

// read takes the numbers of the issues in the window, and how many issues there
// are in all. It returns which of them are new and wanted.
func (w *window) read(numbers []int64, total int) (from, to int, next step) {
	n := len(numbers)
	from = slices.IndexFunc(numbers, func(number int64) bool { return number > w.last })
	switch {
	case (from == 0 || n == 0) && w.start > 0 && !w.sure: // some may have been missed
		w.start = max(0, w.start-w.wanted)
		return 0, 0, again
	case n == 0, from < 0 && w.start+n >= total:
		return 0, 0, done
	case from < 0: // all were read, and the last of them begins the next window
		w.start, w.sure = min(w.start+max(1, n-1), math.MaxInt32), n == 1
		return 0, 0, again
	}
	to = min(n, from+w.wanted)
	if w.start+to < total {
		return from, to, more
	}
	return from, to, done
}
