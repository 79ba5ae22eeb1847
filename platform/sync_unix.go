//go:build unix && !linux

package platform

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// syncFile hands a file to the disk. On macOS the disk itself may still hold it
// in a cache, fsync(2), until the sync of a directory empties that.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	err = unix.Fsync(int(f.Fd()))
	return errors.Join(err, f.Close())
}
