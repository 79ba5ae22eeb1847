package units

import (
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/coreos/go-systemd/v22/activation"

	"github.com/specweave/specweave/platform"
)

// storedInput is the name under which the manager keeps standard input.
const storedInput = "specweave-input"

// notifyTimeout bounds one message: a manager that does not read its socket
// must not hold up the work. Those without which the unit fails, or has no Input
// at its next start, get more: a busy manager, or one that reads all its units
// again, is away for seconds, and its socket holds few messages.
const (
	notifyTimeout = time.Second
	readyTimeout  = 30 * time.Second
)

// Notifier tells the manager that started this process how it goes, by the
// protocol of sd_notify(3). A nil Notifier, and one in a process that no
// systemd started, does nothing. All methods may be called at any time from
// any goroutine; a message that cannot be delivered is dropped.
type Notifier struct {
	conn     *net.UnixConn // nil if no manager listens
	manager  *net.UnixAddr
	watchdog bool
	start    time.Time
	petted   atomic.Int64 // time since start of the last WATCHDOG=1, in ns; 0 if never
}

// NewNotifier finds the manager in NOTIFY_SOCKET and WATCHDOG_USEC and unsets
// both, with WATCHDOG_PID, so that the commands this process runs do not speak
// in its name. Call it first, and once.
//
// It also makes [Spec] keep its word that Input is on standard input at each
// start: systemd closes the descriptor it was given when the process ends, so
// the first process hands it back to be kept (FileDescriptorStoreMax= in
// systemd.service(5)), and in a later one NewNotifier makes it os.Stdin. Under
// launchd it fetches Input at the first start; there is none at a later one.
func NewNotifier() *Notifier {
	n := &Notifier{start: time.Now()}
	if path := os.Getenv("NOTIFY_SOCKET"); path != "" {
		// a leading @ is an abstract address, in package net as in sd_notify(3)
		n.manager = &net.UnixAddr{Name: path, Net: "unixgram"}
		// not connected: package net sends descriptors only from such a socket
		if c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram"}); err == nil {
			n.conn = c
		}
	}
	usec, _ := strconv.ParseInt(os.Getenv("WATCHDOG_USEC"), 10, 64)
	pid := os.Getenv("WATCHDOG_PID")
	n.watchdog = usec > 0 && (pid == "" || pid == strconv.Itoa(os.Getpid()))
	for _, name := range []string{"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} {
		_ = os.Unsetenv(name) // fails for names with "=" only
	}
	n.keepInput()
	takeInput()
	return n
}

func (n *Notifier) keepInput() {
	if n.conn == nil {
		return
	}
	for _, f := range activation.Files(true) { // close-on-exec, variables unset
		if f.Name() == storedInput {
			os.Stdin = f
			return
		}
	}
	if info, err := os.Stdin.Stat(); err == nil && info.Mode().IsRegular() {
		n.send(readyTimeout, "FDSTORE=1\nFDNAME="+storedInput, platform.Rights(os.Stdin)...)
	}
}

// Managed reports whether a systemd manager started this process.
func (n *Notifier) Managed() bool { return n != nil && n.conn != nil }

// Ready says that the process has started up. Start returns then.
func (n *Notifier) Ready() { n.send(readyTimeout, "READY=1") }

// Status shows text in "systemctl --user status". Line breaks and other
// control characters become spaces.
func (n *Notifier) Status(text string) { n.send(notifyTimeout, "STATUS="+oneLine(text)) }

// Alive restarts the watchdog's clock. It sends at most one message a second
// and costs nothing between them: call it for every sign of progress.
func (n *Notifier) Alive() {
	if n == nil || !n.watchdog {
		return
	}
	last, now := n.petted.Load(), int64(time.Since(n.start))+1
	if (last == 0 || now-last >= int64(time.Second)) && n.petted.CompareAndSwap(last, now) {
		n.send(notifyTimeout, "WATCHDOG=1")
	}
}

// Stopping says that the process has begun to end.
func (n *Notifier) Stopping() { n.send(notifyTimeout, "STOPPING=1") }

func (n *Notifier) send(limit time.Duration, state string, rights ...byte) {
	if n == nil || n.conn == nil {
		return
	}
	_ = n.conn.SetWriteDeadline(time.Now().Add(limit))
	_, _, _ = n.conn.WriteMsgUnix([]byte(state), rights, n.manager)
}
