//go:build unix

package platform

import (
	"os"
	"syscall"
)

// Owner returns the user id that the file at path belongs to, -1 if there is
// no such file.
func Owner(path string) int {
	info, err := os.Stat(path)
	if err != nil {
		return -1
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid)
	}
	return -1
}
