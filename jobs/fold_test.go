package jobs

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/platform"
)

var t0 = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// lines encodes events a second apart as a journal.
func lines(events ...Event) []byte {
	var b []byte
	for i, e := range events {
		if e.Time.IsZero() {
			e.Time = t0.Add(time.Duration(i) * time.Second)
		}
		line, err := json.Marshal(e)
		if err != nil {
			panic(err)
		}
		b = append(append(b, line...), '\n')
	}
	return b
}

func sample() []byte {
	return lines(
		Event{Kind: KindStart, Proc: &platform.Proc{PID: 7, Started: 1}, Boot: "b", Unit: "u-1"},
		Event{Kind: KindTotal, N: 4},
		Event{Kind: KindBegin, Item: "a"}, Event{Kind: KindBegin, Item: "b"},
		Event{Kind: KindDone, Item: "a"}, Event{Kind: KindFail, Item: "b", Class: "network", Err: "no"},
		Event{Kind: KindSkip, Item: "c"}, Event{Kind: KindCursor, Cursor: json.RawMessage(`{"page":2}`)},
		Event{Kind: KindPause, Until: t0.Add(time.Hour), Err: "rate limit"},
		Event{Kind: KindStart, Proc: &platform.Proc{PID: 8, Started: 2}, Boot: "b", Unit: "u-2"},
		Event{Kind: KindBegin, Item: "b"}, Event{Kind: KindDone, Item: "b"}, Event{Kind: KindBegin, Item: "d"}, Event{Kind: KindFail, Item: "d", Class: "auth", Err: "denied"},
		Event{Kind: KindEnd, Status: CompletedWithWarnings, Err: "1 of 4 items failed"},
	)
}

func TestFold(t *testing.T) {
	t.Parallel()
	s, n, err := Fold(sample())
	if err != nil || n != len(sample()) {
		t.Fatalf("%d of %d bytes: %v", n, len(sample()), err)
	}
	if s.Status != CompletedWithWarnings || s.Attempt != 2 || s.Total != 4 || s.Done != 3 || s.Skipped != 1 || s.Failed != 1 {
		t.Errorf("%+v", s)
	}
	if d := cmp.Diff([]string{"a", "c", "b"}, s.Completed()); d != "" {
		t.Error(d)
	}
	if f := s.Failures(); len(f) != 1 || f[0].Item != "d" || f[0].Class != "auth" {
		t.Errorf("%+v", f)
	}
	if s.Percent() != 100 || s.Proc.PID != 8 || s.Unit != "u-2" || !s.StartedAt.Equal(t0) {
		t.Errorf("%+v", s)
	}
}

// A journal cut at any byte still folds, and never to more than the whole.
func TestFoldEveryPrefix(t *testing.T) {
	t.Parallel()
	full := sample()
	whole, _, err := Fold(full)
	if err != nil {
		t.Fatal(err)
	}
	for i := range full {
		s, n, err := Fold(full[:i])
		if err != nil || n > i || s.Done > whole.Done || s.Done < s.Skipped || s.Current() > whole.Total {
			t.Fatalf("cut at %d: %d bytes, %v, %+v", i, n, err, s)
		}
	}
}

func TestFoldNamesTheDamagedByte(t *testing.T) {
	t.Parallel()
	full := sample()
	at := slices.Index(full, '\n') + 1
	damaged := slices.Clone(full)
	damaged[at] = '#'
	s, n, err := Fold(damaged)
	if !errors.Is(err, ErrCorrupt) || n != at || !strings.Contains(err.Error(), fmt.Sprintf("byte %d", at)) {
		t.Errorf("%d bytes, %v", n, err)
	}
	if s.Attempt != 1 {
		t.Errorf("what stands before the damage is lost: %+v", s)
	}
}

// A summary line alone says what the whole journal says, but for the names.
func TestSummaryLine(t *testing.T) {
	t.Parallel()
	s, _, _ := Fold(sample()[:len(sample())-1])
	var brief State
	brief.apply(Event{Time: s.UpdatedAt, Kind: KindEnd, Status: Completed, Sum: s.summary()})
	if d := cmp.Diff(*s.summary(), *brief.summary()); d != "" {
		t.Error(d)
	}
}

func TestItemsCountOnce(t *testing.T) {
	t.Parallel()
	s, _, err := Fold(lines(
		Event{Kind: KindStart}, Event{Kind: KindTotal, N: 2},
		Event{Kind: KindDone, Item: "a"}, Event{Kind: KindDone, Item: "a"}, Event{Kind: KindSkip, Item: "a"},
		Event{Kind: KindFail, Item: "b", Err: "1"}, Event{Kind: KindFail, Item: "b", Err: "2"},
	))
	if err != nil || s.Done != 1 || s.Skipped != 0 || s.Failed != 1 || s.Failures()[0].Error != "2" {
		t.Errorf("%v %+v", err, s)
	}
}

func TestFruitless(t *testing.T) {
	t.Parallel()
	start, done := Event{Kind: KindStart}, Event{Kind: KindDone, Item: "a"}
	for _, c := range []struct {
		events []Event
		want   int
	}{
		{[]Event{start}, 1},
		{[]Event{start, start, start}, 3},
		{[]Event{start, start, done}, 0},
		{[]Event{start, {Kind: KindPause}, start}, 1},
		{[]Event{start, {Kind: KindLost}, start}, 2},
		{[]Event{start, start, {Kind: KindCursor, Cursor: json.RawMessage("1")}}, 0},
	} {
		if s, _, _ := Fold(lines(c.events...)); s.Fruitless != c.want {
			t.Errorf("%v: %d, want %d", c.events, s.Fruitless, c.want)
		}
	}
}

// A machine that went down is not held against the job as one that died is.
func TestCuts(t *testing.T) {
	t.Parallel()
	first, again, next := Event{Kind: KindStart, Boot: "a"}, Event{Kind: KindStart, Boot: "a"}, Event{Kind: KindStart, Boot: "b"}
	for _, c := range []struct {
		events          []Event
		fruitless, cuts int
	}{
		{[]Event{first, again}, 2, 0},
		{[]Event{first, next}, 2, 1},
		{[]Event{first, {Kind: KindLost}, next, {Kind: KindLost}, first}, 3, 2},
		{[]Event{first, {Kind: KindPause}, next}, 1, 0},
		{[]Event{first, next, {Kind: KindDone, Item: "a"}, next}, 1, 0},
		{[]Event{first, {Kind: KindDone, Item: "a"}, {Kind: KindLost}, next}, 1, 0},
	} {
		if s, _, _ := Fold(lines(c.events...)); s.Fruitless != c.fruitless || s.Cuts != c.cuts {
			t.Errorf("%v: %d of %d, want %d of %d", c.events, s.Cuts, s.Fruitless, c.cuts, c.fruitless)
		}
	}
}

func TestPace(t *testing.T) {
	t.Parallel()
	var p pace
	now := t0
	p.resume(now)
	if p.rate(now) != 0 {
		t.Error("a rate without an item")
	}
	for range 100 {
		now = now.Add(time.Second)
		p.item(now)
	}
	if r := p.rate(now); r < 0.99 || r > 1.01 {
		t.Errorf("one a second: %v", r)
	}
	p.pause()
	now = now.Add(24 * time.Hour)
	p.resume(now)
	now = now.Add(time.Second)
	p.item(now)
	if r := p.rate(now); r < 0.99 || r > 1.01 {
		t.Errorf("after a pause of a day: %v", r)
	}
	for range 60 {
		now = now.Add(20 * time.Minute)
		p.item(now)
	}
	if perHour := p.rate(now) * 3600; perHour < 2.8 || perHour > 3.5 {
		t.Errorf("three an hour: %v", perHour)
	}
	for range 40 {
		p.skip(now)
	}
	if perHour := p.rate(now) * 3600; perHour > 3.5 {
		t.Errorf("skipped items count: %v", perHour)
	}
	if silent := p.rate(now.Add(10*time.Hour)) * 3600; silent > 2.5 {
		t.Errorf("ten silent hours do not show: %v", silent)
	}
	p.jump(int64(24 * time.Hour / time.Millisecond)) // the clock was set on
	if r := p.rate(now.Add(24*time.Hour)) * 3600; r < 2.8 || r > 3.5 {
		t.Errorf("an hour of the clock's own shows: %v", r)
	}
	p.item(now.Add(23 * time.Hour)) // and back, before anybody noticed
	if r := p.rate(now); r < 0 {
		t.Errorf("negative: %v", r)
	}
}

func TestLeap(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		wall, monotonic time.Duration
		want            int64
	}{
		{0, 0, 0},
		{time.Hour, time.Hour, 0},
		{time.Hour + time.Second, time.Hour, 0}, // it was kept right
		{25 * time.Hour, time.Hour, 86_400_000}, // it was set on, or the machine slept
		{time.Second - time.Hour, time.Second, -3_600_000},
	} {
		if got := leap(tt.wall, tt.monotonic); got != tt.want {
			t.Errorf("%v, %v: %d, want %d", tt.wall, tt.monotonic, got, tt.want)
		}
	}
	done := func(s, jump int64) Event {
		return Event{Time: t0.Add(time.Duration(s) * time.Second), Jump: jump * 1000, Kind: KindDone, Item: fmt.Sprint(s)}
	}
	s, _, err := Fold(lines(Event{Time: t0, Kind: KindStart}, Event{Time: t0, Kind: KindTotal, N: 10},
		done(1, 0), done(2, 0), done(3603, 3600), done(4, -3600)))
	if r := s.Rate(s.UpdatedAt); err != nil || r < 0.99 || r > 1.01 {
		t.Errorf("one a second: %v, %v", r, err)
	}
}

func FuzzFold(f *testing.F) {
	f.Add(sample())
	f.Add([]byte("{}\n{\"k\":\"done\"}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, n, err := Fold(data)
		if n > len(data) || n < 0 {
			t.Fatal(n)
		}
		again, m, err2 := Fold(data[:n])
		if err2 != nil || m != n || again.Done != s.Done || again.Status != s.Status {
			t.Fatalf("%v %v: %+v and %+v", err, err2, s, again)
		}
	})
}

func TestJournalCutsTornTail(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	full := sample()
	for _, cut := range []int{1, 10, len(full) - 1} {
		write(t, path, full[:cut])
		j, s, err := OpenJournal(path)
		if err != nil {
			t.Fatal(err)
		}
		e := Event{Time: t0, Kind: KindDone, Item: "after"}
		if err := errors.Join(j.Append(e), j.Close()); err != nil {
			t.Fatal(err)
		}
		got, n, err := Fold(read(t, path))
		if err != nil || n != len(read(t, path)) || got.Done != s.Done+1 {
			t.Errorf("cut at %d: %v, %+v", cut, err, got)
		}
	}
}
