package units

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/specweave/specweave/platform"
)

// schedulerVar is the environment variable that overrules [Choose].
const schedulerVar = "SPECWEAVE_SCHEDULER"

// Sockets in a runtime directory.
const (
	managerSocket = "systemd/private"
	busSocket     = "bus"
)

// New returns the scheduler for this machine and user, with the choice that
// led to it; detached units are registered in dir. A manager that should be
// there and does not answer gives the detached scheduler and a warning with
// the cause.
//
// SPECWEAVE_SCHEDULER=systemd, =launchd or =detached overrules the choice: then
// a manager that is not there is an error, as is any other value.
func New(ctx context.Context, dir string) (Scheduler, Choice, error) {
	e := Look()
	switch e.Forced {
	case "", KindSystemd, KindLaunchd, KindDetached:
	default:
		return nil, Choice{}, fmt.Errorf("%s=%s: want systemd, launchd or detached", schedulerVar, e.Forced)
	}
	c := Choose(e)
	if c.Kind == KindLaunchd {
		if e.Launchctl == "" {
			return nil, c, fmt.Errorf("%s=%s: no launchctl on PATH", schedulerVar, e.Forced)
		}
		return newLaunchd(launchctlAt(e.Launchctl), e.UID, dir, normal()), c, nil
	}
	if c.Kind == KindSystemd {
		s, err := newSystemd(ctx, e, normal())
		if err == nil {
			return s, c, nil
		}
		if e.Forced == KindSystemd || ctx.Err() != nil {
			return nil, c, err
		}
		c.Kind = KindDetached
		c.Trace = append(c.Trace, oneLine(err.Error()), "scheduler: detached")
		c.Warning = oneLine(fmt.Sprintf("%v: the job runs as a detached process, which nobody restarts after a crash or a reboot; "+
			`"systemctl --user status" may say more`, err))
	}
	return Detached(dir), c, nil
}

// Look collects what [Choose] needs to know. It reads variables and files, and
// in a container asks the kernel who listens on the manager's socket. What
// cannot be read counts as absent.
func Look() Env {
	e := Env{
		GOOS:            runtime.GOOS,
		Forced:          Kind(os.Getenv(schedulerVar)),
		UID:             os.Getuid(),
		RuntimeDir:      os.Getenv("XDG_RUNTIME_DIR"),
		RuntimeDirOwner: -1,
		WSL:             os.Getenv("WSL_DISTRO_NAME") != "",
	}
	if u, err := user.Current(); err == nil {
		e.User = u.Username
	}
	if e.GOOS == "darwin" || e.Forced == KindLaunchd {
		e.Launchctl = findLaunchctl()
		e.Console = platform.Owner("/dev/console") == e.UID
	}
	if e.GOOS != "linux" {
		e.Bound = platform.Bound()
		return e
	}
	if e.User != "" {
		e.Linger = exists(filepath.Join("/var/lib/systemd/linger", e.User))
	}
	if e.RuntimeDir != "" {
		e.RuntimeDirOwner = platform.Owner(e.RuntimeDir)
	}
	if dir := "/run/user/" + strconv.Itoa(e.UID); platform.Owner(dir) == e.UID {
		e.RuntimeDirFound = dir
	}
	if dir := e.runtimeDir(); dir != "" {
		e.ManagerSocket = platform.Owner(filepath.Join(dir, managerSocket)) == e.UID
		e.BusSocket = exists(filepath.Join(dir, busSocket))
	}
	if b, err := os.ReadFile("/proc/1/comm"); err == nil {
		e.PID1 = oneLine(strings.TrimSpace(string(b)))
	}
	if b, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil && strings.Contains(strings.ToLower(string(b)), "microsoft") {
		e.WSL = true
	}
	if e.Container = container(); e.Container != "" && e.ManagerSocket {
		e.ManagerOutside = platform.PeerPID(filepath.Join(e.runtimeDir(), managerSocket)) == 0
	}
	return e
}

// findLaunchctl prefers the one on PATH, so that another can be put before it.
func findLaunchctl() string {
	const usual = "/bin/launchctl"
	if path, err := exec.LookPath("launchctl"); err == nil && filepath.IsAbs(path) {
		return path
	}
	if exists(usual) {
		return usual
	}
	return ""
}

// container names the container around this process by the marks that runtimes
// leave: https://systemd.io/CONTAINER_INTERFACE, and two older files.
func container() string {
	if b, err := os.ReadFile("/run/systemd/container"); err == nil {
		return oneLine(strings.TrimSpace(string(b)))
	}
	switch name := os.Getenv("container"); {
	case name != "":
		return oneLine(name)
	case exists("/run/.containerenv"):
		return "podman"
	case exists("/.dockerenv"):
		return "docker"
	}
	return ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
