package units

import (
	"context"
	"errors"
	"time"
)

// ErrExists is wrapped by Start's error when a unit of that name is loaded and
// neither has failed nor waits.
var ErrExists = errors.New("unit already exists")

// Spec describes one run of one command. Only Input may hold a secret: the
// operating system shows the rest to whoever asks.
type Spec struct {
	Name    string   // see [Name]; letters, digits and dashes
	Title   string   // for people
	Args    []string // Args[0] is an absolute path; nothing in it is expanded
	Dir     string   // working directory, absolute
	Env     []string // NAME=value, added to what the manager gives every unit
	LogPath string   // standard output and error are appended here, mode 0600
	Input   []byte   // what the command can read on standard input, after a restart by [NewNotifier]; in no property, argument, variable or file

	// NotBefore is when to start the command, by the wall clock: the unit waits
	// until then, and starts at once if that is zero, past or within two
	// seconds; see [Spec.Due] and [Wait]. A unit that waits may be started
	// without its Input: systemd and launchd have nowhere to keep it. launchd
	// rounds up to a minute.
	NotBefore time.Time
	// After is a command that runs each time Args has ended, well or badly,
	// with how in SERVICE_RESULT, EXIT_CODE and EXIT_STATUS (systemd.exec(5)),
	// and before Args is started again. It has the same directory, variables
	// and log. If it fails, nothing follows from that. It has 20 seconds, then
	// it is killed, which counts as a failure of the unit: Args may be started
	// again, so it had better be done by itself. launchd, which knows no such
	// command, and the detached scheduler, which does not see the end, do not
	// run it.
	After []string
}

// State is where the operating system says a unit is.
type State string

// The states of a unit.
const (
	Waiting State = "waiting" // it will be started for the first time when its time has come
	Active  State = "active"  // a process exists, or is being started, stopped or restarted
	Failed  State = "failed"  // it ended badly and is still remembered
)

// Status is the operating system's view of one unit.
type Status struct {
	State    State
	PID      int       // of the main process; 0 if there is none
	Since    time.Time // of the last change of state; zero if unknown
	Due      time.Time // when the manager will start it, or start it again after a crash; zero if it will not, or unknown
	Result   string    // why it failed, or crashed where it is to be started again, in the manager's word ("exit-code", "signal", "oom-kill", "watchdog", …)
	ExitCode int       // of the main process, when it exited; a signal's number when Result is "signal"
}

// Scheduler is one operating system job manager.
type Scheduler interface {
	// Start starts s and returns when its process has said that it is ready,
	// or has been started where the manager does not wait for that; with a
	// NotBefore ahead, when the unit waits. A unit under the same name that
	// failed or waits is replaced; any other gives an error that wraps ErrExists.
	// Of several that start one name at a time one succeeds. An error leaves no
	// unit behind.
	Start(ctx context.Context, s Spec) error
	// Stop ends the unit with everything it started and forgets it; one that
	// waits will not be started. It returns when nothing of it runs any more,
	// After included. An unknown unit is no error.
	Stop(ctx context.Context, name string) error
	// Status reports the loaded units whose names begin with prefix. It never
	// starts anything. A unit that ended well is missing from the map, and so
	// is one that failed where the manager keeps no memory of that. It returns
	// when ctx ends, whether the manager answers or not.
	Status(ctx context.Context, prefix string) (map[string]Status, error)
	// String names the manager for people, "systemd", "launchd" or "detached".
	String() string
}
