package jobs

import (
	"math"
	"time"
)

// pace measures items per second over active time. Older items count for less:
// an item's weight falls by half about every 20 seconds, but never by more than
// a twentieth for each item that follows, so that an hour between two items
// does not leave the last one alone to speak.
type pace struct {
	mark    time.Time // end of the last item, or start of the attempt; zero while paused
	items   float64
	seconds float64
}

const (
	paceSpan = 30.0 // seconds in which a weight falls to 1/e
	paceKeep = 0.95 // of its weight an item keeps at least, per item that follows
)

func (p *pace) resume(t time.Time) { p.mark = t }
func (p *pace) pause()             { p.mark = time.Time{} }

// skip moves on without counting: what was there already says nothing about
// how long the rest will take.
func (p *pace) skip(t time.Time) {
	if !p.mark.IsZero() {
		p.mark = t
	}
}

// jump has the clock's own leaps count for nothing.
func (p *pace) jump(ms int64) {
	if !p.mark.IsZero() {
		p.mark = p.mark.Add(time.Duration(ms) * time.Millisecond)
	}
}

func (p *pace) item(t time.Time) { p.batch(t, 1) }

// batch counts n items that ended at once.
func (p *pace) batch(t time.Time, n int) {
	if p.mark.IsZero() || n <= 0 {
		return
	}
	dt := max(t.Sub(p.mark).Seconds(), 0)
	keep := max(math.Exp(-dt/paceSpan), math.Pow(paceKeep, float64(n)))
	p.items = p.items*keep + float64(n)
	p.seconds = p.seconds*keep + dt
	p.mark = t
}

func (p *pace) rate(now time.Time) float64 {
	if p.items == 0 {
		return 0
	}
	mean := p.seconds / p.items
	seconds := p.seconds
	if !p.mark.IsZero() { // the item in hand already takes longer than the mean
		seconds += max(now.Sub(p.mark).Seconds()-mean, 0)
	}
	if seconds <= 0 {
		return 0
	}
	return p.items / seconds
}
