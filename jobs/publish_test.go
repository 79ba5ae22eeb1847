package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/platform"
)

const nodeFile = `{
  "jobs": [
    {
      "id": "ldb00001",
      "type": "living-docs-builder",
      "status": "running",
      "progress": {"current": 3, "total": 9, "itemsCompleted": ["a"], "itemsFailed": []},
      "startedAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-01T00:00:01.000Z",
      "userInputs": {"x":   [1,2 , 3], "ü": "\u00fc"}
    },
    {"id": "ffff0000", "type": "unknown-type", "status": "odd"}
  ],
  "extra": {"kept":true}
}`

func projectionOf(t *testing.T, s *Store) string {
	t.Helper()
	return string(read(t, filepath.Join(s.Dir(), projectionName)))
}

func storeWith(t *testing.T, projection string) *Store {
	t.Helper()
	s := Open(t.TempDir())
	if err := os.MkdirAll(s.Dir(), 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.Dir(), projectionName)
	write(t, path, []byte(projection))
	if err := os.Chmod(path, 0o644); err != nil { // as SpecWeave makes it
		t.Fatal(err)
	}
	return s
}

func TestPublishKeepsWhatOthersWrote(t *testing.T) {
	t.Parallel()
	s := storeWith(t, nodeFile)
	job := finished(t, s, true)
	text := projectionOf(t, s)
	for _, part := range []string{`{"x":   [1,2 , 3], "ü": "\u00fc"}`, `{"id": "ffff0000", "type": "unknown-type", "status": "odd"}`, `"extra": {"kept":true}`} {
		contains(t, text, part)
	}
	var p struct {
		Jobs []map[string]any `json:"jobs"`
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil || len(p.Jobs) != 3 {
		t.Fatalf("%v\n%s", err, text)
	}
	e := p.Jobs[2]
	if e["id"] != job.ID || e["status"] != "completed_with_warnings" || e["type"] != "clone-repos" || e["completedAt"] == nil {
		t.Errorf("%v", e)
	}
	want := map[string]any{
		"current": 2.0, "total": 2.0, "percentage": 100.0, "itemsCompleted": []any{"acme/a"}, "itemsFailed": []any{"acme/b"},
	}
	got, _ := e["progress"].(map[string]any)
	for k, v := range want {
		if d := cmp.Diff(v, got[k]); d != "" {
			t.Errorf("%s: %s", k, d)
		}
	}
	contains(t, string(read(t, filepath.Join(s.Dir(), projectionName+".bak"))), "ffff0000")
	for _, name := range []string{projectionName, projectionName + ".bak"} {
		if info, err := os.Stat(filepath.Join(s.Dir(), name)); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	views := must[[]View](t)(s.List())
	if len(views) != 3 {
		t.Errorf("%+v", views)
	}
}

// Fields that others add to an entry of ours stay; those that no longer hold go.
func TestPublishMergesFields(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	job := finished(t, s, true)
	path := filepath.Join(s.Dir(), projectionName)
	write(t, path, []byte(strings.Replace(projectionOf(t, s), `"status"`, `"dependencyStatus": "ready", "status"`, 1)))
	c := must[*Claim](t)(s.Claim(job.ID))
	if err := errors.Join(c.Start(""), c.Publish(t.Context(), time.Second), c.Close()); err != nil {
		t.Fatal(err)
	}
	text := projectionOf(t, s)
	contains(t, text, `"dependencyStatus": "ready"`, `"status": "running"`)
	if strings.Contains(text, "completedAt") || strings.Contains(text, `"error"`) {
		t.Error(text)
	}
}

// A publisher that comes late with an older state changes nothing.
func TestPublishKeepsTheNewer(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	job := finished(t, s, false)
	before := projectionOf(t, s)
	if err := s.Publish(t.Context(), time.Second, View{Job: job, State: State{Status: Pending}}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, projectionOf(t, s)); d != "" {
		t.Error(d)
	}
}

// A worker whose project was moved away makes no new one in its place.
func TestPublishMakesNoProject(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := Open(filepath.Join(dir, "old"))
	job := must[Job](t)(s.Create(CloneRepos, nil))
	c := must[*Claim](t)(s.Claim(job.ID))
	defer func() { _ = c.Close() }()
	if err := os.Rename(s.Project(), filepath.Join(dir, "new")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(s.Project(), 0o700); err != nil { // git has made it
		t.Fatal(err)
	}
	if err := c.Publish(t.Context(), time.Second); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(s.Project()); err != nil || len(left) > 0 {
		t.Errorf("made %v, %v", left, err)
	}
}

func TestNamesAreCapped(t *testing.T) {
	t.Parallel()
	s := State{Status: Running}
	for i := range 1500 {
		s.apply(Event{Time: t0, Kind: KindDone, Item: fmt.Sprint("d", i)})
		s.apply(Event{Time: t0, Kind: KindFail, Item: fmt.Sprint("f", i)})
		p := progressEntry(&s, t0)
		if want := min(i+1, 1000); len(p.ItemsCompleted) != want || len(p.ItemsFailed) != want {
			t.Fatalf("%d: %d, %d", i, len(p.ItemsCompleted), len(p.ItemsFailed))
		}
		if p.ItemsCompleted[len(p.ItemsCompleted)-1] != fmt.Sprint("d", i) || p.ItemsFailed[len(p.ItemsFailed)-1] != fmt.Sprint("f", i) {
			t.Fatalf("%d: the newest is missing", i)
		}
	}
}

func TestDamagedProjectionIsRebuilt(t *testing.T) {
	t.Parallel()
	for _, damage := range []string{"", "{", `{"jobs":[{"id":`, `[]`, `{"jobs":7}`, "\x00\x00\x00"} {
		s := storeWith(t, nodeFile)
		old := finished(t, s, true)
		finished(t, s, false) // so that the backup knows old
		path := filepath.Join(s.Dir(), projectionName)
		write(t, path, []byte(damage))
		if views, err := s.List(); len(views) != 2 || err == nil {
			t.Errorf("%q: %d jobs, %v", damage, len(views), err)
		}
		job := finished(t, s, false)
		text := projectionOf(t, s)
		contains(t, text, old.ID, job.ID, "ldb00001", `"extra": {"kept":true}`)
		kept, _ := filepath.Glob(path + ".damaged-*")
		if len(kept) != 1 || string(read(t, kept[0])) != damage {
			t.Errorf("%q: the damaged file is not kept: %v", damage, kept)
		}
	}
}

func TestMissingProjectionIsRebuilt(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	old := finished(t, s, true)
	if err := os.Remove(filepath.Join(s.Dir(), projectionName)); err != nil {
		t.Fatal(err)
	}
	job := finished(t, s, false)
	contains(t, projectionOf(t, s), old.ID, job.ID)
}

// Writers of all kinds at once: every entry of every one is there at the end.
func TestPublishTogether(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	const writers, rounds = 4, 10
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for r := range rounds {
				v := View{Job: Job{ID: fmt.Sprintf("%04d%04d", w, r), Type: CloneRepos, Config: []byte("{}")}, State: State{Status: Pending}}
				if err := s.Publish(context.Background(), 20*time.Second, v); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	p, damaged := readProjection(filepath.Join(s.Dir(), projectionName))
	if damaged || len(p.jobs) != writers*rounds {
		t.Errorf("%v: %d entries", damaged, len(p.jobs))
	}
	left, _ := filepath.Glob(filepath.Join(s.Dir(), "*.tmp"))
	hidden, _ := filepath.Glob(filepath.Join(s.Dir(), ".*.tmp"))
	if n := len(left) + len(hidden); n > 0 {
		t.Errorf("left behind: %v %v", left, hidden)
	}
}

// A lock is waited for as long as its holder may be alive.
func TestNodeLock(t *testing.T) {
	t.Parallel()
	s := storeWith(t, nodeFile)
	path := filepath.Join(s.Dir(), nodeLockName)
	now := time.Now()
	self := platform.ThisProc()
	for _, c := range []struct {
		what, content string
		age           time.Duration
		stale         bool
	}{
		{"a living holder's", fmt.Sprintf("%d\n%d", self.PID, now.UnixMilli()), time.Minute, false},
		{"one that is being made", "", 0, false},
		{"one that lost its content", "", 5 * time.Second, true},
		{"one that is all zeros", "\x00\x00\x00", 5 * time.Second, true},
		{"one of long ago", fmt.Sprintf("%d\n%d", self.PID, now.Add(-31*time.Second).UnixMilli()), 0, true},
		{"one of the future", fmt.Sprintf("%d\n%d", self.PID, now.Add(time.Hour).UnixMilli()), 0, true},
		{"one of before its holder began", fmt.Sprintf("%d\n%d", self.PID, self.StartedAt().UnixMilli()-2100), 0, true},
		{"a dead holder's", fmt.Sprintf("%d\n%d", 1<<30, now.UnixMilli()), 0, true},
	} {
		write(t, path, []byte(c.content))
		if err := os.Chtimes(path, now, time.Now().Add(-c.age)); err != nil {
			t.Fatal(err)
		}
		if got := staleLock(path); got != c.stale {
			t.Errorf("%s: stale %v; want %v", c.what, got, c.stale)
		}
	}
	write(t, path, fmt.Appendf(nil, "%d\n%d", self.PID, now.UnixMilli()))
	if _, err := lockProjection(t.Context(), s.Dir(), 20*time.Millisecond); !errors.Is(err, errBusy) {
		t.Errorf("a fresh lock is taken: %v", err)
	}
	write(t, path, fmt.Appendf(nil, "%d\n%d", self.PID, now.Add(-31*time.Second).UnixMilli()))
	l, err := lockProjection(t.Context(), s.Dir(), 20*time.Second)
	if err != nil || !l.held() {
		t.Fatalf("a stale lock is not: %v", err)
	}
	write(t, path, fmt.Appendf(nil, "1\n%d", time.Now().UnixMilli())) // taken from us
	l.release()
	if _, err := os.Stat(path); err != nil {
		t.Error("removed what another process had taken")
	}
}

func FuzzPublish(f *testing.F) {
	f.Add([]byte(nodeFile))
	f.Add([]byte(`{"jobs":[]}`))
	f.Add([]byte(`{"a":1,"jobs":[1,null,{"id":"x"},{"id":"x"}],"a":2}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := parseProjection(data)
		if err != nil {
			return
		}
		before := append([]json.RawMessage{}, p.jobs...)
		job := Job{ID: "0badcafe", Type: CloneRepos, Config: []byte("{}")}
		if p.find(job.ID) >= 0 {
			return
		}
		p.put(View{Job: job, State: State{Status: Pending}})
		again, err := parseProjection(p.encode())
		if err != nil {
			t.Fatalf("%v in\n%s", err, p.encode())
		}
		if d := cmp.Diff(before, again.jobs[:len(before)]); d != "" {
			t.Error(d)
		}
	})
}

func TestOnlyOurs(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	for range 3 {
		finished(t, s, true)
	}
	ours := projectionOf(t, s)
	for _, c := range []struct {
		text string
		want bool
	}{
		{ours, true},
		{"", false},
		{"{}", false},
		{`{"jobs":[]}`, false},
		{ours[:len(ours)-1], false},
		{strings.Replace(ours, `"schemaVersion"`, `"schema"`, 1), false},
		{strings.Replace(ours, "\n      \"schemaVersion\": 1", "\n      \"config2\": {\n        \"schemaVersion\": 1\n      }", 1), false},
		{strings.Replace(ours, `"acme/b"`, `"\n      \"schemaVersion\": "`, 1), true},
	} {
		if got := onlyOurs([]byte(c.text)); got != c.want {
			t.Errorf("%v: %s", got, c.text)
		}
	}
}
