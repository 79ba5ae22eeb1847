package platform

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"golang.org/x/sys/windows"
)

// StartFamily starts cmd, whose standard streams are files, apart from the
// console and the job object of the caller, as the root of a family called name
// that ends as one: what it starts is in its own job object, which ends with
// the root. Where the caller's job object lets nobody leave (see [Bound]), the
// family is in both. Nothing else of the caller's is inherited.
func StartFamily(cmd *exec.Cmd, name string) (Proc, error) {
	if cmd.Err != nil {
		return Proc{}, cmd.Err
	}
	job, err := newJob(name)
	if err != nil {
		return Proc{}, err
	}
	defer job.close()
	stop, err := newEvent(name)
	if err != nil {
		return Proc{}, err
	}
	defer func() { _ = windows.CloseHandle(stop) }()

	s := start{cmd: cmd, job: job.handle}
	s.env = append(cmd.Environ(), stopVar+"="+eventName(name))
	info, err := s.create(windows.CREATE_BREAKAWAY_FROM_JOB)
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		info, err = s.create(0)
	}
	if err != nil {
		return Proc{}, fmt.Errorf("create process %s: %w", cmd.Path, err)
	}
	defer windows.CloseHandle(info.Process) //nolint:errcheck // until then nobody else gets its number
	// Both last as long as the root, and not what it starts: their handles there
	// are not inherited.
	err = errors.Join(windows.CloseHandle(info.Thread), give(info.Process, job.handle), give(info.Process, stop))
	if err != nil {
		return Proc{}, errors.Join(err, job.terminate())
	}
	p, _ := FindProc(int(info.ProcessId))
	return p, nil
}

// StopFamily asks the root of a family to end, see [StopAsked]. It reports
// false if there is nobody who could listen: it was started in another session.
func StopFamily(name string, _ Proc) (bool, error) {
	text, err := windows.UTF16PtrFromString(eventName(name))
	if err != nil {
		return false, err
	}
	event, err := windows.OpenEvent(windows.EVENT_MODIFY_STATE, false, text)
	if errors.Is(err, windows.ERROR_FILE_NOT_FOUND) || errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("open event: %w", err)
	}
	return true, errors.Join(windows.SetEvent(event), windows.CloseHandle(event))
}

// KillFamily ends a family at once, and returns when nothing is left in its job
// object. One that is gone is no error. What left the job object is found below
// the root while that lives.
func KillFamily(name string, root Proc) error {
	err := root.KillTree()
	job, openErr := newJob(name)
	if openErr != nil {
		return errors.Join(err, openErr)
	}
	defer job.close()
	return errors.Join(err, job.terminate())
}

// terminate ends all processes of the job and waits until they are gone, as long
// as KillMarked does.
func (j job) terminate() error {
	if err := windows.TerminateJobObject(j.handle, 1); err != nil {
		return fmt.Errorf("terminate job object: %w", err)
	}
	for end := time.Now().Add(killPatience); ; <-time.After(2 * time.Millisecond) {
		late := time.Now().After(end)
		n, err := j.active()
		if err != nil || n == 0 {
			return err
		}
		if late {
			return fmt.Errorf("%d processes of a job object that was terminated live: %w", n, os.ErrDeadlineExceeded)
		}
	}
}
