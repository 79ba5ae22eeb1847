package workers

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/specweave/specweave/jobs"
)

// moved returns an error that pauses the job if the project was moved away or
// removed: git is told where to go by path. No git of t runs any more.
func (w *cloning) moved(t task) error {
	now, err := os.Stat(w.dir)
	ours, rootErr := w.root.Stat(".")
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil || rootErr != nil || os.SameFile(now, ours):
		return nil
	default:
		w.unmake(t)
	}
	return jobs.Pause(time.Time{}, "the project is no longer at "+jobs.Printable(w.dir))
}

// unmake removes what git made anew at the project's old place: in the middle
// of a clone it makes every directory that it misses. What is of anybody else
// stays, and so do the directories around it.
func (w *cloning) unmake(t task) {
	root, err := os.OpenRoot(w.dir)
	if err != nil {
		return
	}
	defer func() { _ = root.Close() }()
	at, err := locate(root, w.dir, t.Path, w.job.ID)
	if err != nil || at.discard() != nil {
		return
	}
	for dir := filepath.Dir(at.rel); dir != "." && root.Remove(dir) == nil; {
		dir = filepath.Dir(dir)
	}
	_ = os.Remove(w.dir) // if it is empty
}
