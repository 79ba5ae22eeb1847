package jobs

import (
	"context"
	"time"

	"github.com/specweave/specweave/units"
)

// Witness fills in what List and Find do not ask for: what the operating
// system says of the jobs that are not over, and what they wait for. It
// changes nothing. An error leaves the views as they are, but for Waits.
func (s *Store) Witness(ctx context.Context, sched units.Scheduler, views []View) error {
	for i, v := range views {
		if !v.Foreign && !v.State.Status.Terminal() {
			_, views[i].Waits = s.needs(v.Job)
		}
	}
	loaded, err := sched.Status(ctx, units.Prefix(s.project, ""))
	if err != nil {
		return err
	}
	for i, v := range views {
		if v.Foreign || v.State.Status.Terminal() {
			continue
		}
		views[i].Unit = liveliest(unitsOf(loaded, units.Prefix(s.project, v.Job.ID)))
	}
	return nil
}

// Doubtful reports whether the journal alone does not tell where the job
// stands, so that it is worth to call [Store.Witness].
func (v View) Doubtful() bool {
	s := &v.State
	return !v.Foreign && (v.Interrupted() || s.Status == Pending || s.Status == Paused && !s.ResumeAfter.IsZero())
}

// Due returns when the operating system starts the job's next attempt by
// itself; zero if it will not, or was not asked.
func (v View) Due() time.Time {
	if v.Unit == nil {
		return time.Time{}
	}
	return v.Unit.Due
}

// CauseOfDeath says how the worker of an interrupted job died, as far as
// anybody knows.
func (v View) CauseOfDeath() string {
	if v.State.Lost {
		return v.State.Error
	}
	return epitaph(v.State, v.Unit)
}
