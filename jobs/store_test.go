package jobs

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/platform"
)

func TestOpenAndListTouchNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	views, err := Open(dir).List()
	if err != nil || len(views) != 0 {
		t.Errorf("%v %v", views, err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("made %v", entries)
	}
}

func TestCreate(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	other := create(t, s)
	job := must[Job](t)(s.Create(CloneRepos, map[string]any{"repositories": []string{"a"}, "depth": 1}, Dependency{ID: other.ID, Any: true}))
	if len(job.ID) != 8 {
		t.Errorf("id %q", job.ID)
	}
	text := string(read(t, s.path(job.ID, "config.json")))
	contains(t, text, `"jobId": "`+job.ID, `"repositories": ["a"]`, `"startedAt"`, `"projectPath"`, `"type": "clone-repos"`)
	v := must[View](t)(s.Find(job.ID))
	if v.State.Status != Pending || v.Alive || v.Foreign || v.Job.Type != CloneRepos || v.Job.After[0] != (Dependency{other.ID, true}) {
		t.Errorf("%+v", v)
	}
	for _, config := range []any{map[string]any{"jobId": "x"}, []int{1}, "text"} {
		if job, err := s.Create(CloneRepos, config); err == nil {
			t.Errorf("%v is accepted: %+v", config, job)
		}
	}
	if dirs, _ := os.ReadDir(filepath.Join(s.Dir(), "jobs")); len(dirs) != 2 {
		t.Errorf("a refused job left something: %v", dirs)
	}
}

// State holds what a job is about: it is nobody else's business.
func TestModes(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("has no modes: what is in a user's profile is his own")
	}
	s := Open(t.TempDir())
	finished(t, s, true)
	err := filepath.Walk(filepath.Join(s.Project(), ".specweave"), func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		want := os.FileMode(0o600)
		if info.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s: %o", path, info.Mode().Perm())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	view := func(id string, typ Type) View { return View{Job: Job{ID: id, Type: typ}} }
	views := []View{ // newest first
		view("aabb0001", ImportIssues), view("aacc0002", CloneRepos), view("ddee0003", CloneRepos), view("dd", "living-docs-builder"),
	}
	for ref, want := range map[string]string{
		"aab": "aabb0001", "ddee0003": "ddee0003", "dd": "dd", "@latest": "aabb0001",
		"clone-repos-latest": "aacc0002", "clone-latest": "aacc0002", "ldb-latest": "dd", "living-docs-builder-latest": "dd",
	} {
		if v, err := pick(views, ref); err != nil || v.Job.ID != want {
			t.Errorf("%s: %s, %v; want %s", ref, v.Job.ID, err, want)
		}
	}
	_, err := pick(views, "aa")
	if !errors.Is(err, ErrAmbiguous) {
		t.Fatalf("aa: %v", err)
	}
	contains(t, err.Error(), "aabb0001", "aacc0002")
	for _, ref := range []string{"", "x", "sync-latest", "../aabb0001", "aabb00011", "\x1b[2J"} {
		if _, err := pick(views, ref); !errors.Is(err, ErrNotFound) || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%q: %v", ref, err)
		}
	}
}

// A summary is listed without the journal's body; Find reads all.
func TestListReadsSummaries(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	job := finished(t, s, true)
	views := must[[]View](t)(s.List())
	if len(views) != 1 {
		t.Fatalf("%+v", views)
	}
	full := must[View](t)(s.Find(job.ID))
	if d := cmp.Diff(*full.State.summary(), *views[0].State.summary()); d != "" {
		t.Error(d)
	}
	if views[0].State.Completed() != nil || full.State.Completed()[0] != "acme/a" {
		t.Error("names")
	}
	if views[0].State.Status != CompletedWithWarnings || views[0].State.CompletedAt.IsZero() {
		t.Errorf("%+v", views[0].State)
	}
}

func TestDamagedJournalFailsItsJobAlone(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	good, bad := finished(t, s, false), create(t, s)
	journal := append(lines(Event{Kind: KindStart}), "rubbish\n{}\n"...)
	write(t, s.path(bad.ID, "journal.jsonl"), journal)
	views, err := s.List()
	if !errors.Is(err, ErrCorrupt) {
		t.Fatal(err)
	}
	contains(t, err.Error(), bad.ID, "at byte", s.path(bad.ID, "journal.jsonl"))
	got := map[string]Status{}
	for _, v := range views {
		got[v.Job.ID] = v.State.Status
	}
	if d := cmp.Diff(map[string]Status{good.ID: Completed, bad.ID: Failed}, got); d != "" {
		t.Error(d)
	}
	if _, err := s.Claim(bad.ID); !errors.Is(err, ErrCorrupt) {
		t.Errorf("claim: %v", err)
	}
	if removed, err := s.Cleanup(t.Context(), 0); err != nil || len(removed) != 1 || removed[0] != good.ID {
		t.Errorf("cleanup: %v, %v", removed, err)
	}
	if d := cmp.Diff(journal, read(t, s.path(bad.ID, "journal.jsonl"))); d != "" {
		t.Error("the damaged journal was changed:\n" + d)
	}
}

func TestStrangeDirectories(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	job := create(t, s)
	for name, config := range map[string]string{
		"brownfield": "", "empty001": "", "node0001": `{"jobId":"node0001","repositories":[]}`,
		"rubbish1": "{", "future01": `{"schemaVersion":99,"jobId":"future01"}`, "other001": `{"schemaVersion":1,"jobId":"` + job.ID + `"}`,
	} {
		if err := os.Mkdir(filepath.Join(s.Dir(), "jobs", name), 0o700); err != nil {
			t.Fatal(err)
		}
		if config != "" {
			write(t, s.path(name, "config.json"), []byte(config))
		}
	}
	write(t, s.path("empty001", "journal.jsonl"), nil)
	views, err := s.List()
	if len(views) != 3 || views[0].Job.ID != job.ID || views[0].Damaged || !views[1].Damaged || !views[2].Damaged {
		t.Errorf("%+v", views)
	}
	contains(t, err.Error(), "rubbish1", "future01", "schema 99", "other001", "empty001: config.json is missing")
	if strings.Contains(err.Error(), "node0001") {
		t.Error(err)
	}
}

func TestClaimIsExclusive(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	job := create(t, s)
	c := must[*Claim](t)(s.Claim(job.ID))
	if _, err := s.Claim(job.ID); !errors.Is(err, ErrClaimed) {
		t.Error(err)
	}
	if held, err := s.Running(job.ID); !held || err != nil {
		t.Error(held, err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if held, err := s.Running(job.ID); held || err != nil {
		t.Error(held, err)
	}
	if _, err := s.Claim("00000000"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

// Somebody removed the lock's file: the process is a witness too.
func TestClaimWithoutLock(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	job := create(t, s)
	other, ok := platform.FindProc(os.Getppid())
	if !ok {
		t.Fatal("no parent")
	}
	write(t, s.path(job.ID, "journal.jsonl"), lines(Event{Kind: KindStart, Boot: platform.BootID(), Proc: &other}))
	if _, err := s.Claim(job.ID); !errors.Is(err, ErrClaimed) {
		t.Error(err)
	}
}

// A job that no worker ever began does not keep its watchers for ever.
func TestFollowOfNothing(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	job := create(t, s)
	synctest.Test(t, func(t *testing.T) {
		if err := s.Follow(t.Context(), job.ID, func(*State) error { return nil }); !errors.Is(err, ErrInterrupted) {
			t.Error(err)
		}
	})
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	job := create(t, s)
	c := must[*Claim](t)(s.Claim(job.ID))
	if err := errors.Join(c.Start("unit"), c.Total(1)); err != nil {
		t.Fatal(err)
	}
	if v := must[View](t)(s.Find(job.ID)); !v.Alive || v.Interrupted() {
		t.Errorf("this process runs: %+v", v.State)
	}
	e := Event{Time: time.Now(), Kind: KindStart, Boot: "another boot", Proc: &c.state.Proc}
	if err := errors.Join(c.note(e), c.Close()); err != nil {
		t.Fatal(err)
	}
	if v := must[View](t)(s.Find(job.ID)); v.Alive || !v.Interrupted() {
		t.Errorf("the machine was restarted: %+v", v.State)
	}
}

func TestCleanup(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	foreign := `{"id":"node0001","type":"import-issues","status":"completed","x":  1}`
	if err := os.MkdirAll(s.Dir(), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(s.Dir(), projectionName), []byte(`{"jobs":[`+foreign+`]}`))
	paused := create(t, s)
	var all []string
	for range 13 {
		all = append(all, finished(t, s, false).ID)
	}
	removed := must[[]string](t)(s.Cleanup(t.Context(), KeepFinished))
	if len(removed) != 3 {
		t.Fatalf("%v of %v", removed, all)
	}
	text := string(read(t, filepath.Join(s.Dir(), projectionName)))
	contains(t, text, foreign)
	for _, id := range removed {
		if _, err := s.Find(id); !errors.Is(err, ErrNotFound) || strings.Contains(text, id) {
			t.Errorf("%s is still there: %v", id, err)
		}
	}
	if _, err := s.Find(paused.ID); err != nil {
		t.Error(err)
	}
}

func TestTail(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	job := create(t, s)
	if got, _, err := s.Tail(job.ID, 5); len(got) != 0 || err != nil {
		t.Error(got, err)
	}
	write(t, s.LogPath(job.ID), []byte(strings.Repeat("x\n", 200_000)+"one\ntwo\nthree\n"))
	got, end, err := s.Tail(job.ID, 2)
	if d := cmp.Diff([]string{"two", "three"}, got); d != "" || end != 400_014 || err != nil {
		t.Error(d, end, err)
	}
	if got, _, _ := s.Tail(job.ID, 0); len(got) != 200_003 {
		t.Error(len(got))
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"acme/wéb ☃": "acme/wéb ☃", "\x1b[2Jx": `\x1b[2Jx`, "a\rb\nc\td": `a\x0db\x0ac\x09d`, "\u202eevil": `\u202eevil`,
		"\xff": `\xff`, "\u009b0m": `\u009b0m`, "\u200b": `\u200b`, "\u2028": `\u2028`,
	} {
		if got := Printable(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}
