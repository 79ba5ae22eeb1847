package workers_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"

	"github.com/specweave/specweave/workers"
)

// lastShown lists total repositories, ten a page, of which only the last is
// shown: as Gitea does to somebody who may see no other.
type lastShown struct {
	total int
	hides bool
	pages int // asked for
}

func (l *lastShown) List(_ context.Context, owner, cursor string) (workers.ListPage, error) {
	l.pages++
	n, _ := strconv.Atoi(cursor)
	page := workers.ListPage{Total: l.total, Hides: l.hides}
	if n += 10; n < l.total {
		page.Next = strconv.Itoa(n)
	} else {
		page.Repositories = []workers.Listed{{Owner: owner, Name: "r"}}
	}
	return page, nil
}

func TestHiddenRepositories(t *testing.T) {
	t.Parallel()
	all := func(workers.Listed) error { return nil }
	for _, total := range []int{1, 100, 101, 5000} {
		t.Run(fmt.Sprint(total), func(t *testing.T) {
			t.Parallel()
			sum, err := workers.ListAll(t.Context(), &lastShown{total: total, hides: true}, "acme", all)
			if err != nil || sum.Listed != 1 || sum.Total != 1 || sum.Hidden != total-1 {
				t.Errorf("%+v, %v; want 1 of 1, and %d hidden", sum, err, total-1)
			}
		})
	}
	l := &lastShown{total: 5000}
	if _, err := workers.ListAll(t.Context(), l, "acme", all); !errors.Is(err, workers.ErrCircle) || l.pages != 10 {
		t.Errorf("one that hides nothing: %d pages, %v", l.pages, err)
	}
}
