package jobs

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/specweave/specweave/platform"
)

// Projects is a user's register of the projects whose jobs are to go on after
// a reboot. It says where to look, never what is there to do: that is for the
// journals of the project. Each project has a file of its own, named by a hash
// of its path, so that nobody needs a lock.
type Projects struct{ dir string }

// OpenProjects names the register in a directory. It does no I/O.
func OpenProjects(dir string) Projects { return Projects{dir} }

// isEntry reports whether a file of that name is one of a register; what else
// lies there is left alone.
func isEntry(name string) bool {
	hash, ok := strings.CutSuffix(name, ".json")
	return ok && len(hash) == 32 && strings.Trim(hash, "0123456789abcdef") == ""
}

// maxEntry bounds what is read of a file; PATH_MAX is 4096.
const maxEntry = 64 << 10

type projectEntry struct {
	Schema int    `json:"schemaVersion"`
	Path   string `json:"path"`
}

func entryName(project string) string {
	sum := sha256.Sum256([]byte(project))
	return hex.EncodeToString(sum[:16]) + ".json"
}

// Remember adds a project. One that is known already costs a small read.
// A project that belongs to another user is refused: whoever owns a directory
// decides what its jobs are.
func (p Projects) Remember(project string) error {
	switch {
	case !filepath.IsAbs(project) || !utf8.ValidString(project):
		return fmt.Errorf("remember project %s: not an absolute path in UTF-8", Printable(project))
	case !owned(project):
		return fmt.Errorf("remember project %s: %w", Printable(project), errOwner)
	}
	name := entryName(project)
	if known, err := p.read(name); err == nil && known == project {
		return nil
	}
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return fmt.Errorf("remember project: %w", err)
	}
	data, err := json.Marshal(projectEntry{schemaVersion, project})
	if err != nil {
		return fmt.Errorf("remember project: %w", err)
	}
	return platform.WriteFile(filepath.Join(p.dir, name), append(data, '\n'))
}

// Forget removes a project. An unknown one is no error.
func (p Projects) Forget(project string) error { return p.remove(entryName(project)) }

func (p Projects) remove(name string) error {
	if err := platform.Remove(filepath.Join(p.dir, name)); err != nil {
		return fmt.Errorf("forget project: %w", err)
	}
	return nil
}

// List returns the directories of the projects, in no particular order, and
// forgets those that are gone. The error joins what is wrong with the others
// that are not returned: files that are damaged or not ours, directories of
// other users.
func (p Projects) List() ([]string, error) {
	files, err := os.ReadDir(p.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && !owned(p.dir) {
		err = fmt.Errorf("%s: %w", Printable(p.dir), errOwner)
	}
	if err != nil {
		return nil, fmt.Errorf("list projects: %w", err)
	}
	var projects []string
	var errs []error
	for _, f := range files {
		if !isEntry(f.Name()) {
			continue
		}
		project, err := p.read(f.Name())
		if err == nil {
			err = usable(project)
		}
		switch {
		case errors.Is(err, errGone):
			errs = append(errs, p.remove(f.Name()))
		case err != nil:
			errs = append(errs, fmt.Errorf("list projects: %s: %w", filepath.Join(p.dir, f.Name()), err))
		default:
			projects = append(projects, project)
		}
	}
	return projects, errors.Join(errs...)
}

var (
	errGone  = errors.New("no such project")
	errOwner = errors.New("belongs to another user")
)

// usable checks what a file of the register leads to.
func usable(project string) error {
	if !filepath.IsAbs(project) {
		return errGone
	}
	info, err := os.Stat(project)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && !info.IsDir():
		return errGone
	case err != nil: // not mounted, not allowed: it may come back
		return fmt.Errorf("project: %s", Printable(err.Error()))
	case !owned(project):
		return fmt.Errorf("project %s: %w", Printable(project), errOwner)
	}
	return nil
}

// owned reports whether a directory is this user's. Windows, whose files have
// no numeric owner, leaves the question to its access rights.
func owned(dir string) bool {
	_, err := os.Stat(dir) // where users have no numbers, that it is there is all
	return err == nil && platform.Owner(dir) == os.Getuid()
}

// read returns the path in one file of the register.
func (p Projects) read(name string) (string, error) {
	path := filepath.Join(p.dir, name)
	info, err := os.Lstat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > maxEntry {
		return "", errors.New("not a file of this register")
	}
	data, err := platform.ReadFile(path)
	if err != nil {
		return "", err
	}
	var e projectEntry
	switch err := json.Unmarshal(data, &e); {
	case err != nil:
		return "", err
	case e.Schema > schemaVersion:
		return "", fmt.Errorf("has schema %d; this program knows up to %d", e.Schema, schemaVersion)
	case e.Schema < 1 || entryName(e.Path) != name:
		return "", errors.New("not a file of this register")
	}
	return e.Path, nil
}

// Settle forgets the project of a store that has no unfinished job, and reports
// whether it did. It looks a second time afterwards: a launch in between would
// have found the project remembered, or remembered it before it was forgotten.
func (p Projects) Settle(s *Store) (forgotten bool, err error) {
	return p.settle(s.Project(), s.unfinished)
}

func (p Projects) settle(project string, unfinished func() (bool, error)) (bool, error) {
	if busy, err := unfinished(); busy || err != nil {
		return false, err
	}
	if err := p.Forget(project); err != nil {
		return false, err
	}
	if busy, err := unfinished(); busy || err != nil {
		return false, errors.Join(err, p.Remember(project))
	}
	return true, nil
}

// unfinished reports whether a job of ours is not over.
func (s *Store) unfinished() (bool, error) {
	views, err := s.Active()
	for _, v := range views {
		if !v.Foreign {
			return true, nil
		}
	}
	return false, err
}
