package units_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/units"
)

func TestProperties(t *testing.T) {
	t.Parallel()
	type exec = struct {
		Path          string
		Args          []string
		IgnoreFailure bool
	}
	base := map[string]any{
		"Slice": "specweave.slice", "Type": "notify", "NotifyAccess": "main", "FileDescriptorStoreMax": uint32(1),
		"TimeoutStartUSec": uint64(60e6), "WatchdogUSec": uint64(600e6), "Restart": "on-failure", "RestartUSec": uint64(5e6),
		"StartLimitIntervalUSec": uint64(3600e6), "StartLimitBurst": uint32(3),
		"KillMode": "mixed", "TimeoutStopUSec": uint64(20e6),
		"Nice": int32(10), "CPUWeight": uint64(50), "IOWeight": uint64(50),
		"MemoryMaxScale": uint32(3221225469), "OOMPolicy": "continue", "TasksMax": uint64(4096),
	}
	for name, tt := range map[string]struct {
		spec units.Spec
		want map[string]any
	}{
		"plain": {
			units.Spec{Name: "n", Title: "clone of acme", Args: []string{"/bin/specweave", "jobs", "work", "1"}, Dir: "/p", Env: []string{"A=1"}, LogPath: "/p/log"},
			map[string]any{
				"Description": "clone of acme", "ExecStart": exec{"/bin/specweave", []string{"/bin/specweave", "jobs", "work", "1"}, false},
				"WorkingDirectory": "/p", "Environment": []string{"A=1"}, "StandardOutputFileToAppend": "/p/log", "StandardErrorFileToAppend": "/p/log",
			},
		},
		"awkward": { // nothing but $ in arguments needs escaping: D-Bus carries it as it is
			units.Spec{Title: "two\nlines\x1b[0m", Args: []string{"/b $x", "$HOME", "%h", "a\nb", ""}, Dir: "/p %h", LogPath: "/p $x/log", Input: []byte("secret")},
			map[string]any{
				"Description": "two lines [0m", "ExecStart": exec{"/b $x", []string{"/b $$x", "$$HOME", "%h", "a\nb", ""}, false},
				"WorkingDirectory": "/p %h", "Environment": []string{}, "StandardOutputFileToAppend": "/p $x/log", "StandardErrorFileToAppend": "/p $x/log",
			},
		},
		"with an end": { // whose failure is nobody's
			units.Spec{Args: []string{"/b"}, Dir: "/p", LogPath: "/p/log", After: []string{"/b $x", "jobs", "$HOME", "%h"}, NotBefore: time.Unix(1<<33, 0)},
			map[string]any{
				"Description": "", "ExecStart": exec{"/b", []string{"/b"}, false}, "ExecStopPost": exec{"/b $x", []string{"/b $$x", "jobs", "$$HOME", "%h"}, true},
				"WorkingDirectory": "/p", "Environment": []string{}, "StandardOutputFileToAppend": "/p/log", "StandardErrorFileToAppend": "/p/log",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for k, v := range base {
				tt.want[k] = v
			}
			got := make(map[string]any)
			for _, p := range units.PropertiesOf(tt.spec) {
				if _, twice := got[p.Name]; twice {
					t.Errorf("%s twice", p.Name)
				}
				got[p.Name] = p.Value
			}
			for _, name := range []string{"ExecStart", "ExecStopPost"} {
				if got[name] == nil && name == "ExecStopPost" {
					continue
				}
				commands, ok := got[name].([]units.ExecCommand)
				if !ok || len(commands) != 1 {
					t.Fatalf("%s %v", name, got[name])
				}
				got[name] = exec(commands[0])
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("properties (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTimerProperties(t *testing.T) {
	t.Parallel()
	due := time.Date(2026, 7, 5, 3, 4, 5, 0, time.FixedZone("", 2*60*60))
	got := make(map[string]any)
	for _, p := range units.TimerPropertiesOf(units.Spec{Title: "two\nlines", Input: []byte("secret")}, due) {
		got[p.Name] = p.Value
	}
	want := map[string]any{
		"Description": "two lines", "TimersCalendar": []units.Calendar{{Base: "OnCalendar", Spec: "2026-07-05 01:04:05 UTC"}},
		"AccuracyUSec": uint64(1e6), "RemainAfterElapse": false,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("properties (-want +got):\n%s", diff)
	}
}
