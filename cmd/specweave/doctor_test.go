package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/units"
	"github.com/specweave/specweave/units/unitstest"
)

// kept is one letter for each promise: terminal, logout, reboot, suspend,
// crash, memory.
func kept(all []promise) string {
	var b strings.Builder
	for _, p := range all {
		b.WriteString(or(p.Kept, strings.ToUpper(p.Name[:1]), "-"))
	}
	return b.String()
}

func TestPromises(t *testing.T) {
	t.Parallel()
	login := units.Env{GOOS: "linux", PID1: "systemd", ManagerSocket: true}
	all := facts{
		env: login, kind: units.KindSystemd, boot: true,
		rules: units.Rules{MemoryLimits: true},
	}
	all.env.Linger = true
	for name, tt := range map[string]struct {
		change   func(*facts)
		want     string
		why, fix string // of the first that is not kept
	}{
		"all is well":        {func(*facts) {}, "TLRSCM", "", ""},
		"no linger":          {func(f *facts) { f.env.Linger = false }, "T--SCM", "at the last logout; the boot entry goes on with it at the next login", linger},
		"no linger, no boot": {func(f *facts) { f.env.Linger, f.boot = false, false }, "T--SCM", "systemd ends the user manager with all its units at the last logout", linger},
		"no boot entry":      {func(f *facts) { f.boot = false }, "TL-SCM", "there is no boot entry", bootRemedy},
		"no controller":      {func(f *facts) { f.rules.MemoryLimits = false }, "TLRSC-", "has no memory controller", "clone fewer"},
		"booted container":   {func(f *facts) { f.env.Container = "systemd-nspawn" }, "TLRSCM", "", ""},
		"asked for detached": {func(f *facts) { f.kind = units.KindDetached }, "TLRS--", "nobody watches", goOn},
		"killed at logout":   {func(f *facts) { f.kind, f.rules.LogoutKills = units.KindDetached, true }, "T-RS--", "KillUserProcesses", "under the user manager"},
		"in a desktop's terminal": {func(f *facts) {
			f.kind, f.rules.UnderManager, f.env.Linger = units.KindDetached, true, false
		}, "T--S--", "processes of this terminal are the user manager's", linger},
		"in a desktop's terminal, lingering": {func(f *facts) {
			f.kind, f.rules.UnderManager = units.KindDetached, true
		}, "TLRS--", "nobody watches", goOn},
		"cron": {
			func(f *facts) {
				f.kind, f.env, f.boot = units.KindDetached, units.Env{GOOS: "linux", PID1: "systemd"}, false
			}, "TL-S--",
			"no boot entry, and nothing of this user starts before a login", bootRemedy + ", and " + linger,
		},
		"container": {func(f *facts) {
			f.kind, f.env = units.KindDetached, units.Env{GOOS: "linux", PID1: "sh", Container: "docker"}
		}, "TL-S--", "for its host to say", goOn},
		"no systemd": {func(f *facts) { f.kind, f.env = units.KindDetached, units.Env{GOOS: "linux", PID1: "init"} }, "TL-S--", "nothing here goes on", "crontab"},
		"wsl":        {func(f *facts) { f.env.WSL = true }, "---SCM", "after its last terminal", "leave a terminal open"},
		"mac":        {func(f *facts) { f.kind, f.env = units.KindLaunchd, units.Env{GOOS: "darwin"} }, "T--SC-", "the boot entry goes on with it at the next login", "stay logged in"},
		"mac, no boot entry": {
			func(f *facts) { f.kind, f.env, f.boot = units.KindLaunchd, units.Env{GOOS: "darwin"}, false },
			"T--SC-", "launchd ends the agents of a login with it", bootRemedy,
		},
		"mac, detached":  {func(f *facts) { f.kind, f.env, f.boot = units.KindDetached, units.Env{GOOS: "darwin"}, false }, "T--S--", "nothing keeps the system from", goOn},
		"windows":        {func(f *facts) { f.kind, f.env, f.boot = units.KindDetached, units.Env{GOOS: "windows"}, false }, "T--S--", "Windows ends the processes of a login", bootRemedy},
		"windows, bound": {func(f *facts) { f.kind, f.env = units.KindDetached, units.Env{GOOS: "windows", Bound: true} }, "---S--", "lets nothing leave", "another terminal"},
		"no scheduler":   {func(f *facts) { f.kind = "" }, "TLRS--", "nobody watches", goOn},
		"the zero fact":  {func(f *facts) { *f = facts{} }, "T--S--", "nothing keeps the system from", goOn},
	} {
		f := all
		tt.change(&f)
		got := promises(f)
		if k := kept(got); k != tt.want {
			t.Errorf("%s: %s, want %s", name, k, tt.want)
		}
		i := slices.IndexFunc(got, func(p promise) bool { return !p.Kept })
		if i < 0 {
			i = 0 // then both are empty
		} else if !strings.Contains(got[i].Why, tt.why) || tt.why == "" {
			t.Errorf("%s: %s", name, got[i].Why)
		}
		if !strings.Contains(got[i].Remedy, tt.fix) {
			t.Errorf("%s: %s", name, got[i].Remedy)
		}
	}
}

// Whatever the facts are, there are six promises, each with a reason, those
// that are not kept with a remedy, and better facts never break one.
func TestPromisesAreTotal(t *testing.T) {
	t.Parallel()
	const bits = 8
	for n := range 1 << bits {
		for _, goos := range []string{"linux", "darwin", "windows"} {
			for _, pid1 := range []string{"systemd", "init", ""} {
				is := func(bit int) bool { return n>>bit&1 == 1 }
				f := facts{env: units.Env{GOOS: goos, PID1: pid1, Linger: is(0), WSL: is(1)}, kind: units.KindDetached, boot: is(2)}
				f.rules = units.Rules{LogoutKills: is(3), UnderManager: is(4), MemoryLimits: is(5)}
				if is(6) {
					f.env.Container = "podman"
				}
				if is(7) {
					f.kind = units.KindSystemd
				}
				if is(7) && goos == "darwin" {
					f.kind = units.KindLaunchd
				}
				got := promises(f)
				var names []string
				for _, p := range got {
					names = append(names, p.Name)
					if p.Why == "" || p.Kept != (p.Remedy == "") || strings.ContainsAny(p.Why+p.Remedy, "\n") {
						t.Fatalf("%+v: %+v", f, p)
					}
				}
				if d := cmp.Diff([]string{"terminal close", "logout", "reboot", "suspend", "crash", "memory limit"}, names); d != "" {
					t.Fatal(d)
				}
				better := f
				better.env.Linger, better.boot, better.rules.MemoryLimits, better.rules.LogoutKills = true, true, true, false
				for i, p := range promises(better) {
					if got[i].Kept && !p.Kept {
						t.Fatalf("%+v: %s is broken by better facts", f, p.Name)
					}
				}
			}
		}
	}
}

func TestBootState(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", dir)
	unit := filepath.Join(dir, "systemd", "user", "specweave-boot.service")
	link := filepath.Join(dir, "systemd", "user", "default.target.wants", "specweave-boot.service")
	for _, tt := range []struct {
		make   string
		want   bool
		detail string
	}{{"", false, "none"}, {unit, false, "not enabled"}, {link, true, unit}} {
		if tt.make != "" {
			check(t, os.MkdirAll(filepath.Dir(tt.make), 0o700))
			check(t, os.WriteFile(tt.make, nil, 0o600))
		}
		if got, detail := bootState(t.Context()); got != tt.want || !strings.Contains(detail, tt.detail) {
			t.Errorf("%v %s, want %v %s", got, detail, tt.want, tt.detail)
		}
	}
}

func TestStaleUnits(t *testing.T) {
	t.Parallel()
	s := jobs.Open(t.TempDir())
	job := func(id string, status jobs.Status) jobs.Entry {
		return jobs.Entry{ID: id, Origin: jobs.Own, View: jobs.View{State: jobs.State{Status: status}}}
	}
	x := examination{store: s, entries: []jobs.Entry{job("0000000a", jobs.Completed), job("0000000b", jobs.Paused), job("0000000c", jobs.Running)}}
	var fake unitstest.Fake
	loaded := map[string]units.Status{}
	for _, id := range []string{"0000000a", "0000000b", "0000000c", "0000000d"} {
		for i, state := range []units.State{units.Active, units.Failed, units.Waiting} {
			loaded[units.Name(s.Project(), id, i)] = units.Status{State: state}
		}
	}
	var got []string
	for _, name := range stale(s.Project(), x.entries, loaded) {
		got = append(got, strings.TrimPrefix(name, units.Prefix(s.Project(), "")))
	}
	want := []string{"0000000a-1", "0000000a-2", "0000000d-1", "0000000d-2"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}

	name := units.Name(s.Project(), "0000000a", 1)
	exe, err := os.Executable()
	check(t, err)
	check(t, fake.Start(t.Context(), units.Spec{Name: name, Args: []string{exe}, Dir: s.Project(), LogPath: filepath.Join(s.Project(), "log")}))
	fake.Fail(name, 1)
	found := x.units(t.Context(), &fake)
	if len(found) != 1 || found[0].Where != name {
		t.Fatalf("%+v", found)
	}
	found[0].mend(t.Context())
	if left := x.units(t.Context(), &fake); len(left) != 0 || !found[0].Fixed {
		t.Errorf("%+v", left)
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	fix := func(context.Context) error { return nil }
	for _, tt := range []struct {
		d     diagnosis
		fixed bool
		want  int
	}{
		{diagnosis{Promises: promises(facts{})}, false, exitOK},
		{diagnosis{Findings: []finding{{Note: true}, {Fixed: true}}}, false, exitOK},
		{diagnosis{Findings: []finding{{fix: fix}}}, false, exitWarnings},
		{diagnosis{Findings: []finding{{fix: fix}}}, true, exitWarnings},
		{diagnosis{Findings: []finding{{}}}, true, exitWarnings},
		{diagnosis{Findings: []finding{{}}, noGit: errors.New("none")}, true, exitError},
	} {
		got := exitOK
		if err := tt.d.verdict(tt.fixed); err != nil {
			got = codeOf(err)
		}
		if got != tt.want {
			t.Errorf("%+v: %d, want %d", tt.d, got, tt.want)
		}
	}
	f := finding{fix: func(context.Context) error { return errors.New("no") }}
	f.mend(t.Context())
	if f.Fixed || f.Error != "no" {
		t.Error(fmt.Sprint(f.Fixed, f.Error))
	}
}
