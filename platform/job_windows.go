package platform

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// job is a job object. Its name goes with its last handle, so that the root of
// a family keeps one.
type job struct{ handle windows.Handle }

// newJob creates the job object of a family, or opens it if it is there. Its
// processes end when its last handle is closed, and may leave it: a worker
// starts the next one.
// https://learn.microsoft.com/windows/win32/procthread/job-objects
func newJob(name string) (job, error) {
	text, err := windows.UTF16PtrFromString(`Local\` + name)
	if err != nil {
		return job{}, err
	}
	handle, err := windows.CreateJobObject(nil, text)
	if err != nil {
		return job{}, fmt.Errorf("create job object: %w", err)
	}
	var limits windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | windows.JOB_OBJECT_LIMIT_BREAKAWAY_OK
	_, err = windows.SetInformationJobObject(handle, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits))) //nolint:gosec // its size is the type's
	if err != nil {
		_ = windows.CloseHandle(handle)
		return job{}, fmt.Errorf("set up job object: %w", err)
	}
	return job{handle}, nil
}

func (j job) close() { _ = windows.CloseHandle(j.handle) }

// active returns how many processes are in the job.
func (j job) active() (uint32, error) {
	var info struct { // JOBOBJECT_BASIC_ACCOUNTING_INFORMATION
		_               [4]int64
		_, _, active, _ uint32
	}
	err := windows.QueryInformationJobObject(j.handle, windows.JobObjectBasicAccountingInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)), nil) //nolint:gosec // its size is the type's
	if err != nil {
		return 0, fmt.Errorf("query job object: %w", err)
	}
	return info.active, nil
}

// newEvent creates the event that asks the root of a family to end.
func newEvent(name string) (windows.Handle, error) {
	text, err := windows.UTF16PtrFromString(eventName(name))
	if err != nil {
		return 0, err
	}
	const manualReset, unset = 1, 0
	event, err := windows.CreateEvent(nil, manualReset, unset, text)
	if event == 0 {
		return 0, fmt.Errorf("create event: %w", err)
	}
	if err := windows.ResetEvent(event); err != nil { // it may have been there
		_ = windows.CloseHandle(event)
		return 0, fmt.Errorf("reset event: %w", err)
	}
	return event, nil
}

func eventName(family string) string { return `Local\` + family + ".stop" }

// give lets a process hold what h is a handle to, until it ends.
func give(process, h windows.Handle) error {
	var theirs windows.Handle
	if err := windows.DuplicateHandle(windows.CurrentProcess(), h, process, &theirs, 0, false, windows.DUPLICATE_SAME_ACCESS); err != nil {
		return fmt.Errorf("duplicate handle: %w", err)
	}
	return nil
}

// Bound reports whether this process, with all that it starts, ends with a job
// object that it cannot leave, as that of some terminals and services.
func Bound() bool {
	var limits windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	const own = 0 // the job of this process
	err := windows.QueryInformationJobObject(own, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)), nil) //nolint:gosec // its size is the type's
	const leave = windows.JOB_OBJECT_LIMIT_BREAKAWAY_OK | windows.JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK
	flags := limits.BasicLimitInformation.LimitFlags
	return err == nil && flags&windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE != 0 && flags&leave == 0
}
