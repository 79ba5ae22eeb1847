package workers

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/specweave/specweave/workers/rest"
)

// Listing counts what [ListAll] was given.
type Listing struct {
	Listed   int    // repositories, each once
	Total    int    // in all pages as the host counts them; 0: it does not say
	Hidden   int    // counted by the host besides, and not shown to this credential; known after the last page
	Repeated int    // seen again, because they moved from a page to a later one meanwhile
	Next     string // cursor of the page that failed or was not asked for; "" after the last
}

// ErrCircle says that a host gave the same page again and again.
var ErrCircle = errors.New("the host lists the same repositories again and again")

// fruitless is how many pages in a row may hold nothing new; where the host
// hides what it counts, a tenth of that count more, for whole pages of it.
const fruitless = 10

// ListAll hands every repository of owner to each, once, page after page to the
// last. With an error comes the count of what each was given until then; its
// class is [ClassOf]. An error of each ends the listing and is returned as it
// is. It asks the host over the network and touches no disk.
//
// A repository that is pushed to while it is listed may move to a page before
// the one that comes next, and be missed; Listed is then less than Total.
func ListAll(ctx context.Context, l Lister, owner string, each func(Listed) error) (Listing, error) {
	var sum Listing
	cursors := make(map[string]bool)
	seen := make(map[[2]string]bool)
	idle := 0
	for {
		page, err := l.List(ctx, owner, sum.Next)
		if err != nil {
			return sum, fmt.Errorf("list %s: %w", owner, err)
		}
		cursors[sum.Next] = true
		sum.Total = max(sum.Total, page.Total)
		most := fruitless
		if page.Hides {
			most += sum.Total / fruitless
		}
		idle++
		for _, r := range page.Repositories {
			key := [2]string{r.Owner, r.Name}
			if seen[key] {
				sum.Repeated++
				continue
			}
			seen[key] = true
			idle = 0
			if err := each(r); err != nil {
				return sum, err
			}
			sum.Listed++
		}
		switch sum.Next = page.Next; {
		case page.Next == "":
			if page.Hides && sum.Listed < sum.Total {
				sum.Hidden, sum.Total = sum.Total-sum.Listed, sum.Listed
			}
			return sum, nil
		case cursors[page.Next], idle >= most:
			return sum, fmt.Errorf("list %s: %w", owner, ErrCircle)
		}
	}
}

// ClassOf is the class of an error of a [Lister], as a journal names it.
func ClassOf(err error) string {
	if _, ok := errors.AsType[*rest.LimitError](err); ok {
		return ClassThrottle
	}
	if e, ok := errors.AsType[*rest.StatusError](err); ok {
		return statusClass(e.Status)
	}
	if _, ok := errors.AsType[*rest.NetworkError](err); ok {
		return ClassNetwork
	}
	if _, ok := errors.AsType[*rest.FormatError](err); ok || errors.Is(err, ErrCircle) {
		return ClassServer
	}
	return ClassOther
}

func statusClass(status int) string {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusProxyAuthRequired:
		return ClassAuth
	case status == http.StatusNotFound, status == http.StatusGone:
		return ClassNotFound
	case status == http.StatusTooManyRequests:
		return ClassThrottle
	case status >= http.StatusInternalServerError:
		return ClassServer
	}
	return ClassOther
}
