package units_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/units"
)

// managerSocket returns where the socket of a manager would be, which is in the
// runtime directory dir.
func managerSocket(t *testing.T) (dir, socket string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("no sockets")
	}
	dir, err := os.MkdirTemp("", "n") //nolint:usetesting // short: a socket's path has 108 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir, filepath.Join(dir, "systemd", "private")
}

// listen lets handle have each connection to the socket.
func listen(t *testing.T, socket string, handle func(net.Conn)) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(socket), 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = c.Close() })
			go handle(c)
		}
	}()
}

// greet answers what the D-Bus Specification calls the authentication
// protocol, and nothing after it.
func greet(c net.Conn) {
	lines := bufio.NewScanner(c)
	for lines.Scan() {
		switch line := strings.TrimLeft(lines.Text(), "\x00"); {
		case line == "BEGIN\r" || line == "BEGIN":
			return
		case strings.HasPrefix(line, "NEGOTIATE_UNIX_FD"):
			_, _ = c.Write([]byte("AGREE_UNIX_FD\r\n"))
		case line == "AUTH\r" || line == "AUTH":
			_, _ = c.Write([]byte("REJECTED EXTERNAL\r\n"))
		default:
			_, _ = c.Write([]byte("OK 0123456789abcdef0123456789abcdef\r\n"))
		}
	}
}

// A manager that is gone and one that does not answer are errors, and soon.
func TestSystemdUnreachable(t *testing.T) {
	t.Parallel()
	dir, socket := managerSocket(t)
	connect := func(ctx context.Context) error {
		_, err := units.SystemdWith(ctx, units.NormalLimits(), func(e *units.Env) {
			e.RuntimeDir, e.RuntimeDirOwner, e.ManagerSocket = dir, e.UID, true
		})
		return err
	}
	if err := connect(t.Context()); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), dir) {
		t.Errorf("gone: %v", err)
	}
	listen(t, socket, func(net.Conn) {})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := connect(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("silent: %v", err)
	}
}

// Status is over when its context is, wherever the manager falls silent, and
// whoever else waits for the manager meanwhile.
func TestSystemdStatusInTime(t *testing.T) {
	t.Parallel()
	for name, handle := range map[string]func(net.Conn){
		"from the first":     func(net.Conn) {},
		"after the greeting": greet,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, socket := managerSocket(t)
			met := make(chan struct{}, 100)
			listen(t, socket, func(c net.Conn) { met <- struct{}{}; handle(c) })
			u := units.SystemdAt(socket)
			patient := make(chan error, 1)
			life, end := context.WithCancel(t.Context())
			go func() { _, err := u.Status(life, "a"); patient <- err }()
			<-met
			for range 2 {
				start := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				_, err := u.Status(ctx, "a")
				cancel()
				if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took > 3*time.Second {
					t.Errorf("after %v: %v", took, err)
				}
			}
			end()
			if err := <-patient; !errors.Is(err, context.Canceled) {
				t.Errorf("the patient one: %v", err)
			}
		})
	}
}
