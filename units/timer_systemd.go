package units

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	sd "github.com/coreos/go-systemd/v22/dbus"

	"github.com/specweave/specweave/platform"
)

// systemdTimers are a timer and a service each, as files of the user's
// (systemd.timer(5)).
type systemdTimers struct{}

// timersTarget is what a user manager starts for timers (systemd.special(7)).
const timersTarget = "timers.target"

// timerFile is the timer; the service has the same name.
func timerFile(t Timer) []byte {
	lines := append(head(t.Title),
		"",
		"[Timer]",
		"OnCalendar="+t.Schedule.String()+":00",
		"Persistent=true",
		"AccuracySec=1s", // the schedule says who asks when
		"",
		"[Install]",
		"WantedBy="+timersTarget,
	)
	return []byte(strings.Join(lines, "\n") + "\n")
}

// Install implements [Timers]. The manager is told to read its files again only
// if it knows the timer already, because that disturbs units that are just being
// restarted.
func (systemdTimers) Install(ctx context.Context, t Timer) error {
	if err := t.check(); err != nil {
		return fmt.Errorf("timer: %w", err)
	}
	if err := installTimer(ctx, t); err != nil {
		return fmt.Errorf("timer %s: %w", t.Name, err)
	}
	return nil
}

func installTimer(ctx context.Context, t Timer) error {
	service, err := serviceFile{title: t.Title, args: t.Args, env: t.Env, dir: t.Dir}.text()
	if err != nil {
		return err
	}
	dir, err := userUnits()
	if err != nil {
		return err
	}
	files := []entryFile{
		{path: filepath.Join(dir, t.Name+serviceSuffix), text: service},
		{path: filepath.Join(dir, t.Name+timerSuffix), text: timerFile(t)},
	}
	for i := range files {
		if files[i].old, err = readEntry(files[i].path); err != nil {
			return err
		}
	}
	c, err := managerOf(ctx, dir)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, f := range files {
		if err = f.write(); err != nil {
			break
		}
	}
	if err == nil {
		err = startTimer(ctx, c, t)
	}
	if err == nil {
		return nil
	}
	for _, f := range files {
		err = errors.Join(err, f.restore())
	}
	if files[1].old == nil {
		err = errors.Join(err, disableTimer(dir, t.Name))
	}
	return err
}

// entryFile is a file that is written, or put back as it was.
type entryFile struct {
	path      string
	text, old []byte // old is nil if there was none
}

func (f entryFile) write() error {
	if bytes.Equal(f.old, f.text) {
		return nil
	}
	return platform.WriteFile(f.path, f.text)
}

func (f entryFile) restore() error {
	if f.old != nil {
		return platform.WriteFile(f.path, f.old)
	}
	return removeAll(f.path)
}

// removeAll removes files, of which each may be missing.
func removeAll(paths ...string) error {
	for _, p := range paths {
		if err := os.Remove(p); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// startTimer has the manager read the files and keep the time from now on.
func startTimer(ctx context.Context, c *sd.Conn, t Timer) error {
	unit := t.Name + timerSuffix
	if _, _, err := c.EnableUnitFilesContext(ctx, []string{unit}, false, true); err != nil {
		return fmt.Errorf("enable: %w", err)
	}
	for _, u := range []string{unit, t.Name + serviceSuffix} {
		old, err := property[bool](c.GetUnitPropertyContext(ctx, u, "NeedDaemonReload"))
		if err != nil {
			return err
		}
		if old {
			if err := c.ReloadContext(ctx); err != nil {
				return fmt.Errorf("reload: %w", err)
			}
			break
		}
	}
	job := make(chan string, 1)
	// a timer that runs keeps the time that it was started with
	if _, err := c.RestartUnitContext(ctx, unit, "replace", job); err != nil {
		return fmt.Errorf("restart: %w", err)
	}
	if result, err := await(ctx, c, job); err != nil || result != "done" {
		return errors.Join(fmt.Errorf("restart job: %s", or(result, "not over")), err)
	}
	st := timerTimes(ctx, c, unit)
	if st.Next.IsZero() {
		return errors.New("the systemd user manager takes it for no time: " + t.Schedule.String())
	}
	return nil
}

// timerTimes are the times that the manager has of a timer, as far as it says.
func timerTimes(ctx context.Context, c *sd.Conn, unit string) (st TimerStatus) {
	at := func(name string) time.Time {
		usec, err := property[uint64](c.GetUnitTypePropertyContext(ctx, unit, "Timer", name))
		if err != nil || usec == infinity {
			return time.Time{}
		}
		return moment(usec)
	}
	st.Next, st.Last = at("NextElapseUSecRealtime"), at("LastTriggerUSec")
	return st
}

// Remove implements [Timers]. A job that the timer has started is a unit of its
// own.
func (systemdTimers) Remove(ctx context.Context, name string) error {
	if err := removeTimer(ctx, name); err != nil {
		return fmt.Errorf("timer %s: %w", name, err)
	}
	return nil
}

func removeTimer(ctx context.Context, name string) error {
	if !validName(name) {
		return nil
	}
	dir, err := userUnits()
	if err != nil {
		return err
	}
	timer := filepath.Join(dir, name+timerSuffix)
	if old, err := readEntry(timer); err != nil || old == nil {
		return err
	}
	if c, err := managerOf(ctx, dir); err == nil { // else nobody keeps the time
		defer c.Close()
		if err := errors.Join(stopUnit(ctx, c, name+timerSuffix), reset(ctx, c, name+serviceSuffix)); err != nil {
			return err
		}
	}
	if err := disableTimer(dir, name); err != nil {
		return err
	}
	return removeAll(timer, filepath.Join(dir, name+serviceSuffix), stamp(name))
}

// stamp is where the manager keeps when a timer ran last, because of Persistent=.
func stamp(name string) string {
	dir := os.Getenv("XDG_DATA_HOME")
	if dir == "" {
		dir = filepath.Join(os.Getenv("HOME"), ".local", "share")
	}
	return filepath.Join(dir, "systemd", "timers", "stamp-"+name+timerSuffix)
}

// disableTimer does by hand what systemctl disable does.
func disableTimer(dir, name string) error {
	return removeAll(filepath.Join(dir, timersTarget+".wants", name+timerSuffix))
}

// List implements [Timers]. It reads files, and asks the manager, if one answers,
// for times.
func (systemdTimers) List(ctx context.Context, prefix string) ([]TimerStatus, error) {
	dir, err := userUnits()
	if err != nil {
		return nil, fmt.Errorf("timers: %w", err)
	}
	names, err := timerNames(dir, prefix, timerSuffix)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	m, noManager := newSystemd(ctx, Look(), normal())
	var c *sd.Conn
	if noManager == nil {
		c, noManager = m.connect(ctx)
	}
	var all []TimerStatus
	for _, name := range names {
		st := TimerStatus{Name: name, Path: filepath.Join(dir, name+timerSuffix)}
		text, err := readEntry(st.Path)
		switch {
		case err != nil:
			st.Detail = oneLine(err.Error())
		case noManager != nil:
			st.Detail = oneLine(noManager.Error())
		default:
			times := timerTimes(ctx, c, name+timerSuffix)
			st.Next, st.Last = times.Next, times.Last
			st.Detail = strings.Join(timerRemarks(ctx, c, dir, name, st), "; ")
		}
		st.Schedule = lineOf(text, "OnCalendar=")
		all = append(all, st)
	}
	return all, nil
}

func timerRemarks(ctx context.Context, c *sd.Conn, dir, name string, st TimerStatus) (all []string) {
	switch {
	case !exists(filepath.Join(dir, timersTarget+".wants", name+timerSuffix)):
		all = append(all, `disabled; "systemctl --user enable --now `+name+timerSuffix+`" enables it`)
	case st.Next.IsZero():
		all = append(all, `not started; "systemctl --user start `+name+timerSuffix+`" starts it`)
	}
	if u, err := failure(ctx, c, name); err == nil && u.Result != "" && u.Result != "success" {
		all = append(all, fmt.Sprintf("its last run failed: %s, status %d", oneLine(u.Result), u.ExitCode))
	}
	return all
}

// lineOf is the value of the first line of a file that begins so.
func lineOf(text []byte, key string) string {
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, key); ok {
			return oneLine(strings.TrimSpace(value))
		}
	}
	return ""
}
