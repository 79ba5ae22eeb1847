package platform

import "golang.org/x/sys/unix"

// PeerPID returns the pid of the process that listens on the Unix socket at
// path, as this process sees it: 0 if it lives outside this PID namespace, or
// cannot be reached at once. See SO_PEERCRED in unix(7).
func PeerPID(path string) int {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return 0
	}
	defer func() { _ = unix.Close(fd) }()
	if unix.Connect(fd, &unix.SockaddrUnix{Name: path}) != nil {
		return 0
	}
	cred, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return 0
	}
	return int(cred.Pid)
}
