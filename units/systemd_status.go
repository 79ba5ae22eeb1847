package units

import (
	"context"
	"fmt"
	"strings"
	"time"

	sd "github.com/coreos/go-systemd/v22/dbus"
)

// Status implements [Scheduler] with one query, and two or three small ones
// for each unit that it reports.
func (m *systemd) Status(ctx context.Context, prefix string) (map[string]Status, error) {
	all := make(map[string]Status)
	if prefix != "" && !validName(prefix) {
		return all, nil // no unit can have it, and the query must hold no wildcard of the caller's
	}
	c, err := m.connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("status: %w", err)
	}
	list, err := c.ListUnitsByPatternsContext(ctx, nil, []string{prefix + "*" + serviceSuffix})
	if err != nil {
		return nil, fmt.Errorf("status: systemd: %w", err)
	}
	for _, u := range list {
		name := strings.TrimSuffix(u.Name, serviceSuffix)
		var st Status
		switch u.ActiveState {
		case "inactive":
			continue
		case "failed":
			st, err = failure(ctx, c, name)
		default: // active, activating (also while it waits for a restart), deactivating, reloading
			st, err = running(ctx, c, name)
		}
		if err != nil {
			return nil, fmt.Errorf("status of %s: %w", name, err)
		}
		all[name] = st
	}
	return all, nil
}

// running asks for what a list does not tell of a unit that is not dead.
func running(ctx context.Context, c *sd.Conn, name string) (st Status, err error) {
	st.State = Active
	pid, err := property[uint32](c.GetServicePropertyContext(ctx, name+serviceSuffix, "MainPID"))
	if err != nil {
		return st, err
	}
	st.PID = int(pid)
	st.Since, err = since(ctx, c, name)
	return st, err
}

// failure asks for why a unit failed. It may still wait for a restart.
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
	st.Since, err = since(ctx, c, name)
	return st, err
}

// since returns when the unit came into its state; the manager counts in
// microseconds since 1970, and 0 is never.
func since(ctx context.Context, c *sd.Conn, name string) (time.Time, error) {
	usec, err := property[uint64](c.GetUnitPropertyContext(ctx, name+serviceSuffix, "StateChangeTimestamp"))
	if err != nil || usec == 0 {
		return time.Time{}, err
	}
	return time.UnixMicro(int64(usec)), nil //nolint:gosec // fits for 290,000 years
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
