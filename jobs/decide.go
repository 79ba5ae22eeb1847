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
	Lose    Action = "lose"    // note that the attempt died; then decide again
	GiveUp  Action = "give up" // too many attempts died without getting anywhere
	Collect Action = "collect" // make the system forget the unit of a job that is over
)

// Facts is everything that a decision rests on. Three witnesses say whether a
// job runs: its lock, its unit and its process.
type Facts struct {
	State State
	Held  bool          // a process holds the job's lock
	Alive bool          // the process of the last attempt runs
	Unit  *units.Status // the liveliest unit of the job; nil if the system knows none
	Now   time.Time
}

const (
	// maxFruitless is how many attempts may die one after the other without an
	// item done, a cursor or a pause in between.
	maxFruitless = 3
	// launchGrace is allowed between a job's creation and its worker's lock.
	launchGrace = time.Minute
)

// Decide says what to do about a job. It does no I/O.
func Decide(f Facts) Action {
	s := &f.State
	switch {
	case f.Held || f.Alive || f.Unit != nil && f.Unit.State == units.Active:
		return Leave // a worker is at it, or about to be
	case s.Status.Terminal():
		if f.Unit != nil {
			return Collect
		}
		return Leave
	case s.Status == Running:
		return Lose
	case s.Status == Pending && f.Now.Sub(s.UpdatedAt) < launchGrace:
		return Leave // its launcher is at it
	case s.Status == Paused && s.ResumeAfter.IsZero():
		return Leave // a person's turn
	case s.Fruitless >= maxFruitless:
		return GiveUp
	case s.ResumeAfter.After(f.Now):
		return Leave // not yet
	}
	return Start
}
