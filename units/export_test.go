package units

import (
	"context"
	"os"
	"time"

	sd "github.com/coreos/go-systemd/v22/dbus"
)

// What the tests of package units_test, which owns the suite's main function,
// need of the inside.
type (
	Limits      = limits
	ExecCommand = execCommand
	Calendar    = calendar
	Property    = struct {
		Name  string
		Value any
	}
)

// NormalLimits returns what Systemd and Detached use.
func NormalLimits() Limits { return normal() }

// SystemdWith is Systemd with other limits, and over the bus if asked to.
func SystemdWith(ctx context.Context, l Limits, change func(*Env)) (Scheduler, error) {
	e := Look()
	if change != nil {
		change(&e)
	}
	return newSystemd(ctx, e, l)
}

// DetachedWith is Detached with other limits.
func DetachedWith(dir string, l Limits) Scheduler { return newDetached(dir, l) }

// Launchctl is how Launchd speaks to launchctl.
type Launchctl = launchctl

// LaunchdBy is the scheduler of a launchd that is spoken to by ctl.
func LaunchdBy(ctl Launchctl, dir string, l Limits) Scheduler {
	return newLaunchd(ctl, os.Getuid(), dir, l)
}

// AgentOf is the property list of a unit that starts now, or when due.
func AgentOf(s Spec, due time.Time) (string, error) {
	b, err := newAgent(s, due, "", normal()).xml()
	return string(b), err
}

// DueBy is when a manager with that grain starts a unit.
func DueBy(s Spec, now time.Time, grain time.Duration) time.Time { return s.dueBy(now, grain) }

// PrintedStatus is what launchd's word on a unit comes to.
func PrintedStatus(text string, due time.Time) (Status, bool) {
	return parsePrint(text).status(newAgent(Spec{}, due, "", normal()), normal())
}

// LaunchdWith is the scheduler of the launchd that the program ctl speaks to.
func LaunchdWith(ctl, dir string, l Limits) Scheduler {
	return newLaunchd(launchctlAt(ctl), os.Getuid(), dir, l)
}

// PropertiesOf is what Systemd asks the manager for.
func PropertiesOf(s Spec) []Property { return plain(properties(s, normal())) }

// TimerPropertiesOf is what Systemd asks the manager for where the unit waits.
func TimerPropertiesOf(s Spec, due time.Time) []Property { return plain(timerProperties(s, due)) }

func plain(props []sd.Property) (all []Property) {
	for _, p := range props {
		all = append(all, Property{p.Name, p.Value.Value()})
	}
	return all
}

// SystemdAt is a scheduler of the manager on that socket that has not connected.
func SystemdAt(socket string) Scheduler {
	return &systemd{at: endpoint{path: socket}, limits: normal(), turn: make(chan struct{}, 1)}
}

// WaitUntil is what Wait does with a time.
func WaitUntil(ctx context.Context, due time.Time, step time.Duration) error {
	return waitUntil(ctx, due, step)
}

// Restart sets the start to now, which a test's clock may count otherwise.
func (n *Notifier) Restart() { n.start = time.Now() }

// UnitFileOf and PlistOf are what the entries of both systems look like.
func UnitFileOf(args, env []string) (string, error) {
	b, err := systemdBoot{args, env}.unitFile()
	return string(b), err
}

func PlistOf(args, env []string, home string) (string, error) {
	b, err := launchdBoot{args, env}.plist(home)
	return string(b), err
}

// NoBoot is what NewBoot returns where there is no entry.
func NoBoot() Boot { return noBoot{} }

// TaskOf, CommandLineOf and Tasks are what the entry of Windows is made of.
func TaskOf(userName string, args []string) ([]byte, error) { return bootTask(userName, args) }

func CommandLineOf(args []string) string { return commandLine(args) }

type Tasks struct{ tasks }

var ErrNoTask = errNoTask

func TasksBy(run func(context.Context, ...string) ([]byte, error)) Tasks { return Tasks{tasks{run}} }

func (t Tasks) Create(ctx context.Context, name string, args []string) error {
	return t.create(ctx, name, func(userName string) ([]byte, error) { return bootTask(userName, args) })
}

func (t Tasks) Query(ctx context.Context, name string) error { return t.query(ctx, name) }

func (t Tasks) Remove(ctx context.Context, name string) error { return t.remove(ctx, name) }

// LogonBootBy is the entry of Windows with another Task Scheduler.
func LogonBootBy(args []string, run func(context.Context, ...string) ([]byte, error)) Boot {
	return logonBoot{args, tasks{run}}
}

// TimerFilesOf are the unit files of a timer.
func TimerFilesOf(t Timer) (timer, service string, err error) {
	b, err := serviceFile{title: t.Title, args: t.Args, env: t.Env, dir: t.Dir}.text()
	return string(timerFile(t)), string(b), err
}

// TimerAgentOf is the property list of a timer.
func TimerAgentOf(t Timer, logs string) (string, error) {
	b, err := timerAgent(t, logs)
	return string(b), err
}

// TimerTaskOf is the task of a timer.
func TimerTaskOf(userName string, t Timer) ([]byte, error) { return timerTask(userName, t) }

// LaunchdTimersBy are the timers of a launchd that the program ctl speaks to.
func LaunchdTimersBy(ctl, home string) Timers { return launchdTimers{launchctlAt(ctl), home} }

// TaskTimersBy are the timers of another Task Scheduler.
func TaskTimersBy(run func(context.Context, ...string) ([]byte, error)) Timers {
	return taskTimers{tasks{run}}
}
