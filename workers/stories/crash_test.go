package stories

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/workers"
)

// TestMain makes the test binary an import of [pages] that kills itself at its
// n-th step where the environment says so.
func TestMain(m *testing.M) {
	project := os.Getenv("SPECWEAVE_TEST_PROJECT")
	if project == "" {
		os.Exit(m.Run())
	}
	if left, err := strconv.Atoi(os.Getenv("SPECWEAVE_TEST_CRASH_AT")); err == nil {
		step = func() {
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
		}
	}
	run := importPages
	if os.Getenv("SPECWEAVE_TEST_REPO") == "sync" {
		run = syncPages
	}
	if err := run(project, os.Getenv("SPECWEAVE_TEST_REPO")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(importFailed)
	}
	os.Exit(0)
}

// importFailed is the exit code of an import that was not killed: Windows gives
// one that was the code 1.
const importFailed = 3

func importPages(project, repo string) error {
	l, err := Open(context.Background(), project, Options{Now: now})
	if err != nil {
		return err
	}
	defer l.Close()
	for _, page := range pages(repo) {
		if _, err := l.Write(context.Background(), page); err != nil {
			return err
		}
	}
	return nil
}

// pages are of a repository, or of a project of Jira with a hierarchy.
func pages(repo string) [][]Draft {
	if repo == "PROJ" {
		late := of(jira, "PROJ", "PROJ-9", "Epic", "")
		return [][]Draft{
			{of(jira, "PROJ", "PROJ-1", "Epic", ""), of(jira, "PROJ", "PROJ-2", "Story", "PROJ-1"), of(jira, "PROJ", "PROJ-3", "Bug", "")},
			{of(jira, "PROJ", "PROJ-4", "Story", "PROJ-9"), of(jira, "PROJ", "PROJ-5", "Story", "PROJ-1")},
			{late, of(jira, "PROJ", "PROJ-10", "Story", "PROJ-9"), of(jira, "PROJ", "PROJ-3", "Bug", "PROJ-1")},
		}
	}
	var all [][]Draft
	for p := range 3 {
		var page []Draft
		for n := range 4 {
			page = append(page, issue(repo, 4*p+n+1, fmt.Sprint("Issue ", 4*p+n+1), "Body."))
		}
		all = append(all, page)
	}
	again := issue(repo, 2, "Issue 2, changed", "Body.")
	again.Item.Status = workers.StatusCompleted
	return append(all, []Draft{again, issue(repo, 1, "Issue 1", "Body.")})
}

func runImport(t *testing.T, project, repo string, crashAt int) error {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), "SPECWEAVE_TEST_PROJECT="+project, "SPECWEAVE_TEST_REPO="+repo)
	if crashAt > 0 {
		c.Env = append(c.Env, "SPECWEAVE_TEST_CRASH_AT="+strconv.Itoa(crashAt))
	}
	out, err := c.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == importFailed {
		t.Fatalf("the import failed: %s", out)
	}
	return err
}

// An import is killed at every step in turn. Another, which begins at the first
// page again, ends with the same files as one that was left alone.
func TestCrashSweep(t *testing.T) {
	t.Parallel()
	for _, repo := range []string{"acme/web", "PROJ"} {
		t.Run(repo, func(t *testing.T) {
			t.Parallel()
			calm := t.TempDir()
			check(t, importPages(calm, repo))
			want := tree(t, calm)
			for n := 1; ; n++ {
				project := t.TempDir()
				killed := runImport(t, project, repo, n) != nil
				if killed {
					check(t, runImport(t, project, repo, 0))
				}
				if d := cmp.Diff(want, tree(t, project)); d != "" {
					t.Fatalf("killed at step %d: %s", n, d)
				}
				if !killed {
					t.Logf("survived %d crash points", n-1)
					return
				}
			}
		})
	}
}

// A page that is killed while another process has its own view of the stories
// is seen by that one.
func TestCrashBesideUs(t *testing.T) {
	t.Parallel()
	calm := t.TempDir()
	check(t, importPages(calm, "acme/web"))
	want := tree(t, calm)
	for n := 1; ; n++ {
		project := t.TempDir()
		l := library(t, project)
		killed := runImport(t, project, "acme/web", n) != nil
		for _, page := range pages("acme/web") {
			put(t, l, page...)
		}
		if d := cmp.Diff(want, tree(t, project)); d != "" {
			t.Fatalf("killed at step %d: %s", n, d)
		}
		if !killed {
			return
		}
	}
}

// Writing fails at every file in turn: what was written before stays, nothing
// half is left, and the next import ends as if nothing had happened. It is not
// parallel: it changes write.
func TestWriteErrorSweep(t *testing.T) {
	own := write
	t.Cleanup(func() { write = own })
	calm := t.TempDir()
	check(t, importPages(calm, "PROJ"))
	want := tree(t, calm)
	for n := 1; ; n++ {
		project := t.TempDir()
		left := n
		write = func(f *os.File, data string) error {
			if left--; left == 0 {
				_, _ = f.WriteString(data[:len(data)/2])
				return &os.PathError{Op: "write", Path: f.Name(), Err: syscall.ENOSPC}
			}
			return own(f, data)
		}
		err := importPages(project, "PROJ")
		if err != nil && !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
		write = own
		for name, data := range tree(t, project) {
			if strings.Contains(name, tempSuffix) || data == "" || want[name] == "" && !strings.HasSuffix(name, "FEATURE.md") && !strings.Contains(name, "proj-3") {
				t.Errorf("failure at file %d: left behind: %s", n, name)
			}
		}
		check(t, importPages(project, "PROJ"))
		if d := cmp.Diff(want, tree(t, project)); d != "" {
			t.Fatalf("failure at file %d: %s", n, d)
		}
		if err == nil {
			t.Logf("survived %d failures", n-1)
			return
		}
	}
}

// Two processes import one repository and one each of their own into the same
// folder at once: no item has two stories, no number is given twice, and
// there are no gaps.
func TestTwoImports(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	var wg sync.WaitGroup
	for _, repo := range []string{"acme/web", "acme/web", "other/web", "third/web", "PROJ", "PROJ"} {
		wg.Go(func() {
			if err := runImport(t, project, repo, 0); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	ids, numbers, features := map[string]string{}, map[string]string{}, 0
	for name, data := range tree(t, project) {
		if strings.HasSuffix(name, "FEATURE.md") {
			features++
		}
		n := number(storyName, filepath.Base(name))
		if n == 0 {
			continue
		}
		id := externalIDIn(data)
		key := fmt.Sprint(homeOf(filepath.ToSlash(filepath.Dir(name))), " ", n)
		if ids[id] != "" || numbers[key] != "" {
			t.Errorf("%s beside %s %s", name, ids[id], numbers[key])
		}
		ids[id], numbers[key] = name, name
	}
	if len(ids) != 3*12+7 || features != 3+2 {
		t.Errorf("%d stories in %d features", len(ids), features)
	}
	for n := range 36 {
		if key := fmt.Sprint("web ", n+1); numbers[key] == "" {
			t.Errorf("nothing has number %s", key)
		}
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	if os.Getuid() <= 0 {
		t.Skip("root may write everywhere, and Windows has no modes")
	}
	project := t.TempDir()
	l := library(t, project)
	put(t, l, issue("acme/web", 1, "One", "Body."))
	dir := filepath.Join(project, filepath.FromSlash(Dir), "web", "FS-001E")
	check(t, os.Chmod(dir, 0o500))
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	if _, err := l.Write(t.Context(), []Draft{issue("acme/web", 2, "Two", "Body.")}); !errors.Is(err, os.ErrPermission) {
		t.Error(err)
	}
	check(t, os.Chmod(dir, 0o700))
	if got := outcomes(put(t, library(t, project), issue("acme/web", 1, "One", "Body."), issue("acme/web", 2, "Two", "Body."))); got != "unchanged created" {
		t.Error(got)
	}
}

// Symbolic links lead nowhere outside of the project, and a story that is one is
// left alone.
func TestLinks(t *testing.T) {
	t.Parallel()
	outside, project := t.TempDir(), t.TempDir()
	if err := os.Symlink("x", filepath.Join(outside, "y")); err != nil {
		t.Skip(err)
	}
	check(t, os.Remove(filepath.Join(outside, "y")))
	specs := filepath.Join(project, filepath.FromSlash(Dir))
	check(t, os.MkdirAll(specs, 0o755))
	check(t, os.Symlink(outside, filepath.Join(specs, "web")))
	l := library(t, project)
	if _, err := l.Write(t.Context(), []Draft{issue("acme/web", 1, "One", "Body.")}); err == nil {
		t.Error("written through a link that leads out")
	}
	if left, _ := os.ReadDir(outside); len(left) > 0 {
		t.Errorf("%v", left)
	}
	l = library(t, project)
	r := put(t, l, issue("acme/api", 1, "One", "Body."))
	file := filepath.Join(project, r[0].Path)
	check(t, os.Rename(file, filepath.Join(specs, "mine.md")))
	check(t, os.Symlink("../../mine.md", file))
	l = library(t, project)
	if r := put(t, l, issue("acme/api", 1, "One", "New.")); r[0].Outcome != Skipped || !strings.Contains(r[0].Note, "symbolic link") {
		t.Errorf("%+v", r)
	}
}
