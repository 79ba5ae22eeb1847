//go:build unix

package platform

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Umask returns the bits that the modes of new files are without. Where the
// system does not tell, as Linux does (proc_pid_status(5)), it can only be read
// by setting it (umask(2)), so that for a moment it is the strictest.
func Umask() int {
	data, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(data)) {
		if value, ok := strings.CutPrefix(line, "Umask:"); ok {
			if mask, err := strconv.ParseUint(strings.TrimSpace(value), 8, 9); err == nil {
				return int(mask)
			}
		}
	}
	mask := unix.Umask(0o077)
	unix.Umask(mask)
	return mask
}

// SetUmask sets those bits for this process and what it starts.
func SetUmask(mask int) { unix.Umask(mask) }
