package units_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/units"
)

func systemctl(t *testing.T, args ...string) string {
	t.Helper()
	// status exits with 3 for a unit that does not run
	out, _ := exec.CommandContext(t.Context(), "systemctl", append([]string{"--user", "--no-pager"}, args...)...).CombinedOutput()
	return string(out)
}

func realSystemd(t *testing.T, change func(*units.Limits)) units.Scheduler {
	t.Helper()
	needSystemd(t)
	l := brisk()
	if change != nil {
		change(&l)
	}
	u, err := units.SystemdWith(t.Context(), l, nil)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// notifying returns a unit whose process says READY=1 and runs a shell script.
func notifying(t *testing.T, status, script string) units.Spec {
	t.Helper()
	s := shell(t, "", "")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s.Args = []string{exe, shellWord, status, script, "sh"}
	s.Name = units.Name(s.Dir, "a1", 1)
	s.Title = "unitstest " + t.Name()
	s.Env = []string{"PATH=/usr/bin:/bin"}
	return s
}

func stopAtEnd(t *testing.T, u units.Scheduler, name string) {
	t.Helper()
	t.Cleanup(func() {
		if err := u.Stop(context.WithoutCancel(t.Context()), name); err != nil {
			t.Error(err)
		}
	})
}

func TestSystemdStatusText(t *testing.T) {
	t.Parallel()
	u := realSystemd(t, nil)
	s := notifying(t, "154/245 (63%) acme/shop", "exec sleep 60")
	stopAtEnd(t, u, s.Name)
	startUnit(t, u, s)
	out := ""
	eventually(t, "the status shows", func() bool {
		out = systemctl(t, "status", "specweave-*")
		return strings.Contains(out, `Status: "154/245 (63%) acme/shop"`) && strings.Contains(out, s.Name) && strings.Contains(out, "specweave.slice")
	})
}

// Nothing that systemd shows or keeps on disk holds Input.
func TestSystemdSecret(t *testing.T) {
	t.Parallel()
	u := realSystemd(t, nil)
	s := notifying(t, "", "cat >got; exec sleep 60")
	s.Input = []byte("t0ken-of-systemd-test")
	stopAtEnd(t, u, s.Name)
	startUnit(t, u, s)
	got := filepath.Join(s.Dir, "got")
	eventually(t, "the input is there", func() bool { return read(t, got) == string(s.Input) })
	seen := map[string]string{
		"show":   systemctl(t, "show", "--all", s.Name+".service"),
		"cat":    systemctl(t, "cat", s.Name+".service"),
		"status": systemctl(t, "status", s.Name+".service"),
	}
	files, err := filepath.Glob(filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "systemd", "transient", "*"))
	if err != nil || len(files) == 0 {
		t.Errorf("no transient units: %v", err)
	}
	pid := strconv.Itoa(statusOf(t, u, s.Name).PID)
	for _, f := range append(files, "/proc/"+pid+"/cmdline", "/proc/"+pid+"/environ") {
		data, _ := os.ReadFile(f) // another test's unit may end meanwhile
		seen[f] = string(data)
	}
	for where, text := range seen {
		if strings.Contains(text, string(s.Input)) {
			t.Errorf("%s holds the secret", where)
		}
		if strings.HasSuffix(where, "cmdline") && text == "" {
			t.Errorf("%s is empty", where)
		}
	}
	if !strings.Contains(seen["show"], "MainPID="+pid) {
		t.Errorf("show says\n%s", seen["show"])
	}
}

func TestSystemdWatchdog(t *testing.T) {
	t.Parallel()
	u := realSystemd(t, func(l *units.Limits) { l.Watchdog, l.Burst = 5*time.Second, 2 })
	s := notifying(t, "", "echo run >>runs; exec sleep 60")
	stopAtEnd(t, u, s.Name)
	startUnit(t, u, s)
	eventually(t, "the unit has failed", func() bool { return statusOf(t, u, s.Name).State == units.Failed })
	if st := statusOf(t, u, s.Name); st.Result != "watchdog" {
		t.Errorf("status %+v, want watchdog", st)
	}
	if runs := read(t, filepath.Join(s.Dir, "runs")); runs != "run\nrun\n" {
		t.Errorf("runs: %q, want two", runs)
	}
}

func TestSystemdBurst(t *testing.T) {
	t.Parallel()
	u := realSystemd(t, nil)
	s := notifying(t, "", "echo run >>runs; exit 5")
	stopAtEnd(t, u, s.Name)
	startUnit(t, u, s)
	runs := func() string { return read(t, filepath.Join(s.Dir, "runs")) }
	eventually(t, "three runs", func() bool { return runs() == "run\nrun\nrun\n" })
	eventually(t, "the unit has failed", func() bool { return statusOf(t, u, s.Name).State == units.Failed })
	if st := statusOf(t, u, s.Name); st.Result != "exit-code" || st.ExitCode != 5 || st.PID != 0 {
		t.Errorf("status %+v, want exit-code 5", st)
	}
	if err := u.Stop(t.Context(), s.Name); err != nil {
		t.Fatal(err)
	}
	if out := systemctl(t, "show", "-p", "LoadState", s.Name+".service"); !strings.Contains(out, "not-found") {
		t.Errorf("after stop: %s", out)
	}
}

// A unit that waits for its restart counts as active, says why and until when,
// and Stop ends the wait.
func TestSystemdBetweenRestarts(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]units.Status{
		"exit 5":        {Result: "exit-code", ExitCode: 5},
		"kill -KILL $$": {Result: "signal", ExitCode: 9},
		"sleep 60":      {Result: "watchdog", ExitCode: 6},
	} {
		t.Run(want.Result, func(t *testing.T) {
			t.Parallel()
			u := realSystemd(t, func(l *units.Limits) {
				l.Restart = time.Hour
				if want.Result == "watchdog" {
					l.Watchdog = 300 * time.Millisecond
				}
			})
			s := notifying(t, "", script)
			stopAtEnd(t, u, s.Name)
			startUnit(t, u, s)
			eventually(t, "it waits for a restart", func() bool {
				return strings.Contains(systemctl(t, "show", "-p", "SubState", s.Name+".service"), "auto-restart")
			})
			st := statusOf(t, u, s.Name)
			if in := time.Until(st.Due); in < time.Hour-time.Minute || in > time.Hour || st.Due.Sub(st.Since) != time.Hour {
				t.Errorf("since %v, due %v", st.Since, st.Due)
			}
			want.State, want.Since, want.Due = units.Active, st.Since, st.Due
			if st != want {
				t.Errorf("status %+v, want %+v", st, want)
			}
			for _, in := range []time.Duration{0, time.Hour} {
				s.NotBefore = time.Now().Add(in)
				if err := u.Start(t.Context(), s); !errors.Is(err, units.ErrExists) {
					t.Errorf("start meanwhile, in %v: %v", in, err)
				}
			}
			if err := u.Stop(t.Context(), s.Name); err != nil {
				t.Fatal(err)
			}
			if st := statusOf(t, u, s.Name); st.State != "" {
				t.Errorf("status after stop %+v", st)
			}
		})
	}
}

// What Due says of a restart is when it happens. The manager's clocks are exact
// to a quarter of a second: it notes when the wait begins after it has begun.
func TestSystemdRestartIsDue(t *testing.T) {
	t.Parallel()
	u := realSystemd(t, func(l *units.Limits) { l.Restart = 2 * time.Second })
	s := notifying(t, "", "[ -e again ] && exec sleep 60; touch again; exit 5")
	stopAtEnd(t, u, s.Name)
	startUnit(t, u, s)
	var rest, st units.Status
	eventually(t, "it is due", func() bool { rest = statusOf(t, u, s.Name); return !rest.Due.IsZero() })
	due := rest.Due
	eventually(t, "it runs again", func() bool { // the manager is asked for one thing after the other
		st = statusOf(t, u, s.Name)
		return st.PID != 0 && st.Due.IsZero() && st.Since.After(rest.Since)
	})
	if late := st.Since.Sub(due); late < -250*time.Millisecond || late > 10*time.Second {
		t.Errorf("due at %v, started %v later", due, late)
	}
}

func TestSystemdNotReadyInTime(t *testing.T) {
	t.Parallel()
	u := realSystemd(t, func(l *units.Limits) { l.Ready = 200 * time.Millisecond })
	s := notifying(t, "", "")
	s.Args = []string{"/bin/sleep", "60"} // says nothing
	stopAtEnd(t, u, s.Name)
	if err := u.Start(t.Context(), s); err == nil || !strings.Contains(err.Error(), "timeout") {
		t.Errorf("start: %v", err)
	}
	if st := statusOf(t, u, s.Name); st.State != "" {
		t.Errorf("status %+v", st)
	}
}

// A manager that reloads its units reads the transient ones from files. The one
// of systemd 252 writes $, ", ; and ` in arguments so that it reads them back
// wrongly, hence none of them here. And it may forget a unit that is just being
// restarted, hence no other test beside this one. One that waits, waits on.
func TestSystemdReload(t *testing.T) {
	u := realSystemd(t, nil)
	later := notifying(t, "", ". ./script")
	if err := os.WriteFile(filepath.Join(later.Dir, "script"), []byte(`echo "$V" >seen; exec sleep 60`), 0o600); err != nil {
		t.Fatal(err)
	}
	later.Env = append(later.Env, "V=$HOME %h \"\t")
	later.NotBefore = time.Now().Add(5 * time.Second)
	stopAtEnd(t, u, later.Name)
	startUnit(t, u, later)
	due := statusOf(t, u, later.Name).Due
	s := notifying(t, "", ". ./script")
	script := `printf '%s|' "$V" "$@" >>seen; [ -e again ] && exec sleep 60; touch again; sleep 1; exit 5`
	if err := os.WriteFile(filepath.Join(s.Dir, "script"), []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Args = append(s.Args, "%h %%", "a\nb", "it's ünïcødé", "", "-C", "/a b/c")
	s.Env = append(s.Env, "V=$HOME %h \"\t")
	stopAtEnd(t, u, s.Name)
	startUnit(t, u, s)
	systemctl(t, "daemon-reload")
	want := strings.Join(append(s.Args[5:], ""), "|")
	want = strings.Repeat("$HOME %h \"\t|"+want, 2)
	seen := ""
	eventually(t, "both runs have reported", func() bool {
		seen = read(t, filepath.Join(s.Dir, "seen"))
		return strings.Count(seen, "|") >= strings.Count(want, "|")
	})
	if seen != want {
		t.Errorf("seen %q, want %q", seen, want)
	}
	if st := statusOf(t, u, later.Name); st.State == units.Waiting && !st.Due.Equal(due) {
		t.Errorf("due %v, was %v", st.Due, due)
	}
	file := filepath.Join(later.Dir, "seen")
	eventually(t, "the other has begun", func() bool { return read(t, file) == "$HOME %h \"\t\n" })
	if info, err := os.Stat(file); err != nil || info.ModTime().Before(later.NotBefore) {
		t.Errorf("begun early: %v, %v", info, err)
	}
}

func TestNewSystemd(t *testing.T) {
	needSystemd(t)
	t.Setenv("SPECWEAVE_SCHEDULER", "systemd")
	u, c, err := units.New(t.Context(), t.TempDir())
	if err != nil || u.String() != "systemd" || c.Kind != units.KindSystemd {
		t.Fatalf("%v, %+v, %v", u, c, err)
	}
	t.Setenv("XDG_RUNTIME_DIR", "") // cron
	if _, _, err := units.New(t.Context(), t.TempDir()); err != nil {
		t.Errorf("without XDG_RUNTIME_DIR: %v", err)
	}
}

func BenchmarkSystemdStatus(b *testing.B) {
	if os.Getenv("SPECWEAVE_SYSTEMD_TEST") != "1" {
		b.Skip("needs a systemd user manager")
	}
	u, err := units.Systemd(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := u.Status(b.Context(), "specweave-"); err != nil {
			b.Fatal(err)
		}
	}
}
