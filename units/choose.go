package units

import (
	"fmt"
	"path"
	"strconv"
)

// Kind names a scheduler.
type Kind string

// The schedulers there are.
const (
	KindSystemd  Kind = "systemd"  // [Systemd]
	KindLaunchd  Kind = "launchd"  // launchctl(1)
	KindDetached Kind = "detached" // [Detached]
)

// Env is what there is to know about this machine and user before choosing a
// scheduler. [Look] collects it.
type Env struct {
	GOOS   string
	Forced Kind // SPECWEAVE_SCHEDULER, "" if unset

	UID  int
	User string // login name, "" if unknown

	RuntimeDir      string // XDG_RUNTIME_DIR, "" if unset
	RuntimeDirOwner int    // its owner's user id, -1 if it does not exist
	RuntimeDirFound string // /run/user/UID if it exists and is this user's

	ManagerSocket bool // the manager's own socket is in the runtime directory
	BusSocket     bool // the session bus's socket is there

	PID1      string // command name of process 1, "" if unknown
	Container string // kind of container around this process, "" if none
	// ManagerOutside: the manager is not in this container. Toolbox and the
	// like share the runtime directory, but not the programs.
	ManagerOutside bool
	WSL            bool
	Linger         bool // the manager runs without a login

	Launchctl string // path of launchctl(1), "" if there is none or nobody asked for it
	Console   bool   // this user is logged in at the screen, and in front
	Bound     bool   // Windows: what is started here ends with the terminal, see [platform.Bound]
}

// Choice is a scheduler and the reasons for it.
type Choice struct {
	Kind    Kind
	Trace   []string // what was found, in the order it was looked at, one line each
	Warning string   // one line for whoever starts a job, with a remedy; "" if all is well
}

// Choose picks the scheduler for e: systemd where this user has a manager of
// their own, launchd on macOS, detached processes everywhere else. It does no
// I/O.
func Choose(e Env) Choice {
	var c Choice
	trace := func(format string, args ...any) { c.Trace = append(c.Trace, fmt.Sprintf(format, args...)) }
	detached := func(reason, remedy string) Choice {
		c.Kind = KindDetached
		c.Warning = reason + ": the job runs as a detached process, which nobody restarts after a crash or a reboot; " + remedy
		if e.Forced == KindDetached { // asked for, so no reason to warn
			c.Warning = ""
		}
		trace("scheduler: detached")
		return c
	}
	resume := `"specweave jobs reconcile" goes on with it`

	trace("os: %s", e.GOOS)
	if e.Forced != "" {
		trace("SPECWEAVE_SCHEDULER: %s", e.Forced)
	}
	if e.Forced == KindDetached {
		return detached("", "")
	}
	if e.GOOS == "darwin" || e.Forced == KindLaunchd {
		trace("launchctl: %s", or(e.Launchctl, "none"))
		trace("logged in at the screen: %s", yes(e.Console))
		if e.Launchctl == "" && e.Forced != KindLaunchd {
			return detached("no launchctl here", resume)
		}
		c.Kind = KindLaunchd
		if !e.Console {
			c.Warning = e.user() + " is not logged in at the screen: the job may end with the last login over the network; " + resume
		}
		trace("scheduler: launchd")
		return c
	}
	if e.GOOS == "windows" {
		return e.chooseWindows(c)
	}
	if e.GOOS != "linux" {
		return detached("no systemd on "+e.GOOS, resume)
	}
	trace("process 1: %s", or(e.PID1, "unknown"))
	if e.Container != "" {
		trace("container: %s", e.Container)
	}
	if e.WSL {
		trace("wsl: yes")
	}
	e.traceRuntimeDir(trace)
	trace("manager socket: %s, bus socket: %s", yes(e.ManagerSocket), yes(e.BusSocket))
	trace("linger: %s", yes(e.Linger))

	_, reachable := e.endpoint()
	switch {
	case e.Forced == KindSystemd: // connecting will tell
	case reachable && e.ManagerOutside:
		return detached("the systemd user manager is outside this container ("+e.Container+")", "start jobs on the host")
	case reachable:
	case e.Container != "":
		return detached("no systemd user manager in this container ("+e.Container+")", "start jobs on the host, or "+resume)
	case e.WSL && e.PID1 != "systemd":
		return detached("no systemd in this WSL distribution", `set "systemd=true" under [boot] in /etc/wsl.conf and run "wsl --shutdown"`)
	case e.PID1 != "systemd":
		return detached("this machine does not run systemd", resume)
	default: // su, sudo, cron, a daemon: nobody logged in
		return detached("no systemd user manager for "+e.user(), `"sudo loginctl enable-linger `+e.user()+`" starts one`)
	}
	c.Kind = KindSystemd
	if !e.Linger {
		c.Warning = `the job ends when ` + e.user() + ` logs out; "loginctl enable-linger" keeps it running`
	}
	trace("scheduler: systemd")
	return c
}

// chooseWindows knows one scheduler, in which units end as a whole.
func (e Env) chooseWindows(c Choice) Choice {
	c.Kind = KindDetached
	c.Trace = append(c.Trace, "job object that cannot be left: "+yes(e.Bound), "scheduler: detached")
	c.Warning = `Windows ends the job when you log off; "specweave service install" lets it go on at the next logon`
	if e.Bound {
		c.Warning = "this terminal ends what was started in it when it is closed, the job too: start jobs from another one"
	}
	return c
}

func (e Env) traceRuntimeDir(trace func(string, ...any)) {
	switch {
	case e.RuntimeDir == "":
		trace("XDG_RUNTIME_DIR: not set")
	case e.RuntimeDirOwner == -1:
		trace("XDG_RUNTIME_DIR: %s, which does not exist", e.RuntimeDir)
	case e.RuntimeDirOwner != e.UID:
		trace("XDG_RUNTIME_DIR: %s, which belongs to user %d", e.RuntimeDir, e.RuntimeDirOwner)
	default:
		trace("XDG_RUNTIME_DIR: %s", e.RuntimeDir)
		return
	}
	if e.RuntimeDirFound != "" {
		trace("found: %s", e.RuntimeDirFound)
	}
}

// runtimeDir returns the directory with this user's sockets, "" if none. After
// su or sudo the variable may lead to another user's.
func (e Env) runtimeDir() string {
	if e.RuntimeDir != "" && e.RuntimeDirOwner == e.UID {
		return e.RuntimeDir
	}
	return e.RuntimeDirFound
}

// endpoint returns the socket to reach the manager by. Its own is there as long
// as the manager and serves without a bus; systemctl(1) prefers it too.
func (e Env) endpoint() (endpoint, bool) {
	dir := e.runtimeDir()
	switch {
	case dir == "":
		return endpoint{}, false
	case e.ManagerSocket:
		return endpoint{path: path.Join(dir, managerSocket)}, true
	case e.BusSocket:
		return endpoint{path: path.Join(dir, busSocket), bus: true}, true
	}
	return endpoint{}, false
}

func (e Env) user() string { return or(e.User, "user "+strconv.Itoa(e.UID)) }

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
