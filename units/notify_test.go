package units_test

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/units"
)

// manager listens where a Notifier sends. It returns what has arrived.
func manager(t *testing.T) (received func(n int) []string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("no datagram sockets")
	}
	dir, err := os.MkdirTemp("", "n") //nolint:usetesting // short: a socket's path has 108 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", "600000000")
	t.Setenv("WATCHDOG_PID", "")
	return func(n int) (all []string) {
		buf := make([]byte, 1024)
		if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		for range n {
			n, err := c.Read(buf)
			if err != nil {
				t.Fatalf("after %q: %v", all, err)
			}
			if m := string(buf[:n]); !strings.HasPrefix(m, "FDSTORE=1") { // go test's standard input may be a file
				all = append(all, m)
			}
		}
		return all
	}
}

func TestNotifier(t *testing.T) {
	received := manager(t)
	n := units.NewNotifier()
	for _, name := range []string{"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} {
		if v, ok := os.LookupEnv(name); ok {
			t.Errorf("%s=%s is left for children", name, v)
		}
	}
	n.Ready()
	n.Status("154/245 (63%) acme/shop\nREADY=0\x1b[2J")
	for range 1000 {
		n.Alive() // one message
	}
	n.Stopping()
	want := []string{"READY=1", "STATUS=154/245 (63%) acme/shop READY=0 [2J", "WATCHDOG=1", "STOPPING=1"}
	if diff := cmp.Diff(want, received(4)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

// A manager that is away for longer than a message may take is told all the same
// that the process is ready.
func TestNotifierWaitsToBeReady(t *testing.T) {
	received := manager(t)
	n := units.NewNotifier()
	for full := false; !full; { // the socket holds no more
		begun := time.Now()
		n.Status("x")
		full = time.Since(begun) >= time.Second
	}
	ready := make(chan struct{})
	go func() { n.Ready(); close(ready) }()
	<-time.After(1500 * time.Millisecond) // any other message is dropped by then
	for told := false; !told; {
		told = slices.Contains(received(1), "READY=1")
	}
	<-ready
}

func TestNotifierWithoutManager(t *testing.T) {
	for name, socket := range map[string]string{"unset": "", "gone": "/nonexistent/socket", "abstract": "@no such socket"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("NOTIFY_SOCKET", socket)
			t.Setenv("WATCHDOG_USEC", "1000000")
			for _, n := range []*units.Notifier{nil, {}, units.NewNotifier()} {
				n.Ready()
				n.Status("x")
				n.Alive()
				n.Stopping()
			}
		})
	}
}

func TestAliveOncePerSecond(t *testing.T) {
	received := manager(t)
	n := units.NewNotifier()
	sent := 0
	synctest.Test(t, func(*testing.T) {
		n.Restart() // in the bubble's time
		for range 35 {
			time.Sleep(100 * time.Millisecond)
			n.Alive()
		}
	})
	n.Stopping()
	for received(1)[0] != "STOPPING=1" {
		sent++
	}
	if sent != 4 { // at 0.1, 1.1, 2.1 and 3.1 seconds
		t.Errorf("%d messages in 3.5 seconds, want 4", sent)
	}
}

func BenchmarkAlive(b *testing.B) {
	b.Setenv("NOTIFY_SOCKET", "/nonexistent/socket")
	b.Setenv("WATCHDOG_USEC", "600000000")
	n := units.NewNotifier()
	for b.Loop() {
		n.Alive()
	}
}
