package jobs

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever lies among the jobs, the others are listed, and the error says what
// is wrong with which.
func TestListAmongRubbish(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	good := finished(t, s, false)
	dir := filepath.Dir(s.path(good.ID, ""))
	plant := func(id, config, journal string) {
		t.Helper()
		if err := os.Mkdir(filepath.Join(dir, id), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, s.path(id, "config.json"), []byte(config))
		write(t, s.path(id, "journal.jsonl"), []byte(journal))
	}
	head := func(id string) string {
		return `{"schemaVersion":1,"jobId":"` + id + `","type":"clone-repos","startedAt":"2026-01-02T03:04:05.000Z"}`
	}
	plant("00000001", head("00000001"), string(read(t, s.path(good.ID, "journal.jsonl")))) // of another job
	plant("00000002", `{"schemaVersion":99,"jobId":"00000002"}`, "")                       // of the future
	plant("00000003", strings.Replace(head("00000003"), "clone-repos", "brew-coffee", 1), "")
	plant("00000004", head("00000009"), "")
	plant("00000005", head("00000005"), "\x00\x01\n")
	plant("00000006", `[`, "")
	plant("00000007", head("00000007"), "")
	if os.Getuid() > 0 {
		if err := os.Chmod(filepath.Join(dir, "00000007"), 0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(filepath.Join(dir, "00000007"), 0o700) })
	}
	elsewhere := t.TempDir()
	write(t, filepath.Join(elsewhere, "config.json"), []byte(head("00000008")))
	if err := os.Symlink(elsewhere, filepath.Join(dir, "00000008")); err != nil {
		t.Fatal(err)
	}
	var unread []string
	if mkfifo, err := exec.LookPath("mkfifo"); err == nil { // nobody waits for a writer
		plant("0000000b", head("0000000b"), "")
		for _, pipe := range []string{s.path("0000000b", "journal.jsonl"), s.path("00000007", "result.json")} {
			_ = os.Remove(pipe)
			if out, err := exec.CommandContext(t.Context(), mkfifo, pipe).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
		}
		unread = []string{"job 0000000b: ", "not a regular file"}
	}
	write(t, filepath.Join(dir, "0000000a"), nil)
	write(t, filepath.Join(dir, "not an id"), nil)

	views, err := s.List()
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	contains(t, err.Error(),
		"job 00000001: journal is corrupt: it is of job "+good.ID,
		"job 00000002: config.json has schema 99",
		"job 00000004: config.json is of job 00000009",
		"job 00000005: journal is corrupt at byte 0",
		"job 00000006: config.json: ",
		"job 00000008: not a directory",
		"job 0000000a: not a directory",
	)
	contains(t, err.Error(), unread...)
	if os.Getuid() > 0 {
		contains(t, err.Error(), "00000007", "permission denied")
	}
	status := map[string]Status{}
	for _, v := range views {
		status[v.Job.ID] = v.State.Status
	}
	if status[good.ID] != Completed || status["00000001"] != Failed || status["00000003"] != Pending || status["00000005"] != Failed {
		t.Errorf("%v", status)
	}
	if _, err := s.Find("00000008"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a link is a job: %v", err)
	}
	if _, err := s.Claim("00000001"); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a journal of another job is written to: %v", err)
	}
}

// A log of any size costs little to look at.
func TestTailOfAHugeLog(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	job := create(t, s)
	f, err := os.Create(s.LogPath(job.ID))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const size = 1 << 30 // a hole, all zero
	if _, err := f.WriteAt([]byte("\none\ntwo\n"), size); err != nil {
		t.Fatal(err)
	}
	lines, end, err := s.Tail(job.ID, 2)
	if err != nil || strings.Join(lines, " ") != "one two" || end != size+9 {
		t.Errorf("%q, %d, %v", lines, end, err)
	}
	lines, _, err = s.Tail(job.ID, 50)
	if err != nil || len(lines) != 3 || len(lines[0]) > maxTail {
		t.Errorf("%d lines, %v", len(lines), err)
	}
}
