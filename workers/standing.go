package workers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/specweave/specweave/jobs"
)

// standing is how a clone with a work tree stands to its remote, after a fetch.
type standing struct {
	doing    string // what a person is in the middle of, such as "a rebase"; "" for nothing
	branch   string // that is checked out; "" for none
	upstream string // the remote-tracking ref that it follows; "" for none of this remote's
	empty    bool   // the remote still has nothing to follow, and there is nothing here
	ahead    int    // commits of the branch that the upstream lacks
	behind   int    // commits of the upstream that the branch lacks
	locked   bool   // somebody has the index
	changes  int    // files that are changed, staged or not; only asked where it matters
}

// step is what an update does with a work tree.
type step int

const (
	stay    step = iota // there is nothing newer for it
	keep                // there may be, and it stays as a person left it
	forward             // it is fast-forwarded
)

// decide says what to do with a work tree, and why it is kept. Only one that
// holds nothing of a person's is moved, and only forward.
func (s standing) decide() (step, string) {
	switch {
	case s.branch == "" && s.doing != "":
		return keep, "it is in the middle of " + s.doing
	case s.branch == "":
		return keep, "no branch is checked out"
	case s.empty:
		return stay, ""
	case s.upstream == "":
		return keep, "branch " + s.branch + " follows no branch of the remote"
	case s.behind == 0:
		return stay, ""
	case s.ahead > 0:
		return keep, fmt.Sprintf("branch %s has diverged: %s of its own, %d of the remote", s.branch, commits(s.ahead), s.behind)
	case s.doing != "":
		return keep, "it is in the middle of " + s.doing
	case s.locked:
		return keep, "index.lock is there: a git works in it, or was cut off"
	case s.changes > 0:
		return keep, fmt.Sprintf("uncommitted changes (%s)", files(s.changes))
	}
	return forward, ""
}

func commits(n int) string {
	if n == 1 {
		return "1 commit"
	}
	return fmt.Sprintf("%d commits", n)
}

func files(n int) string {
	if n == 1 {
		return "1 file"
	}
	return fmt.Sprintf("%d files", n)
}

// doings are the files by which git itself knows what goes on in a repository
// (wt-status.c, wt_status_get_state).
var doings = []struct{ file, what string }{
	{"rebase-merge", "a rebase"},
	{"rebase-apply", "a rebase or git am"},
	{"MERGE_HEAD", "a merge"},
	{"CHERRY_PICK_HEAD", "a cherry-pick"},
	{"REVERT_HEAD", "a revert"},
	{"BISECT_LOG", "a bisect"},
	{"sequencer", "a cherry-pick or revert"},
}

// standing looks at a repository with a work tree. It asks no host and writes
// nothing.
func (w *cloning) standing(ctx context.Context, r repo, from remote) (standing, error) {
	var s standing
	for _, d := range doings {
		if _, err := os.Lstat(filepath.Join(r.gitDir, d.file)); err == nil && s.doing == "" {
			s.doing = d.what
		}
	}
	_, err := os.Lstat(filepath.Join(r.gitDir, "index.lock"))
	s.locked = err == nil
	head, err := w.git.in(ctx, w.env, r, "symbolic-ref", "--quiet", "HEAD")
	branch, ok := strings.CutPrefix(head, "refs/heads/")
	if err != nil || !ok {
		return s, nil //nolint:nilerr // no branch is checked out
	}
	s.branch = jobs.Printable(branch)
	// A branch that is not born yet follows one, too: a clone of what was empty.
	if name, err := w.git.in(ctx, w.env, r, "config", "branch."+branch+".remote"); err != nil || name != from.name {
		return s, nil //nolint:nilerr // it follows none
	}
	s.upstream, err = w.git.in(ctx, w.env, r, "rev-parse", "--verify", "--quiet", "--symbolic-full-name", branch+"@{upstream}")
	if err != nil || s.upstream == "" {
		s.empty = pristine(r.gitDir)
		return s, nil //nolint:nilerr // it follows a branch that the remote has not
	}
	if _, err := w.git.in(ctx, w.env, r, "rev-parse", "--verify", "--quiet", "HEAD^{commit}"); err != nil {
		s.behind = 1 // or more
		if hasIndex(r.gitDir) {
			s.changes = 1
		}
		return s, nil
	}
	count, err := w.git.in(ctx, w.env, r, "rev-list", "--left-right", "--count", "HEAD..."+s.upstream)
	if err != nil {
		return s, fmt.Errorf("compare %s with its upstream: %w", s.branch, err)
	}
	if _, err := fmt.Sscan(count, &s.ahead, &s.behind); err != nil {
		return s, fmt.Errorf("compare %s with its upstream: %w", s.branch, err)
	}
	if s.behind > 0 && s.ahead == 0 {
		s.changes, err = w.changes(ctx, r)
	}
	return s, err
}

// changes counts the files with changes that are not committed. What is not
// tracked does not count: git refuses to write over it. Submodules count where
// they are the job's as well.
func (w *cloning) changes(ctx context.Context, r repo) (int, error) {
	ignore := "all"
	if w.config.Submodules {
		ignore = "none"
	}
	var n counter
	cmd := w.git.command(ctx, w.env, r, "status", "--porcelain", "-z", "--untracked-files=no", "--no-renames", "--ignore-submodules="+ignore)
	cmd.Stdout = &n
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("git status: %w", err)
	}
	return int(n), nil
}

// counter counts NULs.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	for _, b := range p {
		if b == 0 {
			*c++
		}
	}
	return len(p), nil
}

// errCutOff says that a look at a repository took too long.
var errCutOff = errors.New("git gave no answer in " + lookTimeout.String())
