package jobs

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/units"
)

// Outcome is what Reconcile did about one job.
type Outcome struct {
	ID     string
	Action Action
	Unit   string // that was started
	Err    error
}

// Reconcile squares what the journals say with what the operating system says:
// attempts that died are noted as lost, jobs that were lost or are due go on,
// those that wait for a time are armed, and units with nothing to do are
// forgotten. It reports the jobs where there was something to do; doing it
// twice at once, or again, does no harm. self is the unit that this process
// is, "" for none: a worker that has ended its attempt is no witness any more.
func (l Launcher) Reconcile(ctx context.Context, self string) ([]Outcome, error) {
	views, listErr := l.Store.List()
	loaded, err := l.Units.Status(ctx, units.Prefix(l.Store.project, ""))
	if err != nil {
		return nil, errors.Join(listErr, err)
	}
	delete(loaded, self)
	steps := make([][]Outcome, len(views))
	turn := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i, v := range views {
		own := unitsOf(loaded, units.Prefix(l.Store.project, v.Job.ID))
		if v.Foreign || v.Damaged || v.State.settled() && len(own) == 0 {
			continue // as most are
		}
		turn <- struct{}{}
		wg.Go(func() {
			defer func() { <-turn }()
			steps[i] = l.steps(ctx, v.Job.ID, own)
		})
	}
	wg.Wait()
	all := slices.Concat(steps...)
	if ctx.Err() != nil {
		return all, context.Cause(ctx)
	}
	if self != "" { // nobody waits for a worker, but it has to leave
		return all, errors.Join(listErr, l.Store.publishSoon(ctx, spokenFor(all)...))
	}
	if len(all) > 0 {
		views, listErr = l.Store.List()
	}
	return all, errors.Join(listErr, l.Store.square(ctx, views))
}

// spokenFor returns the jobs in whose journals Reconcile itself has written.
func spokenFor(outcomes []Outcome) (ids []string) {
	for _, o := range outcomes {
		switch o.Action {
		case Lose, GiveUp, Fail:
			if o.Err == nil {
				ids = append(ids, o.ID)
			}
		case Leave, Start, Arm, Collect:
		}
	}
	return slices.Compact(ids)
}

// atOnce is how many jobs are reconciled at a time: to start one is to wait for
// its worker.
const atOnce = 8

// steps takes the next step of a job, and the one after that if the first was
// to note that an attempt died.
func (l Launcher) steps(ctx context.Context, id string, own map[string]units.Status) (taken []Outcome) {
	for range 2 {
		if ctx.Err() != nil {
			return taken
		}
		o := l.reconcile(ctx, id, own)
		if o.Action == Leave && o.Err == nil {
			return taken
		}
		taken = append(taken, o)
		if o.Action != Lose || o.Err != nil {
			return taken
		}
	}
	return taken
}

// How long the lock of a dead process may outlive it. The kernel shows a process
// as dead when its first thread is, and closes its files when the last one is:
// on a busy machine seconds later, but before the process has left its table.
// What it was about to start has them until its exec.
const (
	dyingWait  = 20 * time.Second // for one that is in the table
	lockLinger = time.Second      // for one that is not
)

// stillHeld is Running for a job whose worker is dead by all other witnesses.
func (s *Store) stillHeld(ctx context.Context, id string, worker platform.Proc) (held bool, err error) {
	look := func() bool {
		held, err = s.Running(id)
		return !held || err != nil
	}
	// whatever ends the waits, the last answer counts
	_ = poll(ctx, dyingWait, func() bool {
		p, there := platform.FindProc(worker.PID)
		dying := there && p == worker && !worker.Alive()
		return look() || !dying
	})
	if held {
		_ = poll(ctx, lockLinger, look)
	}
	return held, err
}

// unitsOf picks the units whose names begin with prefix.
func unitsOf(loaded map[string]units.Status, prefix string) map[string]units.Status {
	own := make(map[string]units.Status)
	for name, st := range loaded {
		if strings.HasPrefix(name, prefix) {
			own[name] = st
		}
	}
	return own
}

// liveliest picks the unit that says most about a job: one that runs, else one
// that waits, else one that failed.
func liveliest(own map[string]units.Status) *units.Status {
	var best *units.Status
	rank := map[units.State]int{units.Active: 2, units.Waiting: 1}
	for _, st := range own {
		if best == nil || rank[st.State] > rank[best.State] {
			best = &st
		}
	}
	return best
}

func (l Launcher) reconcile(ctx context.Context, id string, own map[string]units.Status) Outcome {
	v, err := l.Store.view(id, false)
	if err != nil {
		return Outcome{ID: id, Action: Leave, Err: err}
	}
	f := Facts{State: v.State, Alive: v.Alive, Unit: liveliest(own), Now: time.Now(), Boot: platform.BootTime()}
	var why string
	if !v.State.Status.Terminal() {
		f.Need, why = l.Store.needs(v.Job)
	}
	if Decide(f) == Leave { // the lock is asked only where it matters: asking takes it
		return Outcome{ID: id, Action: Leave}
	}
	if f.Held, err = l.Store.stillHeld(ctx, id, v.State.Proc); err != nil {
		return Outcome{ID: id, Action: Leave, Err: err}
	}
	o := Outcome{ID: id, Action: Decide(f)}
	switch o.Action {
	case Start:
		if o.Unit, o.Err = l.start(ctx, v); errors.Is(o.Err, ErrClaimed) {
			o = Outcome{ID: id, Action: Leave} // somebody else was faster
		}
	case Arm:
		if o.Unit, o.Err = l.arm(ctx, v, f.armAt()); errors.Is(o.Err, ErrClaimed) {
			o = Outcome{ID: id, Action: Leave}
		}
	case Lose:
		o.Err = l.Store.lose(v, epitaph(v.State, f.Unit))
	case GiveUp:
		o.Err = l.Store.fail(v, givenUp(v.State))
	case Fail:
		o.Err = l.Store.fail(v, errors.New(why))
	case Collect:
		for name := range own {
			o.Err = errors.Join(o.Err, l.Units.Stop(ctx, name))
		}
	case Leave:
	}
	return o
}
