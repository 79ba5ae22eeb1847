package jobs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
)

// TestMain makes the test binary a worker that kills itself after its n-th
// journal append where the environment says so.
func TestMain(m *testing.M) {
	project := os.Getenv("SPECWEAVE_TEST_PROJECT")
	if project == "" {
		os.Exit(m.Run())
	}
	left, err := strconv.Atoi(os.Getenv("SPECWEAVE_TEST_CRASH_AT"))
	if err != nil {
		panic(err)
	}
	jobs.OnAppend(func() {
		if left--; left == 0 {
			self, err := os.FindProcess(os.Getpid())
			if err == nil {
				err = self.Kill()
			}
			if err != nil {
				panic(err)
			}
			select {} // until the signal arrives
		}
	})
	set := map[jobs.Type]jobs.Worker{jobs.CloneRepos: workers.NewClone(workers.CloneOptions{Environ: os.Environ()})}
	s, err := jobs.Attempt{Store: jobs.Open(project), Workers: set, Log: jobs.NewLog(os.Stderr)}.Run(context.Background(), os.Getenv("SPECWEAVE_TEST_JOB"))
	if err != nil && !errors.Is(err, jobs.ErrFinished) || s.Status != jobs.Completed {
		fmt.Fprintln(os.Stderr, s.Status, s.Error, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// A real worker over real repositories is killed at every append in turn. One
// more run ends with every repository whole, and repeats no more items than
// were in hand.
func TestCrashSweep(t *testing.T) {
	t.Parallel()
	sources := repositories(t, 5)
	for _, slots := range []int{1, 3} {
		t.Run(fmt.Sprint(slots, " at once"), func(t *testing.T) {
			t.Parallel()
			for n := 1; ; n++ {
				s := jobs.Open(t.TempDir())
				config := workers.CloneConfig{Concurrency: slots}
				for i, url := range sources {
					name := fmt.Sprint("r", i)
					config.Repositories = append(config.Repositories, workers.Repository{Owner: "acme", Name: name, Path: "repositories/acme/" + name, CloneURL: url})
				}
				job, err := s.Create(jobs.CloneRepos, config)
				if err != nil {
					t.Fatal(err)
				}
				killed := work(t, s, job.ID, n) != nil
				if killed {
					if err := work(t, s, job.ID, 0); err != nil {
						t.Fatalf("crash at append %d: the next run: %v", n, err)
					}
				}
				check(t, s, job.ID, n, slots, config)
				if !killed {
					t.Logf("survived %d crash points", n-1)
					return
				}
			}
		})
	}
}

func work(t *testing.T, s *jobs.Store, id string, crashAt int) error {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(withoutConfig(), "SPECWEAVE_TEST_PROJECT="+s.Project(), "SPECWEAVE_TEST_JOB="+id, "SPECWEAVE_TEST_CRASH_AT="+strconv.Itoa(crashAt))
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		t.Fatalf("the worker failed: %s", out)
	}
	return err
}

// check holds the journal against the disk.
func check(t *testing.T, s *jobs.Store, id string, at, slots int, config workers.CloneConfig) {
	t.Helper()
	v, err := s.Find(id)
	if err != nil || v.State.Status != jobs.Completed || v.State.Done != len(config.Repositories) {
		t.Fatalf("crash at append %d: %v, %+v", at, err, v.State)
	}
	for _, r := range config.Repositories {
		git(t, filepath.Join(s.Project(), r.Path), "fsck", "--connectivity-only", "--no-progress")
	}
	if _, err := os.Stat(filepath.Join(s.Dir(), "jobs", id, "result.json")); err != nil {
		t.Errorf("crash at append %d: %v", at, err)
	}
	left, _ := filepath.Glob(filepath.Join(s.Project(), "repositories", "acme", "*.partial-*"))
	if len(left) > 0 {
		t.Errorf("crash at append %d: left behind: %v", at, left)
	}
	data, err := os.ReadFile(filepath.Join(s.Dir(), "jobs", id, "journal.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	begun, repeated := map[string]int{}, 0
	dec := json.NewDecoder(bytes.NewReader(data))
	for dec.More() {
		var e jobs.Event
		if err := dec.Decode(&e); err != nil {
			t.Fatal(err)
		}
		if e.Kind == jobs.KindBegin {
			if begun[e.Item]++; begun[e.Item] == 2 {
				repeated++
			}
		}
	}
	if repeated > slots {
		t.Errorf("crash at append %d: %d items repeated with %d at once", at, repeated, slots)
	}
}

// repositories makes n real ones and returns their URLs.
func repositories(t *testing.T, n int) []string {
	t.Helper()
	dir := t.TempDir()
	urls := make([]string, n)
	for i := range n {
		repo := filepath.Join(dir, fmt.Sprint("r", i))
		git(t, dir, "init", "-q", "-b", "main", repo)
		if err := os.WriteFile(filepath.Join(repo, "file"), fmt.Append(nil, i), 0o600); err != nil {
			t.Fatal(err)
		}
		git(t, repo, "add", ".")
		git(t, repo, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "first")
		urls[i] = "file://" + filepath.ToSlash(repo)
	}
	return urls
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), "git", args...)
	c.Dir = dir
	c.Env = withoutConfig()
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

// withoutConfig keeps the developer's own configuration out of git.
func withoutConfig() []string {
	return append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
}
