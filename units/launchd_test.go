package units_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/units"
	"github.com/specweave/specweave/units/unitstest"
)

func TestLaunchdPrinted(t *testing.T) {
	t.Parallel()
	// Shaped as reported of macOS 12 to 15.
	const text = `gui/501/specweave-abc123-a1-1 = {
	active count = 1
	path = /Users/ann/x.plist
	type = LaunchAgent
	state = STATE

	program = /opt/specweave
	arguments = {
		/opt/specweave
		pid = 7
	}

	inherited environment = {
		SSH_AUTH_SOCK => /private/tmp/x
	}

	domain = gui/501 [100003]
	minimum runtime = 10
LINES
	resource coalition = {
		ID = 1114
		state = active
		runs = 99
		pid = 1
		last exit code = 5
	}

	properties = runatload | inferred program
}
`
	waits := time.Date(2126, 7, 5, 3, 4, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		lines string
		due   time.Time
		want  units.Status
		ok    bool
	}{
		"running":        {"\truns = 1\n\tpid = 42\n\tlast exit code = (never exited)", time.Time{}, units.Status{State: "active", PID: 42}, true},
		"to be started":  {"\truns = 0\n\tlast exit code = (never exited)", time.Time{}, units.Status{State: "active"}, true},
		"again":          {"\truns = 2\n\tpid = 43\n\tlast exit code = 3", time.Time{}, units.Status{State: "active", PID: 43}, true},
		"waits":          {"\truns = 0\n\tlast exit code = (never exited)", waits, units.Status{State: "waiting", Due: waits}, true},
		"has begun":      {"\truns = 1\n\tpid = 44\n\tlast exit code = (never exited)", waits, units.Status{State: "active", PID: 44}, true},
		"over":           {"\truns = 1\n\tlast exit code = 0", time.Time{}, units.Status{}, false},
		"waited, over":   {"\truns = 1\n\tlast exit code = 0", waits, units.Status{}, false},
		"crashed":        {"\truns = 2\n\tlast terminating signal = Killed: 9", time.Time{}, units.Status{State: "active", Result: "signal", ExitCode: 9}, true},
		"segfault":       {"\truns = 1\n\tlast terminating signal = Segmentation fault: 11", time.Time{}, units.Status{State: "active", Result: "signal", ExitCode: 11}, true},
		"failed":         {"\truns = 3\n\tlast exit code = 1", time.Time{}, units.Status{State: "failed", Result: "exit-code", ExitCode: 1}, true},
		"waited, failed": {"\truns = 1\n\tlast exit code = 2", waits, units.Status{State: "failed", Result: "exit-code", ExitCode: 2}, true},
		"no program":     {"\truns = 3\n\tlast exit code = 78: EX_CONFIG", time.Time{}, units.Status{State: "failed", Result: "exit-code", ExitCode: 78}, true},
		"rubbish":        {"\truns = many\n\tpid = -1\n\tlast exit code", time.Time{}, units.Status{State: "active"}, true},
	} {
		got, ok := units.PrintedStatus(strings.Replace(text, "LINES", c.lines, 1), c.due)
		if diff := cmp.Diff(c.want, got); diff != "" || ok != c.ok {
			t.Errorf("%s: %v (-want +got):\n%s", name, ok, diff)
		}
	}
}

// answers is a launchctl that says what it is told to.
func answers(t *testing.T, codes map[string]int) (units.Launchctl, *[]string) {
	t.Helper()
	var asked []string
	return func(_ context.Context, args ...string) (string, int, error) {
		domain, _, _ := strings.Cut(args[1], "/")
		asked = append(asked, args[0]+" "+domain)
		return "What failed: 1: some words\nmore", codes[args[0]+" "+domain], nil
	}, &asked
}

// Where a code says that the domain is not there, the other is tried; what says
// something else is an error in launchctl's words.
func TestLaunchdExitCodes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		codes map[string]int
		want  string // of the error
		asked string
	}{
		"unknown":       {map[string]int{"print gui": 113, "print user": 113}, "", "print gui,print user"},
		"over ssh":      {map[string]int{"print gui": 125, "print user": 113}, "", "print gui,print user"},
		"no such login": {map[string]int{"print gui": 112, "print user": 112}, "", "print gui,print user"},
		"other":         {map[string]int{"print gui": 64}, "launchctl print: What failed: 1: some words (exit code 64)", "print gui"},
		"not allowed":   {map[string]int{"bootout gui": 150}, "launchctl bootout: What failed: 1: some words (exit code 150)", "print gui,bootout gui"},
	} {
		ctl, asked := answers(t, c.codes)
		err := units.LaunchdBy(ctl, t.TempDir(), brisk()).Stop(t.Context(), "a-1")
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasSuffix(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
		if got := strings.Join(*asked, ","); got != c.asked {
			t.Errorf("%s: asked %s", name, got)
		}
	}
}

func uid() string { return strconv.Itoa(os.Getuid()) }

// standIn is a scheduler of a stand-in of the test's own.
func standIn(t *testing.T, how unitstest.Launchd) (u units.Scheduler, ctl, dir string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("neither launchd nor the stand-in")
	}
	dir = t.TempDir()
	ctl, err := unitstest.InstallLaunchctl(filepath.Join(dir, "bin"), how)
	if err != nil {
		t.Fatal(err)
	}
	l := brisk()
	l.Grain = time.Second
	return units.LaunchdWith(ctl, dir, l), ctl, dir
}

func ctlOut(t *testing.T, ctl string, args ...string) (string, int) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), ctl, args...).CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(out), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(out), 0
}

// Without a login at the screen a unit runs in the user's domain.
func TestLaunchdWithoutScreen(t *testing.T) {
	t.Parallel()
	u, ctl, _ := standIn(t, unitstest.Launchd{Throttle: time.Second})
	s := shell(t, "a-1", "exec sleep 60")
	startUnit(t, u, s)
	if out, code := ctlOut(t, ctl, "print", "user/"+uid()+"/a-1"); code != 0 || !strings.Contains(out, "\tstate = running\n") {
		t.Errorf("%d: %s", code, out)
	}
	if err := u.Stop(t.Context(), "a-1"); err != nil {
		t.Fatal(err)
	}
	if out, code := ctlOut(t, ctl, "print", "user/"+uid()+"/a-1"); code != 113 {
		t.Errorf("%d: %s", code, out)
	}
}

// print may say that a label is free while bootstrap still says 5 or 37.
func TestLaunchdBootstrapTriesAgain(t *testing.T) {
	t.Parallel()
	tried := 0
	ctl := func(_ context.Context, args ...string) (string, int, error) {
		switch {
		case args[0] == "bootstrap":
			tried++
			return "", []int{5, 37, 5, 0}[tried-1], nil
		case args[0] == "print" && tried == 4:
			return "x = {\n\tpid = 1\n}\n", 0, nil
		}
		return "", 113, nil
	}
	startUnit(t, units.LaunchdBy(ctl, t.TempDir(), brisk()), shell(t, "a-1", ""))
	if tried != 4 {
		t.Errorf("tried %d times", tried)
	}
}

// A label that lingers is waited for.
func TestLaunchdLingers(t *testing.T) {
	t.Parallel()
	u, ctl, dir := standIn(t, unitstest.Launchd{Throttle: time.Second, Linger: 5 * time.Second, Screen: true})
	s := shell(t, "a-1", "exec sleep 60")
	s.NotBefore = time.Now().Add(time.Hour)
	startUnit(t, u, s)
	target := "gui/" + uid() + "/a-1"
	copied := filepath.Join(dir, "other.plist")
	if err := os.WriteFile(copied, []byte(read(t, filepath.Join(dir, "a-1.plist"))), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, code := ctlOut(t, ctl, "bootout", target); code != 36 && code != 0 {
		t.Fatalf("bootout: %d", code)
	}
	if out, code := ctlOut(t, ctl, "bootstrap", "gui/"+uid(), copied); code != 5 && code != 37 {
		t.Fatalf("the stand-in lets go at once: %d %s", code, out)
	}
	s.NotBefore = time.Time{}
	startUnit(t, u, s) // after somebody else's bootout
	if st := statusOf(t, u, "a-1"); st.State != units.Active || st.PID == 0 {
		t.Errorf("status %+v", st)
	}
	if err := u.Stop(t.Context(), "a-1"); err != nil {
		t.Fatal(err)
	}
}

// A label may linger until the time that its successor is to wait for is past.
func TestLaunchdLate(t *testing.T) {
	t.Parallel()
	u, _, _ := standIn(t, unitstest.Launchd{Throttle: time.Second, Linger: 4 * time.Second, Screen: true})
	s := shell(t, "a-1", "exec sleep 60")
	s.NotBefore = time.Now().Add(time.Hour)
	startUnit(t, u, s)
	s.NotBefore = time.Now().Add(3 * time.Second)
	startUnit(t, u, s)
	if st := statusOf(t, u, "a-1"); st.State != units.Active || st.PID == 0 {
		t.Errorf("status %+v", st)
	}
	if err := u.Stop(t.Context(), "a-1"); err != nil {
		t.Fatal(err)
	}
}

// What ended well is forgotten by the next start, file and label.
func TestLaunchdSweeps(t *testing.T) {
	t.Parallel()
	u, ctl, dir := standIn(t, unitstest.Launchd{Throttle: time.Second, Screen: true})
	startUnit(t, u, shell(t, "a-1", "true"))
	eventually(t, "it has ended", func() bool { return statusOf(t, u, "a-1").State == "" })
	if _, code := ctlOut(t, ctl, "print", "gui/"+uid()+"/a-1"); code != 0 {
		t.Fatal("the stand-in forgets what has ended")
	}
	stale := filepath.Join(dir, "a-2.plist") // of the last login
	if err := os.WriteFile(stale, []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	startUnit(t, u, shell(t, "a-3", "exec sleep 60"))
	gone(t, stale, filepath.Join(dir, "a-1.plist"))
	eventually(t, "the label is gone", func() bool { _, code := ctlOut(t, ctl, "print", "gui/"+uid()+"/a-1"); return code == 113 })
	if info, err := os.Stat(filepath.Join(dir, "a-3.plist")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if err := u.Stop(t.Context(), "a-3"); err != nil {
		t.Fatal(err)
	}
}

// A program that never takes its input is not left behind.
func TestLaunchdInputNotTaken(t *testing.T) {
	t.Parallel()
	_, ctl, dir := standIn(t, unitstest.Launchd{Throttle: time.Second, Screen: true})
	l := brisk()
	l.Ready = 200 * time.Millisecond
	u := units.LaunchdWith(ctl, dir, l)
	s := shell(t, "a-1", "exec sleep 60")
	s.Input = []byte("secret")
	if err := u.Start(t.Context(), s); err == nil || !strings.Contains(err.Error(), "has not taken its input") {
		t.Errorf("start: %v", err)
	}
	if st := statusOf(t, u, "a-1"); st.State != "" {
		t.Errorf("status %+v", st)
	}
	s.Args[2] = "exit 1"
	if err := u.Start(t.Context(), s); err == nil {
		t.Error("no error")
	}
	gone(t, filepath.Join(dir, "a-1.plist"))
}
