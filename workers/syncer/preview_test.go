package syncer

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/stories"
	"github.com/specweave/specweave/workers/stories/storytest"
)

// What cannot be written here waits for a person.
func TestUnwritable(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.create()
	dir := stateDir(r.project, "web")
	check(t, os.MkdirAll(filepath.Join(dir, "outbox.jsonl"), 0o700))
	if s := r.attempt(); s.Status != jobs.Paused || !s.ResumeAfter.IsZero() || !strings.Contains(s.Error, "cannot write") {
		t.Errorf("%+v", s)
	}
	check(t, os.Remove(filepath.Join(dir, "outbox.jsonl")))

	r.item("One", "Text.")
	memory := filepath.Join(dir, "state.json")
	opts := r.options()
	opts.step = func(at string) {
		if at == "remember" {
			check(t, os.MkdirAll(memory, 0o700))
		}
	}
	if s := r.attemptWith(opts); s.Status != jobs.Paused || !s.ResumeAfter.IsZero() || !strings.Contains(s.Error, "cannot write") {
		t.Errorf("%+v", s)
	}
	check(t, os.Remove(memory))
	if s := r.attempt(); s.Status != jobs.Completed || s.Done != 1 {
		t.Errorf("%+v", s)
	}
}

// A preview leaves no trace, not even of what it would need.
func TestPreviewOfNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.item("One", "Text.")
	files := func() (all []string) {
		check(t, filepath.WalkDir(r.project, func(path string, _ fs.DirEntry, err error) error {
			all = append(all, path)
			return err
		}))
		return all
	}
	before := files()
	for range 2 {
		n := 0
		check(t, Preview(t.Context(), r.options(), r.project, r.config, func(l Line) error {
			if l.Outcome == Created && l.Side == Here {
				n++
			}
			return nil
		}))
		if after := files(); n != 1 || !slices.Equal(before, after) {
			t.Errorf("%d stories: %q, then %q", n, before, after)
		}
		r.sync()
		temp := filepath.Join(r.project, stories.Dir, ".us-001-x.md.tmp") // of one that was killed
		check(t, os.WriteFile(temp, nil, 0o600))
		check(t, os.WriteFile(filepath.Join(r.project, ".specweave/state/import/stories.busy"), nil, 0o600))
		r.item("Two", "Text.")
		before = files()
	}
}

// A preview says what a sync would do, and does nothing of it.
func TestPreview(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.item("One", "Text.")
	r.item("Two", "Text.")
	r.sync()
	f := r.story("1")
	f.SetTitle("Ours")
	r.save(f)
	f = r.story("2")
	f.SetTitle("Ours")
	r.save(f)
	r.t.touch(r.t.find("2"))
	r.t.find("2").Title = "Theirs"
	r.item("Three", "Text.")
	r.write("us-001-new.md", "# US-001: New\n\nText.\n")
	files := func() string {
		all, err := storytest.Files(r.project)
		check(t, err)
		return fmt.Sprint(all)
	}
	before := files()
	var got []string
	check(t, Preview(t.Context(), r.options(), r.project, r.config, func(l Line) error {
		if l.Outcome != Unchanged {
			got = append(got, fmt.Sprintf("%s %s %s", l.Outcome, l.Side, strings.TrimPrefix(l.ID, "gitea#acme/web#")))
		}
		return nil
	}))
	slices.Sort(got)
	want := []string{"conflict  2", "created here 3", "created there ", "updated here 2", "updated there 1"}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nnot\n%q", got, want)
	}
	if files() != before || r.t.wrote != 0 {
		t.Error("a preview has written")
	}
}

// TestUnchanged syncs 10,000 pairs of which nothing has changed: that takes the
// requests for the changes since last time, which are none, and little memory.
func TestUnchanged(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const pairs = 10_000
	r := newRig(t)
	text := strings.Repeat("Some words of a [description](https://example.org/a?b=c) that **goes on**.\n", 10)
	for n := range pairs {
		r.item(fmt.Sprint("Item ", n), text)
		r.t.items[n].Comments = []workers.Comment{{ID: "1", Author: "ann", Created: r.now, Body: workers.Text{Raw: "A word."}}}
	}
	r.config.Size = 100
	r.sync()
	r.now = r.now.Add(time.Hour)
	r.sync() // what the overlap brings again
	r.now = r.now.Add(time.Hour)
	asked := r.t.asked
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	peak := watch(t)
	start := time.Now()
	r.said("")
	took := time.Since(start)
	most := peak()
	runtime.ReadMemStats(&after)
	if n := r.t.asked - asked; n > 4 {
		t.Errorf("%d requests", n)
	}
	used := int64(most) - int64(before.HeapAlloc)
	t.Logf("%d requests, %v, %d MB more on the heap at most, %d MB allocated", r.t.asked-asked, took.Round(time.Millisecond), used>>20, (after.TotalAlloc-before.TotalAlloc)>>20)
	if used > 40<<20 {
		t.Errorf("%d MB", used>>20)
	}
	result, err := jobs.Open(r.project).Result(r.id)
	check(t, err)
	var s summary
	check(t, json.Unmarshal(result.More, &s))
	if s.Sync != (Counts{Unchanged: pairs}) {
		t.Errorf("%+v", s.Sync)
	}
}

// watch looks at the heap until it is asked for the most that it saw.
func watch(t *testing.T) func() uint64 {
	t.Helper()
	stop, most := make(chan struct{}), make(chan uint64)
	go func() {
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		peak := uint64(0)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
			select {
			case <-stop:
				most <- peak
				return
			case <-tick.C:
			}
		}
	}()
	return func() uint64 {
		close(stop)
		return <-most
	}
}
