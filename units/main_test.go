package units_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/specweave/specweave/units"
	"github.com/specweave/specweave/units/unitstest"
)

// shellWord makes the test binary say READY=1 and a STATUS, and become a shell.
// systemd-notify(1) cannot: only root may speak for another process.
const shellWord = "units-shell" // STATUS SCRIPT ARG…

func TestMain(m *testing.M) {
	if len(os.Args) > 3 && os.Args[1] == shellWord {
		n := units.NewNotifier()
		n.Status(os.Args[2])
		n.Ready()
		err := syscall.Exec("/bin/sh", append([]string{"sh", "-c"}, os.Args[3:]...), os.Environ())
		panic(err)
	}
	os.Exit(unitstest.Main(m, detachedSubject(), systemdSubject("systemd", false), systemdSubject("bus", true), launchdSubject()))
}

// launchdSubject is launchd where there is one, else the stand-in for it, which
// keeps seconds.
func launchdSubject() unitstest.Subject {
	s := unitstest.Subject{
		Name: "launchd",
		New: func(_ context.Context, dir string) (units.Scheduler, error) {
			ctl, l := "/bin/launchctl", ofSuite()
			if runtime.GOOS != "darwin" {
				l.Grain = time.Second
				var err error
				// A slow machine, too, sees that nothing runs between two starts.
				ctl, err = unitstest.InstallLaunchctl(filepath.Join(dir, "bin"), unitstest.Launchd{
					Throttle: 2 * time.Second, Linger: 300 * time.Millisecond, Screen: true,
				})
				if err != nil {
					return nil, err
				}
			}
			return units.LaunchdWith(ctl, dir, l), nil
		},
		Restarts:        true,
		RemembersFailed: true,
		ForgetsInput:    true,
		ForgetsTime:     true,
		KeepsTrying:     true,
	}
	if runtime.GOOS == "darwin" {
		s.Grain = units.NormalLimits().Grain
	}
	return s
}

func TestLaunchdSuite(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("neither launchd nor the stand-in")
	}
	unitstest.Run(t, launchdSubject())
}

func detachedSubject() unitstest.Subject {
	return unitstest.Subject{
		Name: "detached",
		New: func(_ context.Context, dir string) (units.Scheduler, error) {
			return units.DetachedWith(dir, ofSuite()), nil
		},
		KeepsInput: true,
	}
}

func systemdSubject(name string, bus bool) unitstest.Subject {
	return unitstest.Subject{
		Name: name,
		New: func(ctx context.Context, _ string) (units.Scheduler, error) {
			return units.SystemdWith(ctx, ofSuite(), func(e *units.Env) { e.ManagerSocket = e.ManagerSocket && !bus })
		},
		WaitsForReady:   true,
		Restarts:        true,
		RemembersFailed: true,
		RunsAfter:       true,
	}
}

// brisk is what units normally get, with less waiting between starts and
// before SIGKILL.
func brisk() units.Limits {
	l := units.NormalLimits()
	l.Restart = 50 * time.Millisecond
	l.Stop = time.Second
	return l
}

// ofSuite is brisk, but gives a command that obeys the time for it on a busy
// machine: most of the suite's do.
func ofSuite() units.Limits {
	l := brisk()
	l.Stop = 5 * time.Second
	return l
}

// needSystemd skips a test unless the environment promises a manager; then the
// lack of one is a failure.
func needSystemd(t *testing.T) {
	t.Helper()
	if os.Getenv("SPECWEAVE_SYSTEMD_TEST") != "1" {
		t.Skip("needs a systemd user manager: SPECWEAVE_SYSTEMD_TEST=1 unitstest/with-user-systemd go test ./units")
	}
}

// needUnixPaths skips a test whose examples are no absolute paths on Windows.
func needUnixPaths(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("no such paths")
	}
}

func TestDetachedSuite(t *testing.T) {
	t.Parallel()
	unitstest.Run(t, detachedSubject())
}

func TestSystemdSuite(t *testing.T) {
	t.Parallel()
	needSystemd(t)
	unitstest.Run(t, systemdSubject("systemd", false))
}

func TestSystemdBusSuite(t *testing.T) {
	t.Parallel()
	needSystemd(t)
	unitstest.Run(t, systemdSubject("bus", true))
}
