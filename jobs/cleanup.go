package jobs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/specweave/specweave/platform"
)

// KeepFinished is how many finished jobs SpecWeave keeps.
const KeepFinished = 10

// Cleanup removes all but the newest keep finished jobs, and job directories
// that a killed launch left empty, and returns the ids. Unfinished and damaged
// jobs, those of SpecWeave and what the jobs made are not touched.
func (s *Store) Cleanup(ctx context.Context, keep int) (removed []string, err error) {
	views, _ := s.ByStatus(Completed, CompletedWithWarnings, Failed) // what is wrong with the others is no matter here
	var errs []error
	kept := 0
	for _, v := range views {
		if v.Foreign || v.Damaged {
			continue
		}
		if kept++; kept <= keep {
			continue
		}
		switch err := s.remove(v.Job.ID); {
		case errors.Is(err, platform.ErrLocked):
		case err != nil:
			errs = append(errs, err)
		default:
			removed = append(removed, v.Job.ID)
		}
	}
	s.removeLeftovers()
	views, _ = s.List()
	errs = append(errs, s.square(ctx, views))
	return removed, errors.Join(errs...)
}

// remove takes a job's directory away, the job description first: without it
// a rest that a crash leaves is no job, and nobody needs its lock. Windows keeps
// the name of a lock that is open on some file systems, and so the directory.
func (s *Store) remove(id string) error {
	lock, err := platform.TryLock(s.path(id, "worker.lock"))
	if err != nil {
		return fmt.Errorf("job %s: %w", id, err)
	}
	if err := errors.Join(platform.Remove(s.path(id, "config.json")), lock.Close()); err != nil {
		return fmt.Errorf("job %s: %w", id, err)
	}
	if err := os.RemoveAll(s.path(id, "")); err != nil {
		return fmt.Errorf("job %s: %w", id, err)
	}
	return nil
}

// removeLeftovers removes what processes that were killed left more than an
// hour ago: empty job directories, and files that were to replace others.
func (s *Store) removeLeftovers() {
	for _, pattern := range []string{"jobs/*", ".*.tmp", "*.tmp", "jobs/*/.*.tmp", "units/.*.tmp"} {
		paths, _ := filepath.Glob(filepath.Join(s.Dir(), filepath.FromSlash(pattern)))
		for _, p := range paths {
			if info, err := os.Lstat(p); err == nil && time.Since(info.ModTime()) > time.Hour {
				_ = os.Remove(p) // a directory only if it is empty
			}
		}
	}
}
