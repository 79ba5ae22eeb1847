package units

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/specweave/specweave/platform"
)

// inputVar is the environment variable that names the socket where a process
// gets its Input, once.
const inputVar = "SPECWEAVE_INPUT"

// offer hands Input to whoever connects to a socket first: launchd passes no
// descriptors, and what a property list names stays on disk. It is in a
// directory that only this user may enter.
type offer struct {
	path  string
	taken chan error // the outcome, once
	l     *net.UnixListener
}

// offerInput opens the socket and waits beside the caller, until somebody has
// taken data or close is called. No data needs no socket: the path is "".
func offerInput(data []byte) (*offer, error) {
	o := &offer{taken: make(chan error, 1)}
	if len(data) == 0 {
		o.taken <- nil
		return o, nil
	}
	dir, err := platform.SocketDir("sw", "input")
	if err != nil {
		return nil, fmt.Errorf("input: %w", err)
	}
	o.path = filepath.Join(dir, "input")
	if o.l, err = net.ListenUnix("unix", &net.UnixAddr{Name: o.path, Net: "unix"}); err != nil {
		return nil, errors.Join(fmt.Errorf("input: %w", err), os.Remove(dir))
	}
	go func() { o.taken <- o.give(data) }()
	return o, nil
}

func (o *offer) give(data []byte) error {
	c, err := o.l.AcceptUnix()
	if err != nil {
		return err
	}
	_, err = c.Write(data)
	return errors.Join(err, c.Close())
}

// close takes the offer back.
func (o *offer) close() {
	if o.l != nil {
		_ = o.l.Close() // which removes the socket
		_ = os.Remove(filepath.Dir(o.path))
	}
}

// takeInput makes what is offered to this process its standard input. Where
// nobody offers it any more, as after a restart, there is none.
func takeInput() {
	path := os.Getenv(inputVar)
	if path == "" {
		return
	}
	_ = os.Unsetenv(inputVar) // fails for names with "=" only
	c, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return
	}
	defer c.Close() // File is a copy
	if f, err := c.File(); err == nil {
		os.Stdin = f
	}
}
