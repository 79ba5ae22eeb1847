package units

import (
	"context"
	"errors"
	"fmt"
	"time"

	sd "github.com/coreos/go-systemd/v22/dbus"
	"github.com/godbus/dbus/v5"
)

// A unit that is gone for us may be in the manager's memory a moment longer.
const (
	roomTimeout = 2 * time.Second
	roomTries   = 20 // at least, however long they take
	roomPoll    = 2 * time.Millisecond
)

// Start implements [Scheduler]. It creates a transient service and returns
// when the process has said READY=1; if it ends or stays silent instead, the
// service is stopped and forgotten. With a NotBefore ahead it creates a
// transient timer, with the service beside it, and returns when that is armed;
// the timer's service has no Input. It creates the log file.
func (m *systemd) Start(ctx context.Context, s Spec) error {
	if err := m.start(ctx, s); err != nil {
		return fmt.Errorf("start %s: %w", s.Name, err)
	}
	return nil
}

func (m *systemd) start(ctx context.Context, s Spec) error {
	if err := errors.Join(ctx.Err(), s.check()); err != nil {
		return err
	}
	log, err := s.openLog()
	if err != nil {
		return err
	}
	_ = log.Close() // systemd opens it by name
	c, err := m.connect(ctx)
	if err != nil {
		return err
	}
	due := s.Due(time.Now())
	if due.IsZero() {
		return m.run(ctx, c, s)
	}
	if err := m.arm(ctx, c, s, due); err != nil || time.Now().Before(due) {
		return err
	}
	// That took long, perhaps the machine slept. A timer that was armed too late
	// is gone; where it was not, the service is there.
	if err := m.run(ctx, c, s); !errors.Is(err, ErrExists) {
		return err
	}
	return nil
}

// run starts the service now.
func (m *systemd) run(ctx context.Context, c *sd.Conn, s Spec) error {
	props := properties(s, m.limits)
	if len(s.Input) > 0 {
		// A descriptor, because the manager shows every other property to anyone
		// who asks. The manager closes it when the process ends; see NewNotifier.
		input, err := s.openInput()
		if err != nil {
			return err
		}
		defer input.Close() // it was only read
		fd := dbus.UnixFD(input.Fd())
		props = append(props, sd.Property{Name: "StandardInputFileDescriptor", Value: dbus.MakeVariant(fd)})
	}
	// Once asked, the manager's answer has to be heard: without it nobody knows
	// whether a unit of that name is ours to remove.
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
	defer cancel()
	job, err := create(asking, c, s.Name, func(job chan<- string) error {
		_, err := c.StartTransientUnitContext(asking, s.Name+serviceSuffix, "fail", props, job)
		return err
	})
	if err != nil {
		return err
	}
	result, err := await(ctx, c, job)
	if err == nil && result == "done" {
		return nil
	}
	undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
	defer cancel()
	if err == nil {
		err = explain(undo, c, s.Name, result)
	}
	return errors.Join(err, stopUnit(undo, c, s.Name+serviceSuffix))
}

// arm lets a timer start the service when due. It takes milliseconds, so that
// ctx does not interrupt it. Input stays out: systemd would take the descriptor
// and close it when it looks for units that nobody needs, long before the start.
func (m *systemd) arm(ctx context.Context, c *sd.Conn, s Spec, due time.Time) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
	defer cancel()
	service := sd.PropertyCollection{Name: s.Name + serviceSuffix, Properties: properties(s, m.limits)}
	job, err := create(ctx, c, s.Name, func(job chan<- string) error {
		_, err := c.StartTransientUnitAux(ctx, s.Name+timerSuffix, "fail", timerProperties(s, due), []sd.PropertyCollection{service}, job)
		return err
	})
	if err != nil {
		return err
	}
	result, err := await(ctx, c, job)
	if err != nil || result == "done" {
		return err
	}
	if result == "canceled" { // by a Stop or a Start that came right after this one
		return nil
	}
	return errors.Join(fmt.Errorf("timer: start job: %s", result), stopUnit(ctx, c, s.Name+timerSuffix))
}

// create asks for a unit and returns where the result of its start job will
// arrive. What bears the name without a process has to go first: a service that
// failed keeps it until it is reset, one that waits as long as its timer. Of
// several that do this at a time the manager lets one have the name.
func create(ctx context.Context, c *sd.Conn, name string, ask func(job chan<- string) error) (<-chan string, error) {
	late := time.Now().Add(roomTimeout)
	tick := time.NewTicker(roomPoll)
	defer tick.Stop()
	for try := 1; ; try++ {
		job := make(chan string, 1) // go-systemd delivers nothing else while a send blocks
		if err := ask(job); !isError(err, errUnitExists) {
			return job, err
		}
		if err := makeRoom(ctx, c, name); err != nil {
			return nil, err
		}
		if try >= roomTries && time.Now().After(late) {
			return nil, ErrExists
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
}

// makeRoom disarms the timer of that name and forgets a failed service. It
// stops no service, which may be another caller's by now: one that is not dead
// gives ErrExists.
func makeRoom(ctx context.Context, c *sd.Conn, name string) error {
	state, err := property[string](c.GetUnitPropertyContext(ctx, name+serviceSuffix, "ActiveState"))
	if err != nil {
		return err
	}
	switch state {
	case "inactive":
	case "failed":
		if err := reset(ctx, c, name+serviceSuffix); err != nil {
			return err
		}
	default:
		return ErrExists
	}
	return stopUnit(ctx, c, name+timerSuffix)
}

// explain puts into words why a start job ended with result.
func explain(ctx context.Context, c *sd.Conn, name, result string) error {
	switch result {
	case "canceled":
		return errors.New("stopped before it was ready")
	case "timeout":
		return errors.New("not ready in time")
	}
	st, err := failure(ctx, c, name)
	if err != nil {
		return errors.Join(fmt.Errorf("start job: %s", result), err)
	}
	return fmt.Errorf("ended before it was ready: %s, status %d", st.Result, st.ExitCode)
}
