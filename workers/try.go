package workers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// try brings t once to where it belongs: it updates what is there, or clones,
// checks the result and gives it its name.
func (w *cloning) try(ctx context.Context, at place, t task, found finding, m *meter) (outcome, error) {
	if found == wholeRepo {
		return w.refresh(ctx, at, t, m)
	}
	clone, err := at.prepare()
	if err != nil {
		return outcome{}, err
	}
	run := command{
		git: w.git.Path, args: w.arguments(t, filepath.Join(w.dir, clone)), dir: w.dir, env: w.environ(t),
		stall: w.stall, alive: w.progress.Alive, shows: w.follow(t, m),
	}
	if err := run.run(ctx); err != nil {
		return outcome{}, err
	}
	if err := w.check(ctx, t, clone); err != nil {
		return outcome{}, err
	}
	return outcome{}, at.publish(clone, t.Repository, found, w.disk.Sync)
}

// options are those of every run of git for t. No secret is among them.
func (w *cloning) options(t task) []string {
	args := private()
	if ref := w.creds.Reference(t.CloneURL); ref != "" && ref != "git" && len(w.helper) > 0 {
		args = append(args, helperOptions(w.helper)...)
	}
	return args
}

// arguments are those of a clone.
func (w *cloning) arguments(t task, dir string) []string {
	args := append(w.options(t), "clone", "--progress")
	if isLocal(t.CloneURL) {
		args = append(args, "--no-local") // or git links files and checks nothing
	}
	if runtime.GOOS == "windows" { // for whoever works in it, too
		args = append(args, "--config="+longPaths)
	}
	if !w.template {
		args = append(args, "--template=") // git's own are samples: a seventh of the time of a small clone
	}
	if w.config.Mirror {
		args = append(args, "--mirror")
	}
	if w.config.Depth > 0 {
		args = append(args, "--depth="+strconv.Itoa(w.config.Depth))
	}
	if w.config.Filter != "" {
		args = append(args, "--filter="+w.config.Filter)
	}
	args = append(args, w.wishes(t)...)
	return append(args, "--", t.CloneURL, dir)
}

// check makes sure of what a finished clone looks like.
func (w *cloning) check(ctx context.Context, t task, clone string) error {
	gitDir := filepath.Join(w.dir, clone, ".git")
	if w.config.Mirror {
		gitDir = filepath.Join(w.dir, clone)
	}
	where, err := headOf(gitDir)
	if errors.Is(err, errReftable) {
		var why string
		where, why = w.git.askHead(ctx, w.env, gitDir)
		err = errors.New(why)
	}
	switch where {
	case broken:
		return &brokenError{err.Error()}
	case void:
		if err := w.confirmEmpty(ctx, t); err != nil {
			return err
		}
		if err := w.expectBranch(ctx, gitDir); err != nil {
			return err
		}
	case born, unborn:
	}
	if !w.template { // what other programs expect of a repository
		for _, d := range []string{"hooks", "info"} {
			// Not with its parents: the project may have been moved away.
			if err := os.Mkdir(filepath.Join(gitDir, d), 0o777); err != nil && !errors.Is(err, os.ErrExist) { //nolint:gosec // less the umask, as git does
				return fmt.Errorf("make directory: %w", err)
			}
		}
	}
	return nil
}

// expectBranch marks a clone of a remote without commits as finished where git
// does not: in a bare one.
func (w *cloning) expectBranch(ctx context.Context, gitDir string) error {
	if expectsBranch(gitDir) {
		return nil
	}
	ref, err := w.git.ask(ctx, w.env, gitDir, "symbolic-ref", "HEAD")
	if err != nil {
		return &brokenError{"HEAD cannot be read"}
	}
	section := "branch." + strings.TrimPrefix(ref, "refs/heads/")
	for _, set := range [][2]string{{".remote", "origin"}, {".merge", ref}} {
		if _, err := w.git.config(ctx, w.env, "--file", filepath.Join(gitDir, "config"), section+set[0], set[1]); err != nil {
			return fmt.Errorf("git config: %w", err)
		}
	}
	return nil
}

// brokenError says that git reported success and left no whole repository.
type brokenError struct{ reason string }

func (e *brokenError) Error() string { return "the clone is not whole: " + e.reason }
