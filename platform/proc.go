package platform

import (
	"errors"
	"fmt"
	"os"
)

// Proc identifies one process of one boot for good: a pid alone is used again,
// a pid and the moment the process started are not. On Linux that moment is
// counted from boot, so that setting the clock does not change it; and it is
// not compared with the name of the program, which changes under an upgrade.
type Proc struct {
	PID     int   `json:"pid"`
	Started int64 `json:"started"` // milliseconds, as the kernel keeps them: since boot on Linux, since 1970 elsewhere
}

// FindProc identifies the process that has pid now. It reports false when
// there is none.
func FindProc(pid int) (Proc, bool) {
	ms, _, err := started(pid)
	return Proc{PID: pid, Started: ms}, err == nil
}

// ThisProc identifies the calling process.
func ThisProc() Proc {
	p, _ := FindProc(os.Getpid())
	return p
}

// Alive reports whether the process still runs. A process that has ended and
// only waits to be reaped does not.
func (p Proc) Alive() bool {
	if p.PID <= 0 {
		return false
	}
	ms, ended, err := started(p.PID)
	return err == nil && !ended && ms == p.Started
}

// Terminate asks the process alone to end. One that is gone is no error.
// Windows has no gentle signal: there it ends at once.
func (p Proc) Terminate() error {
	if !p.Alive() {
		return nil
	}
	return terminate(p.PID)
}

// KillTree ends the process and all its descendants at once, those in other
// process groups and sessions included. A process that is gone is no error.
func (p Proc) KillTree() error {
	if !p.Alive() {
		return nil
	}
	var errs []error
	for _, q := range append(p.Descendants(), p) {
		if !q.Alive() {
			continue
		}
		_ = Kill(q.PID) // the group, where it leads one: some of it may have lost their parent
		errs = append(errs, killOne(q.PID))
	}
	return errors.Join(errs...)
}

// killOne ends one process at once. One that is gone is no error.
func killOne(pid int) error {
	f, err := os.FindProcess(pid)
	if err != nil {
		return nil // it is gone, which was the aim
	}
	defer f.Release() //nolint:errcheck // a descriptor on Linux, a handle on Windows
	if err := f.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill process %d: %w", pid, err)
	}
	return nil
}
