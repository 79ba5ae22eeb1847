package jobs

import (
	"time"

	"github.com/specweave/specweave/units"
)

// Action is the next step of one job.
type Action string

// The actions.
const (
	Leave   Action = "leave"   // nothing is wrong, or it is somebody else's turn
	Start   Action = "start"   // begin the next attempt
	Arm     Action = "arm"     // have the system begin the next attempt when its time has come
	Lose    Action = "lose"    // note that the attempt died; then decide again
	GiveUp  Action = "give up" // too many attempts died without getting anywhere
	Fail    Action = "fail"    // a job that it depends on failed
	Collect Action = "collect" // make the system forget a unit that has nothing to do
)

// Facts is everything that a decision rests on. Three witnesses say whether a
// job runs: its lock, its unit and its process.
type Facts struct {
	State State
	Held  bool          // a process holds the job's lock
	Alive bool          // the process of the last attempt runs
	Unit  *units.Status // the liveliest unit of the job; nil if the system knows none
	Need  Need          // of other jobs
	Now   time.Time
	Boot  time.Time // when the machine started, by the clock of Now
}

const (
	// maxFruitless is how many attempts may die one after the other without an
	// item done, a cursor or a pause in between.
	maxFruitless = 3
	// maxCuts is how often the machine may go down in an attempt, likewise. It is
	// hardly the job's fault, but one that exhausts a machine must not do so at
	// every boot for ever.
	maxCuts = 10
	// launchGrace is allowed between a job's creation and its worker's lock.
	launchGrace = time.Minute
	// armGrace is allowed between the time that a unit waits for and its start.
	armGrace = 10 * time.Second
	// armStep is the widest step in which a manager keeps time: that of launchd.
	armStep = time.Minute
	// askAgain is how often a job looks whether one of SpecWeave's has ended.
	askAgain = time.Minute
)

// Decide says what to do about a job. It does no I/O.
func Decide(f Facts) Action {
	s := &f.State
	switch {
	case f.Held || f.Alive || f.Unit != nil && f.Unit.State == units.Active:
		return Leave // a worker is at it, or about to be
	case s.settled():
		if f.Unit != nil {
			return Collect
		}
		return Leave
	case s.Status == Running:
		return Lose
	case f.Need == Doomed:
		return Fail
	case s.hopeless():
		return GiveUp
	case f.Need == Unmet:
		return Leave // the worker of the other job sees to this one
	case s.Status == Pending && f.Need == NoNeed && f.Now.Sub(s.UpdatedAt) < launchGrace && s.UpdatedAt.After(f.Boot):
		return Leave // its launcher is at it
	case f.Need == Hidden || s.waits(f.Now):
		if f.armed() {
			return Leave
		}
		return Arm
	case f.armed() && f.Unit.Due.After(f.Now.Add(-armGrace)):
		return Leave // any moment now
	}
	return Start
}

// hopeless reports whether attempts die again and again at the same place.
func (s *State) hopeless() bool { return s.Fruitless-s.Cuts >= maxFruitless || s.Cuts >= maxCuts }

// waits reports whether the job is to go on only later. One that was to go on
// at once when that was noted is due even if the clock has been set back since,
// as it is at the boot of a machine whose clock does not run without power.
func (s *State) waits(now time.Time) bool {
	return s.ResumeAfter.After(now) && s.ResumeAfter.Sub(s.UpdatedAt) >= time.Second
}

// armed reports whether the system is to begin the next attempt by itself, not
// later than it should.
func (f Facts) armed() bool {
	if f.Unit == nil || f.Unit.State != units.Waiting {
		return false
	}
	return f.Need == Hidden || !f.Unit.Due.After(later(f.State.ResumeAfter, f.Now).Add(armStep+armGrace))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// armAt is when an armed attempt begins: when the job's time has come, or in a
// while to look again.
func (f Facts) armAt() time.Time {
	if f.Need == Hidden {
		return f.Now.Add(askAgain)
	}
	return f.State.ResumeAfter
}
