package gitea

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"sync"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// ahead asks for the pages that are likely to be wanted next beside the one that
// is. Which those are is known from how many issues there are, since they are
// paged by number. What somebody closes or opens meanwhile [rest.Place] finds out
// from the rows, in whatever order the pages were made.
type ahead struct {
	client *rest.Client

	mu    sync.Mutex
	about string // what the pages are of
	total int    // issues of that, as the last page counted them; 0: it is not known
	queue []*listing
}

// listing is a page that was asked for.
type listing struct {
	ref    string
	stop   context.CancelFunc
	done   chan struct{} // closed when there is an answer
	list   []issue
	header http.Header
	err    error
}

// further is how many pages are asked for beside the one that is wanted.
const further = 2

// get asks for the page of q at a place.
func (a *ahead) get(ctx context.Context, q workers.ItemQuery, place rest.Place) ([]issue, http.Header, error) {
	v := query(q, place)
	mine := a.start(ctx, q, place, v)
	select {
	case <-mine.done:
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	}
	mine.stop()
	if errors.Is(mine.err, context.Canceled) && ctx.Err() == nil { // with whoever it was asked for
		mine = &listing{}
		mine.header, mine.err = a.client.Get(ctx, ref(q, v), &mine.list)
	}
	if mine.err == nil {
		a.counted(about(q, v), mine.header)
	}
	return mine.list, mine.header, mine.err
}

// start asks for a page, and for those that are likely to follow, unless that was
// done. It returns the first.
func (a *ahead) start(ctx context.Context, q workers.ItemQuery, place rest.Place, v url.Values) *listing {
	a.mu.Lock()
	defer a.mu.Unlock()
	refs := []string{ref(q, v)}
	for next := place.Full(); len(refs) <= further && q.Size == 0 && a.about == about(q, v) && next.Offset < a.total; next = next.Full() {
		refs = append(refs, ref(q, query(q, next)))
	}
	for i, r := range refs {
		if i < len(a.queue) && a.queue[i].ref == r {
			continue
		}
		for _, other := range a.queue[i:] {
			other.stop()
		}
		a.queue = append(a.queue[:i], a.ask(ctx, r))
	}
	mine := a.queue[0]
	a.queue = a.queue[1:]
	return mine
}

func (a *ahead) ask(ctx context.Context, ref string) *listing {
	ctx, stop := context.WithCancel(ctx)
	l := &listing{ref: ref, stop: stop, done: make(chan struct{})}
	go func() {
		defer close(l.done)
		l.header, l.err = a.client.Get(ctx, ref, &l.list)
	}()
	return l
}

func (a *ahead) counted(about string, header http.Header) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.about = about
	a.total, _ = strconv.Atoi(header.Get("X-Total-Count"))
}

// ref is the reference of a page.
func ref(q workers.ItemQuery, v url.Values) string {
	return within(q.Source, "issues") + "?" + v.Encode()
}

// about is what all pages of q have in common.
func about(q workers.ItemQuery, v url.Values) string {
	v = maps.Clone(v)
	v.Del("page")
	v.Del("limit")
	return ref(q, v)
}
