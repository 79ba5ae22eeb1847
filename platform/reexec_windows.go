package platform

import (
	"errors"
	"os"
)

// Reexec always fails: Windows replaces no processes.
func Reexec([]string, []string, *os.File) error { return errors.ErrUnsupported }
