package platform

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Secret returns a file that holds data, has no name, and lives in memory
// only: it is handed to another process as a descriptor. On Linux it is a
// sealed memfd(2), which can be read any number of times.
func Secret(data []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate("specweave", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	f := os.NewFile(uintptr(fd), "secret")
	if _, err := f.WriteAt(data, 0); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("write secret: %w", err)
	}
	const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, seals); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("seal secret: %w", err)
	}
	return f, nil
}
