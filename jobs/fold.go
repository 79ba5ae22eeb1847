package jobs

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/specweave/specweave/platform"
)

// ErrCorrupt is wrapped by the error for a journal that is damaged before its
// last line. The error names the byte.
var ErrCorrupt = errors.New("journal is corrupt")

// State is what a job's journal adds up to.
type State struct {
	Status    Status
	Revision  int // events so far
	Attempt   int // starts so far; only grows, so unit names are never used twice
	Fruitless int // starts since the last done, skip, cursor, pause or retry
	Cuts      int // of Fruitless, those after an attempt that died together with the machine
	Restarts  int // starts under the same unit after its first

	Total   int      // items there are; 0 while unknown
	Done    int      // items done or skipped, in all attempts
	Skipped int      // of Done, those where nothing was to do
	Failed  int      // items whose last try failed
	Updated int      // of Done, those that were there and have been brought up to date
	Kept    int      // of Skipped, those that stay as a person left them
	Bytes   int64    // received for the items that have ended
	Running []string // items begun and not ended, in the order of their beginning

	InHand []string // what Running was when the last attempt ended

	Cursor      json.RawMessage
	ResumeAfter time.Time // when Paused: zero means that a person resumes it
	Lost        bool      // when Paused: in place of an attempt that died
	Only        string    // the class of failure that a retry is confined to; "" for none
	Error       string    // why it is Paused or Failed, or the warning

	StartedAt   time.Time // of the first attempt
	UpdatedAt   time.Time
	CompletedAt time.Time

	Job  string        // id that the last attempt noted
	Proc platform.Proc // of the last attempt
	Boot string
	Unit string

	done   []string
	seen   map[string]struct{}
	failed map[string]Failure
	fails  int // failures so far, to keep their order
	kept   []KeptItem
	parts  map[string]part // of items that are worked through part by part
	result json.RawMessage // for result.json
	live   []Live          // not from the journal
	pace   pace
}

// Failure is an item whose last try failed.
type Failure struct {
	Item  string
	Class string
	Error string
	n     int  // the order of their failing
	again bool // it is being tried again
}

// KeptItem is an item that stays as a person left it.
type KeptItem struct{ Item, Why string }

// Retryable reports whether the job is over, and something in it failed.
func (s *State) Retryable() bool {
	return s.Status == Failed || s.Status == CompletedWithWarnings && s.Failed > 0
}

// Current returns how many items have been dealt with, well or badly.
func (s *State) Current() int { return s.Done + s.Failed }

// Percent returns Current in percent of Total, rounded as SpecWeave does.
func (s *State) Percent() int {
	if s.Total <= 0 {
		return 0
	}
	return int(float64(s.Current())/float64(s.Total)*100 + 0.5)
}

// Seen reports whether item was done or skipped in any attempt.
func (s *State) Seen(item string) bool {
	_, ok := s.seen[item]
	return ok
}

// stopped reports whether the job waits for a person.
func (s *State) stopped() bool { return s.Status == Paused && s.ResumeAfter.IsZero() }

// settled reports whether nobody but a person goes on with the job.
func (s *State) settled() bool { return s.Status.Terminal() || s.stopped() }

// due reports whether item is for this attempt: not done, and failed in the
// class that a retry is confined to, if it is.
func (s *State) due(item string) bool {
	return !s.Seen(item) && (s.Only == "" || s.failed[item].Class == s.Only)
}

// Completed returns the items done or skipped, in the order they ended. It is
// nil for a state that was read from a summary.
func (s *State) Completed() []string { return s.done }

// KeptItems returns the items that stay as a person left them, in the order they
// were found. It is nil for a state that was read from a summary.
func (s *State) KeptItems() []KeptItem { return s.kept }

// Failures returns the items whose last try failed, in the order they did. It
// is nil for a state that was read from a summary.
func (s *State) Failures() []Failure {
	all := slices.SortedFunc(maps.Values(s.failed), func(a, b Failure) int { return cmp.Compare(a.n, b.n) })
	return slices.DeleteFunc(all, func(f Failure) bool { return f.again })
}

// Rate returns items per second over active time, recent items weighing most;
// 0 while unknown. now is needed since a long silence lowers it.
func (s *State) Rate(now time.Time) float64 { return s.pace.rate(now) }

// ETA returns how long the rest will take at the present rate; 0 while unknown.
func (s *State) ETA(now time.Time) time.Duration {
	r, rest := s.Rate(now), s.Total-s.Current()
	if r <= 0 || rest <= 0 {
		return 0
	}
	return time.Duration(float64(rest) / r * float64(time.Second))
}

// Fold replays a journal. A torn last line is ignored; n is the length of the
// part that was replayed. An error wraps [ErrCorrupt] and leaves the state as
// it was before the damaged line.
func Fold(data []byte) (s State, n int, err error) {
	s.Status = Pending
	n, err = s.replay(data, 0)
	return s, n, err
}

// replay applies the whole lines of data, which begins at byte offset of its
// journal, and returns their length.
func (s *State) replay(data []byte, offset int64) (n int, err error) {
	for {
		i := bytes.IndexByte(data[n:], '\n')
		if i < 0 {
			return n, nil
		}
		var e Event
		if err := json.Unmarshal(data[n:n+i], &e); err != nil {
			return n, fmt.Errorf("%w at byte %d: %w", ErrCorrupt, offset+int64(n), err)
		}
		s.apply(e)
		n += i + 1
	}
}

func (s *State) apply(e Event) {
	s.UpdatedAt = e.Time
	s.Revision++
	s.pace.jump(e.Jump)
	switch e.Kind {
	case KindStart:
		s.start(e)
	case KindTotal:
		s.Total = e.N
	case KindBegin:
		if f, ok := s.failed[e.Item]; ok && !f.again {
			f.again = true
			s.failed[e.Item] = f
			s.Failed--
		}
		s.Running = append(s.Running, e.Item)
	case KindDone, KindSkip:
		s.leave(e)
		if e.How == Whole {
			s.wholePart(e)
		} else {
			s.finish(e)
		}
	case KindFail:
		s.leave(e)
		s.fail(e)
	case KindCursor:
		if e.Item != "" {
			s.advancePart(e)
			break
		}
		s.advanced()
		s.Cursor = e.Cursor
	case KindResult:
		s.result = e.Result
	case KindPause, KindLost:
		s.halt(Paused, e)
		s.ResumeAfter, s.Lost = e.Until, e.Kind == KindLost
		if e.Kind == KindPause {
			s.advanced()
		}
	case KindRetry:
		s.halt(Paused, e)
		s.advanced()
		s.ResumeAfter, s.Only, s.CompletedAt = e.Until, e.Class, time.Time{}
	case KindEnd:
		s.halt(e.Status, e)
		s.CompletedAt, s.Only = e.Time, ""
	}
}

// advanced forgets the attempts that got nowhere.
func (s *State) advanced() { s.Fruitless, s.Cuts = 0, 0 }

func (s *State) start(e Event) {
	if (s.Lost || s.Status == Running) && s.Fruitless > 0 && e.Boot != s.Boot {
		s.Cuts++
	}
	s.Status, s.Error, s.ResumeAfter, s.CompletedAt = Running, "", time.Time{}, time.Time{}
	s.Attempt++
	s.Fruitless++
	s.Restarts++
	if e.Unit == "" || e.Unit != s.Unit {
		s.Restarts = 0
	}
	s.abandon()
	s.Lost = false
	s.Job, s.Unit, s.Boot, s.Proc = e.Job, e.Unit, e.Boot, platform.Proc{}
	if e.Proc != nil {
		s.Proc = *e.Proc
	}
	if s.StartedAt.IsZero() {
		s.StartedAt = e.Time
	}
	s.pace.resume(e.Time)
}

// halt ends an attempt. The summary, if there is one, agrees with what was
// replayed, or stands for it when only this line was.
func (s *State) halt(status Status, e Event) {
	s.Status, s.Error, s.InHand, s.Lost = status, e.Err, s.Running, false
	s.abandon()
	s.pace.pause()
	if m := e.Sum; m != nil && s.Attempt == 0 {
		s.Job = e.Job
		s.Attempt, s.Total, s.Done, s.Skipped, s.Failed, s.StartedAt = m.Attempt, m.Total, m.Done, m.Skipped, m.Failed, m.Started
		s.Updated, s.Kept, s.Bytes = m.Updated, m.Kept, m.Bytes
	}
}

// abandon takes everything out of hand. What was being tried again has failed.
func (s *State) abandon() {
	s.Running, s.live = nil, nil
	if s.failed == nil {
		return // and Failed may come from a summary
	}
	for item, f := range s.failed {
		if f.again {
			f.again = false
			s.failed[item] = f
		}
	}
	s.Failed = len(s.failed)
}

func (s *State) leave(e Event) {
	if i := slices.Index(s.Running, e.Item); i >= 0 {
		s.Running = slices.Delete(s.Running, i, i+1)
	}
	if i := indexLive(s.live, e.Item); i >= 0 {
		s.live = slices.Delete(s.live, i, i+1)
	}
	s.Bytes += max(e.Bytes, 0)
}

// succeed notes that there is nothing left to do for item, and reports whether
// that is new.
func (s *State) succeed(item string) bool {
	if s.Seen(item) {
		return false
	}
	if s.seen == nil {
		s.seen = map[string]struct{}{}
	}
	s.seen[item] = struct{}{}
	s.redeem(item)
	return true
}

// finish counts an item once however often it is noted: after a crash between
// the work and its note, the work is done again.
func (s *State) finish(e Event) {
	s.advanced()
	if !s.succeed(e.Item) {
		return
	}
	s.done = append(s.done, e.Item)
	s.Done++
	switch {
	case e.Kind == KindDone && e.How == Updated:
		s.Updated++
	case e.Kind == KindSkip && e.How == Kept:
		s.Kept++
		s.kept = append(s.kept, KeptItem{e.Item, e.Why})
	}
	if e.Kind == KindSkip {
		s.Skipped++
	}
	if e.Kind == KindSkip && e.How == "" {
		s.pace.skip(e.Time)
	} else {
		s.pace.item(e.Time)
	}
}

// fail is about the last try: of an item that is done there is none.
func (s *State) fail(e Event) {
	if s.Seen(e.Item) {
		return
	}
	if s.failed == nil {
		s.failed = map[string]Failure{}
	}
	s.fails++
	if f, ok := s.failed[e.Item]; !ok || f.again {
		s.Failed++
	}
	s.failed[e.Item] = Failure{Item: e.Item, Class: e.Class, Error: e.Err, n: s.fails}
	s.pace.item(e.Time)
}

func (s *State) summary() *Summary {
	return &Summary{s.Attempt, s.Total, s.Done, s.Skipped, s.Failed, s.StartedAt, s.Updated, s.Kept, s.Bytes}
}
