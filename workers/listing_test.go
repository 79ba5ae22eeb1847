package workers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/specweave/specweave/workers/rest"
)

// pages lists as a function of the cursor says.
type pages func(cursor string) (ListPage, error)

func (p pages) List(_ context.Context, _, cursor string) (ListPage, error) { return p(cursor) }

// named returns repositories of acme.
func named(names ...string) []Listed {
	list := make([]Listed, len(names))
	for i, n := range names {
		list[i] = Listed{Owner: "acme", Name: n}
	}
	return list
}

func TestListAll(t *testing.T) {
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		pages pages
		names string
		sum   Listing
		err   error
	}{
		"nothing": {func(string) (ListPage, error) { return ListPage{}, nil }, "", Listing{}, nil},
		"two pages": {func(cursor string) (ListPage, error) {
			if cursor == "" {
				return ListPage{Repositories: named("a", "b"), Total: 3, Next: "2"}, nil
			}
			return ListPage{Repositories: named("c"), Total: 3}, nil
		}, "a b c", Listing{Listed: 3, Total: 3}, nil},
		"one moved, one went": {func(cursor string) (ListPage, error) {
			if cursor == "" {
				return ListPage{Repositories: named("a", "b"), Total: 4, Next: "2"}, nil
			}
			return ListPage{Repositories: named("b", "c"), Total: 3}, nil
		}, "a b c", Listing{Listed: 3, Total: 4, Repeated: 1}, nil},
		"an error after a page": {func(cursor string) (ListPage, error) {
			if cursor == "" {
				return ListPage{Repositories: named("a", "b"), Total: 3, Next: "2"}, nil
			}
			return ListPage{}, boom
		}, "a b", Listing{Listed: 2, Total: 3, Next: "2"}, boom},
		"the same page": {func(string) (ListPage, error) { return ListPage{Repositories: named("a"), Total: 9, Next: "2"}, nil }, "a", Listing{Listed: 1, Total: 9, Repeated: 1, Next: "2"}, ErrCircle},
		"a circle": {func(cursor string) (ListPage, error) {
			n, _ := strconv.Atoi(cursor)
			return ListPage{Repositories: named(cursor), Next: strconv.Itoa((n + 1) % 3)}, nil
		}, " 1 2 0", Listing{Listed: 4, Next: "1"}, ErrCircle},
		"the same under other cursors": {func(cursor string) (ListPage, error) {
			return ListPage{Repositories: named("a"), Next: cursor + "x"}, nil
		}, "a", Listing{Listed: 1, Repeated: fruitless, Next: strings.Repeat("x", fruitless+1)}, ErrCircle},
		"some empty pages": {func(cursor string) (ListPage, error) {
			if len(cursor) < fruitless-1 {
				return ListPage{Next: cursor + "x"}, nil
			}
			return ListPage{Repositories: named("a")}, nil
		}, "a", Listing{Listed: 1}, nil},
	} {
		var names []string
		sum, err := ListAll(t.Context(), c.pages, "acme", func(l Listed) error {
			names = append(names, l.Name)
			return nil
		})
		if got := strings.Join(names, " "); got != c.names || sum != c.sum || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
			t.Errorf("%s: %q, %+v, %v, want %q, %+v, %v", name, got, sum, err, c.names, c.sum, c.err)
		}
	}
}

func TestListAllIsStopped(t *testing.T) {
	stop := errors.New("enough")
	sum, err := ListAll(t.Context(), pages(func(string) (ListPage, error) {
		return ListPage{Repositories: named("a", "b"), Total: 2, Next: "2"}, nil
	}), "acme",
		func(l Listed) error {
			if l.Name == "b" {
				return stop
			}
			return nil
		})
	if err != stop || sum.Listed != 1 { //nolint:errorlint // as it is
		t.Errorf("%+v, %v", sum, err)
	}
}

func TestClassOf(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&rest.LimitError{Err: &rest.StatusError{Status: http.StatusForbidden}}, ClassThrottle},
		{&rest.StatusError{Status: http.StatusUnauthorized}, ClassAuth},
		{&rest.StatusError{Status: http.StatusForbidden}, ClassAuth},
		{&rest.StatusError{Status: http.StatusNotFound}, ClassNotFound},
		{&rest.StatusError{Status: http.StatusTooManyRequests}, ClassThrottle},
		{&rest.StatusError{Status: http.StatusBadGateway}, ClassServer},
		{&rest.StatusError{Status: http.StatusUnprocessableEntity}, ClassOther},
		{&rest.FormatError{}, ClassServer},
		{&rest.NetworkError{Err: io.ErrUnexpectedEOF}, ClassNetwork},
		{&rest.CertificateError{Err: errors.New("expired")}, ClassOther},
		{ErrCircle, ClassServer},
		{context.Canceled, ClassOther},
	} {
		if got := ClassOf(fmt.Errorf("list acme: %w", c.err)); got != c.want {
			t.Errorf("%T: %s, want %s", c.err, got, c.want)
		}
	}
}

// TestListAllKeepsLittle bounds what 10,000 repositories leave in memory.
func TestListAllKeepsLittle(t *testing.T) {
	const all = 10_000
	l := pages(func(cursor string) (ListPage, error) {
		n, _ := strconv.Atoi(cursor)
		page := ListPage{Total: all, Next: strconv.Itoa(n + 100)}
		for i := range 100 {
			name := fmt.Sprintf("repository-%d", n+i)
			page.Repositories = append(page.Repositories, Listed{
				Owner: strings.Clone("an-organisation"), Name: name, CloneURL: "https://host.test/an-organisation/" + name + ".git",
				SSHURL: "git@host.test:an-organisation/" + name + ".git", Topics: []string{strings.Clone("one"), strings.Clone("two")},
			})
		}
		if n+100 == all {
			page.Next = ""
		}
		return page, nil
	})
	before := heap()
	var list []Listed
	sum, err := ListAll(t.Context(), l, "an-organisation", func(one Listed) error {
		list = append(list, one)
		return nil
	})
	if used := heap() - before; err != nil || sum.Listed != all || used > 16<<20 {
		t.Errorf("%+v in %d KiB: %v", sum, used>>10, err)
	}
	runtime.KeepAlive(list)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(min(m.HeapAlloc, math.MaxInt64))
}
