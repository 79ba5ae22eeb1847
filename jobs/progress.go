package jobs

import (
	"encoding/json"
	"sync"
	"time"
)

// Progress is a worker's view of its job: what is done, and where to note
// more. Its methods may be called from any goroutine; each that returns an
// error has written one line to the journal when it returns nil, and a worker
// that gets an error must stop: nothing it does afterwards would be known.
type Progress struct {
	mu       sync.Mutex
	journal  *Journal
	state    State
	now      func() time.Time
	last     time.Time   // of the last event, by both clocks; zero before the first
	noted    func(Event) // after each event that is on disk; may be nil
	reported func()      // after each Report; may be nil
	alive    func()      // the work moves; may be nil
	drain    func() bool // a person wants no item to begin; may be nil
	log      *Log
}

// Total notes how many items there are; it may grow.
func (p *Progress) Total(n int) error { return p.note(Event{Kind: KindTotal, N: n}) }

// Seen reports whether there is nothing to do for item in this attempt: it was
// done or skipped, now or earlier, or it is not what a person wants retried.
func (p *Progress) Seen(item string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.state.due(item)
}

// Succeeded reports whether item was done or skipped, now or earlier.
func (p *Progress) Succeeded(item string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.Seen(item)
}

// Begin notes that work on item has begun. The error is a [*PauseError] when a
// person wants no more items to begin; those in hand are for the worker to
// finish.
func (p *Progress) Begin(item string) error {
	if p.drain != nil && p.drain() {
		return &PauseError{Reason: errDrained.Error()}
	}
	return p.note(Event{Kind: KindBegin, Item: item})
}

// Done notes that item is done. Its effects must be on disk.
func (p *Progress) Done(item string) error { return p.note(Event{Kind: KindDone, Item: item}) }

// Skip notes that there was nothing to do for item.
func (p *Progress) Skip(item string) error { return p.note(Event{Kind: KindSkip, Item: item}) }

// Update notes that item was there and has been brought up to date. Its effects
// must be on disk.
func (p *Progress) Update(item string) error {
	return p.note(Event{Kind: KindDone, Item: item, How: Updated})
}

// Unchanged notes that item was there and that there is nothing newer.
func (p *Progress) Unchanged(item string) error {
	return p.note(Event{Kind: KindSkip, Item: item, How: Unchanged})
}

// Keep notes that item was there and stays as a person left it. why is one line
// for people and holds no secret.
func (p *Progress) Keep(item, why string) error {
	return p.note(Event{Kind: KindSkip, Item: item, How: Kept, Why: why})
}

// Fail notes that item failed for good in this attempt. class is one word that
// a retry can select ("network", "auth", …); message is one line for people
// and holds no secret.
func (p *Progress) Fail(item, class, message string) error {
	return p.note(Event{Kind: KindFail, Item: item, Class: class, Err: message})
}

// Cursor unmarshals the last cursor into v and reports whether there was one.
func (p *Progress) Cursor(v any) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state.Cursor == nil {
		return false, nil
	}
	return true, json.Unmarshal(p.state.Cursor, v)
}

// SetCursor records how far the worker has come; the record is durable when it
// returns. Everything before the cursor must already be.
func (p *Progress) SetCursor(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return p.note(Event{Kind: KindCursor, Cursor: b})
}

// Alive says that the work moves although no item is done yet. A worker that
// neither notes an event nor calls Alive for ten minutes is taken for hung and
// restarted by the operating system.
func (p *Progress) Alive() {
	if p.alive != nil {
		p.alive()
	}
}

// Logf writes one line to the job's log.
func (p *Progress) Logf(format string, args ...any) { p.log.Printf(format, args...) }

func (p *Progress) note(e Event) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	e.Time = now.UTC().Truncate(time.Millisecond)
	if i := indexLive(p.state.live, e.Item); i >= 0 && e.Kind != KindBegin {
		e.Bytes = p.state.live[i].Bytes
	}
	if !p.last.IsZero() {
		e.Jump = leap(now.Round(0).Sub(p.last.Round(0)), now.Sub(p.last)) // Round(0): by the wall clock
	}
	if err := p.journal.Append(e); err != nil {
		return err
	}
	p.last = now
	p.state.apply(e)
	p.Alive()
	if p.noted != nil {
		p.noted(e)
	}
	return nil
}

// leapFrom is what a leap is at least: less is what keeps a clock right.
const leapFrom = 5 * time.Second

// leap returns by how many milliseconds the wall clock went further than the
// monotonic one, which nobody sets and which stands still while the machine
// sleeps; see package time.
func leap(wall, monotonic time.Duration) int64 {
	d := wall - monotonic
	if d.Abs() < leapFrom {
		return 0
	}
	return d.Milliseconds()
}
