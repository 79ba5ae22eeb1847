package rest

import (
	"net/url"
	"strconv"
	"time"
)

// Place is how far a list was read that its host pages by number. The list is
// ordered by when its rows were created, and then by id.
//
// Rows may leave such a list while it is read, by being closed or deleted, and
// those after them move up, some of them to pages that were read already. So
// each page is asked for with an overlap: as long as it begins with a row that
// was read before, nothing lies between. Else the reading goes back.
//
// Pages can overlap because their size may be any up to Size. Where a host gives
// less than 13 rows a page, some places are the end of a page of every size, the
// first of them after as many rows as the sizes' least common multiple.
type Place struct {
	Offset int       // rows read, as they were counted then
	Size   int       // rows that the host gives a page, at most
	At     time.Time // when the last row that was read was created; zero: none was
	ID     int64     // of that row
	Most   int       // new rows wanted of a page; 0: all. Not in the cursor
}

// Row is what orders a list.
type Row struct {
	At time.Time
	ID int64
}

// Order is how a list is ordered.
type Order int

// The orders of lists.
const (
	OldestFirst Order = 1
	NewestFirst Order = -1
)

// Page is the page to ask for: one that begins before the end of what was read,
// and reaches as far beyond it as can be.
func (p Place) Page() (number, size int) {
	overlap := min(1+p.Size/50, p.Offset)
	reach := p.Offset
	for s := p.Size; s > 1; s-- {
		if n := (p.Offset-overlap)/s + 1; n*s > reach {
			reach, number, size = n*s, n, s
		}
	}
	if number == 0 { // no page does both
		return p.Offset/p.Size + 1, p.Size
	}
	return number, size
}

// begin is the offset of the page to ask for.
func (p Place) begin() int {
	number, size := p.Page()
	return (number - 1) * size
}

// Full is the place of the next page if this one is full.
func (p Place) Full() Place {
	number, size := p.Page()
	p.Offset = number * size
	return p
}

// Read takes the rows of the page that [Place.Page] names, and whether the host
// says that others follow. It returns which of them are new and wanted, and the
// place of the next page; there is none if done. Where rows may have been
// missed there are none, and the next page is an earlier one.
func (p Place) Read(rows []Row, more bool, order Order) (from, to int, next Place, done bool) {
	number, size := p.Page()
	next = p
	for !p.At.IsZero() && from < len(rows) && rows[from].compare(p)*int(order) <= 0 {
		from++
	}
	if from == 0 && number > 1 && p.begin() < p.Offset {
		next.Offset = max(p.Offset-p.Size, 0)
		return 0, 0, next, false
	}
	if more && len(rows) > 0 && len(rows) < size { // it gives fewer than it is asked for
		next.Size, size = len(rows), len(rows)
	}
	to = len(rows)
	if p.Most > 0 && to-from > p.Most {
		to, more = from+p.Most, true
	}
	next.Offset = (number-1)*size + to
	if from < to {
		next.At, next.ID = rows[to-1].At, rows[to-1].ID
	} else if more {
		next.Offset = number * size
	}
	return from, to, next, !more
}

func (r Row) compare(p Place) int {
	switch c := r.At.Compare(p.At); {
	case c != 0:
		return c
	case r.ID < p.ID:
		return -1
	case r.ID > p.ID:
		return 1
	}
	return 0
}

// String returns p as a cursor.
func (p Place) String() string {
	return url.Values{
		"offset": {strconv.Itoa(p.Offset)}, "size": {strconv.Itoa(p.Size)},
		"at": {p.At.UTC().Format(time.RFC3339Nano)}, "id": {strconv.FormatInt(p.ID, 10)},
	}.Encode()
}

// What is beyond is no place: no host gives or has as many.
const (
	maxSize   = 1000
	maxOffset = 1 << 30
)

// ParsePlace reads what [Place.String] wrote, and reports whether it did.
func ParsePlace(cursor string) (Place, bool) {
	q, err := url.ParseQuery(cursor)
	if err != nil {
		return Place{}, false
	}
	var p Place
	var errs [4]error
	p.Offset, errs[0] = strconv.Atoi(q.Get("offset"))
	p.Size, errs[1] = strconv.Atoi(q.Get("size"))
	p.At, errs[2] = time.Parse(time.RFC3339Nano, q.Get("at"))
	p.ID, errs[3] = strconv.ParseInt(q.Get("id"), 10, 64)
	for _, err := range errs {
		if err != nil {
			return Place{}, false
		}
	}
	return p, p.Offset >= 0 && p.Offset <= maxOffset && p.Size > 0 && p.Size <= maxSize
}
