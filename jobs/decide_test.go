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
	waiting := func(d time.Duration) *units.Status { return &units.Status{State: units.Waiting, Due: now.Add(d)} }
	known := []*units.Status{
		nil,
		{State: units.Active},
		{State: units.Failed},
		waiting(-time.Hour), waiting(-time.Second), waiting(0), waiting(time.Second), waiting(time.Hour), waiting(2 * time.Hour),
	}
	n := 0
	for _, status := range []Status{Pending, Running, Paused, Completed, CompletedWithWarnings, Failed} {
		for _, held := range []bool{false, true} {
			for _, alive := range []bool{false, true} {
				for _, unit := range known {
					for _, after := range []time.Time{{}, now.Add(-time.Hour), now, now.Add(time.Hour)} {
						for _, died := range [][2]int{{0, 0}, {1, 0}, {2, 1}, {3, 0}, {3, 1}, {4, 1}, {4, 3}, {10, 9}, {11, 10}} {
							for _, age := range []time.Duration{0, launchGrace, time.Hour, -time.Hour} { // the last: the clock was set back
								for _, need := range []Need{NoNeed, Met, Unmet, Hidden, Doomed} {
									for _, boot := range []time.Time{{}, now.Add(-time.Second)} {
										n++
										s := State{Status: status, ResumeAfter: after, Fruitless: died[0], Cuts: died[1], UpdatedAt: now.Add(-age)}
										f := Facts{State: s, Held: held, Alive: alive, Unit: unit, Need: need, Now: now, Boot: boot}
										laws(t, f, Decide(f))
									}
								}
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
	is := func(state units.State) bool { return f.Unit != nil && f.Unit.State == state }
	witnessed := f.Held || f.Alive || is(units.Active)
	person := s.Status == Paused && s.ResumeAfter.IsZero()
	fail := func(law string) { t.Errorf("%s: %s in %+v", law, a, f) }
	if witnessed {
		if a != Leave {
			fail("nothing is done while a witness says that it runs")
		}
		return
	}
	if s.Status.Terminal() && a != Leave && a != Collect {
		fail("a job that is over stays so")
	}
	if person && a != Leave && a != Collect {
		fail("a job that a person stopped does not come back by itself")
	}
	if (s.Status.Terminal() || person) && f.Unit != nil && a != Collect {
		fail("no unit is left of a job that is over or stopped")
	}
	if s.Status.Terminal() || person {
		return
	}
	if hopeless := s.Fruitless-s.Cuts >= 3 || s.Cuts >= 10; hopeless && (a == Start || a == Arm) || !hopeless && a == GiveUp {
		fail("what dies again and again is given up, and nothing else")
	}
	late := s.ResumeAfter.After(f.Now) && !s.ResumeAfter.Equal(s.UpdatedAt)
	if a == Start && (late || f.Need == Unmet || f.Need == Hidden || f.Need == Doomed) {
		fail("a job that waits is not early")
	}
	if a == Arm && f.Need != Hidden && !late {
		fail("what is due is not put off")
	}
	if s.Status == Running {
		if a != Lose {
			fail("a dead attempt is noted as such")
		}
		return
	}
	if f.Need == Doomed && a != Fail {
		fail("what can never begin is over")
	}
	if a != Leave {
		return
	}
	young := s.Status == Pending && f.Need == NoNeed && f.Now.Sub(s.UpdatedAt) < launchGrace && s.UpdatedAt.After(f.Boot)
	if !young && f.Need != Unmet && !is(units.Waiting) {
		fail("an unfinished job has a next step")
	}
	if is(units.Waiting) && (f.Need == NoNeed || f.Need == Met) && !young && f.Unit.Due.After(later(s.ResumeAfter, f.Now).Add(armStep+armGrace)) {
		fail("a unit that waits too long is replaced")
	}
}

// A manager that keeps whole minutes starts a unit up to one later than asked.
func TestArmedByTheMinute(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := State{Status: Paused, ResumeAfter: now.Add(time.Hour), UpdatedAt: now}
	for late, want := range map[time.Duration]Action{0: Leave, time.Minute: Leave, 2 * time.Minute: Arm} {
		unit := &units.Status{State: units.Waiting, Due: s.ResumeAfter.Add(late)}
		if got := Decide(Facts{State: s, Unit: unit, Now: now}); got != want {
			t.Errorf("%v late: %s, want %s", late, got, want)
		}
	}
}
