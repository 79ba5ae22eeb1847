package workers

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// Partial is a directory that a clone was made in and that is left.
type Partial struct {
	Path string // below the project, with slashes
	Job  string // id
}

var (
	partialName = lazyregexp.New(`^.+\.partial-([0-9a-f]{8})$`)
	cloneName   = lazyregexp.New(`^[A-Z2-7]{8}$`) // see prepare
)

// FindPartials returns what clones left unfinished beside the given
// repositories and in the folders below [DefaultInto]: directories with the
// name of a partial clone that hold nothing but what has the name of a clone.
// Whether its job still runs is for the caller to know. It changes nothing.
func FindPartials(project string, repos []Repository) ([]Partial, error) {
	dir, root, err := openProject(project)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	var folders []string
	for _, r := range repos {
		if at, err := locate(root, dir, r.Path, ""); err == nil {
			folders = append(folders, filepath.ToSlash(filepath.Dir(at.rel)))
		}
	}
	owners, _ := fs.ReadDir(root.FS(), DefaultInto)
	for _, o := range owners {
		if o.IsDir() {
			folders = append(folders, path.Join(DefaultInto, o.Name()))
		}
	}
	slices.Sort(folders)
	var all []Partial
	for _, folder := range slices.Compact(folders) {
		entries, _ := fs.ReadDir(root.FS(), folder)
		for _, e := range entries {
			if p := (Partial{Path: path.Join(folder, e.Name())}); p.check(root) == nil {
				p.Job = partialName.FindStringSubmatch(e.Name())[1]
				all = append(all, p)
			}
		}
	}
	return all, nil
}

var errNoPartial = errors.New("not a partial clone")

func (p Partial) check(root *os.Root) error {
	if !partialName.MatchString(path.Base(p.Path)) {
		return errNoPartial
	}
	info, err := root.Lstat(filepath.FromSlash(p.Path))
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return errNoPartial
	}
	clones, err := fs.ReadDir(root.FS(), p.Path)
	for _, c := range clones {
		if !c.IsDir() || !cloneName.MatchString(c.Name()) {
			return errNoPartial
		}
	}
	return err
}

// RemovePartial removes what [FindPartials] found, if it still is one. No
// worker of its job may run meanwhile.
func RemovePartial(project string, p Partial) error {
	_, root, err := openProject(project)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if err := p.check(root); err != nil {
		return err
	}
	return removeAll(root, filepath.FromSlash(p.Path))
}
