package units_test

import (
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/units"
)

const without = ": the job runs as a detached process, which nobody restarts after a crash or a reboot; "

func TestChoose(t *testing.T) {
	t.Parallel()
	login := units.Env{
		GOOS: "linux", UID: 1000, User: "ann", PID1: "systemd",
		RuntimeDir: "/run/user/1000", RuntimeDirOwner: 1000, RuntimeDirFound: "/run/user/1000",
		ManagerSocket: true, BusSocket: true, Linger: true,
	}
	for name, tt := range map[string]struct {
		change func(*units.Env)
		want   units.Choice
	}{
		"Windows": {
			func(e *units.Env) { *e = units.Env{GOOS: "windows"} },
			units.Choice{
				Kind:    "detached",
				Trace:   []string{"os: windows", "job object that cannot be left: no", "scheduler: detached"},
				Warning: `Windows ends the job when you log off; "specweave service install" lets it go on at the next logon`,
			},
		},
		"Windows, bound": {
			func(e *units.Env) { *e = units.Env{GOOS: "windows", Bound: true} },
			units.Choice{
				Kind:    "detached",
				Trace:   []string{"os: windows", "job object that cannot be left: yes", "scheduler: detached"},
				Warning: "this terminal ends what was started in it when it is closed, the job too: start jobs from another one",
			},
		},
		"lingering": {
			func(*units.Env) {},
			units.Choice{
				Kind: "systemd",
				Trace: []string{
					"os: linux", "process 1: systemd", "XDG_RUNTIME_DIR: /run/user/1000",
					"manager socket: yes, bus socket: yes", "linger: yes", "scheduler: systemd",
				},
			},
		},
		"login": {
			func(e *units.Env) { e.Linger = false },
			units.Choice{
				Kind: "systemd",
				Trace: []string{
					"os: linux", "process 1: systemd", "XDG_RUNTIME_DIR: /run/user/1000",
					"manager socket: yes, bus socket: yes", "linger: no", "scheduler: systemd",
				},
				Warning: `the job ends when ann logs out; "loginctl enable-linger" keeps it running`,
			},
		},
		"cron": {
			func(e *units.Env) { e.RuntimeDir, e.RuntimeDirOwner = "", -1 },
			units.Choice{
				Kind: "systemd",
				Trace: []string{
					"os: linux", "process 1: systemd", "XDG_RUNTIME_DIR: not set", "found: /run/user/1000",
					"manager socket: yes, bus socket: yes", "linger: yes", "scheduler: systemd",
				},
			},
		},
		"su": {
			func(e *units.Env) {
				e.RuntimeDirOwner, e.RuntimeDirFound = 1001, ""
				e.ManagerSocket, e.BusSocket, e.Linger = false, false, false
			},
			units.Choice{
				Kind: "detached",
				Trace: []string{
					"os: linux", "process 1: systemd", "XDG_RUNTIME_DIR: /run/user/1000, which belongs to user 1001",
					"manager socket: no, bus socket: no", "linger: no", "scheduler: detached",
				},
				Warning: "no systemd user manager for ann" + without + `"sudo loginctl enable-linger ann" starts one`,
			},
		},
		"container": {
			func(e *units.Env) {
				*e = units.Env{GOOS: "linux", PID1: "bash", Container: "docker", RuntimeDirOwner: -1}
			},
			units.Choice{
				Kind: "detached",
				Trace: []string{
					"os: linux", "process 1: bash", "container: docker", "XDG_RUNTIME_DIR: not set",
					"manager socket: no, bus socket: no", "linger: no", "scheduler: detached",
				},
				Warning: "no systemd user manager in this container (docker)" + without + `start jobs on the host, or "specweave jobs reconcile" goes on with it`,
			},
		},
		"toolbox": {
			func(e *units.Env) { e.PID1, e.Container, e.ManagerOutside = "conmon", "podman", true },
			units.Choice{
				Kind: "detached",
				Trace: []string{
					"os: linux", "process 1: conmon", "container: podman", "XDG_RUNTIME_DIR: /run/user/1000",
					"manager socket: yes, bus socket: yes", "linger: yes", "scheduler: detached",
				},
				Warning: "the systemd user manager is outside this container (podman)" + without + "start jobs on the host",
			},
		},
		"container with systemd": {
			func(e *units.Env) { e.Container = "systemd-nspawn" },
			units.Choice{
				Kind: "systemd",
				Trace: []string{
					"os: linux", "process 1: systemd", "container: systemd-nspawn", "XDG_RUNTIME_DIR: /run/user/1000",
					"manager socket: yes, bus socket: yes", "linger: yes", "scheduler: systemd",
				},
			},
		},
		"wsl": {
			func(e *units.Env) {
				*e = units.Env{
					GOOS: "linux", UID: 1000, PID1: "init", WSL: true,
					RuntimeDir: "/run/user/1000/", RuntimeDirOwner: -1,
				}
			},
			units.Choice{
				Kind: "detached",
				Trace: []string{
					"os: linux", "process 1: init", "wsl: yes", "XDG_RUNTIME_DIR: /run/user/1000/, which does not exist",
					"manager socket: no, bus socket: no", "linger: no", "scheduler: detached",
				},
				Warning: "no systemd in this WSL distribution" + without + `set "systemd=true" under [boot] in /etc/wsl.conf and run "wsl --shutdown"`,
			},
		},
		"openrc": {
			func(e *units.Env) { *e = units.Env{GOOS: "linux", UID: 1000, PID1: "init", RuntimeDirOwner: -1} },
			units.Choice{
				Kind: "detached",
				Trace: []string{
					"os: linux", "process 1: init", "XDG_RUNTIME_DIR: not set",
					"manager socket: no, bus socket: no", "linger: no", "scheduler: detached",
				},
				Warning: "this machine does not run systemd" + without + `"specweave jobs reconcile" goes on with it`,
			},
		},
		"mac": {
			func(e *units.Env) { *e = units.Env{GOOS: "darwin", Launchctl: "/bin/launchctl", Console: true} },
			units.Choice{
				Kind:  "launchd",
				Trace: []string{"os: darwin", "launchctl: /bin/launchctl", "logged in at the screen: yes", "scheduler: launchd"},
			},
		},
		"mac over ssh": {
			func(e *units.Env) { *e = units.Env{GOOS: "darwin", UID: 501, Launchctl: "/bin/launchctl"} },
			units.Choice{
				Kind:    "launchd",
				Trace:   []string{"os: darwin", "launchctl: /bin/launchctl", "logged in at the screen: no", "scheduler: launchd"},
				Warning: `user 501 is not logged in at the screen: the job may end with the last login over the network; "specweave jobs reconcile" goes on with it`,
			},
		},
		"mac without launchctl": {
			func(e *units.Env) { *e = units.Env{GOOS: "darwin", Console: true} },
			units.Choice{
				Kind:    "detached",
				Trace:   []string{"os: darwin", "launchctl: none", "logged in at the screen: yes", "scheduler: detached"},
				Warning: "no launchctl here" + without + `"specweave jobs reconcile" goes on with it`,
			},
		},
		"forced launchd": {
			func(e *units.Env) { e.Forced, e.Launchctl, e.Console = units.KindLaunchd, "/x/launchctl", true },
			units.Choice{
				Kind:  "launchd",
				Trace: []string{"os: linux", "SPECWEAVE_SCHEDULER: launchd", "launchctl: /x/launchctl", "logged in at the screen: yes", "scheduler: launchd"},
			},
		},
		"forced detached": {
			func(e *units.Env) { e.Forced = units.KindDetached },
			units.Choice{Kind: "detached", Trace: []string{"os: linux", "SPECWEAVE_SCHEDULER: detached", "scheduler: detached"}},
		},
		"forced systemd": {
			func(e *units.Env) { e.Forced, e.Container, e.PID1 = units.KindSystemd, "docker", "" },
			units.Choice{
				Kind: "systemd",
				Trace: []string{
					"os: linux", "SPECWEAVE_SCHEDULER: systemd", "process 1: unknown", "container: docker", "XDG_RUNTIME_DIR: /run/user/1000",
					"manager socket: yes, bus socket: yes", "linger: yes", "scheduler: systemd",
				},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := login
			tt.change(&e)
			if diff := cmp.Diff(tt.want, units.Choose(e)); diff != "" {
				t.Errorf("choice (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNew(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "units")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir()) // ours, and nobody in it
	t.Setenv("SPECWEAVE_SCHEDULER", "cron")
	if _, _, err := units.New(t.Context(), dir); err == nil {
		t.Error("an unknown scheduler is no error")
	}
	t.Setenv("SPECWEAVE_SCHEDULER", "systemd")
	if s, _, err := units.New(t.Context(), dir); err == nil && runtime.GOOS == "linux" {
		t.Errorf("systemd without a manager is no error, but %s", s)
	}
	t.Setenv("PATH", "")
	t.Setenv("SPECWEAVE_SCHEDULER", "launchd")
	if s, _, err := units.New(t.Context(), dir); (err == nil) != (runtime.GOOS == "darwin") {
		t.Errorf("launchd without a launchctl: %v, %v", s, err)
	}
	if runtime.GOOS == "darwin" {
		return
	}
	for _, v := range []string{"detached", ""} {
		t.Setenv("SPECWEAVE_SCHEDULER", v)
		s, c, err := units.New(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if s.String() != "detached" || c.Kind != units.KindDetached || (c.Warning == "") != (v == "detached") {
			t.Errorf("SPECWEAVE_SCHEDULER=%q: %s, %+v", v, s, c)
		}
	}
}
