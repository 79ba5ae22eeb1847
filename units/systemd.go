package units

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	sd "github.com/coreos/go-systemd/v22/dbus"
	"github.com/godbus/dbus/v5"
)

// The errors of org.freedesktop.systemd1 that somebody branches on.
const (
	errUnitExists = "org.freedesktop.systemd1.UnitExists"
	errNoSuchUnit = "org.freedesktop.systemd1.NoSuchUnit"
)

const (
	serviceSuffix = ".service"
	timerSuffix   = ".timer"
	dialTimeout   = 15 * time.Second // to reach a manager on this machine, which may be reading its files
	undoTimeout   = 60 * time.Second // to clear up after a failed start, whatever became of the caller
)

type systemd struct {
	at     endpoint
	limits limits

	turn chan struct{} // holds one element while conn is being looked at
	conn *sd.Conn      // nil before the first call
}

// endpoint is a socket that leads to a manager.
type endpoint struct {
	path string
	bus  bool // a message bus, which wants to be greeted, not the manager itself
}

// Systemd returns the scheduler of this user's systemd manager, found as
// [Look] finds it, after one successful connection. It starts neither a bus nor
// a manager. The connection is used by all calls, made anew when it broke, and
// ends with the process; there is nothing to close.
func Systemd(ctx context.Context) (Scheduler, error) {
	return newSystemd(ctx, Look(), normal())
}

func newSystemd(ctx context.Context, e Env, l limits) (*systemd, error) {
	at, ok := e.endpoint()
	if !ok {
		return nil, errors.New("systemd: no user manager: no socket in the runtime directory")
	}
	m := &systemd{at: at, limits: l, turn: make(chan struct{}, 1)}
	if _, err := m.connect(ctx); err != nil {
		return nil, err
	}
	return m, nil
}

// connect returns the connection. One that broke, as all do when the manager
// is updated (daemon-reexec), is replaced.
func (m *systemd) connect(ctx context.Context) (*sd.Conn, error) {
	select { // no mutex: who is in a hurry must not wait for another's dialling
	case m.turn <- struct{}{}:
		defer func() { <-m.turn }()
	case <-ctx.Done():
		return nil, fmt.Errorf("systemd: %w", ctx.Err())
	}
	if m.conn != nil && m.conn.Connected() {
		return m.conn, nil
	}
	c, err := m.dial(ctx)
	if err != nil {
		return nil, err
	}
	m.conn = c
	return c, nil
}

// String returns "systemd".
func (m *systemd) String() string { return string(KindSystemd) }

// dial connects. The context that godbus is given ends the connection when it
// ends, and the caller's may end while there is still something to clear up;
// so it gets its own, which ends early only if connecting takes too long.
func (m *systemd) dial(ctx context.Context) (*sd.Conn, error) {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	late := time.AfterFunc(dialTimeout, end)
	stop := context.AfterFunc(ctx, end)
	c, err := sd.NewConnection(func() (*dbus.Conn, error) {
		// go-systemd's own dialers would start a bus, or look for the system's manager
		c, err := dbus.Dial("unix:path="+dbus.EscapeBusAddressValue(m.at.path), dbus.WithContext(life))
		if err != nil {
			return nil, err
		}
		err = c.Auth([]dbus.Auth{dbus.AuthExternal(strconv.Itoa(os.Getuid()))})
		if err == nil && m.at.bus {
			err = c.Hello()
		}
		if err != nil {
			return nil, errors.Join(err, c.Close())
		}
		return c, nil
	})
	late.Stop()
	stop()
	if life.Err() != nil { // says why, which "use of closed connection" does not
		if err == nil {
			c.Close()
		}
		if err = ctx.Err(); err == nil {
			err = fmt.Errorf("no answer in %v", dialTimeout)
		}
	}
	if err != nil {
		end()
		return nil, fmt.Errorf("systemd: connect to %s: %w", m.at.path, err)
	}
	return c, nil
}

// Stop implements [Scheduler]. The timer goes first, so that it starts nothing
// more. Then the manager sends SIGTERM to the whole cgroup, SIGKILL 20 seconds
// later to what is left, and gives the command for the end as long again.
func (m *systemd) Stop(ctx context.Context, name string) error {
	if !validName(name) {
		return nil // no unit can have it
	}
	c, err := m.connect(ctx)
	if err != nil {
		return fmt.Errorf("stop %s: %w", name, err)
	}
	for _, suffix := range []string{timerSuffix, serviceSuffix} {
		if err := stopUnit(ctx, c, name+suffix); err != nil {
			return fmt.Errorf("stop %s: %w", name, err)
		}
	}
	return nil
}

// stopUnit stops the unit, which is a name with a suffix here, waits for it and
// makes the manager forget it. It ends a pending restart too.
func stopUnit(ctx context.Context, c *sd.Conn, unit string) error {
	job := make(chan string, 1)
	_, err := c.StopUnitContext(ctx, unit, "replace", job)
	if isError(err, errNoSuchUnit) {
		return nil
	}
	if err != nil {
		return err
	}
	if result, err := await(ctx, c, job); err != nil {
		return err
	} else if result != "done" {
		return fmt.Errorf("stop job: %s", result)
	}
	return reset(ctx, c, unit)
}

func reset(ctx context.Context, c *sd.Conn, unit string) error {
	if err := c.ResetFailedUnitContext(ctx, unit); err != nil && !isError(err, errNoSuchUnit) {
		return err
	}
	return nil
}

// await returns the result of a job. The signal that carries it cannot come
// through a connection that is gone.
func await(ctx context.Context, c *sd.Conn, job <-chan string) (string, error) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case result := <-job:
			return result, nil
		case <-ctx.Done():
			return "", ctx.Err()
		case <-tick.C:
			if !c.Connected() {
				return "", errors.New("connection to the manager lost")
			}
		}
	}
}

func isError(err error, name string) bool {
	var e dbus.Error
	return errors.As(err, &e) && e.Name == name
}
