package platform

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/windows"
)

// openLock lets others remove the file, as whoever holds the lock of a job that
// is forgotten does with its directory.
func openLock(path string) (*os.File, error) {
	return createFile(path, windows.GENERIC_READ|windows.GENERIC_WRITE, windows.OPEN_ALWAYS)
}

// Terminal reports whether f, a terminal, understands escape sequences, and asks
// it to: those of before Windows 10 show them as they are.
func Terminal(f *os.File) bool {
	var mode uint32
	h := windows.Handle(f.Fd())
	if err := windows.GetConsoleMode(h, &mode); err != nil {
		return false
	}
	return windows.SetConsoleMode(h, mode|windows.ENABLE_PROCESSED_OUTPUT|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}

func openShared(path string) (*os.File, error) {
	return createFile(path, windows.GENERIC_READ, windows.OPEN_EXISTING)
}

func readShared(path string) ([]byte, error) {
	f, err := openShared(path)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(f)
	return data, errors.Join(err, f.Close())
}

// createFile opens a file that others may remove meanwhile: one that os.Open
// has opened they may not (FILE_SHARE_DELETE).
func createFile(path string, access, disposition uint32) (*os.File, error) {
	text, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	h, err := windows.CreateFile(text, access, share, nil, disposition, windows.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}

func tryLock(f *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return ErrLocked
	}
	return err
}

func unlock(f *os.File) error {
	return windows.UnlockFileEx(windows.Handle(f.Fd()), 0, 1, 0, new(windows.Overlapped))
}

// rename waits while a reader has the target open. That a directory is in the
// way, which gives the same error, will not change.
func rename(from, to string) error {
	if info, err := os.Lstat(to); err == nil && info.IsDir() {
		return os.Rename(from, to)
	}
	return UntilFree(func() error { return os.Rename(from, to) })
}

// UntilFree does something to a file, on Windows again for two seconds while
// others, such as virus scanners and editors, have the file open.
func UntilFree(do func() error) error {
	for end := time.Now().Add(2 * time.Second); ; <-time.After(5 * time.Millisecond) {
		if err := do(); !Busy(err) || time.Now().After(end) {
			return err
		}
	}
}

// Busy reports whether err may come from others that use the file or are about
// to remove it: its name is taken until the last of them has closed it, and
// nobody may open it any more. It may also be a matter of rights.
func Busy(err error) bool {
	return errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_SHARING_VIOLATION) ||
		errors.Is(err, windows.ERROR_DELETE_PENDING)
}

// SyncDir does nothing: NTFS journals names itself.
func SyncDir(string) error { return nil }

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, os.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// DiskFull reports whether err says that a file system or quota is full.
func DiskFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED)
}

// ReadOnly reports whether err says that something may not be written.
func ReadOnly(err error) bool {
	return errors.Is(err, os.ErrPermission) || errors.Is(err, windows.ERROR_WRITE_PROTECT)
}

// Detach makes cmd, not yet started, independent of the console of the caller.
// It stays in the caller's job object; [StartFamily] starts what leaves that.
func Detach(cmd *exec.Cmd) { Group(cmd) }

// Group makes cmd, not yet started, the root of a process group of its own.
func Group(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NO_WINDOW | windows.CREATE_NEW_PROCESS_GROUP}
}

// Terminate ends pid and what it started: Windows has no gentle signal.
func Terminate(pid int) error { return Kill(pid) }

func terminate(pid int) error { return Kill(pid) }

// Kill ends pid and what it started.
func Kill(pid int) error {
	p, err := os.FindProcess(pid)
	if err != nil {
		return nil // it is gone, which was the aim
	}
	defer p.Release() //nolint:errcheck // until then nobody else gets its number
	if q, ok := FindProc(pid); ok {
		for _, c := range q.Descendants() {
			_ = killOne(c.PID)
		}
	}
	if err := p.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}
