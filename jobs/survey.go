package jobs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/specweave/specweave/platform"
)

// Origin says whose a directory below jobs/ is.
type Origin string

// The origins.
const (
	Own     Origin = "own"     // a job of ours
	Damaged Origin = "damaged" // a job of ours that cannot be read: see Entry.Err
	Foreign Origin = "foreign" // SpecWeave's, or somebody else's
	Empty   Origin = "empty"   // what a killed launch leaves, or one that is under way
)

// Entry is one directory below jobs/, whatever it holds.
type Entry struct {
	ID      string // the directory's name
	Origin  Origin
	View    View            // of one of ours; of SpecWeave's if background-jobs.json has an entry for it
	Config  json.RawMessage // config.json, whoever wrote it; nil if there is none
	Alive   bool            // its worker runs
	Changed time.Time       // when something was last added or removed
	Err     error           // what is damaged
}

// Survey returns all directories below jobs/, in the order of their names, for
// whoever looks for what does not belong there. Symbolic links are left out,
// and it is an error if jobs/ itself leads out of the project. Like
// [Store.List] it takes no lock and writes nothing.
func (s *Store) Survey() ([]Entry, error) {
	dirs, err := os.ReadDir(filepath.Join(s.Dir(), "jobs"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = s.inside(filepath.Join(s.Dir(), "jobs"))
	}
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	foreign := map[string]View{}
	views, _ := s.foreign(nil) // a damaged projection is made anew by the next publication
	for _, v := range views {
		foreign[v.Job.ID] = v
	}
	var all []Entry
	for _, d := range dirs {
		if d.IsDir() && validID(d.Name()) {
			all = append(all, s.entry(d.Name(), foreign))
		}
	}
	return all, nil
}

func (s *Store) entry(id string, foreign map[string]View) Entry {
	e := Entry{ID: id, Origin: Own}
	if info, err := os.Lstat(s.path(id, "")); err == nil {
		e.Changed = info.ModTime()
	}
	e.Config, _ = s.rawConfig(id)
	e.View, e.Err = s.look(id)
	if e.Err == nil {
		e.Alive = e.View.Alive
		return e
	}
	e.Origin = Damaged
	if !errors.Is(e.Err, errNotOurs) {
		return e
	}
	e.Origin, e.Err, e.View = Foreign, nil, foreign[id]
	if files, err := os.ReadDir(s.path(id, "")); err == nil && len(files) == 0 {
		e.Origin = Empty
	}
	e.Alive = s.foreignAlive(id)
	return e
}

// foreignAlive reports whether the process in SpecWeave's worker.pid may be the
// one that wrote it: one that began later is not.
func (s *Store) foreignAlive(id string) bool {
	data, err := platform.ReadFile(s.path(id, "worker.pid"))
	info, err2 := os.Lstat(s.path(id, "worker.pid"))
	if err != nil || err2 != nil {
		return false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		return false
	}
	p, ok := platform.FindProc(pid)
	return ok && p.Alive() && p.Started <= info.ModTime().Add(2*time.Second).UnixMilli()
}

// inside returns an error if path leads out of the project.
func (s *Store) inside(path string) error {
	project, err := filepath.EvalSymlinks(s.project)
	if err != nil {
		return err
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	if rel, err := filepath.Rel(project, target); err != nil || !filepath.IsLocal(rel) {
		return fmt.Errorf("%s leads out of the project", path)
	}
	return nil
}

// Idle calls f while no worker can hold the job: it has the job's lock
// meanwhile. The error wraps [ErrClaimed] if a worker has it. A job whose
// directory is gone has no worker.
func (s *Store) Idle(id string, f func() error) error {
	lock, err := platform.TryLock(s.path(id, "worker.lock"))
	switch {
	case errors.Is(err, platform.ErrLocked):
		return fmt.Errorf("job %s: %w", Printable(id), ErrClaimed)
	case errors.Is(err, fs.ErrNotExist):
		return f()
	case err != nil:
		return fmt.Errorf("job %s: %w", Printable(id), err)
	}
	return errors.Join(f(), lock.Close())
}

// RemoveEmpty removes the directory of a job that holds nothing.
func (s *Store) RemoveEmpty(id string) error { return os.Remove(s.path(id, "")) }

// Exposed returns the files and directories of a job of ours, or with an empty
// id of the detached scheduler, that others than their owner may read or
// change. Windows has no such modes.
func (s *Store) Exposed(id string) []string {
	dir := filepath.Join(s.Dir(), "units")
	if id != "" {
		dir = s.path(id, "")
	}
	var all []string
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() && !d.Type().IsRegular() {
			return nil //nolint:nilerr // what cannot be looked at cannot be changed either
		}
		if info, err := d.Info(); err == nil && runtime.GOOS != "windows" && info.Mode()&0o077 != 0 {
			all = append(all, path)
		}
		return nil
	})
	return all
}

// Protect takes from others what [Store.Exposed] returns.
func (s *Store) Protect(id string) error {
	var errs []error
	for _, path := range s.Exposed(id) {
		info, err := os.Lstat(path)
		if err == nil {
			err = os.Chmod(path, info.Mode().Perm()&0o700)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
