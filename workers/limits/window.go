package limits

import (
	"math"
	"time"
)

// window is how many slots a host grants, as far as that is known. Moments are
// in milliseconds since 1970.
type window struct {
	Size      float64 `json:"window"`
	Threshold float64 `json:"threshold"` // up to here each success adds one, beyond it each round
	Strikes   int     `json:"strikes"`   // refusals in a row
	Cut       int64   `json:"cut"`       // when it was last halved; 0: never
	Until     int64   `json:"until"`     // nobody begins before
}

const (
	first    = 8   // slots of a host that nothing is known of
	most     = 256 // slots of any host
	longest  = 24 * time.Hour
	doubled  = time.Hour // waits that nobody asked for grow up to here
	forgets  = time.Hour // without use and after a limit, until what is known of a host is too old
	maxTimes = 20        // doublings; more than doubled has
)

func fresh() window { return window{Size: first, Threshold: most} }

// slots is how many may be taken.
func (w *window) slots() int { return max(int(w.Size), 1) }

// succeeded takes note of a success that began at a moment. It says something
// only if the window was full, and if it began after the last refusal.
func (w *window) succeeded(began int64, full bool) {
	if began <= w.Cut {
		return
	}
	w.Strikes = 0
	switch {
	case !full:
	case w.Size < w.Threshold:
		w.Size++
	default:
		w.Size += 1 / w.Size
	}
	w.Size = min(w.Size, most)
}

// refused takes note of a refusal of what began at a moment. Those that began
// before the last one was heard of belong to the same burst and halve nothing
// again. wait is how long the host wants to be left alone; 0: it did not say.
// It doubles with each refusal in a row.
func (w *window) refused(began, now int64, wait time.Duration) {
	if began > w.Cut {
		w.Size = max(w.Size/2, 1)
		w.Threshold = w.Size
		w.Strikes = min(w.Strikes+1, maxTimes)
		w.Cut = now
	}
	if wait <= 0 {
		return
	}
	grown := float64(wait) * math.Pow(2, float64(max(w.Strikes-1, 0)))
	grown = max(min(grown, float64(doubled)), float64(wait))
	w.Until = max(w.Until, now+int64(min(grown, float64(longest))/float64(time.Millisecond)))
}

// sane makes whatever was read a window that can do no harm.
func (w *window) sane(now int64) {
	if !(w.Size >= 1) { // nor a number at all
		*w = fresh()
	}
	w.Size = min(w.Size, most)
	if !(w.Threshold >= 1) {
		w.Threshold = most
	}
	w.Strikes = min(max(w.Strikes, 0), maxTimes)
	if w.Cut > now || w.Cut < 0 {
		w.Cut = 0 // the clock was set back
	}
	if w.Until > now+longest.Milliseconds() {
		w.Until = 0
	}
}
