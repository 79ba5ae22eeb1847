package units

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	sd "github.com/coreos/go-systemd/v22/dbus"
)

// infinity is a duration, or a time that never comes.
const infinity = math.MaxUint64

// Status implements [Scheduler] with one query, and two to four small ones for
// each unit that it reports.
func (m *systemd) Status(ctx context.Context, prefix string) (map[string]Status, error) {
	all := make(map[string]Status)
	if prefix != "" && !validName(prefix) {
		return all, nil // no unit can have it, and the query must hold no wildcard of the caller's
	}
	c, err := m.connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("status: %w", err)
	}
	list, err := c.ListUnitsByPatternsContext(ctx, nil, []string{prefix + "*" + serviceSuffix, prefix + "*" + timerSuffix})
	if err != nil {
		return nil, fmt.Errorf("status: systemd: %w", err)
	}
	for _, u := range list {
		name, ok := strings.CutSuffix(u.Name, serviceSuffix)
		if !ok || u.ActiveState == "inactive" && u.JobType != "start" {
			continue // over, or the one that a timer will start
		}
		if all[name], err = serviceStatus(ctx, c, u); err != nil {
			return nil, fmt.Errorf("status of %s: %w", name, err)
		}
	}
	for _, u := range list {
		name, ok := strings.CutSuffix(u.Name, timerSuffix)
		if !ok || u.SubState != "waiting" || all[name].State == Active {
			continue // a timer stays as long as what it started
		}
		if all[name], err = timerStatus(ctx, c, u.Name); err != nil {
			return nil, fmt.Errorf("status of %s: %w", name, err)
		}
	}
	return all, nil
}

// serviceStatus asks for what a list does not tell of a service that is not
// dead. Active is also one that is activating, deactivating or reloading.
func serviceStatus(ctx context.Context, c *sd.Conn, u sd.UnitStatus) (Status, error) {
	name := strings.TrimSuffix(u.Name, serviceSuffix)
	switch {
	case u.ActiveState == "failed":
		return failure(ctx, c, name)
	case strings.HasPrefix(u.SubState, "auto-restart"): // later managers know auto-restart-queued too
		return restarting(ctx, c, name)
	}
	pid, err := property[uint32](c.GetServicePropertyContext(ctx, u.Name, "MainPID"))
	if err != nil {
		return Status{}, err
	}
	changed, err := since(ctx, c, u.Name)
	return Status{State: Active, PID: int(pid), Since: changed}, err
}

// timerStatus asks when a timer that is armed will fire.
func timerStatus(ctx context.Context, c *sd.Conn, unit string) (st Status, err error) {
	st.State = Waiting
	usec, err := property[uint64](c.GetUnitTypePropertyContext(ctx, unit, "Timer", "NextElapseUSecRealtime"))
	if err != nil {
		return st, err
	}
	if usec != infinity { // it has fired since
		st.Due = moment(usec)
	}
	st.Since, err = since(ctx, c, unit)
	return st, err
}

// restarting asks for why a service crashed, and when it starts again: the
// manager sets its clock as it enters the state.
func restarting(ctx context.Context, c *sd.Conn, name string) (Status, error) {
	st, err := failure(ctx, c, name)
	if err != nil {
		return st, err
	}
	st.State = Active
	usec, err := property[uint64](c.GetServicePropertyContext(ctx, name+serviceSuffix, "RestartUSec"))
	if err == nil && usec != infinity && !st.Since.IsZero() {
		st.Due = moment(uint64(st.Since.UnixMicro()) + usec) //nolint:gosec // after 1970
	}
	return st, err
}

// failure asks for how the last run of a service ended.
func failure(ctx context.Context, c *sd.Conn, name string) (st Status, err error) {
	st.State = Failed
	if st.Result, err = property[string](c.GetServicePropertyContext(ctx, name+serviceSuffix, "Result")); err != nil {
		return st, err
	}
	code, err := property[int32](c.GetServicePropertyContext(ctx, name+serviceSuffix, "ExecMainStatus"))
	if err != nil {
		return st, err
	}
	st.ExitCode = int(code)
	st.Since, err = since(ctx, c, name+serviceSuffix)
	return st, err
}

// since returns when the unit came into its state.
func since(ctx context.Context, c *sd.Conn, unit string) (time.Time, error) {
	usec, err := property[uint64](c.GetUnitPropertyContext(ctx, unit, "StateChangeTimestamp"))
	return moment(usec), err
}

// moment is a time of the manager's, which counts in microseconds since 1970
// and says 0 for never.
func moment(usec uint64) time.Time {
	if usec == 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(usec)) //nolint:gosec // fits for 290,000 years
}

// property unpacks what go-systemd's getters return.
func property[T any](p *sd.Property, err error) (value T, _ error) {
	if err != nil {
		return value, err
	}
	value, ok := p.Value.Value().(T)
	if !ok {
		return value, fmt.Errorf("property %s has type %s", p.Name, p.Value.Signature())
	}
	return value, nil
}
