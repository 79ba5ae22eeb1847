package units_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/units"
)

// The manager has a timer and a service for a unit that waits, and afterwards
// neither, nor a file of them.
func TestSystemdTimer(t *testing.T) {
	t.Parallel()
	u := realSystemd(t, nil)
	s := notifying(t, "", "exec sleep 60")
	s.NotBefore = time.Now().Add(time.Hour)
	stopAtEnd(t, u, s.Name)
	startUnit(t, u, s)
	show := systemctl(t, "show", s.Name+".timer")
	for _, want := range []string{
		"Description=" + s.Title + "\n", "Unit=" + s.Name + ".service\n", "AccuracyUSec=1s\n", "RemainAfterElapse=no\n",
		"OnCalendar=" + statusOf(t, u, s.Name).Due.UTC().Format("2006-01-02 15:04:05 UTC") + " ;",
	} {
		if !strings.Contains(show, want) {
			t.Errorf("the timer lacks %q:\n%s", want, show)
		}
	}
	files := func() []string {
		all, _ := filepath.Glob(filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "systemd", "transient", s.Name+".*"))
		return all
	}
	if all := files(); len(all) != 2 {
		t.Errorf("transient units %v", all)
	}
	s.NotBefore = time.Time{}
	startUnit(t, u, s)
	s.NotBefore = time.Now().Add(time.Hour)
	if err := u.Start(t.Context(), s); !errors.Is(err, units.ErrExists) {
		t.Errorf("start beside the process: %v", err)
	}
	eventually(t, "only the service is left", func() bool { all := files(); return len(all) == 1 && strings.HasSuffix(all[0], ".service") })
	if err := u.Stop(t.Context(), s.Name); err != nil {
		t.Fatal(err)
	}
	eventually(t, "nothing is left", func() bool {
		return len(files()) == 0 && !strings.Contains(systemctl(t, "list-units", "--all", "--plain", s.Name+".*"), s.Name)
	})
}

// A service that somebody starts by hand before its time runs, whatever its
// timer says.
func TestSystemdStartedByHand(t *testing.T) {
	t.Parallel()
	u := realSystemd(t, nil)
	s := notifying(t, "", "exec sleep 60")
	s.NotBefore = time.Now().Add(time.Hour)
	stopAtEnd(t, u, s.Name)
	startUnit(t, u, s)
	systemctl(t, "start", s.Name+".service")
	if show := systemctl(t, "show", "-p", "SubState", s.Name+".timer"); !strings.Contains(show, "waiting") {
		t.Errorf("the timer: %s", show)
	}
	if st := statusOf(t, u, s.Name); st.State != units.Active || st.PID == 0 || !st.Due.IsZero() {
		t.Errorf("status %+v, want active", st)
	}
	if err := u.Start(t.Context(), s); !errors.Is(err, units.ErrExists) {
		t.Errorf("start: %v", err)
	}
	if err := u.Stop(t.Context(), s.Name); err != nil {
		t.Fatal(err)
	}
	if st := statusOf(t, u, s.Name); st.State != "" {
		t.Errorf("status after stop %+v", st)
	}
}
