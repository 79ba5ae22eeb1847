//go:build unix

package platform

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Reexec replaces this process by the same program with other arguments, its
// name first, and environment; f stays open under its number. It returns only
// if that fails.
func Reexec(args, env []string, f *os.File) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("own path: %w", err)
	}
	if _, err := unix.FcntlInt(f.Fd(), unix.F_SETFD, 0); err != nil {
		return fmt.Errorf("keep a descriptor open: %w", err)
	}
	if err := syscall.Exec(self, args, env); err != nil { //nolint:gosec // this very program
		return fmt.Errorf("exec %s: %w", self, err)
	}
	return nil
}
