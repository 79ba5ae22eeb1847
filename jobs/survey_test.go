package jobs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// plant makes a directory below jobs/ with the given files.
func plant(tb testing.TB, s *Store, id string, files map[string]string) {
	tb.Helper()
	if err := os.MkdirAll(s.path(id, ""), 0o755); err != nil {
		tb.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(s.path(id, name), []byte(text), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
}

func TestSurvey(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	if all, err := s.Survey(); len(all) != 0 || err != nil {
		t.Errorf("%v %v", all, err)
	}
	job := create(t, s)
	corrupt := finished(t, s, false)
	write(t, s.path(corrupt.ID, "journal.jsonl"), []byte("nonsense\n{}\n"))
	plant(t, s, "a0000001", nil)
	plant(t, s, "a0000002", map[string]string{"journal.jsonl": "{}\n"})
	plant(t, s, "a0000003", map[string]string{"config.json": `{"jobId":"a0000003"}`, "worker.pid": fmt.Sprint(os.Getpid())})
	plant(t, s, "a0000004", map[string]string{"notes": "x", "worker.pid": fmt.Sprint(os.Getpid())})
	if err := os.Chtimes(s.path("a0000004", "worker.pid"), time.Time{}, time.Unix(1, 0)); err != nil { // before this process began
		t.Fatal(err)
	}
	write(t, filepath.Join(s.Dir(), projectionName), []byte(`{"jobs":[{"id":"a0000003","type":"clone-repos","status":"running"}]}`))
	if err := os.Symlink(t.TempDir(), s.path("a0000005", "")); err != nil {
		t.Skip("no symbolic links: ", err)
	}
	all, err := s.Survey()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, e := range all {
		got[e.ID] = fmt.Sprintf("%s %s %v %v %v", e.Origin, e.View.State.Status, e.Config != nil, e.Alive, e.Err != nil)
	}
	want := map[string]string{
		job.ID: "own pending true false false", corrupt.ID: "damaged failed true false true",
		"a0000001": "empty  false false false", "a0000002": "damaged  false false true",
		"a0000003": "foreign running true true false", "a0000004": "foreign  false false false",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if err := s.RemoveEmpty("a0000004"); err == nil {
		t.Error("what is not empty was removed")
	}
	if err := s.RemoveEmpty("a0000001"); err != nil {
		t.Error(err)
	}
}

func TestSurveyStaysInside(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	if err := os.MkdirAll(s.Dir(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(t.TempDir(), filepath.Join(s.Dir(), "jobs")); err != nil {
		t.Skip("no symbolic links: ", err)
	}
	if _, err := s.Survey(); err == nil || !strings.Contains(err.Error(), "leads out of the project") {
		t.Error(err)
	}
}

func TestIdle(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	job := create(t, s)
	mark := errors.New("called")
	call := func() error { return mark }
	for _, id := range []string{job.ID, "0badc0de"} {
		if err := s.Idle(id, call); !errors.Is(err, mark) {
			t.Errorf("%s: %v", id, err)
		}
	}
	err := s.Idle(job.ID, func() error {
		_, err := s.Claim(job.ID)
		return err
	})
	if !errors.Is(err, ErrClaimed) {
		t.Errorf("a worker could begin meanwhile: %v", err)
	}
	c := must[*Claim](t)(s.Claim(job.ID))
	if err := s.Idle(job.ID, call); !errors.Is(err, ErrClaimed) || errors.Is(err, mark) {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestProtect(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no modes there")
	}
	s := Open(t.TempDir())
	job := finished(t, s, false)
	if open := s.Exposed(job.ID); len(open) > 0 {
		t.Errorf("exposed from the start: %v", open)
	}
	for name, mode := range map[string]os.FileMode{"": 0o755, "config.json": 0o644, "journal.jsonl": 0o460} {
		if err := os.Chmod(s.path(job.ID, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	if open := s.Exposed(job.ID); len(open) != 3 {
		t.Errorf("exposed: %v", open)
	}
	if err := s.Protect(job.ID); err != nil || len(s.Exposed(job.ID)) > 0 {
		t.Errorf("%v %v", err, s.Exposed(job.ID))
	}
	if info, err := os.Stat(s.path(job.ID, "journal.jsonl")); err != nil || info.Mode().Perm() != 0o400 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if open := s.Exposed(""); len(open) > 0 {
		t.Errorf("no scheduler yet: %v", open)
	}
}

func TestRewriteStrings(t *testing.T) {
	t.Parallel()
	clean := func(key, value string) string {
		if key == "token" || key == "url" {
			return strings.ReplaceAll(value, "s3cret", "")
		}
		return value
	}
	for in, want := range map[string]struct {
		out    string
		fields string
	}{
		`{ "a" :1 ,"token" :  "s3cret" , "b":[ "s3cret",{ "token":"x<s3cret>"}]}`: {`{ "a" :1 ,"token" :  "" , "b":[ "s3cret",{ "token":"x<>"}]}`, "token b.1.token"},
		`{"url":["s3cret","ok"],"token":7,"x":{"token":{"y":"s3cret"}}}`:          {`{"url":["","ok"],"token":7,"x":{"token":{"y":"s3cret"}}}`, "url.0"},
		`{"token":"s3\u0063ret","token":"\ud800"}`:                                {`{"token":"","token":"\ud800"}`, "token"},
		`{"to\u006ben":"a:\"s3cret\""}`:                                           {`{"to\u006ben":"a:\"\""}`, "token"},
		"[1,\n\t\"s3cret\"]\n":                                                    {"[1,\n\t\"s3cret\"]\n", ""},
		`"s3cret"`:                                                                {`"s3cret"`, ""},
	} {
		out, fields, err := rewriteStrings([]byte(in), clean)
		if err != nil || string(out) != want.out || strings.Join(fields, " ") != want.fields {
			t.Errorf("%s: %s %v %v", in, out, fields, err)
		}
	}
	for _, in := range []string{"", `{"token":"s3cret"`, `{"token":"s3cret"} x`, strings.Repeat("[", 20_000)} {
		if out, fields, err := rewriteStrings([]byte(in), clean); err == nil || string(out) != in || fields != nil {
			t.Errorf("%.30s: %.30s %v %v", in, out, fields, err)
		}
	}
}

// Whatever is changed, the rest stays, and nothing is left to change.
func FuzzRewriteStrings(f *testing.F) {
	f.Add([]byte(`{"token":"s3cret","a":["s3cret",{"token":"x"}]}`))
	clean := func(key, value string) string {
		if strings.Contains(key, "t") {
			return strings.ReplaceAll(value, "s", "")
		}
		return value
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		out, fields, err := rewriteStrings(data, clean)
		if err != nil || len(fields) == 0 {
			if string(out) != string(data) {
				t.Errorf("%q became %q", data, out)
			}
			return
		}
		if again, fields, err := rewriteStrings(out, clean); err != nil || len(fields) > 0 || string(again) != string(out) {
			t.Errorf("%q became %q, then %q, %v %v", data, out, again, fields, err)
		}
	})
}

func TestScrub(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	clean := func(key, value string) string {
		if key == "token" {
			return ""
		}
		return value
	}
	plant(t, s, "a0000001", map[string]string{"config.json": "{\n  \"token\": \"s3cret\",\n  \"x\": 1\n}"})
	if got := s.Unclean("a0000001", clean); !cmp.Equal(got, []string{"token"}) {
		t.Errorf("%v", got)
	}
	if err := s.Scrub("a0000001", clean); err != nil {
		t.Fatal(err)
	}
	if got := string(read(t, s.path("a0000001", "config.json"))); got != "{\n  \"token\": \"\",\n  \"x\": 1\n}" {
		t.Error(got)
	}
	if info, err := os.Stat(s.path("a0000001", "config.json")); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	// What a link leads to is not ours.
	outside := filepath.Join(t.TempDir(), "config.json")
	write(t, outside, []byte(`{"token":"s3cret"}`))
	plant(t, s, "a0000002", nil)
	if err := os.Symlink(outside, s.path("a0000002", "config.json")); err != nil {
		t.Skip("no symbolic links: ", err)
	}
	if got := s.Unclean("a0000002", clean); got != nil {
		t.Errorf("%v", got)
	}
	if err := s.Scrub("a0000002", clean); err == nil {
		t.Error("a link was followed")
	}
	contains(t, string(read(t, outside)), "s3cret")
}

// A launch under way is no damage, whenever it is looked at.
func TestListBesideLaunches(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	const launches = 1500
	over := make(chan struct{})
	go func() {
		defer close(over)
		for i := range launches {
			id := fmt.Sprintf("%08x", i)
			job, err := Job{ID: id, Type: CloneRepos, Config: []byte("{}")}.encode()
			if err != nil {
				t.Error(err)
			}
			dir := s.path(id, "")
			for _, step := range []func() error{
				func() error { return os.MkdirAll(dir, 0o700) },
				func() error { return os.WriteFile(dir+".tmp", job, 0o600) },
				func() error { return os.Rename(dir+".tmp", filepath.Join(dir, "config.json")) },
				func() error { return os.WriteFile(filepath.Join(dir, "journal.jsonl"), nil, 0o600) },
			} {
				if err := step(); err != nil {
					t.Error(err)
				}
			}
		}
	}()
	for i := 0; i < launches; {
		id := fmt.Sprintf("%08x", i)
		switch _, err := s.look(id); {
		case err == nil:
			i++
		case !errors.Is(err, errNotOurs):
			t.Fatal(err)
		}
		select {
		case <-over:
			i = launches
		default:
		}
	}
	<-over
}
