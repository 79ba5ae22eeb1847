package jobs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/units"
)

// ErrStopped is the cause to cancel a context with when a person stops a job:
// it is then paused until a person resumes it. Any other cause is taken for
// the system's, which wants its process back but not the job's end.
var ErrStopped = errors.New("stopped by the user")

// ErrChanged is wrapped by Run's error for an armed attempt that is no longer
// wanted, or not yet.
var ErrChanged = errors.New("job does not wait for this attempt any more")

// Attempt is one run of a job's worker in this process.
type Attempt struct {
	Store   *Store
	Workers map[Type]Worker
	Unit    string          // the unit that this process is; "" for none
	Armed   bool            // the unit waited for a time: what it waited for may have changed
	Notify  *units.Notifier // the manager that started this process; may be nil
	Log     *Log            // may be nil
	// Stopped is asked when the context ends and nobody said why: ErrStopped if
	// a person is behind it. It gets five seconds; may be nil.
	Stopped func(context.Context) error
	// Watch is called at each event, and once a second while items report how far
	// they are, one call at a time, with a state that is valid for the call; may
	// be nil.
	Watch func(*State)
}

// ErrUnfinished is returned by Run when the attempt ended and the journal does
// not say so: the process must exit with an error, for the operating system to
// start it again.
var ErrUnfinished = errors.New("attempt could not be noted as ended")

// collectAt is by how many percent memory may grow before it is collected: time is
// that of networks and disks, and thousands of items are remembered to the end.
const collectAt = 40

// Run is the body of a worker process: it claims the job, notes the start,
// does the work and notes how that ended. The error is nil if the journal ends
// in "end" or "pause"; it wraps [ErrClaimed] if another process has the job,
// and [ErrFinished] or [ErrChanged] if there is nothing to do.
func (a Attempt) Run(ctx context.Context, id string) (State, error) {
	defer debug.SetGCPercent(debug.SetGCPercent(collectAt))
	c, err := a.Store.claimSoon(ctx, id)
	if err != nil {
		return State{}, err
	}
	defer func() { _ = c.Close() }()
	if st := &c.state; st.Status == Completed || st.Status.Terminal() && a.Unit != "" && st.Unit == a.Unit {
		// Started again after it had ended: the rest of the end may be missing.
		return c.State(), errors.Join(fmt.Errorf("job %s: %w", id, ErrFinished), c.finish(ctx))
	}
	worker := a.Workers[c.Job.Type]
	if worker == nil {
		return c.State(), fmt.Errorf("job %s: no worker for type %s", id, Printable(string(c.Job.Type)))
	}
	if st := &c.state; a.Unit != "" && st.Unit == a.Unit && st.stopped() {
		// Started again by a manager that did not hear of a person's wish.
		return c.State(), fmt.Errorf("job %s: %w", id, ErrChanged)
	}
	if st := &c.state; a.Armed && (st.settled() || st.Status == Paused && st.ResumeAfter.After(time.Now().Add(armGrace))) {
		return c.State(), fmt.Errorf("job %s: %w", id, ErrChanged)
	}
	c.log, c.alive = a.Log, a.Notify.Alive
	c.drain = func() bool { return c.asked(drainFile) }
	if waits, err := c.waits(ctx); waits || err != nil {
		return c.State(), err
	}
	if err := c.unstop(); err != nil {
		return c.State(), fmt.Errorf("job %s: %w", id, err)
	}
	if c.state.Status == Running { // the last worker died; what it had started may not know
		if err := platform.KillMarked(c.Job.Mark()); err != nil {
			c.Logf("%v", err)
		}
	}
	if gaveUp, err := c.giveUp(ctx, a.Unit); gaveUp || err != nil {
		return c.State(), err
	}
	if err := c.Start(a.Unit); err != nil {
		return c.State(), fmt.Errorf("job %s: %w: %w", id, ErrUnfinished, err)
	}
	a.Notify.Ready()
	c.Logf("attempt %d of job %s (%s) begins, pid %d", c.state.Attempt, id, c.Job.Type, os.Getpid())

	r := a.report(ctx, c)
	err = worker.Work(ctx, c.Job, c.Progress)
	r.stop()
	a.Notify.Stopping()

	noteErr := c.conclude(ctx, a.byPerson(ctx, c), err)
	// The work is over, whatever became of ctx: others must still hear of it.
	if err := c.Publish(context.WithoutCancel(ctx), nodeLockWait); err != nil {
		c.Logf("%v", err)
	}
	s := c.State()
	a.Notify.Status(statusLine(&s))
	if noteErr != nil {
		c.Logf("%v", noteErr)
		return s, fmt.Errorf("job %s: %w: %w", id, ErrUnfinished, noteErr)
	}
	return s, nil
}

// waits notes that a job is not to begin yet, or never will, because of the
// jobs that it depends on.
func (c *Claim) waits(ctx context.Context) (bool, error) {
	need, why := c.store.needs(c.Job)
	var err error
	switch need {
	case NoNeed, Met:
		return false, nil
	case Doomed:
		err = c.Complete(errors.New(why))
	case Hidden, Unmet: // who waits for a worker of ours is woken by that
		err = c.Pause(time.Now().Add(askAgain), why)
	}
	if err != nil {
		return true, fmt.Errorf("job %s: %w: %w", c.Job.ID, ErrUnfinished, err)
	}
	return true, ignoreBusy(c.Publish(ctx, nodeLockWait))
}

// giveUp ends a job whose attempts die again and again under a manager that
// starts them without end and runs nothing when one dies, as launchd does;
// under others [Launcher.Ended] was faster.
func (c *Claim) giveUp(ctx context.Context, unit string) (bool, error) {
	s := c.State()
	if s.Status != Running || s.Unit != unit || !s.hopeless() {
		return false, nil
	}
	s.Error, s.InHand = epitaph(s, nil), s.Running
	c.Logf("%v", givenUp(s))
	if err := c.Complete(givenUp(s)); err != nil {
		return true, fmt.Errorf("job %s: %w: %w", c.Job.ID, ErrUnfinished, err)
	}
	return true, ignoreBusy(c.Publish(ctx, nodeLockWait))
}

// askWait is how long a worker that is asked to end waits to hear who wants that:
// a manager that ends many at once is busy. It gives each twenty seconds.
const askWait = 5 * time.Second

// byPerson reports whether ctx ended because a person wanted that.
func (a Attempt) byPerson(ctx context.Context, c *Claim) bool {
	switch {
	case ctx.Err() == nil:
		return false
	case c.asked(stopFile), errors.Is(context.Cause(ctx), ErrStopped):
		return true
	case a.Stopped == nil:
		return false
	}
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), askWait)
	defer cancel()
	return errors.Is(a.Stopped(asking), ErrStopped)
}

// conclude turns what Work returned into the last line of the attempt.
func (c *Claim) conclude(ctx context.Context, byPerson bool, err error) error {
	var pause *PauseError
	switch {
	case errors.As(err, &pause):
	case platform.DiskFull(err): // whatever of the job was being written
		pause = &PauseError{Reason: "disk full: " + err.Error()}
	case errors.Is(err, errJournal):
		return err
	case err == nil, warningOf(err) != nil:
		if err := c.Complete(err); err != nil {
			return err
		}
		s := c.State()
		c.Logf("%s: %d done, %d of them there already, %d updated, %d kept as they are, %d failed",
			s.Status, s.Done, s.Skipped-s.Kept, s.Updated, s.Kept, s.Failed)
		return nil
	case ctx.Err() == nil:
		c.Logf("the job failed: %v", err)
		return c.Complete(err)
	case byPerson:
		pause = &PauseError{Reason: ErrStopped.Error()}
	default:
		pause = &PauseError{Until: time.Now(), Reason: "the system asked the worker to stop"}
	}
	c.Logf("%v", pause)
	return c.Pause(pause.Until, pause.Reason)
}

func (c *Claim) asked(file string) bool {
	_, err := os.Lstat(c.store.path(c.Job.ID, file))
	return err == nil
}

// unstop removes what told the last worker to end.
func (c *Claim) unstop() error {
	for _, file := range []string{stopFile, drainFile} {
		if err := platform.Remove(c.store.path(c.Job.ID, file)); err != nil {
			return err
		}
	}
	return nil
}

// reporter keeps the views of others current while the work goes on, at most
// once a second: the projection, the manager's status line, the disk. What
// items report in between shows in progress.json and the status line alone.
type reporter struct {
	cancel context.CancelFunc
	done   chan struct{}
}

func (r reporter) stop() {
	r.cancel()
	<-r.done
}

func (a Attempt) report(ctx context.Context, c *Claim) reporter {
	ctx, cancel := context.WithCancel(ctx)
	r := reporter{cancel, make(chan struct{})}
	changed, moved := make(chan struct{}, 1), make(chan struct{}, 1)
	wake := func(ch chan struct{}) {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
	c.store.removeLive(c.Job.ID) // of a worker that died
	c.mu.Lock()
	c.reported = func() { wake(moved) }
	c.noted = func(Event) {
		if a.Watch != nil {
			a.Watch(&c.state)
		}
		wake(changed)
	}
	c.mu.Unlock()
	go func() {
		defer close(r.done)
		defer c.store.removeLive(c.Job.ID)
		tick := time.NewTicker(100 * time.Millisecond) // the first items show soon
		defer tick.Stop()
		took := a.show(ctx, c)
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				tick.Reset(max(time.Second, 20*took)) // beside thousands of jobs it is dear
			}
			select {
			case <-ctx.Done():
				return
			case <-changed:
				took = a.show(ctx, c)
			case <-moved:
			}
			a.showLive(c)
		}
	}()
	return r
}

// show must not fail the job: whatever it cannot do now it does the next time.
// It returns how long it took.
func (a Attempt) show(ctx context.Context, c *Claim) time.Duration {
	begun := time.Now()
	c.mu.Lock()
	line := statusLine(&c.state)
	err := c.journal.Sync()
	c.mu.Unlock()
	a.Notify.Status(line)
	if err == nil || platform.DiskFull(err) {
		_ = c.Publish(ctx, 0)
	}
	return time.Since(begun)
}

// showLive shows how far the items in hand are. It is less than show: what it
// cannot write nobody misses.
func (a Attempt) showLive(c *Claim) {
	c.mu.Lock()
	line, live := statusLine(&c.state), c.state.Live()
	if a.Watch != nil && len(live) > 0 {
		a.Watch(&c.state)
	}
	c.mu.Unlock()
	a.Notify.Status(line)
	if len(live) == 0 {
		c.store.removeLive(c.Job.ID)
		return
	}
	_ = c.store.writeLive(c.Job.ID, live)
}

// statusLine is what systemctl status shows: "154/245 (63%) current-item".
func statusLine(s *State) string {
	line := fmt.Sprintf("%d/%d (%d%%)", s.Current(), s.Total, s.Percent())
	if s.Total == 0 {
		line = fmt.Sprintf("%d", s.Current())
	}
	if n := len(s.Running); n > 0 {
		line += " " + Printable(s.Running[n-1])
		if l, ok := s.At(s.Running[n-1]); ok {
			line += " " + l.String()
		}
		return line
	}
	if s.Status != Running {
		return line + " " + string(s.Status)
	}
	return line
}
