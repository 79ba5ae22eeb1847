package workers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// upstream makes a bare repository below dir, and commit, which adds a commit to
// a branch of it.
func upstream(t *testing.T, dir, name string) (remote string, commit func(branch, file, content string)) {
	t.Helper()
	remote = bareRepo(t, dir, name)
	src := filepath.Join(t.TempDir(), "work")
	git(t, "", "clone", "-q", remote, src)
	return remote, func(branch, file, content string) {
		t.Helper()
		git(t, src, "checkout", "-q", "-B", branch)
		write(t, filepath.Join(src, file), content)
		git(t, src, "add", "-f", ".")
		git(t, src, "commit", "-qm", file)
		git(t, src, "push", "-qf", "origin", branch)
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	const updated, unchanged = "updated", "unchanged"
	for name, tc := range map[string]struct {
		before func(t *testing.T, dir string) // after the clone
		still  bool                           // the remote has nothing new
		config CloneConfig
		want   string // updated, unchanged, or why it is kept
		check  func(t *testing.T, dir string)
	}{
		"clean":       {want: updated},
		"nothing new": {still: true, want: unchanged},
		"dirty and nothing new": {before: func(t *testing.T, dir string) {
			t.Helper()
			write(t, filepath.Join(dir, "file"), "mine")
		}, still: true, want: unchanged},
		"changed file": {before: func(t *testing.T, dir string) {
			t.Helper()
			write(t, filepath.Join(dir, "file"), "mine")
		}, want: "uncommitted changes (1 file)"},
		"staged file": {before: func(t *testing.T, dir string) {
			t.Helper()
			write(t, filepath.Join(dir, "other"), "mine")
			git(t, dir, "add", "other")
		}, want: "uncommitted changes (1 file)"},
		"deleted file": {before: func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Remove(filepath.Join(dir, "file")); err != nil {
				t.Fatal(err)
			}
		}, want: "uncommitted changes (1 file)"},
		"untracked file elsewhere": {before: func(t *testing.T, dir string) {
			t.Helper()
			write(t, filepath.Join(dir, "notes"), "mine")
		}, want: updated},
		"untracked file in the way": {before: func(t *testing.T, dir string) {
			t.Helper()
			write(t, filepath.Join(dir, "new"), "mine")
		}, want: "in the way of what is new: new"},
		"ignored file in the way": {before: func(t *testing.T, dir string) {
			t.Helper()
			write(t, filepath.Join(dir, ".git/info/exclude"), "new\n")
			write(t, filepath.Join(dir, "new"), "mine")
		}, want: "in the way of what is new: new"},
		"untracked file where a directory comes": {before: func(t *testing.T, dir string) {
			t.Helper()
			write(t, filepath.Join(dir, "deep"), "mine")
		}, want: "in the way of what is new: deep"},
		"own commit": {before: func(t *testing.T, dir string) {
			t.Helper()
			git(t, dir, "commit", "-q", "--allow-empty", "-m", "mine")
		}, want: "branch main has diverged: 1 commit of its own, 2 of the remote"},
		"own commit and nothing new": {before: func(t *testing.T, dir string) {
			t.Helper()
			git(t, dir, "commit", "-q", "--allow-empty", "-m", "mine")
		}, still: true, want: unchanged},
		"detached": {before: func(t *testing.T, dir string) {
			t.Helper()
			git(t, dir, "checkout", "-q", "--detach")
		}, want: "no branch is checked out"},
		"branch of one's own": {before: func(t *testing.T, dir string) {
			t.Helper()
			git(t, dir, "checkout", "-q", "-b", "mine")
		}, want: "branch mine follows no branch of the remote"},
		"branch that is not born": {before: func(t *testing.T, dir string) {
			t.Helper()
			git(t, dir, "checkout", "-q", "--orphan", "mine")
		}, want: "branch mine follows no branch of the remote"},
		"branch that follows a local one": {before: func(t *testing.T, dir string) {
			t.Helper()
			git(t, dir, "checkout", "-q", "-b", "mine", "--track", "main")
		}, want: "branch mine follows no branch of the remote"},
		"middle of a merge": {before: func(t *testing.T, dir string) {
			t.Helper()
			write(t, filepath.Join(dir, ".git/MERGE_HEAD"), git(t, dir, "rev-parse", "HEAD")+"\n")
		}, want: "in the middle of a merge"},
		"middle of a rebase": {before: func(t *testing.T, dir string) {
			t.Helper()
			git(t, dir, "checkout", "-q", "--detach")
			write(t, filepath.Join(dir, ".git/rebase-merge/done"), "")
		}, want: "in the middle of a rebase"},
		"bisect": {before: func(t *testing.T, dir string) {
			t.Helper()
			write(t, filepath.Join(dir, ".git/BISECT_LOG"), "")
		}, want: "in the middle of a bisect"},
		"index.lock": {before: func(t *testing.T, dir string) {
			t.Helper()
			write(t, filepath.Join(dir, ".git/index.lock"), "")
		}, want: "index.lock is there"},
		"another remote": {before: func(t *testing.T, dir string) {
			t.Helper()
			git(t, dir, "config", "remote.origin.url", "https://elsewhere.example/x")
		}, want: "a clone of something else"},
		"remote of another name": {before: func(t *testing.T, dir string) {
			t.Helper()
			git(t, dir, "remote", "rename", "origin", "fork-parent")
		}, want: updated},
		"refspec that writes to branches": {before: func(t *testing.T, dir string) {
			t.Helper()
			git(t, dir, "config", "remote.origin.fetch", "+refs/*:refs/*")
		}, want: "would write to its branches"},
		"work tree elsewhere": {before: func(t *testing.T, dir string) {
			t.Helper()
			git(t, dir, "config", "core.worktree", t.TempDir())
		}, want: "its work tree is elsewhere"},
		"work tree of another": {before: func(t *testing.T, dir string) {
			t.Helper()
			main := filepath.Join(t.TempDir(), "main")
			if err := os.Rename(dir, main); err != nil {
				t.Fatal(err)
			}
			git(t, main, "worktree", "add", "-q", "--detach", dir)
		}, want: "a work tree of another repository"},
		"settings that would do harm": {before: func(t *testing.T, dir string) {
			t.Helper()
			for _, set := range []string{"merge.autostash true", "branch.main.mergeoptions --squash", "fetch.prune true", "fetch.pruneTags true", "submodule.recurse true", "merge.ff false"} {
				git(t, dir, append([]string{"config"}, strings.Fields(set)...)...)
			}
			git(t, dir, "tag", "mine")
			git(t, dir, "update-ref", "refs/remotes/origin/gone", "HEAD")
			hook := filepath.Join(dir, ".git/hooks/post-merge")
			write(t, hook, "#!/bin/sh\ntouch "+dir+"/hooked\n")
			if err := os.Chmod(hook, 0o755); err != nil {
				t.Fatal(err)
			}
		}, want: updated, check: func(t *testing.T, dir string) {
			t.Helper()
			git(t, dir, "rev-parse", "mine", "refs/remotes/origin/gone")
			if _, err := os.Stat(filepath.Join(dir, "hooked")); err == nil {
				t.Error("a hook ran")
			}
		}},
		"shallow": {config: CloneConfig{Depth: 1}, want: updated, check: func(t *testing.T, dir string) {
			t.Helper()
			if n := git(t, dir, "rev-list", "--count", "HEAD"); n != "3" {
				t.Errorf("%s commits", n)
			}
		}},
		"single branch": {config: CloneConfig{SingleBranch: true}, want: updated},
		"partial":       {config: CloneConfig{Filter: "blob:none"}, want: updated},
		"treeless":      {config: CloneConfig{Filter: "tree:0"}, want: updated},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			remotes := t.TempDir()
			_, commit := upstream(t, remotes, "acme/web.git")
			url := serve(t, remotes, nil)
			c := tc.config
			c.Repositories, c.Update = of(t, url+"/acme/web").Repositories, true
			r := newRun(t, c)
			counts(t, r.must(t), 1, 0, 0)
			dir := r.path("repositories/acme/web")
			if tc.before != nil {
				tc.before(t, dir)
			}
			if !tc.still {
				commit("main", "new", "theirs")
				commit("main", "deep/new", "theirs")
			}
			was := workTree(t, dir)
			s := newRunIn(t, r.project, c).must(t)
			switch {
			case tc.want == updated:
				if s.Updated != 1 || s.Done != 1 {
					t.Errorf("%+v %+v", s.KeptItems(), s.Failures())
				}
				git(t, dir, "diff", "--exit-code", "HEAD", "@{upstream}", "--")
				git(t, dir, "diff", "--exit-code", "HEAD", "--")
			case tc.want == unchanged:
				if s.Skipped != 1 || s.Kept != 0 {
					t.Errorf("%+v %+v %+v", s, s.KeptItems(), s.Failures())
				}
			case s.Kept != 1 || !strings.Contains(s.KeptItems()[0].Why, tc.want):
				t.Errorf("%+v %+v; want %q", s.KeptItems(), s.Failures(), tc.want)
			}
			if now := workTree(t, dir); tc.want != updated && now != was {
				t.Errorf("touched:\n%s\nwas\n%s", now, was)
			}
			if tc.check != nil {
				tc.check(t, dir)
			}
			git(t, dir, "fsck", "--connectivity-only")
		})
	}
}

// workTree describes what a person sees of a repository: the files, the index,
// HEAD, and the branches.
func workTree(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	for line := range strings.Lines(listing(t, dir)) {
		if !strings.HasPrefix(line, filepath.Join(dir, ".git")) && !strings.HasPrefix(line, dir+" ") {
			all.WriteString(line)
		}
	}
	for _, f := range []string{"HEAD", "index", "index.lock", "MERGE_HEAD", "BISECT_LOG", "FETCH_HEAD", "packed-refs"} {
		if data, err := os.ReadFile(filepath.Join(dir, ".git", f)); err == nil {
			all.WriteString(f + string(data))
		}
	}
	return all.String() + listing(t, filepath.Join(dir, ".git/refs/heads"))
}
