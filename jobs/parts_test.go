package jobs

import (
	"errors"
	"testing"
	"time"
)

// Parts count in the place of the item that they are of, once however often
// their place is noted, and an item that failed may become whole.
func TestParts(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	next := func() time.Time { at = at.Add(time.Second); return at }
	var s State
	for _, e := range []Event{
		{Kind: KindStart},
		{Kind: KindBegin, Item: "a"},
		{Kind: KindCursor, Item: "a", Cursor: []byte(`{"next":"2"}`), Counts: &Counts{Done: 10, Updated: 2, Unchanged: 3}},
		{Kind: KindLost},
		{Kind: KindStart},
		{Kind: KindBegin, Item: "a"},
		{Kind: KindCursor, Item: "a", Cursor: []byte(`{"next":"2"}`), Counts: &Counts{Done: 10, Updated: 2, Unchanged: 3}},
		{Kind: KindCursor, Item: "a", Cursor: []byte(`{"next":"3"}`), Counts: &Counts{Done: 20, Updated: 2, Unchanged: 4}},
		{Kind: KindFail, Item: "a", Class: "network"},
		{Kind: KindRetry},
		{Kind: KindStart},
		{Kind: KindBegin, Item: "a"},
	} {
		e.Time = next()
		s.apply(e)
	}
	p := Progress{state: s}
	var place struct{ Next string }
	if ok, err := p.Place("a", &place); !ok || err != nil || place.Next != "3" {
		t.Errorf("place %v %v %+v", ok, err, place)
	}
	if ok, err := p.Place("b", &place); ok || err != nil {
		t.Errorf("place of another: %v %v", ok, err)
	}
	s.apply(Event{Kind: KindDone, Item: "a", How: Whole, Time: next()})
	if s.Done != 20 || s.Updated != 2 || s.Skipped != 4 || s.Failed != 0 || !s.Seen("a") || len(s.Completed()) != 0 {
		t.Errorf("%+v", s)
	}
	if s.Rate(at) <= 1 {
		t.Errorf("%v a second, want the parts to count", s.Rate(at))
	}
}

// What a worker adds to the result stands beside what every job has.
func TestResultMore(t *testing.T) {
	t.Parallel()
	store := Open(t.TempDir())
	job, err := store.Create(ImportIssues, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := store.Claim(job.ID)
	if err != nil {
		t.Fatal(err)
	}
	c.drain = func() bool { return true }
	var pause *PauseError
	err = errors.Join(c.Start(""), c.Total(5))
	if asked := c.Advance("a", map[string]int{"n": 1}, Counts{Done: 5}); !errors.As(asked, &pause) {
		t.Errorf("no pause though a person wants one: %v", asked)
	}
	err = errors.Join(err, c.Whole("a"), c.Result(map[string]any{"platforms": []string{"github"}, "jobId": "x"}), c.Complete(nil), c.Close())
	if err != nil {
		t.Fatal(err)
	}
	r, err := store.Result(job.ID)
	if err != nil {
		t.Fatal(err)
	}
	o, err := parseObject(r.More)
	if err != nil || string(o.get("platforms")) != "[\n    \"github\"\n  ]" || r.ID != job.ID || r.Succeeded != 5 || r.New != 5 {
		t.Errorf("%v\n%s\n%+v", err, r.More, r)
	}
}
