//go:build unix

package platform

import (
	"os"
	"syscall"
)

// Rights encodes f as the control message that hands it to the receiver of a
// message on a Unix socket (unix(7), SCM_RIGHTS).
func Rights(f *os.File) []byte { return syscall.UnixRights(int(f.Fd())) }
