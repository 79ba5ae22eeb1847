package platform

import (
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// started returns when the process started, in milliseconds since 1970, and
// whether it has ended and is only remembered by who holds a handle to it.
// What may not be asked is another user's.
func started(pid int) (ms int64, ended bool, err error) {
	p, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION|windows.SYNCHRONIZE, false, uint32(pid)) //nolint:gosec // pids fit 32 bits
	if err != nil {
		return 0, false, err
	}
	defer windows.CloseHandle(p) //nolint:errcheck // it was only asked
	var begun, exited, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(p, &begun, &exited, &kernel, &user); err != nil {
		return 0, false, err
	}
	state, err := windows.WaitForSingleObject(p, 0)
	ended = err == nil && state == windows.WAIT_OBJECT_0
	return begun.Nanoseconds() / int64(time.Millisecond), ended, nil
}

// StartedAt returns when the process started.
func (p Proc) StartedAt() time.Time { return time.UnixMilli(p.Started) }

// parents returns the parent of each process, by one look at the process table.
func parents() (map[int32]int32, error) {
	table, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return nil, err
	}
	defer windows.CloseHandle(table) //nolint:errcheck // it was only read
	of := make(map[int32]int32)
	var e windows.ProcessEntry32
	e.Size = uint32(unsafe.Sizeof(e))
	for err = windows.Process32First(table, &e); err == nil; err = windows.Process32Next(table, &e) {
		of[int32(e.ProcessID)] = int32(e.ParentProcessID) //nolint:gosec // pids are small
	}
	return of, nil // which ends with ERROR_NO_MORE_FILES
}
