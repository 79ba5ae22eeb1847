package limits

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestWindow(t *testing.T) {
	t.Parallel()
	const minute = 60_000
	w := fresh()
	for i := range int64(4) {
		w.succeeded(100+i, true)
	}
	if w.slots() != first+4 {
		t.Errorf("%d slots after four successes; one each until the first refusal", w.slots())
	}
	w.succeeded(200, false)
	if w.slots() != first+4 {
		t.Errorf("%d slots; a window that was not full says nothing", w.slots())
	}
	for range 5 { // one burst
		w.refused(300, 1000, 0)
	}
	if w.slots() != (first+4)/2 || w.Until != 0 {
		t.Errorf("%+v after a burst; want half of it, once", w)
	}
	w.succeeded(900, true) // began before the refusal
	if w.Strikes != 1 || w.slots() != (first+4)/2 {
		t.Errorf("%+v", w)
	}
	n := w.slots()
	for range n {
		w.succeeded(1001, true)
	}
	if w.slots() != n { // 6 slots take six successes and a little
		t.Errorf("%d slots after one round", w.slots())
	}
	w.succeeded(1001, true)
	if w.slots() != n+1 || w.Strikes != 0 {
		t.Errorf("%+v after one round; want one more than %d", w, n)
	}
	for i, want := range []int64{30_000, minute, 2 * minute, 4 * minute} {
		now := int64(10_000_000 * (i + 1))
		w.refused(now-1, now, 30*time.Second)
		if w.Until != now+want {
			t.Errorf("refusal %d: left alone for %d ms; want %d", i+1, w.Until-now, want)
		}
	}
	if w.slots() != 1 {
		t.Errorf("%d slots", w.slots())
	}
	w.refused(w.Cut, w.Cut+5, 3*time.Hour) // of the same burst, and law all the same
	if w.Until < w.Cut+3*3600_000 {
		t.Errorf("%+v", w)
	}
}

// Whatever happens, there is a slot, and not too many, and nobody is kept away
// for more than a day.
func TestWindowLaws(t *testing.T) {
	t.Parallel()
	numbers := []float64{0, 1, -1, 0.5, 7, 1e300, -1e300, math.MaxInt64, math.NaN(), math.Inf(1), math.Inf(-1)}
	waits := []time.Duration{-1, 0, 1, time.Second, time.Minute, 100 * time.Hour, math.MaxInt64}
	rnd := rand.New(rand.NewPCG(1, 2))
	const start = int64(1_700_000_000_000)
	for range 2000 {
		pick := func() float64 { return numbers[rnd.IntN(len(numbers))] }
		moments := []int64{0, 1, -1, start - 1, start, start + 1, math.MaxInt64, math.MinInt64}
		w := window{pick(), pick(), rnd.IntN(100) - 50, moments[rnd.IntN(len(moments))], moments[rnd.IntN(len(moments))]}
		before := w
		now := start
		w.sane(now)
		for range 50 {
			now += rnd.Int64N(5000)
			old, began := w, now-rnd.Int64N(6000)
			if rnd.IntN(2) == 0 {
				w.succeeded(began, rnd.IntN(2) == 0)
				if w.Size < old.Size || w.Size > old.Size+1 || w.Until != old.Until {
					t.Fatalf("success: %+v became %+v", old, w)
				}
			} else {
				wait := waits[rnd.IntN(len(waits))]
				w.refused(began, now, wait)
				if w.Size > old.Size || w.Size < old.Size/2 || w.Until < old.Until || wait > 0 && w.Until < now+min(wait, longest).Milliseconds() {
					t.Fatalf("refusal, wait %v: %+v became %+v", wait, old, w)
				}
			}
			if n := w.slots(); n < 1 || n > most || w.Until > now+longest.Milliseconds() {
				t.Fatalf("%+v led to %+v", before, w)
			}
		}
	}
}
