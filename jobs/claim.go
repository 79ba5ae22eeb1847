package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/specweave/specweave/platform"
)

// Claim is the right to write one job's journal. Its holder is the job's
// worker, or whoever speaks in the place of a dead one. It ends with Close or
// with the process.
type Claim struct {
	*Progress
	Job Job

	store  *Store
	lock   *platform.Lock
	config json.RawMessage // of the job, as its entry in the projection has it
}

// Claim takes the job's lock and opens its journal. The error wraps
// [ErrClaimed] when a living process has the lock, [ErrNotFound], or
// [ErrCorrupt].
func (s *Store) Claim(id string) (*Claim, error) {
	job, err := s.job(id)
	if errors.Is(err, errNotOurs) {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, Printable(id))
	}
	if err != nil {
		return nil, err
	}
	lock, err := platform.TryLock(s.path(id, "worker.lock"))
	if errors.Is(err, platform.ErrLocked) {
		return nil, fmt.Errorf("job %s: %w", id, ErrClaimed)
	}
	if err != nil {
		return nil, fmt.Errorf("job %s: %w", id, err)
	}
	journal, state, err := OpenJournal(s.path(id, "journal.jsonl"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("job %s: %w", id, err), lock.Close())
	}
	if err := state.of(id); err != nil {
		return nil, errors.Join(fmt.Errorf("job %s: %w", id, err), journal.Close(), lock.Close())
	}
	if state.witnessed() && state.Proc.PID != os.Getpid() { // somebody removed the lock's file
		return nil, errors.Join(fmt.Errorf("job %s: %w", id, ErrClaimed), journal.Close(), lock.Close())
	}
	p := &Progress{journal: journal, state: state, now: time.Now}
	return &Claim{p, job, s, lock, configEntry(job)}, nil
}

// claimWait is what a holder that is about to leave takes, at most. Most only
// look for a moment, but may get no processor meanwhile.
const claimWait = 5 * time.Second

// claimSoon is Claim, but waits for a holder that is about to leave.
func (s *Store) claimSoon(ctx context.Context, id string) (c *Claim, err error) {
	if gone := poll(ctx, claimWait, func() bool {
		c, err = s.Claim(id)
		return !errors.Is(err, ErrClaimed)
	}); gone != nil {
		return nil, gone
	}
	return c, err
}

// Close gives up the claim.
func (c *Claim) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return errors.Join(c.journal.Close(), c.lock.Close())
}

// State returns a copy of what the journal adds up to.
func (c *Claim) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state.clone()
}

// Start notes that an attempt begins in this process, which unit runs ("" for
// none).
func (c *Claim) Start(unit string) error {
	proc := platform.ThisProc()
	if err := c.note(Event{Kind: KindStart, Job: c.Job.ID, Proc: &proc, Boot: platform.BootID(), Unit: unit}); err != nil {
		return err
	}
	// For SpecWeave and for people: nothing here reads it, so a full disk may have it.
	_ = os.WriteFile(c.store.path(c.Job.ID, "worker.pid"), []byte(strconv.Itoa(proc.PID)), 0o600)
	return nil
}

// Pause notes that the attempt ends on purpose and that another may follow: at
// until, or when a person asks if that is zero.
func (c *Claim) Pause(until time.Time, reason string) error {
	return c.end(Event{Kind: KindPause, Until: until.UTC(), Err: reason})
}

// Complete notes that the job is over: completed, or with warnings if items
// failed or cause is one, or failed for any other cause. It writes result.json.
func (c *Claim) Complete(cause error) error {
	c.mu.Lock()
	e := Event{Kind: KindEnd, Status: Completed}
	if n := c.state.Failed; n > 0 {
		e.Status, e.Err = CompletedWithWarnings, fmt.Sprintf("%d of %d items failed", n, c.state.Total)
	}
	c.mu.Unlock()
	warning := warningOf(cause)
	switch {
	case warning != nil && e.Err != "":
		e.Err += "; " + warning.Reason
	case warning != nil:
		e.Status, e.Err = CompletedWithWarnings, warning.Reason
	case cause != nil:
		e.Status, e.Err = Failed, cause.Error()
	}
	if err := c.end(e); err != nil {
		return err
	}
	return c.writeResult()
}

func (c *Claim) writeResult() error {
	c.mu.Lock()
	result := newResult(c.Job, &c.state)
	c.mu.Unlock()
	return c.store.writeResult(result)
}

// finish does what follows the last line of a job, for a worker that was
// killed right after it.
func (c *Claim) finish(ctx context.Context) error {
	return errors.Join(c.writeResult(), c.removePID(), c.Publish(ctx, nodeLockWait))
}

func (c *Claim) removePID() error {
	return platform.Remove(c.store.path(c.Job.ID, "worker.pid"))
}

func (c *Claim) end(e Event) error {
	c.mu.Lock()
	e.Job, e.Sum = c.Job.ID, c.state.summary()
	c.mu.Unlock()
	return errors.Join(c.note(e), c.removePID())
}

// Publish brings the job's entry in background-jobs.json up to date; see
// [Store.Publish]. Where the job itself is gone it makes nothing.
func (c *Claim) Publish(ctx context.Context, wait time.Duration) error {
	if _, err := os.Lstat(c.store.path(c.Job.ID, "config.json")); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	c.mu.Lock()
	fields := entry(c.Job, c.config, &c.state, c.now())
	c.mu.Unlock()
	return c.store.publish(ctx, wait, func(p *projection) { p.set(c.Job.ID, fields) })
}

func (s *State) clone() State {
	d := *s
	d.Running, d.done = slices.Clone(s.Running), slices.Clone(s.done)
	d.kept, d.live = slices.Clone(s.kept), slices.Clone(s.live)
	d.seen = make(map[string]struct{}, len(s.seen))
	for k := range s.seen {
		d.seen[k] = struct{}{}
	}
	d.failed = make(map[string]Failure, len(s.failed))
	for k, v := range s.failed {
		d.failed[k] = v
	}
	return d
}
