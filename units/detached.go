package units

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/specweave/specweave/platform"
)

// startGrace is how long a registry file without a process counts as a start
// that is under way. Starting takes milliseconds.
const startGrace = 10 * time.Second

// poll is how often a condition is looked at that nobody announces.
const poll = 20 * time.Millisecond

type detached struct {
	reg  registry
	stop time.Duration // from SIGTERM to SIGKILL
}

// Detached returns a scheduler for systems without a manager. Each unit is a
// process in a session of its own without a controlling terminal, on Windows in
// a job object of its own without a console; one file for each in dir, which the first Start creates with mode 0700, says which. Nobody
// restarts a crashed process, remembers how it ended, runs a command then, waits
// for READY=1 or brings it back after a reboot; nor for a time to start at, so
// that the process itself has to call [Wait]. It does no I/O.
func Detached(dir string) Scheduler { return newDetached(dir, normal()) }

func newDetached(dir string, l limits) *detached {
	return &detached{reg: registry{dir}, stop: l.Stop}
}

// String returns "detached".
func (d *detached) String() string { return string(KindDetached) }

// Start implements [Scheduler]. It returns when the process has been started.
// Its environment is exactly s.Env, and for [Wait] SPECWEAVE_NOT_BEFORE. A
// process that still waits under that name is stopped first.
func (d *detached) Start(ctx context.Context, s Spec) error {
	if err := d.start(ctx, s); err != nil {
		return fmt.Errorf("start %s: %w", s.Name, err)
	}
	return nil
}

func (d *detached) start(ctx context.Context, s Spec) error {
	if err := errors.Join(ctx.Err(), s.check()); err != nil {
		return err
	}
	unlock, err := d.reg.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := d.reg.sweep(); err != nil {
		return err
	}
	if err := d.replace(ctx, s.Name); err != nil {
		return err
	}
	due := s.Due(time.Now())
	if !due.IsZero() {
		s.Env = append(slices.Clip(s.Env), notBeforeVar+"="+due.Format(time.RFC3339))
	}
	p, err := launch(ctx, s)
	if err != nil {
		return errors.Join(err, d.reg.remove(s.Name))
	}
	if err := d.reg.write(s.Name, entry{Title: s.Title, Proc: p, Boot: platform.BootID(), Due: due}); err != nil {
		return errors.Join(err, p.KillTree(), d.reg.remove(s.Name))
	}
	return nil
}

// replace registers a unit without a process, instead of one that waits. The
// caller holds the lock.
func (d *detached) replace(ctx context.Context, name string) error {
	exists := d.reg.create(name)
	if !errors.Is(exists, ErrExists) {
		return exists
	}
	if e, err := d.reg.read(name); err != nil || !e.waiting() {
		return exists
	} else if err := d.end(ctx, name, e); err != nil {
		return err
	}
	return errors.Join(d.reg.remove(name), d.reg.create(name))
}

// launch starts the process of s.
func launch(ctx context.Context, s Spec) (platform.Proc, error) {
	input, err := s.openInput()
	if err != nil {
		return platform.Proc{}, err
	}
	defer input.Close() // it was only read
	log, err := s.openLog()
	if err != nil {
		return platform.Proc{}, err
	}
	defer log.Close() // only the child writes to it
	// WithoutCancel: the process outlives the caller
	cmd := exec.CommandContext(context.WithoutCancel(ctx), s.Args[0], s.Args[1:]...) //nolint:gosec // running commands is what this is for
	cmd.Dir = s.Dir
	cmd.Env = append([]string{}, s.Env...) // nil would mean this process's own
	cmd.Stdin, cmd.Stdout, cmd.Stderr = input, log, log
	return platform.StartFamily(cmd, s.Name)
}

// Stop implements [Scheduler]. It sends SIGTERM to the process group, or asks
// the process as [Heed] hears it, and kills, when the process has ended or 20
// seconds later, what is left of the group and of the process's descendants in
// other groups and sessions. One that had become nobody's descendant before Stop
// was called is found only in the group, or in the job object.
func (d *detached) Stop(ctx context.Context, name string) error {
	if err := d.stopUnit(ctx, name); err != nil {
		return fmt.Errorf("stop %s: %w", name, err)
	}
	return nil
}

func (d *detached) stopUnit(ctx context.Context, name string) error {
	if !validName(name) {
		return nil // no unit can have it
	}
	if _, err := d.reg.read(name); errors.Is(err, fs.ErrNotExist) {
		return nil // without creating anything
	}
	e, err := d.reg.settled(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := d.end(ctx, name, e); err != nil {
		return err
	}
	return d.reg.forget(ctx, name, e)
}

// end ends all processes of e and returns when they are gone.
func (d *detached) end(ctx context.Context, name string, e entry) error {
	if !e.ownsGroup() {
		return nil
	}
	tree := e.Proc.Descendants()
	if e.Proc.Alive() {
		asked, err := platform.StopFamily(name, e.Proc)
		if err != nil {
			return fmt.Errorf("terminate: %w", err)
		}
		if asked {
			gently, cancel := context.WithTimeout(ctx, d.stop)
			defer cancel()
			err = until(gently, func() bool { return !e.Proc.Alive() })
		}
		if err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
		tree = append(tree, e.Proc.Descendants()...) // what it started in the meantime
	}
	err := platform.KillFamily(name, e.Proc) // which outlives its root
	for _, p := range tree {
		err = errors.Join(err, p.KillTree())
	}
	if err != nil {
		return fmt.Errorf("kill: %w", err)
	}
	return until(ctx, func() bool {
		for _, p := range append(tree, e.Proc) {
			if p.Alive() {
				return false
			}
		}
		return true
	})
}

// Status implements [Scheduler]. It reads the registry and the process table.
func (d *detached) Status(ctx context.Context, prefix string) (map[string]Status, error) {
	all := make(map[string]Status)
	names, err := d.reg.names()
	if err != nil {
		return nil, fmt.Errorf("status: %w", err)
	}
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("status: %w", err)
		}
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		e, err := d.reg.read(name)
		if errors.Is(err, os.ErrNotExist) {
			continue // stopped since the directory was read
		}
		if err != nil {
			return nil, fmt.Errorf("status of %s: %w", name, err)
		}
		if !e.alive() {
			continue
		}
		all[name] = e.status()
	}
	return all, nil
}

// until polls until done says so.
func until(ctx context.Context, done func() bool) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}
