package unitstest

import (
	"bytes"
	"encoding/gob"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/units"
)

func testRestart(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	if !s.Restarts {
		t.Skip("crashed commands stay dead")
	}
	spec := f.spec(script{Crashes: 2, Hold: true}, "$x %h", "a\nb")
	spec.Input = []byte("the same each time")
	f.start(spec)
	for n := 1; n <= 3; n++ {
		r := f.report(n)
		want := string(spec.Input)
		if n > 1 && s.ForgetsInput {
			want = ""
		}
		if r.Input != want || r.Args[len(r.Args)-1] != "a\nb" {
			t.Errorf("start %d: %+v", n, r)
		}
	}
	f.eventually("it runs", func() bool { return f.mustStatus(spec.Name).PID == f.report(3).PID })
}

// testSecret looks for Input where other processes can look.
func testSecret(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	if s.InProcess {
		t.Skip("no processes")
	}
	const secret = "s3cr3t-of-unitstest"
	spec := f.spec(script{Hold: true, Family: true})
	spec.Input = []byte(secret)
	f.start(spec)
	r := f.report(1)
	if r.Input != secret {
		t.Fatalf("input %q", r.Input)
	}
	for _, pid := range append(r.Family, r.PID) {
		for _, name := range []string{"cmdline", "environ"} {
			data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), name))
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("%s of process %d holds the secret", name, pid)
			}
			// Under Wine the numbers are its own, and in /proc some kernel thread's.
			if err == nil && len(data) == 0 && name == "cmdline" && runtime.GOOS != "windows" {
				t.Errorf("process %d has no command line", pid)
			}
		}
	}
	for _, sub := range []string{"0", "1"} { // children inherit nothing of it
		child := f.reportIn(filepath.Join(f.reports, sub), 1)
		if child.Input != "" {
			t.Errorf("child's input %q", child.Input)
		}
		holds(t, child.PID, secret)
	}
	err := filepath.WalkDir(f.project, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == f.reports { // they hold it, that is their purpose
			return fs.SkipDir
		}
		if !d.Type().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(secret)) {
			t.Errorf("%s holds the secret", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// holds fails the test if a descriptor of the process leads to the secret.
func holds(t *testing.T, pid int, secret string) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "fd", "*"))
	for _, name := range files {
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() && info.Size() == int64(len(secret)) {
			t.Errorf("process %d has the secret open as %s", pid, name)
		}
	}
}

func testStopEndsFamily(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	if s.InProcess {
		t.Skip("no processes")
	}
	spec := f.spec(script{Hold: true, Family: true})
	f.start(spec)
	r := f.report(1)
	far := f.reportIn(filepath.Join(f.reports, "1"), 1)
	pids := append(append([]int{r.PID}, r.Family...), far.Family...)
	if len(pids) != 5 {
		t.Fatalf("family %v", pids)
	}
	for _, sub := range []string{"0", "1/0", "1/1"} {
		f.reportIn(filepath.Join(f.reports, sub), 1) // they are deaf by now
	}
	if err := f.u.Stop(t.Context(), spec.Name); err != nil {
		t.Fatal(err)
	}
	for _, pid := range pids {
		if alive(pid) { // at once: Stop returns when nothing runs any more
			t.Errorf("process %d of %v runs after stop", pid, pids)
		}
	}
}

// testKilled kills the main process, as the kernel does when memory runs out.
func testKilled(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	if s.InProcess || s.Restarts {
		t.Skip("see Restart")
	}
	spec := f.spec(script{Hold: true, Family: true})
	f.start(spec)
	r := f.report(1)
	for _, sub := range []string{"0", "1/0", "1/1"} {
		f.reportIn(filepath.Join(f.reports, sub), 1) // all are there to be killed
	}
	p, err := os.FindProcess(r.PID)
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		t.Fatal(err)
	}
	f.gone(spec.Name)
	if err := f.u.Stop(t.Context(), spec.Name); err != nil {
		t.Fatal(err)
	}
	f.dead(r.Family[0]) // in the group; the other has become nobody's
	if q, ok := platform.FindProc(r.Family[1]); ok {
		if err := q.KillTree(); err != nil {
			t.Error(err)
		}
	}
}

func testOutlivesStarter(t *testing.T, s Subject) {
	t.Helper()
	f := newFixture(t, s)
	if s.InProcess {
		t.Skip("no processes")
	}
	spec := f.spec(script{Hold: true})
	f.startElsewhere(s, spec)
	r := f.report(1)
	st := f.mustStatus(spec.Name)
	if st.State != units.Active || st.PID != r.PID || !alive(r.PID) {
		t.Errorf("status %+v, want active and process %d", st, r.PID)
	}
}

// startElsewhere starts a unit from a process that ends then.
func (f *fixture) startElsewhere(s Subject, spec units.Spec) {
	f.Helper()
	var data bytes.Buffer
	if err := gob.NewEncoder(&data).Encode(spec); err != nil {
		f.Fatal(err)
	}
	cmd := exec.CommandContext(f.Context(), spec.Args[0], starterWord, s.Name, f.dir) //nolint:gosec // the test binary
	cmd.Stdin = &data
	// A descriptor that the unit inherits would keep this pipe open, and Wait waiting.
	if out, err := cmd.CombinedOutput(); err != nil {
		f.Fatalf("starter: %v\n%s", err, out)
	}
	f.cleanup(spec.Name)
}
