package unitstest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/specweave/specweave/units"
)

// patience is how long the suite waits for what should happen at once, and
// longer than a scheduler waits before it kills.
const patience = 40 * time.Second

// fixture is one test's scheduler and directories.
type fixture struct {
	*testing.T
	u       units.Scheduler
	dir     string // the scheduler's
	reports string // the commands'
	ends    string // the same of commands for the end
	project string // for unique names
	jobs    atomic.Int32
	unix    bool          // there are modes and signals
	wait    time.Duration // for what should happen
}

func newFixture(t *testing.T, s Subject) *fixture {
	t.Helper()
	dir := t.TempDir()
	f := &fixture{T: t, dir: filepath.Join(dir, "units"), reports: filepath.Join(dir, "reports"), ends: filepath.Join(dir, "ends"), project: dir, unix: runtime.GOOS != "windows", wait: patience + 2*s.Grain}
	for _, dir := range []string{f.reports, f.ends} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if f.u, err = s.New(t.Context(), f.dir); err != nil {
		t.Fatal(err)
	}
	return f
}

// spec returns a new unit that runs sc. Its directory has an awkward name and
// its log a first line.
func (f *fixture) spec(sc script, args ...string) units.Spec {
	f.Helper()
	exe, err := os.Executable()
	if err != nil {
		f.Fatal(err)
	}
	sc.Report = f.reports
	n := f.jobs.Add(1)
	dir := filepath.Join(f.project, fmt.Sprintf("work $HOME %%h %d", n))
	if err := os.Mkdir(dir, 0o700); err != nil {
		f.Fatal(err)
	}
	log := filepath.Join(dir, "worker $x %h.log")
	if err := os.WriteFile(log, []byte("before\n"), 0o644); err != nil { //nolint:gosec // too wide on purpose
		f.Fatal(err)
	}
	return units.Spec{
		Name:    units.Name(f.project, fmt.Sprintf("%08x", n), 1),
		Title:   "unitstest " + f.Name(),
		Args:    sc.args(exe, args...),
		Dir:     dir,
		LogPath: log,
	}
}

// after lets the unit run sc at its end.
func (f *fixture) after(s *units.Spec, sc script, args ...string) {
	sc.Report = f.ends
	s.After = sc.args(s.Args[0], args...)
}

// start starts a unit and sees to its end.
func (f *fixture) start(s units.Spec) {
	f.Helper()
	f.cleanup(s.Name)
	if err := f.u.Start(f.Context(), s); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) cleanup(name string) {
	f.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(f.Context()), patience)
		defer cancel()
		if err := f.u.Stop(ctx, name); err != nil {
			f.Error(err)
		}
	})
}

func (f *fixture) status(prefix string) map[string]units.Status {
	f.Helper()
	all, err := f.u.Status(f.Context(), prefix)
	if err != nil {
		f.Fatal(err)
	}
	return all
}

func (f *fixture) mustStatus(name string) units.Status {
	f.Helper()
	st, ok := f.status(name)[name]
	if !ok {
		f.Fatalf("no unit %s", name)
	}
	return st
}

// nothing fails the test if the unit is known.
func (f *fixture) nothing(name string) {
	f.Helper()
	if st, ok := f.status(name)[name]; ok && name != "" {
		f.Errorf("unit %s is left behind: %+v", name, st)
	}
	for _, suffix := range []string{".json", ".plist"} {
		if _, err := os.Stat(filepath.Join(f.dir, name+suffix)); err == nil {
			f.Errorf("a file of unit %s is left behind", name)
		}
	}
}

// gone waits until the unit has ended.
func (f *fixture) gone(name string) {
	f.Helper()
	f.eventually("the unit has ended", func() bool { return len(f.status(name)) == 0 })
}

// dead waits until the process has ended.
func (f *fixture) dead(pid int) {
	f.Helper()
	f.eventually(fmt.Sprintf("process %d has ended", pid), func() bool { return !alive(pid) })
}

// report waits for the nth report of the unit's commands.
func (f *fixture) report(n int) report {
	f.Helper()
	return f.reportIn(f.reports, n)
}

func (f *fixture) reportIn(dir string, n int) (r report) {
	f.Helper()
	var data []byte
	f.eventually(fmt.Sprintf("report %d in %s is there", n, dir), func() (ok bool) {
		var err error
		data, err = os.ReadFile(filepath.Join(dir, fmt.Sprintf("%d.json", n)))
		return err == nil
	})
	if err := json.Unmarshal(data, &r); err != nil {
		f.Fatal(err)
	}
	return r
}

// count returns how many reports there are in dir.
func (f *fixture) count(dir string) int {
	f.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		f.Fatal(err)
	}
	return len(files)
}

// log waits until the unit's log contains text, and returns it.
func (f *fixture) log(s units.Spec, text string) string {
	f.Helper()
	var data []byte
	f.eventually(fmt.Sprintf("the log has %q", text), func() bool {
		data, _ = os.ReadFile(s.LogPath)
		return strings.Contains(string(data), text)
	})
	return string(data)
}

// eventually waits for a condition.
func (f *fixture) eventually(what string, ok func() bool) {
	f.Helper()
	late := time.NewTimer(f.wait)
	defer late.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-late.C:
			f.Fatalf("in vain: %s", what)
		case <-tick.C:
		}
	}
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}
