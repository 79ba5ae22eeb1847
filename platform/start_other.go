//go:build !linux && !windows

package platform

import (
	"time"

	"github.com/shirou/gopsutil/v3/host"
	"github.com/shirou/gopsutil/v3/process"
)

// started returns when the process started, in milliseconds since 1970, and
// whether it has ended and only waits to be reaped.
func started(pid int) (ms int64, ended bool, err error) {
	p, err := process.NewProcess(int32(pid)) //nolint:gosec // pids fit 32 bits on every system
	if err != nil {
		return 0, false, err
	}
	if ms, err = p.CreateTime(); err != nil {
		return 0, false, err
	}
	status, err := p.Status()
	return ms, err == nil && len(status) > 0 && status[0] == process.Zombie, nil // the state is not told everywhere
}

// StartedAt returns when the process started.
func (p Proc) StartedAt() time.Time { return time.UnixMilli(p.Started) }

// BootTime returns when the machine started; zero if it does not say.
func BootTime() time.Time {
	s, err := host.BootTime()
	if err != nil {
		return time.Time{}
	}
	return time.Unix(int64(s), 0) //nolint:gosec // seconds since 1970
}
