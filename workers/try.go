package workers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// try clones once, checks the result and gives it its name.
func (w *cloning) try(ctx context.Context, at place, t task, found finding) error {
	clone, err := at.prepare()
	if err != nil {
		return err
	}
	run := command{
		git: w.git.Path, args: w.arguments(t, filepath.Join(w.dir, clone)), dir: w.dir, env: w.env,
		stall: w.stall, alive: w.progress.Alive,
	}
	if err := run.run(ctx); err != nil {
		return err
	}
	if err := w.check(ctx, clone); err != nil {
		return err
	}
	return at.publish(clone, t.Repository, found, w.disk.Sync)
}

// arguments are those of git. No secret is among them.
func (w *cloning) arguments(t task, dir string) []string {
	args := private()
	if ref := w.creds.Reference(t.CloneURL); ref != "" && ref != "git" && len(w.helper) > 0 {
		args = append(args, helperOptions(w.helper)...)
	}
	args = append(args, "clone", "--progress")
	if isLocal(t.CloneURL) {
		args = append(args, "--no-local") // or git links files and checks nothing
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
	return append(args, "--", t.CloneURL, dir)
}

// check makes sure of what a finished clone looks like.
func (w *cloning) check(ctx context.Context, clone string) error {
	gitDir := filepath.Join(w.dir, clone, ".git")
	if w.config.Mirror {
		gitDir = filepath.Join(w.dir, clone)
	}
	err := checkHead(gitDir)
	if errors.Is(err, errReftable) {
		if ok, why := isWhole(ctx, w.git, w.env, filepath.Join(w.dir, clone)); !ok {
			return &brokenError{why}
		}
		err = nil
	}
	if err != nil {
		return &brokenError{err.Error()}
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

// brokenError says that git reported success and left no whole repository.
type brokenError struct{ reason string }

func (e *brokenError) Error() string { return "the clone is not whole: " + e.reason }
