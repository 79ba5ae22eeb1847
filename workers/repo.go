package workers

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// repo is a repository on this machine.
type repo struct {
	dir    string // the work tree, or the git directory if there is none
	gitDir string
}

func (r repo) bare() bool { return r.dir == r.gitDir }

// repoAt says what repository is at a place, or why it is not to be updated.
func repoAt(at place) (repo, string) {
	dir := at.full()
	if info, err := at.root.Lstat(at.rel); err != nil || info.Mode()&fs.ModeSymlink != 0 {
		return repo{}, "the path is a symbolic link"
	}
	gitDir := filepath.Join(dir, ".git")
	switch info, err := os.Lstat(gitDir); {
	case errors.Is(err, fs.ErrNotExist):
		return repo{dir, dir}, ""
	case err != nil || !info.IsDir():
		return repo{}, "it is a work tree of another repository"
	}
	return repo{dir, gitDir}, ""
}

// env keeps git from looking for a repository further up, and from asking for a
// message.
func (r repo) env(env []string) []string {
	return append(env[:len(env):len(env)], "GIT_CEILING_DIRECTORIES="+filepath.Dir(r.dir), "GIT_EDITOR=:")
}

// command is a quick look of git at a repository. No host is asked: a missing
// object is not fetched.
func (g Git) command(ctx context.Context, env []string, r repo, args ...string) *exec.Cmd {
	all := private()
	if r.bare() {
		all = append(all, "--git-dir="+r.gitDir)
	}
	cmd := exec.CommandContext(ctx, g.Path, append(all, args...)...) //nolint:gosec // every argument was checked
	cmd.Dir, cmd.Env, cmd.WaitDelay = r.dir, append(r.env(env), "GIT_ALLOW_PROTOCOL=none", "GIT_NO_LAZY_FETCH=1"), outputGrace
	apart(cmd)
	return cmd
}

// in returns what a quick look prints.
func (g Git) in(ctx context.Context, env []string, r repo, args ...string) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, lookTimeout, errCutOff)
	defer cancel()
	out, err := g.command(ctx, env, r, args...).Output()
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return strings.TrimSpace(string(out)), err
}

// refs is a digest of all refs of a repository, which may be a million.
func (w *cloning) refs(ctx context.Context, r repo) (string, error) {
	sum := sha256.New()
	cmd := w.git.command(ctx, w.env, r, "for-each-ref", "--format=%(objectname) %(refname)")
	cmd.Stdout = sum
	err := cmd.Run()
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return string(sum.Sum(nil)), err
}
