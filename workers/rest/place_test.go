package rest_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/specweave/specweave/workers/rest"
)

var day = time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)

// rows returns n of them, several of which are as old as each other.
func rows(from, n int) []rest.Row {
	list := make([]rest.Row, n)
	for i := range list {
		list[i] = rest.Row{At: day.Add(time.Duration((from+i)/3) * time.Second), ID: int64(from + i + 1)}
	}
	return list
}

// readAll reads a list as a host with pages of at most most rows gives it, and
// calls between after each page, which may change it.
func readAll(t *testing.T, list *[]rest.Row, order rest.Order, place rest.Place, most int, between func(read map[int64]bool)) (read map[int64]bool, pages int) {
	t.Helper()
	read = make(map[int64]bool)
	for {
		pages++
		if pages > 10000 {
			t.Fatal("no end")
		}
		number, size := place.Page()
		size = min(size, most)
		start := min((number-1)*size, len(*list))
		end := min(start+size, len(*list))
		page := (*list)[start:end]
		from, to, next, done := place.Read(page, end < len(*list), order)
		for _, r := range page[from:to] {
			if read[r.ID] {
				t.Fatalf("row %d came twice", r.ID)
			}
			read[r.ID] = true
		}
		if done {
			return read, pages
		}
		wanted := place.Most
		var ok bool
		if place, ok = rest.ParsePlace(next.String()); !ok {
			t.Fatalf("%v is no place", next)
		}
		place.Most = wanted
		if between != nil {
			between(read)
		}
	}
}

func TestPlace(t *testing.T) {
	for _, size := range []int{1, 2, 3, 5, 7, 50, 100, 1000} {
		for _, n := range []int{0, 1, 2, 49, 50, 51, 120, 1000} {
			list := rows(0, n)
			for _, wanted := range []int{0, 1, 3} {
				read, _ := readAll(t, &list, rest.OldestFirst, rest.Place{Size: size, Most: wanted}, 64, nil)
				if len(read) != n {
					t.Errorf("size %d, %d wanted: %d rows read of %d", size, wanted, len(read), n)
				}
			}
		}
	}
}

// Overlapping costs a quarter at most.
func TestPlaceCost(t *testing.T) {
	list := rows(0, 10000)
	for _, size := range []int{50, 100} {
		if _, pages := readAll(t, &list, rest.OldestFirst, rest.Place{Size: size}, size, nil); pages > 10000/size*5/4 {
			t.Errorf("%d pages of %d", pages, size)
		}
	}
}

// Rows leave and come everywhere between two pages; those that stay are read.
func TestPlaceMoving(t *testing.T) {
	for seed := range uint64(1000) {
		random := rand.New(rand.NewPCG(seed, 1))
		order := []rest.Order{rest.OldestFirst, rest.NewestFirst}[seed%2]
		size := 13 + random.IntN(60)
		list := rows(0, 50+random.IntN(400))
		put := func(more ...rest.Row) {
			list = append(list, more...)
			slices.SortFunc(list, func(a, b rest.Row) int {
				return int(order) * cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
			})
		}
		put()
		gone := make(map[int64]bool)
		before := slices.Clone(list)
		last := 1000
		read, _ := readAll(t, &list, order, rest.Place{Size: size}, size, func(map[int64]bool) {
			for range random.IntN(4) {
				if at := random.IntN(len(list) + 1); at < len(list) {
					gone[list[at].ID] = true
					list = slices.Delete(list, at, at+1)
				}
			}
			if last < 1050 {
				put(rows(last, 1)...)
				last++
			}
		})
		for _, r := range before {
			if !read[r.ID] && !gone[r.ID] {
				t.Fatalf("seed %d: row %d was left out", seed, r.ID)
			}
		}
	}
}

func TestParsePlace(t *testing.T) {
	for _, s := range []string{
		"", "x", "%", "offset=1", "offset=-1&size=50&at=2026-01-02T03:04:05Z&id=1", "offset=1&size=0&at=2026-01-02T03:04:05Z&id=1",
		"offset=1&size=9999&at=2026-01-02T03:04:05Z&id=1", "offset=1&size=50&at=yesterday&id=1", "offset=9999999999999&size=50&at=2026-01-02T03:04:05Z&id=1",
	} {
		if p, ok := rest.ParsePlace(s); ok {
			t.Errorf("%q is %v", s, p)
		}
	}
}

// Whatever a cursor says, a page of it can be asked for and read.
func FuzzPlace(f *testing.F) {
	f.Add("offset=50&size=50&at=2026-01-02T03:04:05Z&id=1", 50, true)
	f.Add("offset=1073741824&size=1&at=0001-01-01T00:00:00Z&id=-1", 3, false)
	f.Fuzz(func(t *testing.T, cursor string, n int, more bool) {
		p, ok := rest.ParsePlace(cursor)
		if !ok {
			return
		}
		number, size := p.Page()
		if number < 1 || size < 1 || size > p.Size {
			t.Fatalf("page %d of %d", number, size)
		}
		n = min(max(n, 0), size)
		from, to, next, _ := p.Read(rows(0, n), more, rest.OldestFirst)
		if from < 0 || from > to || to > n {
			t.Fatalf("rows %d to %d of %d", from, to, n)
		}
		if again, ok := rest.ParsePlace(next.String()); ok && again != next {
			t.Fatalf("%v became %v", next, again)
		}
	})
}
