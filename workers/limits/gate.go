package limits

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"time"

	"github.com/specweave/specweave/platform"
)

// Options are what a gate needs. Only Host is a must.
type Options struct {
	Dir       string // of the files that gates share; empty: nothing is shared
	Host      string // with its port, if that is not the usual one
	Reference string // where the credential comes from, never what it is
	Cap       int    // slots that this gate takes at most; 0: as many as it gets

	Logf    func(format string, args ...any) // what a person should know, each thing once; may be nil
	Waiting func()                           // called a few times a second while [Gate.Acquire] waits; may be nil
}

// Gate hands out the slots of one host and credential. Its methods may be
// called from any goroutine.
type Gate struct {
	opts  Options
	path  string // of the shared file; empty: none
	boot  string
	now   func() time.Time
	alive func(platform.Proc) bool

	turn  chan struct{} // held by the one who waits for a slot
	freed chan struct{} // a slot of this gate was given back

	mu   sync.Mutex
	mine lease
	last state // as of the last change
	said map[string]bool
}

// Open returns a gate. It reads who this process is, and touches no file.
func Open(opts Options) *Gate {
	if opts.Cap <= 0 {
		opts.Cap = most
	}
	g := &Gate{
		opts: opts, boot: platform.BootID(), now: time.Now, alive: platform.Proc.Alive,
		turn: make(chan struct{}, 1), freed: make(chan struct{}, 1),
		mine: lease{Proc: platform.ThisProc(), ID: rand.Uint32()}, //nolint:gosec // a name
		last: state{Schema: schemaVersion, window: fresh()},
		said: make(map[string]bool),
	}
	if opts.Dir != "" {
		g.path = filepath.Join(opts.Dir, fileName(opts.Host, opts.Reference))
	}
	return g
}

// LimitError says that a host wants to be left alone for longer than is waited
// for.
type LimitError struct {
	Host  string
	Until time.Time
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%s limits its use until %s", e.Host, e.Until.Format(time.RFC3339))
}

// Wait is how long a limit of a host is waited out.
const Wait = time.Minute

// Between two looks at what other processes have given back.
const (
	soonest = 100 * time.Millisecond
	latest  = 250 * time.Millisecond
)

// Acquire waits for a slot. The error is a [*LimitError] if the host wants to
// be left alone for more than [Wait], or ctx's cause. One who waits learns at
// once of a slot that this gate gets back, and within a quarter of a second of
// another's.
func (g *Gate) Acquire(ctx context.Context) (*Slot, error) {
	select {
	case g.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-g.turn }()
	for {
		slot, until := g.take()
		if slot != nil {
			return slot, nil
		}
		pause := soonest + rand.N(latest-soonest) //nolint:gosec // jitter
		if left := until.Sub(g.now()); left > Wait {
			g.withdraw()
			return nil, &LimitError{g.opts.Host, until}
		} else if left > 0 {
			pause = min(pause, left)
		}
		if g.opts.Waiting != nil {
			g.opts.Waiting()
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-g.freed:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			g.withdraw()
			return nil, context.Cause(ctx)
		}
	}
}

// take takes a slot if there is one. Otherwise it returns until when the host
// wants to be left alone, if it does.
func (g *Gate) take() (*Slot, time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.mine.Slots >= g.opts.Cap {
		return nil, time.Time{}
	}
	now := g.now().UnixMilli()
	var got bool
	var mine lease
	g.change(now, func(s *state) {
		mine, got = g.mine, false
		if now >= s.Until {
			if mine.Waits == 0 {
				mine.Waits = now
			}
			got = s.admits(mine, now) || s.bury(g.alive) && s.admits(mine, now)
			mine.Refresh = now
		}
		if got {
			mine.Slots++
			mine.Waits, mine.Refresh = 0, 0
		}
		s.put(mine)
	})
	g.mine = mine
	if !got {
		return nil, time.UnixMilli(g.last.Until)
	}
	return &Slot{gate: g, began: now}, time.Time{}
}

// Slots is how many slots the host granted when it was last asked for one.
func (g *Gate) Slots() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.last.slots()
}

// Until is when the host wants to be asked again, as of the same moment; it may
// be past.
func (g *Gate) Until() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.UnixMilli(g.last.Until)
}

// withdraw takes back that this gate waits.
func (g *Gate) withdraw() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.mine.Waits == 0 {
		return
	}
	g.mine.Waits, g.mine.Refresh = 0, 0
	g.change(g.now().UnixMilli(), func(s *state) { s.put(g.mine) })
}

// change changes what is shared, or what is known here where nothing is shared
// or that cannot be done. It may call f twice.
func (g *Gate) change(now int64, f func(*state)) {
	if g.path != "" {
		s, err := change(g.path, g.boot, now, g.say, f)
		if err == nil {
			g.last = *s
			return
		}
		g.say(fmt.Errorf("%w; the limits of %s are not shared with other jobs", err, g.opts.Host))
		g.path, g.last.Leases = "", nil
		if g.mine.Slots > 0 {
			g.last.Leases = []lease{g.mine}
		}
	}
	g.last.sane(now)
	f(&g.last)
}

// say tells a person something once.
func (g *Gate) say(err error) {
	if g.opts.Logf != nil && !g.said[err.Error()] {
		g.said[err.Error()] = true
		g.opts.Logf("%v", err)
	}
}

// Slot is the right to ask the host, for one clone. The first of its methods
// that is called gives it back; the others then do nothing.
type Slot struct {
	gate  *Gate
	began int64
	once  sync.Once
}

// Done says that the host did what it was asked.
func (s *Slot) Done() {
	s.back(func(st *state, _ int64) { st.succeeded(s.began, st.taken() >= st.slots()) })
}

// Drop says nothing about the host.
func (s *Slot) Drop() { s.back(func(*state, int64) {}) }

// Refused says that the host refused: half as many slots are left. wait is how
// long it wants to be left alone by everyone, twice as long with each refusal
// in a row; 0: it only wants less at once.
func (s *Slot) Refused(wait time.Duration) {
	s.back(func(st *state, now int64) { st.refused(s.began, now, wait) })
}

// Stale reports whether the host has refused something since this slot was
// taken, as far as this process has heard: who is refused then need not ask why.
func (s *Slot) Stale() bool {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	return s.began <= s.gate.last.Cut
}

func (s *Slot) back(f func(*state, int64)) {
	s.once.Do(func() {
		g := s.gate
		g.mu.Lock()
		g.mine.Slots--
		now := g.now().UnixMilli()
		g.change(now, func(st *state) {
			f(st, now)
			st.put(g.mine)
		})
		g.mu.Unlock()
		select {
		case g.freed <- struct{}{}:
		default:
		}
	})
}
