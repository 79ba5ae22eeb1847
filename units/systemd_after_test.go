package units_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/units"
)

// ending returns a unit that runs one shell script, and another after it.
func ending(t *testing.T, script, after string) units.Spec {
	t.Helper()
	s := notifying(t, "", script)
	s.After = []string{"/bin/sh", "-c", after}
	return s
}

func TestSystemdAfterWatchdog(t *testing.T) {
	t.Parallel()
	u := realSystemd(t, func(l *units.Limits) { l.Watchdog, l.Burst = 5*time.Second, 2 })
	s := ending(t, "echo run >>runs; exec sleep 60", `echo "$SERVICE_RESULT $EXIT_CODE $EXIT_STATUS" >>runs`)
	stopAtEnd(t, u, s.Name)
	startUnit(t, u, s)
	eventually(t, "the unit has failed", func() bool { return statusOf(t, u, s.Name).State == units.Failed })
	runs := strings.Split(strings.TrimSpace(read(t, filepath.Join(s.Dir, "runs"))), "\n")
	if len(runs) != 4 || runs[0] != "run" || runs[2] != "run" || runs[1] != runs[3] ||
		!strings.HasPrefix(runs[1], "watchdog ") || !strings.HasSuffix(runs[1], " ABRT") {
		t.Errorf("runs: %q", runs)
	}
}

// The command for the end speaks to the log, and to nobody else.
func TestSystemdAfterNotifiesNobody(t *testing.T) {
	t.Parallel()
	u := realSystemd(t, nil)
	s := ending(t, "exit 0", `env; echo "input: $(cat)"; echo to stderr >&2; touch over`)
	s.Input = []byte("s3cr3t")
	stopAtEnd(t, u, s.Name)
	startUnit(t, u, s)
	eventually(t, "it is over", func() bool { return statusOf(t, u, s.Name).State == "" })
	if _, err := os.Stat(filepath.Join(s.Dir, "over")); err != nil {
		t.Error(err)
	}
	log := read(t, s.LogPath)
	for _, want := range []string{"SERVICE_RESULT=success\n", "to stderr\n", "input: "} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
	for _, not := range []string{"NOTIFY_SOCKET=", "WATCHDOG_USEC=", "LISTEN_FDS="} {
		if strings.Contains(log, not) {
			t.Errorf("the command for the end has %s", not)
		}
	}
}

// A command for the end that hangs costs TimeoutStopSec, and the same again if
// it does not hear SIGTERM. After a good end that is a failure to the manager,
// which starts the unit again; the burst bounds that too.
func TestSystemdAfterHangs(t *testing.T) {
	t.Parallel()
	for name, hang := range map[string]string{"sleeping": "exec sleep 600", "deaf": "trap '' TERM; while :; do sleep 1; done"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := realSystemd(t, func(l *units.Limits) { l.Burst = 2 })
			s := ending(t, "echo run >>runs; exit 0", hang)
			stopAtEnd(t, u, s.Name)
			startUnit(t, u, s)
			eventually(t, "the unit has failed", func() bool { return statusOf(t, u, s.Name).State == units.Failed })
			if st := statusOf(t, u, s.Name); st.Result != "timeout" || st.ExitCode != 0 {
				t.Errorf("status %+v, want timeout", st)
			}
			if runs := read(t, filepath.Join(s.Dir, "runs")); runs != "run\nrun\n" {
				t.Errorf("runs: %q, want two", runs)
			}

			held := ending(t, "exec sleep 600", hang)
			held.Name += "1"
			stopAtEnd(t, u, held.Name)
			startUnit(t, u, held)
			start := time.Now()
			if err := u.Stop(t.Context(), held.Name); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took < brisk().Stop || took >= units.NormalLimits().Stop {
				t.Errorf("stop took %v", took)
			}
			if st := statusOf(t, u, held.Name); st.State != "" {
				t.Errorf("status after stop %+v", st)
			}
		})
	}
}
