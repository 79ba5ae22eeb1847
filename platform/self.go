package platform

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Self returns an absolute path to the running program for others to start it
// by later. It prefers the name found on PATH, symbolic links kept, when that
// leads to the same file: package managers replace the file a link leads to,
// and a path into a versioned folder would be gone after an upgrade.
func Self() (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("own path: %w", err)
	}
	info, err := os.Stat(exe)
	if err != nil {
		return "", fmt.Errorf("own path: %w", err)
	}
	if p, err := exec.LookPath(filepath.Base(exe)); err == nil {
		if p, err = filepath.Abs(p); err == nil {
			if other, err := os.Stat(p); err == nil && os.SameFile(info, other) {
				return p, nil
			}
		}
	}
	return exe, nil
}
