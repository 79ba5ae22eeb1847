package workers

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestCloneSkipsAndRefuses(t *testing.T) {
	t.Parallel()
	remotes := t.TempDir()
	remote := bareRepo(t, remotes, "acme/web.git")
	killed := func(t *testing.T, dir, url string) {
		t.Helper()
		git(t, "", "init", "-q", dir)
		git(t, dir, "config", "remote.origin.url", url)
		git(t, dir, "config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
		write(t, filepath.Join(dir, ".git/objects/pack/tmp_pack_Xy12"), "half")
	}
	mkdir := func(t *testing.T, dir string) {
		t.Helper()
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct {
		before func(t *testing.T, dir string)
		want   string // done, skip, or words of the failure
		action Action
	}{
		"nothing":         {func(*testing.T, string) {}, "done", ActionClone},
		"empty directory": {mkdir, "done", ActionClone},
		"whole": {func(t *testing.T, dir string) {
			t.Helper()
			git(t, "", "clone", "-q", remote, dir)
		}, "skip", ActionSkip},
		"whole of another remote": {func(t *testing.T, dir string) {
			t.Helper()
			git(t, "", "clone", "-q", remote, dir)
			git(t, dir, "config", "remote.origin.url", "https://elsewhere.example/x")
		}, "skip", ActionSkip},
		"bare": {func(t *testing.T, dir string) {
			t.Helper()
			git(t, "", "clone", "-q", "--mirror", remote, dir)
		}, "skip", ActionSkip},
		"no checkout": {func(t *testing.T, dir string) {
			t.Helper()
			git(t, "", "clone", "-q", "-n", remote, dir)
		}, "skip", ActionSkip},
		"empty clone": {func(t *testing.T, dir string) {
			t.Helper()
			bare := filepath.Join(t.TempDir(), "e.git")
			git(t, "", "init", "-q", "--bare", bare)
			git(t, "", "clone", "-q", bare, dir)
		}, "skip", ActionSkip},
		"headless clone": {func(t *testing.T, dir string) {
			t.Helper()
			bare := filepath.Join(t.TempDir(), "h.git")
			git(t, "", "clone", "-q", "--bare", remote, bare)
			git(t, bare, "symbolic-ref", "HEAD", "refs/heads/gone")
			git(t, "", "clone", "-q", bare, dir)
		}, "skip", ActionSkip},
		"headless mirror": {func(t *testing.T, dir string) {
			t.Helper()
			git(t, "", "clone", "-q", "--mirror", remote, dir)
			git(t, dir, "symbolic-ref", "HEAD", "refs/heads/gone")
		}, "skip", ActionSkip},
		"killed before it had a branch": {func(t *testing.T, dir string) {
			t.Helper()
			git(t, "", "clone", "-q", "-n", remote, dir)
			git(t, dir, "update-ref", "--no-deref", "-d", "refs/heads/main")
		}, "no commit that is whole", ActionRefuse},
		"without trees": {func(t *testing.T, dir string) {
			t.Helper()
			bare := filepath.Join(t.TempDir(), "p.git")
			git(t, "", "clone", "-q", "--bare", remote, bare)
			git(t, bare, "config", "uploadpack.allowFilter", "true")
			git(t, "", "clone", "-q", "-n", "--filter=tree:0", "file://"+bare, dir)
		}, "skip", ActionSkip},
		"tree missing": {func(t *testing.T, dir string) {
			t.Helper()
			git(t, "", "clone", "-q", "-n", remote, dir)
			loseTree(t, dir)
		}, "no commit that is whole", ActionRefuse},
		"tree missing in a clone without blobs": {func(t *testing.T, dir string) {
			t.Helper()
			git(t, "", "clone", "-q", "-n", "--filter=blob:none", "file://"+remote, dir)
			loseTree(t, dir)
		}, "no commit that is whole", ActionRefuse},
		"only tags": {func(t *testing.T, dir string) {
			t.Helper()
			git(t, "", "clone", "-q", strange(t, "tags"), dir)
		}, "skip", ActionSkip},
		"branch that is not born": {func(t *testing.T, dir string) {
			t.Helper()
			git(t, "", "clone", "-q", remote, dir)
			git(t, dir, "checkout", "-q", "--orphan", "next/one")
		}, "skip", ActionSkip},
		"worktree with a branch that is not born": {func(t *testing.T, dir string) {
			t.Helper()
			main := filepath.Join(t.TempDir(), "main")
			git(t, "", "clone", "-q", remote, main)
			git(t, main, "worktree", "add", "-q", "--detach", dir)
			git(t, dir, "checkout", "-q", "--orphan", "next")
		}, "skip", ActionSkip},
		"branch that a crash has emptied": {func(t *testing.T, dir string) {
			t.Helper()
			git(t, "", "clone", "-q", remote, dir)
			write(t, filepath.Join(dir, ".git/refs/heads/main"), "")
		}, "leads to no commit", ActionRefuse},
		"branch that is not born, and nothing there": {func(t *testing.T, dir string) {
			t.Helper()
			git(t, "", "clone", "-q", "--no-local", remote, dir)
			git(t, dir, "checkout", "-q", "--orphan", "next")
			if err := os.RemoveAll(filepath.Join(dir, ".git/objects/pack")); err != nil {
				t.Fatal(err)
			}
		}, "leads to no object", ActionRefuse},
		"init": {func(t *testing.T, dir string) {
			t.Helper()
			git(t, "", "init", "-q", dir)
		}, "has no commit", ActionRefuse},
		"HEAD that nobody writes": {func(t *testing.T, dir string) {
			t.Helper()
			git(t, "", "init", "-q", dir)
			head := filepath.Join(dir, ".git/HEAD")
			if err := errors.Join(os.Remove(head), exec.Command("mkfifo", head).Run()); err != nil {
				t.Skip(err)
			}
		}, "not a repository", ActionRefuse},
		"worktree": {func(t *testing.T, dir string) {
			t.Helper()
			main := filepath.Join(t.TempDir(), "main")
			git(t, "", "clone", "-q", remote, main)
			git(t, main, "worktree", "add", "-q", "--detach", dir)
		}, "skip", ActionSkip},
		"empty .git": {func(t *testing.T, dir string) {
			t.Helper()
			mkdir(t, filepath.Join(dir, ".git"))
		}, "done", ActionReplace},
		"killed clone": {func(t *testing.T, dir string) {
			t.Helper()
			killed(t, dir, remote)
		}, "done", ActionReplace},
		"killed clone of another": {
			func(t *testing.T, dir string) {
				t.Helper()
				killed(t, dir, "https://elsewhere.example/x")
			}, "broken repository", ActionRefuse,
		},
		"killed clone with a file": {func(t *testing.T, dir string) {
			t.Helper()
			killed(t, dir, remote)
			write(t, filepath.Join(dir, "notes"), "mine")
		}, "broken repository", ActionRefuse},
		"killed clone with a hook": {func(t *testing.T, dir string) {
			t.Helper()
			killed(t, dir, remote)
			write(t, filepath.Join(dir, ".git/hooks/pre-commit"), "mine")
		}, "broken repository", ActionRefuse},
		"staged work": {func(t *testing.T, dir string) {
			t.Helper()
			killed(t, dir, remote)
			write(t, filepath.Join(dir, "notes"), "mine")
			git(t, dir, "add", ".")
		}, "broken repository", ActionRefuse},
		"empty .git and a file": {func(t *testing.T, dir string) {
			t.Helper()
			mkdir(t, filepath.Join(dir, ".git"))
			write(t, filepath.Join(dir, "notes"), "mine")
		}, "broken repository", ActionRefuse},
		"files": {func(t *testing.T, dir string) {
			t.Helper()
			write(t, filepath.Join(dir, "notes"), "mine")
		}, "not a repository", ActionRefuse},
		"file": {func(t *testing.T, dir string) {
			t.Helper()
			write(t, dir, "mine")
		}, "is a file", ActionRefuse},
		"no objects": {func(t *testing.T, dir string) {
			t.Helper()
			git(t, "", "clone", "-q", "--no-local", remote, dir)
			if err := os.RemoveAll(filepath.Join(dir, ".git/objects/pack")); err != nil {
				t.Fatal(err)
			}
		}, "leads to no commit", ActionRefuse},
		"cut off checkout": {func(t *testing.T, dir string) {
			t.Helper()
			git(t, "", "clone", "-q", remote, dir)
			if err := os.Rename(filepath.Join(dir, ".git/index"), filepath.Join(dir, ".git/index.lock")); err != nil {
				t.Fatal(err)
			}
		}, "checkout was cut off", ActionRefuse},
		"link out": {func(t *testing.T, dir string) {
			t.Helper()
			link(t, t.TempDir(), dir)
		}, "leads out of the project", ActionRefuse},
		"parent leads out": {func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Remove(filepath.Dir(dir)); err != nil {
				t.Fatal(err)
			}
			link(t, t.TempDir(), filepath.Dir(dir))
		}, "leads out of the project", ActionRefuse},
		"parent leads elsewhere inside": {func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Remove(filepath.Dir(dir)); err != nil {
				t.Fatal(err)
			}
			mkdir(t, filepath.Join(dir, "../../../other"))
			link(t, filepath.Join(dir, "../../../other"), filepath.Dir(dir))
		}, "done", ActionClone},
		"parent leads into state": {func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Remove(filepath.Dir(dir)); err != nil {
				t.Fatal(err)
			}
			link(t, filepath.Join(dir, "../../../.specweave"), filepath.Dir(dir))
		}, ".specweave", ActionRefuse},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRun(t, of(t, remote))
			dir := r.path("repositories", "acme", "web")
			mkdir(t, filepath.Dir(dir))
			tc.before(t, dir)
			was := listing(t, dir)
			c, err := ParseCloneConfig(r.job.Config)
			if err != nil {
				t.Fatal(err)
			}
			g, err := FindGit(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			plan, err := Plan(t.Context(), r.project, c, g, r.opts.Environ)
			if err != nil || plan[0].Action != tc.action {
				t.Errorf("plan: %+v, %v; want %s", plan, err, tc.action)
			}
			if now := listing(t, dir); now != was {
				t.Errorf("the plan changed something:\n%s\nwas\n%s", now, was)
			}
			s := r.must(t)
			switch tc.want {
			case "done":
				counts(t, s, 1, 0, 0)
				git(t, dir, "fsck", "--connectivity-only")
			case "skip":
				counts(t, s, 0, 1, 0)
			default:
				counts(t, s, 0, 0, 1)
				if f := s.Failures()[0]; f.Class != ClassExists || !strings.Contains(f.Error, tc.want) {
					t.Errorf("%+v; want %q", f, tc.want)
				}
			}
			if now := listing(t, dir); tc.want != "done" && now != was {
				t.Errorf("touched:\n%s\nwas\n%s", now, was)
			}
			noPartials(t, r.project)
		})
	}
}

func link(t *testing.T, to, at string) {
	t.Helper()
	if err := os.Symlink(to, at); err != nil {
		t.Skip(err)
	}
}

// listing describes what is at dir, without following links.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	_ = filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil {
			info, _ := d.Info()
			fmt.Fprintln(&b, p, info.Mode(), info.ModTime().UnixNano())
		}
		return nil
	})
	return b.String()
}
