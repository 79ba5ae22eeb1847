package jobs

import (
	"testing"
	"time"

	"github.com/specweave/specweave/units"
)

// Every combination of what can be known, held against the laws.
func TestDecideIsTotal(t *testing.T) {
	t.Parallel()
	now := t0.Add(24 * time.Hour)
	n := 0
	for _, status := range []Status{Pending, Running, Paused, Completed, CompletedWithWarnings, Failed} {
		for _, held := range []bool{false, true} {
			for _, alive := range []bool{false, true} {
				for _, unit := range []*units.Status{nil, {State: units.Active}, {State: units.Failed}} {
					for _, after := range []time.Time{{}, now.Add(-time.Hour), now, now.Add(time.Hour)} {
						for fruitless := range 5 {
							for _, age := range []time.Duration{0, launchGrace, time.Hour} {
								n++
								s := State{Status: status, ResumeAfter: after, Fruitless: fruitless, UpdatedAt: now.Add(-age)}
								f := Facts{State: s, Held: held, Alive: alive, Unit: unit, Now: now}
								laws(t, f, Decide(f))
							}
						}
					}
				}
			}
		}
	}
	t.Logf("%d combinations", n)
}

func laws(t *testing.T, f Facts, a Action) {
	t.Helper()
	s := f.State
	witnessed := f.Held || f.Alive || f.Unit != nil && f.Unit.State == units.Active
	fail := func(law string) { t.Errorf("%s: %s in %+v", law, a, f) }
	if witnessed && a != Leave {
		fail("nothing is done while a witness says that it runs")
	}
	if s.Status.Terminal() && a != Leave && a != Collect {
		fail("a job that is over stays so")
	}
	if s.Status == Paused && s.ResumeAfter.IsZero() && a != Leave {
		fail("a job that a person stopped does not come back by itself")
	}
	if a == Start && s.ResumeAfter.After(f.Now) {
		fail("a job that waits for a time is not early")
	}
	if a == Start && s.Fruitless >= maxFruitless {
		fail("what dies again and again is given up")
	}
	if !witnessed && s.Status == Running && a != Lose {
		fail("a dead attempt is noted as such")
	}
	if !witnessed && !s.Status.Terminal() && a == Leave {
		young := s.Status == Pending && f.Now.Sub(s.UpdatedAt) < launchGrace
		waits := s.Status == Paused && (s.ResumeAfter.IsZero() || s.ResumeAfter.After(f.Now)) || s.Status == Pending && s.ResumeAfter.After(f.Now)
		if !young && !waits {
			fail("an unfinished job has a next step")
		}
	}
}
