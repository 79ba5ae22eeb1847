package jira

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestWindow(t *testing.T) {
	for name, test := range map[string]struct {
		at       place
		numbers  []int64
		total    int
		from, to int
		next     step
		start    int
	}{
		"the first":               {place{}, []int64{1, 2, 3}, 9, 0, 3, more, 0},
		"the first and last":      {place{}, []int64{1, 2, 3}, 3, 0, 3, done, 0},
		"none":                    {place{}, nil, 0, 0, 0, done, 0},
		"the second":              {place{3, 3}, []int64{3, 4, 5, 6}, 9, 1, 4, more, 2},
		"the last":                {place{6, 6}, []int64{6, 7, 8, 9}, 9, 1, 4, done, 5},
		"one was added before":    {place{3, 3}, []int64{2, 3, 4, 5}, 10, 2, 4, more, 2},
		"some are gone":           {place{6, 6}, []int64{8, 9}, 7, 0, 0, again, 2},
		"all are gone":            {place{6, 6}, nil, 2, 0, 0, again, 2},
		"all of them were read":   {place{6, 6}, []int64{3, 4, 5}, 9, 0, 0, again, 7},
		"and there are no others": {place{6, 6}, []int64{5, 6}, 7, 0, 0, done, 5},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWindow(test.at, 3)
			from, to, next := w.read(test.numbers, test.total)
			if next != test.next || next == more && (from != test.from || to != test.to) || w.start != test.start {
				t.Errorf("%d to %d, step %d, start %d", from, to, next, w.start)
			}
		})
	}
}

// TestLists reads lists that grow and shrink at any place between two requests,
// from servers that give any number of issues a page.
func TestLists(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		there := make(map[int64]bool) // and whether it stayed all the time
		for n := range int64(40) {
			if random.IntN(4) > 0 {
				there[n+1] = true
			}
		}
		stayed := func() (list []int64) {
			for n, steady := range there {
				if steady {
					list = append(list, n)
				}
			}
			slices.Sort(list)
			return list
		}
		wanted, most := 1+random.IntN(8), 1+random.IntN(8)
		var got []int64
		at, requests := place{}, 0
		for end := false; !end; {
			w := newWindow(at, wanted)
			for next := again; next == again; requests++ {
				if requests > 2000 {
					t.Fatalf("no end: %d wanted of %d a page", wanted, most)
				}
				var list []int64
				for n := range there {
					list = append(list, n)
				}
				slices.Sort(list)
				begin := min(w.start, len(list))
				page := list[begin:min(begin+min(w.size, most), len(list))]
				var from, to int
				if from, to, next = w.read(page, len(list)); next != again {
					got = append(got, page[from:to]...)
				}
				if end = next == done; next == more {
					at = place{w.start + to, page[to-1]}
				}
			}
			for range random.IntN(4) { // people go on working
				if n := 1 + random.Int64N(40); random.IntN(3) > 0 {
					delete(there, n)
				} else if _, ok := there[n]; !ok {
					there[n] = false
				}
			}
		}
		for _, n := range stayed() {
			if i := slices.Index(got, n); i < 0 {
				t.Fatalf("%d was left out: %d, %d wanted of %d a page", n, got, wanted, most)
			}
		}
		if slices.Sort(got); len(slices.Compact(got)) != len(got) {
			t.Fatalf("some came twice: %d", got)
		}
	}
}

func TestPlace(t *testing.T) {
	for _, at := range []place{{}, {100, 1 << 40}} {
		if got, ok := parsePlace(at.String()); !ok || got != at {
			t.Errorf("%v: %v, %v", at, got, ok)
		}
	}
	for _, cursor := range []string{"1", "/", "1/", "/1", "-1/2", "1/2/3", "4294967296/1", "1/+2", " 1/2"} {
		if got, ok := parsePlace(cursor); ok {
			t.Errorf("%q: %v", cursor, got)
		}
	}
}
