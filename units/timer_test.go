package units_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/units"
	"github.com/specweave/specweave/units/unitstest"
)

// timer is one of a schedule that runs the test binary.
func timer(t *testing.T, schedule string, args ...string) units.Timer {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	s, err := units.ParseSchedule(schedule)
	must(t, err)
	return units.Timer{
		Name: units.TimerName("/a b", "web"), Title: "sync web, 100%", Args: append([]string{exe}, args...),
		Dir: t.TempDir(), Env: []string{"A=b c"}, Schedule: s,
	}
}

func TestTimerName(t *testing.T) {
	t.Parallel()
	name := units.TimerName("/a/b/", "web")
	if name != units.TimerName("/a/b", "web") || name == units.TimerName("/a/c", "web") || strings.HasPrefix(name, units.Prefix("/a/b", "")) {
		t.Error(name)
	}
}

func TestTimerFiles(t *testing.T) {
	t.Parallel()
	needUnixPaths(t)
	s, err := units.ParseSchedule("Mon..Wed 6,18:30")
	must(t, err)
	timer, service, err := units.TimerFilesOf(units.Timer{
		Name: "x", Title: "sync web, 100%", Args: []string{"/opt/specweave", "sync", "$web"}, Dir: "/a b/%h", Env: []string{"PATH=/bin"}, Schedule: s,
	})
	must(t, err)
	if diff := cmp.Diff(`# Written by specweave, which replaces it as a whole: put changes into a drop-in.
[Unit]
Description=sync web, 100%%

[Timer]
OnCalendar=Mon,Tue,Wed 06,18:30:00
Persistent=true
AccuracySec=1s

[Install]
WantedBy=timers.target
`, timer); diff != "" {
		t.Errorf("timer (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(`# Written by specweave, which replaces it as a whole: put changes into a drop-in.
[Unit]
Description=sync web, 100%%
ConditionFileIsExecutable=/opt/specweave
ConditionPathIsDirectory=/a b/%%h

[Service]
Type=oneshot
WorkingDirectory=/a b/%%h
ExecStart="/opt/specweave" "sync" "$$web"
Environment="PATH=/bin"
Environment="SPECWEAVE_SCHEDULER=systemd"
TimeoutStartSec=15min
UMask=0077
Slice=specweave.slice
Nice=10
CPUWeight=50
IOWeight=50
`, service); diff != "" {
		t.Errorf("service (-want +got):\n%s", diff)
	}
	for _, dir := range []string{`/a\`, "/a "} {
		if _, got, err := units.TimerFilesOf(units.Timer{Args: []string{"/a"}, Dir: dir}); err == nil {
			t.Errorf("%s", got)
		}
	}
}

func TestTimerAgent(t *testing.T) {
	t.Parallel()
	needUnixPaths(t)
	x := timer(t, "Mon..Tue 6,18:30", "sync", "<web>")
	got, err := units.TimerAgentOf(x, "/Users/ann/Library/Logs")
	must(t, err)
	keys := plistKeys(t, got)
	if keys["Label"] != x.Name || keys["RunAtLoad"] != "" || keys["WorkingDirectory"] != x.Dir || keys["StandardOutPath"] != "/Users/ann/Library/Logs/"+x.Name+".log" {
		t.Errorf("%v", keys)
	}
	flat := strings.NewReplacer("\n", "", "\t", "").Replace(got)
	for _, want := range []string{
		"<dict><key>Hour</key><integer>6</integer><key>Minute</key><integer>30</integer><key>Weekday</key><integer>1</integer></dict>",
		"<dict><key>Hour</key><integer>18</integer><key>Minute</key><integer>30</integer><key>Weekday</key><integer>2</integer></dict>",
	} {
		if strings.Count(flat, want) != 1 || strings.Count(flat, "<key>Weekday</key>") != 4 || strings.Count(flat, "StartCalendarInterval") != 1 {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	for _, schedule := range []string{"Mon *-*-01 00:00", "Mon..Fri 9..17:0/1"} {
		if got, err := units.TimerAgentOf(timer(t, schedule), "/"); err == nil && strings.Count(got, "Weekday") > 5*9 {
			t.Errorf("%s: %d bytes", schedule, len(got))
		}
	}
	if _, err := units.TimerAgentOf(timer(t, "Mon..Fri 9..17:0/1,1/2"), "/"); err != nil {
		t.Error(err)
	}
}

func TestTimerTask(t *testing.T) {
	t.Parallel()
	for schedule, want := range map[string]string{
		"06:30":           "<CalendarTrigger><StartBoundary>2020-01-01T06:30:00</StartBoundary><ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay></CalendarTrigger>",
		"*:10,25,40,55":   "<CalendarTrigger><Repetition><Interval>PT15M</Interval><Duration>P1D</Duration></Repetition><StartBoundary>2020-01-01T00:10:00</StartBoundary><ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay></CalendarTrigger>",
		"5/6:37":          "<Repetition><Interval>PT360M</Interval><Duration>P1D</Duration></Repetition><StartBoundary>2020-01-01T05:37:00</StartBoundary>",
		"Mon,Sun 7:00":    "<ScheduleByWeek><WeeksInterval>1</WeeksInterval><DaysOfWeek><Monday></Monday><Sunday></Sunday></DaysOfWeek></ScheduleByWeek>",
		"*-*-1,15 7,9:00": "<StartBoundary>2020-01-01T09:00:00</StartBoundary><ScheduleByMonth><DaysOfMonth><Day>1</Day><Day>15</Day></DaysOfMonth><Months><January></January>",
		"9..17:0/5":       "", // 108 times
		"Mon *-*-1 7:00":  "",
	} {
		x := timer(t, schedule, "sync", "web")
		text, err := units.TimerTaskOf(`DESK\ann`, x)
		if want == "" {
			if err == nil {
				t.Errorf("%s: %s", schedule, fromUTF16(t, text))
			}
			continue
		}
		must(t, err)
		flat := strings.NewReplacer("\n", "", "  ", "").Replace(fromUTF16(t, text))
		if !strings.Contains(flat, want) || !strings.Contains(flat, "<WorkingDirectory>"+x.Dir+"</WorkingDirectory>") || !strings.Contains(flat, "<StartWhenAvailable>true</StartWhenAvailable>") {
			t.Errorf("%s: no %s in\n%s", schedule, want, flat)
		}
	}
}

// TestTaskTimers speaks to a Task Scheduler of our own.
func TestTaskTimers(t *testing.T) {
	t.Parallel()
	x := timer(t, "daily", "sync", "web")
	known := map[string]string{}
	timers := units.TaskTimersBy(func(_ context.Context, args ...string) ([]byte, error) {
		name := ""
		if args[1] == "/TN" {
			name = args[2]
		}
		switch {
		case args[0] == "/Create":
			text, err := os.ReadFile(args[4])
			known[name] = fromUTF16(t, text)
			return nil, err
		case args[0] == "/Query" && name == "":
			out := "\"\\Other\",\"N/A\",\"Ready\"\r\n"
			for n := range known {
				out += strings.Repeat("\"\\"+n+"\",\"01.01.2027 00:00:00\",\"Bereit\"\r\n", 2)
			}
			return []byte(out), nil
		case known[name] == "":
			return nil, errors.New("not found")
		case args[0] == "/Delete":
			delete(known, name)
		}
		return []byte(known[name]), nil
	})
	must(t, timers.Install(t.Context(), x))
	if !strings.Contains(known[x.Name], "2020-01-01T00:00:00") {
		t.Errorf("%v", known)
	}
	all, err := timers.List(t.Context(), units.TimerName("/a b", ""))
	must(t, err)
	if len(all) != 1 || all[0].Name != x.Name {
		t.Errorf("%+v", all)
	}
	must(t, timers.Remove(t.Context(), x.Name))
	must(t, timers.Remove(t.Context(), x.Name))
	if all, err := timers.List(t.Context(), ""); err != nil || len(all) != 1 || len(known) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestLaunchdTimers loads agents into the stand-in for launchd.
func TestLaunchdTimers(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("needs the stand-in")
	}
	home := t.TempDir()
	ctl, err := unitstest.InstallLaunchctl(filepath.Join(home, "bin"), unitstest.Launchd{
		Throttle: 100 * time.Millisecond, Linger: 300 * time.Millisecond, Screen: true,
	})
	must(t, err)
	timers := units.LaunchdTimersBy(ctl, home)
	x := timer(t, "06:30", "sync", "web")
	must(t, timers.Install(t.Context(), x))
	must(t, timers.Install(t.Context(), x)) // which changes nothing
	one := func(schedule string) {
		t.Helper()
		all, err := timers.List(t.Context(), units.TimerName("/a b", ""))
		must(t, err)
		want := timer(t, schedule).Schedule
		if len(all) != 1 || all[0].Name != x.Name || all[0].Schedule != want.String() || !all[0].Next.Equal(want.Next(time.Now())) || all[0].Detail != "" {
			t.Errorf("%+v", all)
		}
	}
	one("06:30")
	x.Schedule = timer(t, "Mon,Thu 7,19:15").Schedule
	must(t, timers.Install(t.Context(), x))
	one("Mon,Thu 7,19:15")
	must(t, timers.Remove(t.Context(), x.Name))
	must(t, timers.Remove(t.Context(), x.Name))
	gone(t, filepath.Join(home, "Library", "LaunchAgents", x.Name+".plist"))
	if all, err := timers.List(t.Context(), ""); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestTimerRefuses(t *testing.T) {
	t.Parallel()
	good := timer(t, "daily")
	for name, change := range map[string]func(*units.Timer){
		"name":      func(x *units.Timer) { x.Name = "a/b" },
		"dir":       func(x *units.Timer) { x.Dir = "." },
		"program":   func(x *units.Timer) { x.Args = []string{"specweave"} },
		"new line":  func(x *units.Timer) { x.Dir += "\n[Service]" },
		"title":     func(x *units.Timer) { x.Title = "a\nExecStart=/bin/sh" },
		"variable":  func(x *units.Timer) { x.Env = []string{"A"} },
		"no such":   func(x *units.Timer) { x.Schedule.Days, x.Schedule.Weekdays = []int{31}, []int{9} },
		"no escape": func(x *units.Timer) { x.Args = append(x.Args, "\x1b") },
	} {
		x := good
		change(&x)
		timers := units.TaskTimersBy(func(context.Context, ...string) ([]byte, error) {
			t.Errorf("%s: it was asked for", name)
			return nil, nil
		})
		if err := timers.Install(t.Context(), x); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if runtime.GOOS != "windows" {
		if err := units.NewTimers(units.KindDetached).Install(t.Context(), good); !errors.Is(err, errors.ErrUnsupported) {
			t.Error(err)
		}
	}
}

// TestTimerSystemd keeps a timer with the manager of this user.
func TestTimerSystemd(t *testing.T) {
	unit, _ := bootHome(t)
	timers := units.NewTimers(units.KindSystemd)
	dir := filepath.Join(t.TempDir(), `a b %h $HOME ;é\ "`)
	must(t, os.Mkdir(dir, 0o700))
	said := filepath.Join(dir, "said %h")
	s, err := units.ParseSchedule("Mon 06:30")
	must(t, err)
	x := units.Timer{
		Name: units.TimerName(dir, "web"), Title: "sync web, 100%", Dir: dir, Schedule: s, Env: []string{"A=b %h"},
		Args: []string{"/bin/sh", "-c", `pwd > "$1"; echo "$A" >> "$1"`, "sh", said},
	}
	unit = filepath.Join(filepath.Dir(unit), x.Name)
	t.Cleanup(func() { _ = timers.Remove(context.WithoutCancel(t.Context()), x.Name) })
	look := func(want units.Schedule) {
		t.Helper()
		all, err := timers.List(t.Context(), x.Name)
		must(t, err)
		if len(all) != 1 || all[0].Name != x.Name || all[0].Detail != "" || !all[0].Next.Equal(want.Next(time.Now())) {
			t.Errorf("%+v, want %v", all, want.Next(time.Now()))
		}
	}
	must(t, timers.Install(t.Context(), x))
	look(s)
	must(t, timers.Install(t.Context(), x))
	look(s)
	if out := systemctl(t, "is-enabled", x.Name+".timer"); out != "enabled\n" {
		t.Errorf("is-enabled: %s", out)
	}
	if show := systemctl(t, "show", x.Name+".timer"); !strings.Contains(show, "Persistent=yes\n") || !strings.Contains(show, "Description=sync web, 100%\n") {
		t.Errorf("%s", show)
	}
	if _, err := os.Stat(said); err == nil {
		t.Error("installing it runs it")
	}
	systemctl(t, "start", x.Name+".service")
	if text := read(t, said); text != dir+"\nb %h\n" {
		t.Errorf("it said %q", text)
	}
	if x.Schedule, err = units.Every(15*time.Minute, x.Name); err != nil {
		t.Fatal(err)
	}
	x.Args[2] = `echo other > "$1"; exit 3`
	must(t, timers.Install(t.Context(), x))
	look(x.Schedule)
	systemctl(t, "start", x.Name+".service")
	if text := read(t, said); text != "other\n" {
		t.Errorf("it said %q", text)
	}
	all, err := timers.List(t.Context(), x.Name)
	must(t, err)
	if len(all) != 1 || !strings.Contains(all[0].Detail, "its last run failed: exit-code, status 3") {
		t.Errorf("%+v", all)
	}
	systemctl(t, "disable", "--now", x.Name+".timer")
	all, err = timers.List(t.Context(), x.Name)
	must(t, err)
	if len(all) != 1 || !strings.Contains(all[0].Detail, "disabled") || !all[0].Next.IsZero() {
		t.Errorf("%+v", all)
	}
	must(t, timers.Remove(t.Context(), x.Name))
	must(t, timers.Remove(t.Context(), x.Name))
	gone(t, unit+".timer", unit+".service")
	if all, err := timers.List(t.Context(), x.Name); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
	must(t, timers.Install(t.Context(), x)) // what the manager has forgotten
	look(x.Schedule)

	// a time that was missed while the machine was off
	must(t, os.Remove(said))
	systemctl(t, "stop", x.Name+".timer")
	stamp := filepath.Join(os.Getenv("HOME"), ".local", "share", "systemd", "timers", "stamp-"+x.Name+".timer")
	past := time.Now().Add(-24 * time.Hour)
	must(t, os.Chtimes(stamp, past, past))
	systemctl(t, "start", x.Name+".timer")
	eventually(t, "it is made up for", func() bool {
		_, err := os.Stat(said)
		return err == nil
	})
	all, err = timers.List(t.Context(), x.Name)
	must(t, err)
	if len(all) != 1 || time.Since(all[0].Last) > time.Minute {
		t.Errorf("%+v", all)
	}
}

// Without a manager nothing is written, and what is there can be seen and
// removed.
func TestTimerNoManager(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("systemd's")
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir()) // ours, and nobody in it
	timers, x := units.NewTimers(units.KindSystemd), timer(t, "daily")
	if err := timers.Install(t.Context(), x); err == nil || !strings.Contains(err.Error(), "no user manager") {
		t.Errorf("error %v", err)
	}
	gone(t, filepath.Join(home, ".config"))
	must(t, timers.Remove(t.Context(), x.Name))

	dir := filepath.Join(home, ".config", "systemd", "user")
	must(t, os.MkdirAll(filepath.Join(dir, "timers.target.wants"), 0o700))
	timer, service, err := units.TimerFilesOf(x)
	must(t, err)
	path := filepath.Join(dir, x.Name)
	must(t, os.WriteFile(path+".timer", []byte(timer), 0o600))
	must(t, os.WriteFile(path+".service", []byte(service), 0o600))
	must(t, os.Symlink(path+".timer", filepath.Join(dir, "timers.target.wants", x.Name+".timer")))
	all, err := timers.List(t.Context(), x.Name)
	must(t, err)
	if len(all) != 1 || all[0].Schedule != "00:00:00" || !strings.Contains(all[0].Detail, "no user manager") {
		t.Errorf("%+v", all)
	}
	must(t, timers.Remove(t.Context(), x.Name))
	gone(t, path+".timer", path+".service", filepath.Join(dir, "timers.target.wants", x.Name+".timer"))
}
