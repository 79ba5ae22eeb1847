package units

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/specweave/specweave/platform"
)

const (
	// lingerTimeout is how long a label may stay taken after a bootout: three to
	// fifteen seconds were seen.
	lingerTimeout = 30 * time.Second
	// spawnTimeout is how long launchd may take to start a process. On a busy
	// machine each question for it takes a while, too.
	spawnTimeout = 30 * time.Second
	// nudge is when it is asked to start one that it has put off.
	nudge = 2 * time.Second
	// ctlPoll is how often launchctl is asked the same again.
	ctlPoll = 50 * time.Millisecond
	// exitConfig is what launchd says of a program that it cannot run: EX_CONFIG
	// of sysexits(3).
	exitConfig = 78
)

// Start implements [Scheduler]. It returns when launchd has started the process
// and that has taken its Input. launchd keeps time in whole minutes, so that a
// NotBefore is rounded up to one; see [Status] Due.
func (d *launchd) Start(ctx context.Context, s Spec) error {
	if err := d.start(ctx, s); err != nil {
		return fmt.Errorf("start %s: %w", s.Name, err)
	}
	return nil
}

func (d *launchd) start(ctx context.Context, s Spec) error {
	if err := errors.Join(ctx.Err(), s.check()); err != nil {
		return err
	}
	if info, err := os.Stat(s.Args[0]); err != nil || info.Mode()&0o111 == 0 {
		return fmt.Errorf("command: %s: not executable", s.Args[0])
	}
	due := s.dueBy(time.Now(), d.limits.Grain)
	if !due.IsZero() {
		s.Input = nil // nobody can keep it so long
	}
	in, err := offerInput(s.Input)
	if err != nil {
		return err
	}
	defer in.close()
	data, err := newAgent(s, due, in.path, d.limits).xml()
	if err != nil {
		return err
	}
	log, err := s.openLog() // launchd would make it for all to read
	if err != nil {
		return err
	}
	if err := log.Close(); err != nil {
		return err
	}
	if err := d.load(ctx, s.Name, data, due); err != nil {
		return err
	}
	if err := d.deliver(ctx, s.Name, in); err != nil {
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
		defer cancel()
		return errors.Join(err, d.stopUnit(undo, s.Name))
	}
	return nil
}

// load makes the unit, in the place of one without a process.
func (d *launchd) load(ctx context.Context, name string, plist []byte, due time.Time) error {
	unlock, err := d.reg.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := d.sweep(ctx, name); err != nil {
		return err
	}
	if err := d.makeRoom(ctx, name); err != nil {
		return err
	}
	if err := platform.WriteFile(d.path(name), plist); err != nil {
		return err
	}
	err = d.bootstrap(ctx, name)
	if err == nil {
		err = d.awaitRun(ctx, name, due)
	}
	if err == nil {
		return nil
	}
	undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
	defer cancel()
	left, findErr := d.find(undo, name)
	if left != nil {
		findErr = d.end(undo, name, left)
	}
	return errors.Join(err, findErr, d.forget(name))
}

// sweep forgets the other units of this directory that ended well, or with the
// last login. The caller holds the lock.
func (d *launchd) sweep(ctx context.Context, but string) error {
	names, err := d.names()
	if err != nil {
		return err
	}
	for _, name := range names {
		if name == but {
			continue
		}
		s, err := d.find(ctx, name)
		if err != nil {
			return err
		}
		if s != nil {
			if _, ok := s.status(agentPlist{}, d.limits); ok {
				continue
			}
			if err := d.bootOut(ctx, s.target); err != nil {
				return err
			}
		}
		if err := d.forget(name); err != nil {
			return err
		}
	}
	return nil
}

// makeRoom unloads a unit of that name that waits or has ended. One that runs,
// or will again, gives ErrExists.
func (d *launchd) makeRoom(ctx context.Context, name string) error {
	s, err := d.find(ctx, name)
	if err != nil || s == nil {
		return err
	}
	if st, ok, err := d.status(ctx, name); err != nil || ok && st.State == Active {
		return errors.Join(err, ErrExists)
	}
	if err := d.bootOut(ctx, s.target); err != nil {
		return err
	}
	return d.awaitGone(ctx, name)
}

// bootstrap loads a unit. That a label is free, print says before bootstrap
// believes it.
func (d *launchd) bootstrap(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, lingerTimeout)
	defer cancel()
	var last error
	loaded := false
	wait := d.until(ctx, func() bool {
		var again bool
		again, last = d.bootstrapOnce(ctx, name)
		loaded = last == nil
		return loaded || !again
	})
	if loaded || last != nil && wait == nil {
		return last
	}
	return errors.Join(wait, last)
}

// bootstrapOnce tries each domain, and tells whether to try again.
func (d *launchd) bootstrapOnce(ctx context.Context, name string) (again bool, err error) {
	for _, domain := range d.domains() {
		var out string
		var code int
		out, code, err = d.ctl(ctx, "bootstrap", domain, d.path(name))
		if err != nil {
			return false, err
		}
		if code == 0 {
			return false, nil
		}
		err = ctlError("bootstrap", out, code)
		switch code {
		case ctlNoDomain, ctlNoAction, ctlNoSession:
			continue
		case ctlIO, ctlInProgress, ctlAlready:
			return true, err
		}
		return false, err
	}
	return false, err
}

// awaitRun verifies that a unit is loaded and, unless it waits, that it was
// started. One that was loaded when its time had come already is started here:
// launchd would wait for that time of the next year.
func (d *launchd) awaitRun(ctx context.Context, name string, due time.Time) error {
	ctx, cancel := context.WithTimeoutCause(ctx, spawnTimeout, fmt.Errorf("launchd has not started it in %v", spawnTimeout))
	defer cancel()
	begun, nudged := time.Now(), false
	var err error
	wait := d.until(ctx, func() bool {
		var s *agentUnit
		s, err = d.find(ctx, name)
		switch {
		case err != nil:
			return true
		case s == nil:
			err = errors.New("launchd does not know it")
			return false
		case s.exited && s.code == exitConfig && s.pid == 0:
			err = errors.New("launchd cannot run it (EX_CONFIG)")
			return true
		case s.pid > 0 || s.runs > 0 || s.exited || time.Now().Before(due):
			return true
		case !nudged && (!due.IsZero() || time.Since(begun) > nudge):
			nudged = true
			_, _, err = d.ctl(ctx, "kickstart", s.target)
			return err != nil
		}
		return false
	})
	if wait != nil && err == nil {
		err = wait
	}
	return err
}

// deliver waits until the process has taken its Input.
func (d *launchd) deliver(ctx context.Context, name string, in *offer) error {
	ctx, cancel := context.WithTimeoutCause(ctx, d.limits.Ready, fmt.Errorf("it has not taken its input in %v", d.limits.Ready))
	defer cancel()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case err := <-in.taken:
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
			if st, ok, err := d.status(ctx, name); err == nil && (!ok || st.State != Active) {
				return errors.New("ended before it took its input")
			}
		}
	}
}

// until asks launchctl again and again until done says so. The error is the
// cause of ctx's end.
func (d *launchd) until(ctx context.Context, done func() bool) error {
	tick := time.NewTicker(ctlPoll)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
	return nil
}
