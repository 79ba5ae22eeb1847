package units_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/units"
	"github.com/specweave/specweave/units/unitstest"
)

// The stand-in does what launchd is known for.
func TestStandInRefuses(t *testing.T) {
	t.Parallel()
	_, ctl, dir := standIn(t, unitstest.Launchd{Throttle: time.Second, Screen: true})
	file := func(name, text string, mode os.FileMode) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, err := units.AgentOf(shell(t, "a-1", "exec sleep 60"), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	gui := "gui/" + uid()
	for _, c := range []struct {
		name string
		args []string
		want int
	}{
		{"no verb", nil, 64},
		{"unknown verb", []string{"frobnicate"}, 64},
		{"no file", []string{"bootstrap", gui, filepath.Join(dir, "none.plist")}, 5},
		{"suffix", []string{"bootstrap", gui, file("a.xml", good, 0o600)}, 5},
		{"for all to write", []string{"bootstrap", gui, file("b.plist", good, 0o666)}, 5},
		{"not XML", []string{"bootstrap", gui, file("c.plist", good[:len(good)-20], 0o600)}, 5},
		{"unknown key", []string{"bootstrap", gui, file("d.plist", strings.Replace(good, "RunAtLoad", "RunAtLoda", 1), 0o600)}, 5},
		{"session", []string{"bootstrap", gui, file("e.plist", strings.Replace(good, "Aqua", "LoginWindow", 1), 0o600)}, 134},
		{"domain", []string{"bootstrap", "gui/4294967", file("f.plist", good, 0o600)}, 112},
		{"print of none", []string{"print", gui + "/a-1"}, 113},
		{"print of no domain", []string{"print", "gui/4294967/a-1"}, 112},
		{"print of a domain", []string{"print", gui}, 0},
		{"bootout of none", []string{"bootout", gui + "/a-1"}, 3},
		{"good", []string{"bootstrap", gui, filepath.Join(dir, "f.plist")}, 0},
		{"twice", []string{"bootstrap", gui, filepath.Join(dir, "f.plist")}, 5},
		{"kill", []string{"kill", "SIGHUP-or-so", gui + "/a-1"}, 3},
	} {
		if out, code := ctlOut(t, ctl, c.args...); code != c.want {
			t.Errorf("%s: exit code %d, want %d: %s", c.name, code, c.want, out)
		}
	}
	eventually(t, "it runs", func() bool {
		out, _ := ctlOut(t, ctl, "print", gui+"/a-1")
		return strings.Contains(out, "\tpid = ")
	})
	if out, code := ctlOut(t, ctl, "kickstart", gui+"/a-1"); code != 37 {
		t.Errorf("kickstart of what runs: %d %s", code, out)
	}
	if out, code := ctlOut(t, ctl, "kill", "SIGKILL", gui+"/a-1"); code != 0 {
		t.Errorf("kill: %d %s", code, out)
	}
	eventually(t, "it was killed", func() bool {
		out, _ := ctlOut(t, ctl, "print", gui+"/a-1")
		return strings.Contains(out, "\tlast terminating signal = Killed: 9\n")
	})
}

// A program is not started more often than the throttle lets it, and again and
// again until it ends well.
func TestStandInThrottles(t *testing.T) {
	t.Parallel()
	const throttle = 300 * time.Millisecond
	u, ctl, _ := standIn(t, unitstest.Launchd{Throttle: throttle, Screen: true})
	s := shell(t, "a-1", "echo >>starts; test $(wc -l <starts) -ge 5")
	begun := time.Now()
	startUnit(t, u, s)
	eventually(t, "it ends well", func() bool {
		out, _ := ctlOut(t, ctl, "print", "gui/"+uid()+"/a-1")
		return strings.Contains(out, "\truns = 5\n") && strings.Contains(out, "\tlast exit code = 0\n")
	})
	if took := time.Since(begun); took < 4*throttle {
		t.Errorf("started five times in %v", took)
	}
	if starts := read(t, filepath.Join(s.Dir, "starts")); starts != "\n\n\n\n\n" {
		t.Errorf("%q", starts)
	}
	if err := u.Stop(t.Context(), "a-1"); err != nil {
		t.Fatal(err)
	}
}

// One that does not hear SIGTERM is killed after ExitTimeOut, and so is what is
// left of the group.
func TestLaunchdKillsTheDeaf(t *testing.T) {
	t.Parallel()
	u, _, _ := standIn(t, unitstest.Launchd{Throttle: time.Second, Screen: true})
	s := shell(t, "a-1", "trap '' TERM; sleep 600 & echo $! >child; touch deaf; while :; do sleep 1; done")
	startUnit(t, u, s)
	eventually(t, "it is deaf", func() bool { _, err := os.Stat(filepath.Join(s.Dir, "deaf")); return err == nil })
	begun := time.Now()
	if err := u.Stop(t.Context(), "a-1"); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took < brisk().Stop || took >= units.NormalLimits().Stop {
		t.Errorf("stop took %v", took)
	}
	child, err := strconv.Atoi(strings.TrimSpace(read(t, filepath.Join(s.Dir, "child"))))
	if err != nil || child == 0 {
		t.Fatal(err)
	}
	if p, ok := platform.FindProc(child); ok && p.Alive() {
		t.Error("its child lives")
	}
}
