package units

import (
	"math"
	"strings"
	"time"

	sd "github.com/coreos/go-systemd/v22/dbus"
	"github.com/godbus/dbus/v5"
)

// slice is the cgroup that all units share: "systemctl --user stop
// specweave.slice" ends them all, and a drop-in for it limits them together.
const slice = "specweave.slice"

// limits are the durations that a test shortens.
type limits struct {
	Ready    time.Duration // until READY=1
	Watchdog time.Duration // between two WATCHDOG=1
	Stop     time.Duration // from SIGTERM to SIGKILL: a worker writes a checkpoint
	Restart  time.Duration // from a crash to the next start
	Interval time.Duration // burst starts in this time, then the unit fails
	Burst    uint32
	Grain    time.Duration // of the times that launchd keeps
}

func normal() limits {
	return limits{
		Ready:    time.Minute,
		Watchdog: 10 * time.Minute, // a clone of a large repository may be silent for some
		Stop:     20 * time.Second,
		Restart:  5 * time.Second,
		Interval: time.Hour, // several watchdogs long, or a hanging worker would be restarted for ever
		Burst:    3,
		Grain:    time.Minute,
	}
}

// execCommand is one element of ExecStart or ExecStopPost, of D-Bus type (sasb).
type execCommand struct {
	Path          string
	Args          []string
	IgnoreFailure bool // the "-" of unit files, although go-systemd calls it UncleanIsFailure
}

// properties translates s into the properties of a transient service. Names
// and types are those of org.freedesktop.systemd1(5), meanings those of
// systemd.service(5), systemd.exec(5), systemd.kill(5) and
// systemd.resource-control(5). It leaves Input out, which is no constant.
func properties(s Spec, l limits) []sd.Property {
	usec := func(d time.Duration) uint64 { return uint64(d.Microseconds()) } //nolint:gosec // no negative durations
	values := []value{
		{"Description", oneLine(s.Title)},
		{"Slice", slice},

		{"Type", "notify"},
		{"NotifyAccess", "main"},
		{"FileDescriptorStoreMax", uint32(1)}, // for Input, see NewNotifier
		{"ExecStart", []execCommand{command(s.Args)}},
		{"WorkingDirectory", s.Dir},
		{"Environment", append([]string{}, s.Env...)},
		// "file:" and "append:" are words of unit files only
		{"StandardOutputFileToAppend", s.LogPath},
		{"StandardErrorFileToAppend", s.LogPath},

		{"TimeoutStartUSec", usec(l.Ready)},
		{"WatchdogUSec", usec(l.Watchdog)},
		{"Restart", "on-failure"}, // a watchdog and an OOM kill are failures too
		{"RestartUSec", usec(l.Restart)},
		{"StartLimitIntervalUSec", usec(l.Interval)},
		{"StartLimitBurst", l.Burst},
		{"KillMode", "mixed"}, // the worker ends its gits itself: one may be in the middle of a work tree
		{"TimeoutStopUSec", usec(l.Stop)},

		{"Nice", int32(10)},
		{"CPUWeight", uint64(50)}, // of 100
		{"IOWeight", uint64(50)},
		{"MemoryMaxScale", uint32(math.MaxUint32 / 4 * 3)}, // of the memory there is
		{"OOMPolicy", "continue"},                          // a killed git is the worker's to report
		{"TasksMax", uint64(4096)},
	}
	if len(s.After) > 0 {
		// Bounded by TimeoutStopUSec, and without NOTIFY_SOCKET, because of
		// NotifyAccess. Its own failure does not make one of a good end.
		after := command(s.After)
		after.IgnoreFailure = true
		values = append(values, value{"ExecStopPost", []execCommand{after}})
	}
	return variants(values)
}

// timerProperties translates s into the properties of the transient timer that
// starts it at due, which has whole seconds. Names and types are those of
// org.freedesktop.systemd1(5), meanings those of systemd.timer(5), the form of
// a time that of systemd.time(7).
func timerProperties(s Spec, due time.Time) []sd.Property {
	return variants([]value{
		{"Description", oneLine(s.Title)},
		{"TimersCalendar", []calendar{{"OnCalendar", due.UTC().Format("2006-01-02 15:04:05 UTC")}}},
		{"AccuracyUSec", uint64(time.Second / time.Microsecond)}, // a minute, if nothing is said
		{"RemainAfterElapse", false}, // gone when the service is
	})
}

// calendar is one element of TimersCalendar, of D-Bus type (ss).
type calendar struct{ Base, Spec string }

type value struct {
	name  string
	value any
}

func variants(values []value) []sd.Property {
	props := make([]sd.Property, len(values))
	for i, v := range values {
		props[i] = sd.Property{Name: v.name, Value: dbus.MakeVariant(v.value)}
	}
	return props
}

// command escapes arguments: systemd replaces variables in them, and $$ by $.
// ExecStartEx has a flag against that, but systemd 252 writes it to the unit's
// file under that name, which it cannot read back: after daemon-reload nothing
// would restart.
func command(args []string) execCommand {
	c := execCommand{Path: args[0], Args: make([]string, len(args))}
	for i, arg := range args {
		c.Args[i] = strings.ReplaceAll(arg, "$", "$$")
	}
	return c
}
