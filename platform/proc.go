package platform

import (
	"errors"
	"fmt"
	"os"

	"github.com/shirou/gopsutil/v3/process"
)

// Proc identifies one process for good: a pid alone is used again, a pid and
// the moment the process started are not.
type Proc struct {
	PID     int   `json:"pid"`
	Started int64 `json:"started"` // milliseconds since 1970, as the operating system counts them
}

// FindProc identifies the process that has pid now. It reports false when
// there is none.
func FindProc(pid int) (Proc, bool) {
	p, err := process.NewProcess(int32(pid)) //nolint:gosec // pids fit 32 bits on every system
	if err != nil {
		return Proc{}, false
	}
	started, err := p.CreateTime()
	if err != nil {
		return Proc{}, false
	}
	return Proc{PID: pid, Started: started}, true
}

// ThisProc identifies the calling process.
func ThisProc() Proc {
	p, _ := FindProc(os.Getpid())
	return p
}

// Alive reports whether the process still runs. A process that has ended and
// only waits to be reaped does not. On Linux the start time is derived from
// the boot time, which moves when the clock is set: two seconds are forgiven.
func (p Proc) Alive() bool {
	if p.PID <= 0 {
		return false
	}
	now, ok := FindProc(p.PID)
	if !ok || now.Started-p.Started > 2000 || p.Started-now.Started > 2000 {
		return false
	}
	q, err := process.NewProcess(int32(p.PID)) //nolint:gosec // pids fit 32 bits on every system
	if err != nil {
		return false
	}
	status, err := q.Status()
	return err != nil || len(status) == 0 || status[0] != process.Zombie
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
		if f, err := os.FindProcess(q.PID); err == nil {
			if err := f.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
				errs = append(errs, fmt.Errorf("kill process %d: %w", q.PID, err))
			}
		}
	}
	return errors.Join(errs...)
}
