package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// machine is a Debian that units/unitstest/booted-systemd has booted.
type machine struct {
	*site
	rig string
	top string // goes before a path there to reach it from here; "" if nothing does
}

// boot boots a machine of the rig that the environment variable names, on a new
// disk, and installs the program and so many sources in it.
func boot(t *testing.T, variable string, sources int) *machine {
	t.Helper()
	rig := os.Getenv(variable)
	if rig == "" {
		t.Skipf("needs root, and %s to name the rig (make booted)", variable)
	}
	rig, err := filepath.Abs(rig)
	check(t, err)
	m := &machine{rig: rig, site: &site{home: "/home/tester", sources: sources, list: "sources/list"}}
	m.read = func(path string) ([]byte, error) {
		if m.top != "" {
			return os.ReadFile(m.top + path)
		}
		return exec.Command(rig, "sh", "root", "cat", path).Output()
	}
	m.user = func(t *testing.T, line string) string {
		t.Helper()
		return m.run(t, "", "sh", "tester", line)
	}
	m.quietly = func(t *testing.T, script string) string {
		t.Helper()
		return m.run(t, script, "sh", "root", "runuser -u tester -- env -C ~tester HOME="+m.home+" sh -es")
	}
	m.left = func(t *testing.T, _ *ordeal) string {
		t.Helper()
		return m.workers(t) + m.user(t, "systemctl --user list-units --all --plain --no-legend 'specweave-*.service' | grep -v specweave-boot || true")
	}
	m.run(t, "", "down") // what an earlier run left
	t.Cleanup(func() {
		if out, err := exec.Command(rig, "down").CombinedOutput(); err != nil {
			t.Errorf("down: %v\n%s", err, out)
		}
	})
	m.up(t)
	m.run(t, "", "push", os.Getenv("SPECWEAVE_BIN"), "/usr/local/bin/specweave")
	m.quietly(t, fmt.Sprintf("n=%d\n%s\nsync", sources, makeSources)) // power will be cut
	return m
}

// run runs a verb of the rig and returns what it prints.
func (m *machine) run(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	c := exec.Command(m.rig, args...)
	var stderr strings.Builder
	c.Stdin, c.Stderr = strings.NewReader(stdin), &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(args, " "), err, out, &stderr)
	}
	return strings.TrimSpace(string(out))
}

// root runs a line of shell as root, in no session.
func (m *machine) root(t *testing.T, line string) string {
	t.Helper()
	return m.run(t, "", "sh", "root", line)
}

func (m *machine) up(t *testing.T) {
	t.Helper()
	m.run(t, "", "up")
	m.top = m.run(t, "", "root")
}

func (m *machine) reboot(t *testing.T) {
	t.Helper()
	m.run(t, "", "reboot")
	m.top = m.run(t, "", "root")
}

// workers returns the processes of workers and of what they started.
func (m *machine) workers(t *testing.T) string {
	t.Helper()
	return m.root(t, "pgrep -u tester -af 'jobs [w]ork|[g]it' || true")
}

// managed returns since when the user has a manager; the zero time if there is
// none.
func (m *machine) managed(t *testing.T) time.Time {
	t.Helper()
	out := m.root(t, "systemctl show --timestamp=us+utc -p ActiveState,ActiveEnterTimestamp user@1000")
	if !strings.Contains(out, "ActiveState=active") {
		return time.Time{}
	}
	_, stamp, _ := strings.Cut(out, "ActiveEnterTimestamp=")
	stamp, _, _ = strings.Cut(stamp, "\n")
	since, err := time.Parse("Mon 2006-01-02 15:04:05.999999 MST", stamp)
	check(t, err)
	return since
}

// unmanaged waits until the user has no manager, nor one that is ending.
func (m *machine) unmanaged(t *testing.T) {
	t.Helper()
	await(t, "the manager is gone", func() bool {
		state := m.root(t, "systemctl is-active user@1000 || true")
		return state == "failed" || state == "inactive"
	})
}

// goesOn waits until the job goes on by itself, and says how long that was
// after the start of the user's manager.
func (m *machine) goesOn(t *testing.T, o *ordeal) {
	t.Helper()
	var since, at time.Time
	await(t, "the user has a manager", func() bool {
		since = m.managed(t)
		return !since.IsZero()
	})
	await(t, "the job goes on", func() bool {
		at, _ = o.begun(t)
		return o.over(t) || at.After(since)
	})
	if d := at.Sub(since).Round(time.Millisecond); d > 0 { // it was not over before
		t.Logf("%s: goes on %v after the start of the manager, %d of %d done", filepath.Base(o.dir), d, o.state(t).Done, o.sources)
		if d > 5*time.Second {
			t.Errorf("it took %v", d)
		}
	}
	o.whole(t)
}

// login opens a session of the user's that lasts until logout is called.
func (m *machine) login(t *testing.T) (logout func()) {
	t.Helper()
	c := exec.Command(m.rig, "sh", "tester", "echo in; read line")
	stdin, err := c.StdinPipe()
	check(t, err)
	stdout, err := c.StdoutPipe()
	check(t, err)
	check(t, c.Start())
	if n, err := stdout.Read(make([]byte, 10)); err != nil || n != 3 {
		t.Fatalf("login: %d, %v", n, err)
	}
	return func() {
		_ = stdin.Close()
		_ = c.Wait()
	}
}

// installBoot makes the user's manager go on with all jobs when it starts.
func (m *machine) installBoot(t *testing.T) {
	t.Helper()
	m.user(t, "specweave service install && sync") // power will be cut
}
