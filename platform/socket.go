package platform

import (
	"errors"
	"fmt"
	"os"
)

// maxSocket bounds the path of a Unix socket: sun_path holds 104 bytes on macOS,
// 108 on Linux.
const maxSocket = 100

// SocketDir makes a directory of mode 0700, whose name begins with prefix, for a
// Unix socket called name: below the directory for temporary files, or below /tmp
// if the path of the socket would be too long there, as it is in tests on macOS.
func SocketDir(prefix, name string) (dir string, err error) {
	for _, parent := range []string{"", "/tmp"} {
		if dir, err = os.MkdirTemp(parent, prefix); err != nil {
			continue
		}
		if len(dir)+1+len(name) <= maxSocket {
			return dir, nil
		}
		err = errors.Join(fmt.Errorf("%s is too long for a socket", dir), os.RemoveAll(dir))
	}
	return "", err
}
