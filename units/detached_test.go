package units_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/units"
)

// shell returns a unit that runs a shell script.
func shell(t *testing.T, name, script string) units.Spec {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("no shell")
	}
	dir := t.TempDir()
	return units.Spec{Name: name, Args: []string{"/bin/sh", "-c", script}, Dir: dir, LogPath: filepath.Join(dir, "log")}
}

func startUnit(t *testing.T, u units.Scheduler, s units.Spec) {
	t.Helper()
	if err := u.Start(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("in vain: %s", what)
		}
	}
}

func statusOf(t *testing.T, u units.Scheduler, name string) units.Status {
	t.Helper()
	all, err := u.Status(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return all[name]
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(data)
}

func TestDetachedEnvironment(t *testing.T) {
	t.Parallel()
	u := units.DetachedWith(t.TempDir(), brisk())
	for _, want := range [][]string{nil, {"A=b c", "PATH=/usr/bin:/bin"}} {
		s := shell(t, "env-1", "")
		if runtime.GOOS != "linux" {
			t.Skip("no /proc")
		}
		s.Args = []string{"/bin/cat", "/proc/self/environ"}
		s.Env = want
		startUnit(t, u, s)
		eventually(t, "it has ended", func() bool { return statusOf(t, u, s.Name).State == "" })
		var all string
		for _, v := range want {
			all += v + "\x00"
		}
		if diff := cmp.Diff(all, read(t, s.LogPath)); diff != "" {
			t.Errorf("environment (-want +got):\n%s", diff)
		}
	}
}

func TestDetachedRegistry(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state", "units")
	u := units.DetachedWith(dir, brisk())
	if _, err := u.Status(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if err := u.Stop(t.Context(), "a-1"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("looking has created the registry")
	}
	s := shell(t, "a-1", "exec sleep 60")
	startUnit(t, u, s)
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "a-1.json"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %o", path, info, err, want)
		}
	}
	if err := u.Stop(t.Context(), "a-1"); err != nil {
		t.Fatal(err)
	}
}

// A launcher that dies between creating the file and starting the process.
func TestDetachedAbandoned(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	u := units.DetachedWith(dir, brisk())
	s := shell(t, "a-1", "exec sleep 60")
	file := filepath.Join(dir, "a-1.json")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := u.Start(t.Context(), s); !errors.Is(err, units.ErrExists) {
		t.Errorf("start beside a fresh file: %v", err)
	}
	if st := statusOf(t, u, s.Name); st.State != units.Active || st.PID != 0 {
		t.Errorf("status of a fresh file: %+v", st)
	}
	old := time.Now().Add(-time.Minute)
	if err := os.Chtimes(file, old, old); err != nil {
		t.Fatal(err)
	}
	if st := statusOf(t, u, s.Name); st.State != "" {
		t.Errorf("status of an old file: %+v", st)
	}
	startUnit(t, u, s)
	if err := u.Stop(t.Context(), s.Name); err != nil {
		t.Fatal(err)
	}
}

// Pids are used again: only the start time says whether it is ours.
func TestDetachedStranger(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	u := units.DetachedWith(dir, brisk())
	startUnit(t, u, shell(t, "stranger-1", "exec sleep 60"))
	st := statusOf(t, u, "stranger-1")
	var entry map[string]any
	if err := json.Unmarshal([]byte(read(t, filepath.Join(dir, "stranger-1.json"))), &entry); err != nil {
		t.Fatal(err)
	}
	entry["process"].(map[string]any)["started"] = time.Now().Add(-time.Hour).UnixMilli()
	data, err := json.Marshal(entry)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "a-1.json"), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := statusOf(t, u, "a-1"); got.State != "" {
		t.Errorf("status %+v", got)
	}
	if err := u.Stop(t.Context(), "a-1"); err != nil {
		t.Fatal(err)
	}
	if now := statusOf(t, u, "stranger-1"); now.PID != st.PID {
		t.Error("stop has ended a stranger")
	}
	if err := u.Stop(t.Context(), "stranger-1"); err != nil {
		t.Fatal(err)
	}
}

func TestDetachedLeavesNoZombie(t *testing.T) {
	t.Parallel()
	u := units.DetachedWith(t.TempDir(), brisk())
	s := shell(t, "a-1", "echo $$ >pid")
	startUnit(t, u, s)
	pid := ""
	eventually(t, "it has a pid", func() bool { pid = read(t, filepath.Join(s.Dir, "pid")); return pid != "" })
	if runtime.GOOS == "linux" {
		eventually(t, "it is reaped", func() bool {
			_, err := os.Stat("/proc/" + pid[:len(pid)-1])
			return errors.Is(err, os.ErrNotExist)
		})
	}
}

func TestDetachedKillsTheDeaf(t *testing.T) {
	t.Parallel()
	u := units.DetachedWith(t.TempDir(), brisk())
	s := shell(t, "a-1", "trap '' TERM; touch deaf; while :; do sleep 1; done")
	startUnit(t, u, s)
	eventually(t, "it is deaf", func() bool { _, err := os.Stat(filepath.Join(s.Dir, "deaf")); return err == nil })
	start := time.Now()
	if err := u.Stop(t.Context(), s.Name); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took < brisk().Stop || took >= units.NormalLimits().Stop {
		t.Errorf("stop took %v", took)
	}
	if st := statusOf(t, u, s.Name); st.State != "" {
		t.Errorf("status %+v", st)
	}
}

// Files of units that ended do not pile up.
func TestDetachedSweeps(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ended := `{"title":"x","process":{"pid":1,"started":1},"boot":"b"}`
	old := time.Now().Add(-time.Hour)
	for name, content := range map[string]string{"a-1": ended, "a-2": "rubbish", "a-3": ""} {
		path := filepath.Join(dir, name+".json")
		if err := errors.Join(os.WriteFile(path, []byte(content), 0o600), os.Chtimes(path, old, old)); err != nil {
			t.Fatal(err)
		}
	}
	u := units.Detached(dir)
	if st, err := u.Status(t.Context(), ""); err != nil || len(st) > 0 {
		t.Errorf("rubbish keeps us from the others: %v, %v", st, err)
	}
	startUnit(t, u, shell(t, "a-2", "exec sleep 60"))
	files, _ := filepath.Glob(filepath.Join(dir, "*.json"))
	if len(files) != 1 {
		t.Errorf("%v", files)
	}
	if err := u.Stop(t.Context(), "a-2"); err != nil {
		t.Error(err)
	}
}

// The process is told when to begin; until then it waits, and a crash of the
// scheduler changes nothing about that.
func TestDetachedNotBefore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	u := units.DetachedWith(dir, brisk())
	s := shell(t, "a-1", `echo "$SPECWEAVE_NOT_BEFORE" >told; exec sleep 60`)
	s.NotBefore = time.Date(2126, 7, 5, 3, 4, 5, 1, time.FixedZone("", 60*60))
	startUnit(t, u, s)
	eventually(t, "it was told", func() bool { return read(t, filepath.Join(s.Dir, "told")) == "2126-07-05T02:04:06Z\n" })
	st := statusOf(t, units.DetachedWith(dir, brisk()), s.Name)
	if want := time.Date(2126, 7, 5, 2, 4, 6, 0, time.UTC); st.State != units.Waiting || !st.Due.Equal(want) || st.PID == 0 {
		t.Errorf("status %+v, want waiting until %v", st, want)
	}
	s.NotBefore = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := u.Start(t.Context(), s); err == nil {
		t.Error("a time that no calendar has: no error")
	}
	if now := statusOf(t, u, s.Name); now != st {
		t.Errorf("status %+v, was %+v", now, st)
	}
	if err := u.Stop(t.Context(), s.Name); err != nil {
		t.Fatal(err)
	}
}
