//go:build unix

package platform

import (
	"errors"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

func openLock(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
}

func tryLock(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return ErrLocked
	}
	return err
}

func unlock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_UN) }

// Terminal reports whether f, a terminal, understands escape sequences, and on
// Windows asks it to.
func Terminal(*os.File) bool { return true }

func openShared(path string) (*os.File, error) { return os.Open(path) }

func readShared(path string) ([]byte, error) { return os.ReadFile(path) }

func rename(from, to string) error { return os.Rename(from, to) }

// UntilFree does something to a file, on Windows again for two seconds while
// others, such as virus scanners and editors, have the file open.
func UntilFree(do func() error) error { return do() }

// Busy reports whether err may come from others that use the file or are about
// to remove it, which happens on Windows.
func Busy(error) bool { return false }

// SyncDir makes the names in a directory durable. File systems that cannot
// sync a directory are taken at their word.
func SyncDir(dir string) error {
	if dir == "" {
		dir = "."
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		err = nil
	}
	return errors.Join(err, d.Close())
}

// DiskFull reports whether err says that a file system or quota is full.
func DiskFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}

// ReadOnly reports whether err says that something may not be written:
// missing permission or a file system mounted read-only.
func ReadOnly(err error) bool {
	return errors.Is(err, os.ErrPermission) || errors.Is(err, unix.EROFS)
}

// Detach makes cmd, not yet started, the leader of a session of its own with
// no controlling terminal, so that it outlives the terminal and the caller. It
// inherits none of what the caller of this process left open for it: a pipe
// would never end, and a terminal never close.
func Detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	for fd := 3; fd < maxInherited; fd++ {
		_, _ = unix.FcntlInt(uintptr(fd), unix.F_SETFD, unix.FD_CLOEXEC) // as Go has all others
	}
}

// maxInherited is more than shells and other programs give their children.
const maxInherited = 256

// Group makes cmd, not yet started, the leader of a process group of its own,
// so that [SignalGroup] reaches it and what it starts.
func Group(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// Terminate asks the process group led by pid to end.
func Terminate(pid int) error { return signalGroup(pid, unix.SIGTERM) }

func terminate(pid int) error {
	err := unix.Kill(pid, unix.SIGTERM)
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	return err
}

// Kill ends the process group led by pid at once.
func Kill(pid int) error { return signalGroup(pid, unix.SIGKILL) }

// signalGroup treats a group that is gone as success: that was the aim.
func signalGroup(pid int, sig syscall.Signal) error {
	if pid <= 1 {
		return unix.EINVAL // 0 is the caller's own group, -1 every process
	}
	err := unix.Kill(-pid, sig)
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	return err
}
