package platform

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// tick is what Linux counts a process's times in towards programs: USER_HZ is
// 100 on every architecture that Go runs on.
const tick = 10 // milliseconds

// started returns when the process started, in milliseconds since boot, and
// whether it has ended and only waits to be reaped: fields 22 and 3 of
// /proc/PID/stat in proc(5). The second field is a name and may hold anything.
func started(pid int) (ms int64, ended bool, err error) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, false, err
	}
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	if len(fields) < 20 {
		return 0, false, errors.New("malformed /proc/PID/stat")
	}
	n, err := strconv.ParseInt(string(fields[19]), 10, 64)
	if err != nil {
		return 0, false, fmt.Errorf("malformed /proc/PID/stat: %w", err)
	}
	return n * tick, fields[0][0] == 'Z' || fields[0][0] == 'X', nil
}

// StartedAt returns when the process started by today's clock, to a hundredth
// of a second.
func (p Proc) StartedAt() time.Time {
	var up unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &up) // which there is since Linux 2.6.39
	return time.Now().Add(time.Duration(p.Started)*time.Millisecond - time.Duration(up.Nano()))
}

// BootTime returns when the machine started, by today's clock.
func BootTime() time.Time { return Proc{}.StartedAt() }
