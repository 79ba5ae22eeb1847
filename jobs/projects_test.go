package jobs_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/units"
)

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func listed(t *testing.T, p jobs.Projects) []string {
	t.Helper()
	all, err := p.List()
	ok(t, err)
	slices.Sort(all)
	return all
}

func TestProjects(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "state", "projects")
	p := jobs.OpenProjects(state)
	if all := listed(t, p); len(all) > 0 {
		t.Errorf("a register that is not there lists %q", all)
	}
	dir := t.TempDir()
	strange := "b \u00e4 \"%h"
	if runtime.GOOS == "windows" { // which has no quotes in names
		strange = "b \u00e4 '%h"
	}
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, strange)
	for _, d := range []string{a, b} {
		ok(t, os.Mkdir(d, 0o700))
		ok(t, p.Remember(d))
		ok(t, p.Remember(d))
	}
	if diff := cmp.Diff([]string{a, b}, listed(t, p)); diff != "" {
		t.Errorf("remembered (-want +got):\n%s", diff)
	}
	if runtime.GOOS != "windows" {
		files, err := filepath.Glob(filepath.Join(state, "*"))
		ok(t, err)
		for _, f := range append(files, state, filepath.Dir(state)) {
			info, err := os.Stat(f)
			ok(t, err)
			if info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s has mode %v", f, info.Mode())
			}
		}
		if len(files) != 2 {
			t.Errorf("files %q, want one for each project", files)
		}
	}
	ok(t, p.Forget(a))
	ok(t, p.Forget(a))
	ok(t, os.Remove(b)) // a project that is gone is forgotten
	if all := listed(t, p); len(all) > 0 {
		t.Errorf("%q is remembered", all)
	}
	ok(t, os.Mkdir(b, 0o700))
	if all := listed(t, p); len(all) > 0 {
		t.Errorf("%q was not forgotten", all)
	}
}

// What others, a crash or a newer program left in the register is reported and
// keeps nothing else from being listed.
func TestProjectsDamaged(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("needs symbolic links and owners")
	}
	dir := t.TempDir()
	good, other := filepath.Join(dir, "good"), filepath.Join(dir, "other")
	ok(t, os.Mkdir(good, 0o700))
	ok(t, os.Mkdir(other, 0o700))
	nameOf := func(path string) string {
		sum := sha256.Sum256([]byte(path))
		return hex.EncodeToString(sum[:16]) + ".json"
	}
	entry := func(schema int, path string) string {
		b, err := json.Marshal(map[string]any{"schemaVersion": schema, "path": path})
		ok(t, err)
		return string(b)
	}
	file := filepath.Join(dir, "file")
	ok(t, os.WriteFile(file, nil, 0o600))
	for name, c := range map[string]struct {
		file, content string
		err           string // part of it; "" for none
		forgotten     bool
	}{
		"cut":            {nameOf(other), `{"schemaVersion":1,"pa`, "unexpected end", false},
		"empty":          {nameOf(other), "", "unexpected end", false},
		"huge":           {nameOf(other), strings.Repeat(" ", 70_000) + entry(1, other), "not a file of this register", false},
		"no version":     {nameOf(other), entry(0, other), "not a file of this register", false},
		"newer":          {nameOf(other), entry(2, other), "schema 2", false},
		"wrong name":     {nameOf(good + "x"), entry(1, other), "not a file of this register", false},
		"relative":       {nameOf("other"), entry(1, "other"), "", true},
		"empty path":     {nameOf(""), entry(1, ""), "", true},
		"gone":           {nameOf(other + "/gone"), entry(1, other+"/gone"), "", true},
		"no directory":   {nameOf(file), entry(1, file), "", true},
		"below a file":   {nameOf(file + "/x"), entry(1, file+"/x"), "not a directory", false},
		"control":        {nameOf(file + "/\x1b[2J"), entry(1, file+"/\x1b[2J"), `\x1b[2J`, false},
		"temporary file": {"." + nameOf(other) + ".1.tmp", entry(1, other), "", false},
		"other name":     {"no-service", "", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state := t.TempDir()
			p := jobs.OpenProjects(state)
			ok(t, p.Remember(good))
			path := filepath.Join(state, c.file)
			ok(t, os.WriteFile(path, []byte(c.content), 0o600))
			all, err := p.List()
			if diff := cmp.Diff([]string{good}, all); diff != "" {
				t.Errorf("projects (-want +got):\n%s", diff)
			}
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("error %v, want %q", err, c.err)
			}
			if err != nil && strings.ContainsRune(err.Error(), '\x1b') {
				t.Errorf("error %q is not printable", err)
			}
			if _, err := os.Stat(path); os.IsNotExist(err) != c.forgotten {
				t.Errorf("forgotten is %v", !c.forgotten)
			}
		})
	}

	t.Run("links", func(t *testing.T) {
		t.Parallel()
		state := t.TempDir()
		p := jobs.OpenProjects(state)
		ok(t, os.WriteFile(filepath.Join(dir, "entry"), []byte(entry(1, other)), 0o600))
		ok(t, os.Symlink(filepath.Join(dir, "entry"), filepath.Join(state, nameOf(other))))
		if all, err := p.List(); err == nil || len(all) > 0 {
			t.Errorf("a link is followed to %q: %v", all, err)
		}
	})

	t.Run("owner", func(t *testing.T) {
		t.Parallel()
		if os.Getuid() != 0 {
			t.Skip("needs root, to give something away")
		}
		theirs, state := t.TempDir(), t.TempDir()
		p := jobs.OpenProjects(state)
		ok(t, p.Remember(theirs))
		ok(t, os.Chown(theirs, 65534, 65534))
		if all, err := p.List(); err == nil || len(all) > 0 || !strings.Contains(err.Error(), "another user") {
			t.Errorf("a directory of another user is followed to %q: %v", all, err)
		}
		if err := p.Remember(theirs + "/."); err == nil {
			t.Error("a directory of another user is remembered")
		}
		ok(t, os.Chown(theirs, 0, 0))
		ok(t, os.Chown(state, 65534, 65534))
		if all, err := p.List(); err == nil || len(all) > 0 {
			t.Errorf("a register of another user lists %q: %v", all, err)
		}
	})
}

func TestRememberRefuses(t *testing.T) {
	t.Parallel()
	p := jobs.OpenProjects(t.TempDir())
	for _, path := range []string{"", "a/b", "/a\xff", filepath.Join(t.TempDir(), "gone")} {
		if err := p.Remember(path); err == nil {
			t.Errorf("%q is remembered", path)
		}
	}
}

func TestSettle(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		journal []string // of one job; nil is no job
		want    bool
	}{
		"no job":    {nil, true},
		"pending":   {[]string{}, false},
		"running":   {[]string{died}, false},
		"stopped":   {[]string{died, `"k":"pause","error":"stopped by the user"`}, false},
		"paused":    {[]string{died, `"k":"pause","until":"2026-01-02T03:04:05Z"`}, false},
		"completed": {[]string{died, `"k":"total","total":0`, `"k":"end","status":"completed"`}, true},
		"failed":    {[]string{died, `"k":"end","status":"failed","error":"no"`}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobs.Open(t.TempDir())
			if c.journal != nil {
				left(t, jobs.Launcher{Store: s}, c.journal...)
			}
			p := jobs.OpenProjects(t.TempDir())
			ok(t, p.Remember(s.Project()))
			got, err := p.Settle(s)
			ok(t, err)
			if remembered := len(listed(t, p)) == 1; got != c.want || remembered == c.want {
				t.Errorf("forgotten: said %v, is %v, want %v", got, !remembered, c.want)
			}
		})
	}
}

// A job that is made while somebody finds that there is none is not forgotten.
func TestSettleBesideLaunch(t *testing.T) {
	t.Parallel()
	p, project := jobs.OpenProjects(t.TempDir()), t.TempDir()
	ok(t, p.Remember(project))
	looks := 0
	forgotten, err := p.SettleWith(project, func() (bool, error) {
		looks++
		return looks > 1, nil
	})
	ok(t, err)
	if forgotten || len(listed(t, p)) != 1 {
		t.Errorf("forgotten: said %v, listed %q", forgotten, listed(t, p))
	}
	if _, err := p.SettleWith(project, func() (bool, error) { return false, os.ErrPermission }); err == nil || len(listed(t, p)) != 1 {
		t.Errorf("error %v, listed %q", err, listed(t, p))
	}
}

// A project is remembered by the time that the system is asked to start
// anything there, and still when that has begun.
func TestLaunchRemembers(t *testing.T) {
	t.Parallel()
	l, fake := launcher(t, func(_ context.Context, _ jobs.Job, p *jobs.Progress) error {
		return errors.Join(p.Total(1), p.Fail("a", "auth", "no"))
	})
	p := jobs.OpenProjects(t.TempDir())
	l.Remember = func() { ok(t, p.Remember(l.Store.Project())) }
	known := make(chan int, 1)
	run := fake.Run
	fake.Run = func(ctx context.Context, spec units.Spec, ready func()) error {
		all, _ := p.List()
		known <- len(all)
		_ = p.Forget(l.Store.Project()) // as one does who has seen no job, or one that is over
		return run(ctx, spec, ready)
	}
	job, _, err := l.Launch(t.Context(), jobs.CloneRepos, nil)
	ok(t, err)
	if before, after := <-known, len(listed(t, p)); before != 1 || after != 1 {
		t.Errorf("launch: remembered before the start: %d, after it: %d", before, after)
	}
	until(t, l.Store, job.ID, jobs.CompletedWithWarnings)
	ok(t, p.Forget(l.Store.Project()))
	_, err = l.Retry(t.Context(), job.ID, "")
	ok(t, err)
	if before, after := <-known, len(listed(t, p)); before != 1 || after != 1 {
		t.Errorf("retry: remembered before the start: %d, after it: %d", before, after)
	}
}
