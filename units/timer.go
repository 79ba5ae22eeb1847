package units

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Timer is one command that the operating system runs again and again, from the
// user's next login on where the user does not linger, until the timer is
// removed. What was missed while the machine slept or was off is made up for
// once. It runs with no standard input, and what it prints goes where the
// manager has it.
type Timer struct {
	Name     string   // see [TimerName]
	Title    string   // for people
	Args     []string // Args[0] is an absolute path
	Dir      string   // working directory, absolute
	Env      []string // NAME=value, no secrets: they stay in a file
	Schedule Schedule
}

// TimerStatus is a timer that is there.
type TimerStatus struct {
	Name     string
	Path     string    // of the file that says so; "" if it is none
	Schedule string    // as systemd.time(7) has it, or as much as is known
	Next     time.Time // zero if it will not be run, or unknown
	Last     time.Time // zero if it was not, or unknown
	Detail   string    // what is to be known besides, for people; "" if nothing
}

// Timers are the timers of this user.
type Timers interface {
	// Install makes a timer, or changes one of that name. It does not run the
	// command, but where a change shows that a time was missed. An error leaves
	// what was there before, as far as that is possible.
	Install(ctx context.Context, t Timer) error
	// Remove ends a timer. What it has started goes on. That there is none is
	// no error, and no manager has to run for it.
	Remove(ctx context.Context, name string) error
	// List tells what is there, by name, of the timers whose names begin with
	// prefix. It changes nothing.
	List(ctx context.Context, prefix string) ([]TimerStatus, error)
}

// NewTimers returns the timers of a manager. Where there is none Install's error
// wraps [errors.ErrUnsupported].
func NewTimers(kind Kind) Timers {
	switch {
	case kind == KindSystemd:
		return systemdTimers{}
	case kind == KindLaunchd:
		return launchdTimers{ctl: launchctlAt(findLaunchctl())}
	case runtime.GOOS == "windows":
		return taskTimers{tasks{runSchtasks}}
	}
	return noTimers{}
}

// TimerName is the name of a timer of the project at the given path: letters,
// digits and dashes, if what is. No unit of a job has such a name.
func TimerName(project, what string) string {
	return "specweave-timer-" + digest(filepath.Clean(project))[:12] + "-" + what
}

func (t Timer) check() error {
	switch {
	case !validName(t.Name):
		return fmt.Errorf("timer %q: only letters, digits and dashes", t.Name)
	case !filepath.IsAbs(t.Dir):
		return errors.New("the working directory needs an absolute path")
	case t.Schedule.Next(time.Now()).IsZero():
		return fmt.Errorf("%s: there is no such day", t.Schedule)
	}
	return checkBoot(slices.Concat(t.Args, []string{t.Dir, t.Title}), t.Env)
}

// timerNames are those of the files of a directory that begin with prefix.
func timerNames(dir, prefix, suffix string) ([]string, error) {
	files, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, f := range files {
		if name, ok := strings.CutSuffix(f.Name(), suffix); ok && strings.HasPrefix(name, prefix) && validName(name) {
			names = append(names, name)
		}
	}
	return names, err
}

// noTimers is for where nobody runs commands again and again.
type noTimers struct{}

func (noTimers) Install(context.Context, Timer) error {
	return fmt.Errorf("timer: no manager that would run it: %w", errors.ErrUnsupported)
}

func (noTimers) Remove(context.Context, string) error { return nil }

func (noTimers) List(context.Context, string) ([]TimerStatus, error) { return nil, nil }
