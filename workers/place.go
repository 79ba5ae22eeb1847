package workers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/specweave/specweave/platform"
)

// place is where one repository goes. Everything is done through an os.Root,
// which no symbolic link leads out of.
type place struct {
	root *os.Root
	dir  string // absolute path of root, without symbolic links
	rel  string // below root, with the system's separators, no link in its parents
	job  string // id
}

// errOutside says that a symbolic link leads out of the project.
var errOutside = errors.New("a symbolic link on the way leads out of the project")

// errTaken says that somebody else made something at a path while we cloned.
var errTaken = errors.New("the path was taken meanwhile")

// locate finds where p, a checked path, is on disk below the project. Symbolic
// links on the way are followed as long as they stay inside.
func locate(root *os.Root, dir, p, job string) (place, error) {
	parent, rest := filepath.FromSlash(path.Dir(p)), ""
	for parent != "." {
		full := filepath.Join(dir, parent)
		_, err := os.Lstat(full)
		if err == nil {
			target, err := filepath.EvalSymlinks(full)
			if err != nil {
				return place{}, fmt.Errorf("%s: %w", filepath.ToSlash(parent), bare(err))
			}
			rel, err := filepath.Rel(dir, target)
			if err != nil || !filepath.IsLocal(rel) {
				return place{}, errOutside
			}
			if info, err := os.Stat(target); err != nil || !info.IsDir() {
				return place{}, fmt.Errorf("%s is not a directory", filepath.ToSlash(parent))
			}
			rest = filepath.Join(rel, rest)
			break
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return place{}, fmt.Errorf("%s: %w", filepath.ToSlash(parent), bare(err))
		}
		rest = filepath.Join(filepath.Base(parent), rest)
		parent = filepath.Dir(parent)
	}
	if reason := landing(filepath.ToSlash(rest)); reason != "" {
		return place{}, errors.New(reason)
	}
	return place{root, dir, filepath.Join(rest, path.Base(p)), job}, nil
}

// landing refuses places that only a symbolic link can lead to.
func landing(parent string) string {
	for i, s := range strings.Split(parent, "/") {
		if dotGit.MatchString(s) || i == 0 && strings.EqualFold(s, ".specweave") {
			return "a symbolic link on the way leads into " + s
		}
	}
	return ""
}

// bare is err without the path that os puts before it.
func bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

func (p place) full() string    { return filepath.Join(p.dir, p.rel) }
func (p place) partial() string { return p.rel + ".partial-" + p.job }

// prepare makes an empty directory for git's clone and returns its name below
// the root, which does not exist yet.
func (p place) prepare() (string, error) {
	if err := p.discard(); err != nil {
		return "", err
	}
	if err := p.root.MkdirAll(p.partial(), 0o777); err != nil { // less the umask, as git does
		return "", fmt.Errorf("make directory: %w", err)
	}
	return filepath.Join(p.partial(), rand.Text()[:8]), nil
}

// publish gives a whole clone its name, when it is whole on the disk too: git
// syncs little more than packs, and a file system may keep the name and lose
// what is in it. Nothing is replaced but an empty directory, or what is still
// the remains of a killed clone.
func (p place) publish(clone string, r Repository, replace finding, sync func(dir string) error) error {
	if err := sync(filepath.Join(p.dir, clone)); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	if replace == remains {
		if !p.isRemains(r) {
			return errTaken
		}
		if err := removeAll(p.root, p.rel); err != nil {
			return fmt.Errorf("remove the remains of a clone: %w", err)
		}
	}
	// Only a directory is removed, and only an empty one: a file that appeared
	// meanwhile is somebody's.
	if info, err := p.root.Lstat(p.rel); err == nil {
		if info.IsDir() {
			err = p.root.Remove(p.rel)
		} else {
			err = fs.ErrExist
		}
		if err != nil {
			return fmt.Errorf("%w: %w", errTaken, bare(err))
		}
	}
	if err := platform.UntilFree(func() error { return p.root.Rename(clone, p.rel) }); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %w", errTaken, bare(err))
	} else if err != nil {
		return fmt.Errorf("rename: %w", err)
	}
	if err := p.root.Remove(p.partial()); err != nil {
		return fmt.Errorf("remove the partial directory: %w", err)
	}
	if err := platform.SyncDir(filepath.Dir(p.full())); err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	return nil
}

// discard removes what an earlier try or attempt of this job left.
func (p place) discard() error { return removeAll(p.root, p.partial()) }

// removeAll removes a tree without following links. Directories that may not
// be written are made writable first.
func removeAll(root *os.Root, name string) error {
	err := root.RemoveAll(name)
	if err == nil || !platform.ReadOnly(err) {
		return err
	}
	_ = fs.WalkDir(root.FS(), filepath.ToSlash(name), func(p string, d fs.DirEntry, _ error) error {
		if d != nil && d.IsDir() {
			_ = root.Chmod(filepath.FromSlash(p), 0o700)
		}
		return nil
	})
	return root.RemoveAll(name)
}

// finding is what stands at a target path.
type finding int

const (
	nothing   finding = iota // or an empty directory
	wholeRepo                // nothing to do
	remains                  // of a git clone that was killed; holds nothing of a person
	taken                    // anything else: not to be touched
)

// inspect says what stands at p. It changes nothing.
func (p place) inspect(ctx context.Context, git Git, env []string, r Repository) (finding, string) {
	info, err := p.root.Lstat(p.rel)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nothing, ""
	case err != nil:
		return taken, bare(err).Error()
	}
	full := p.full()
	if info.Mode()&fs.ModeSymlink != 0 {
		target, err := filepath.EvalSymlinks(full)
		if err != nil {
			return taken, "the path is a symbolic link that leads nowhere"
		}
		if rel, err := filepath.Rel(p.dir, target); err != nil || !filepath.IsLocal(rel) {
			return taken, errOutside.Error()
		}
		if ok, _ := isWhole(ctx, git, env, target); ok {
			return wholeRepo, ""
		}
		return taken, "the path is a symbolic link"
	}
	if !info.IsDir() {
		return taken, "the path is a file"
	}
	entries, err := os.ReadDir(full)
	if err != nil {
		return taken, bare(err).Error()
	}
	if len(entries) == 0 {
		return nothing, ""
	}
	whole, why := isWhole(ctx, git, env, full)
	switch {
	case whole:
		return wholeRepo, ""
	case p.isRemains(r):
		return remains, ""
	case why != "":
		return taken, "the directory holds a broken repository (" + why + "); move it away and retry"
	}
	return taken, "the directory is not empty and not a repository; move it away and retry"
}

// Why a whole clone is not what was asked for.
const (
	ofAnother = "it is a clone of something else"
	noMirror  = "it has a work tree, and a mirror was asked for"
	noTree    = "it has no work tree, and no mirror was asked for"
)

// otherwise is why the clone at p is not what was asked for; "" if it is.
func (p place) otherwise(r Repository, mirror bool) string {
	_, err := os.Lstat(filepath.Join(p.full(), ".git"))
	switch bare := errors.Is(err, fs.ErrNotExist); {
	case p.ofAnother(r):
		return ofAnother
	case mirror && !bare:
		return noMirror
	case !mirror && bare:
		return noTree
	}
	return ""
}

// ofAnother reports whether the repository at p has remotes, and none of them
// leads to r. One without any may be r all the same.
func (p place) ofAnother(r Repository) bool {
	urls, wanted := Remotes(p.full()), parseLocation(r.CloneURL)
	return len(urls) > 0 && !slices.ContainsFunc(urls, func(u string) bool { return parseLocation(u).same(wanted) })
}

// isRemains reports whether p has nothing but what a killed clone of r left.
func (p place) isRemains(r Repository) bool {
	entries, err := os.ReadDir(p.full())
	if err != nil {
		return false
	}
	if len(entries) == 1 && entries[0].Name() == ".git" && entries[0].IsDir() {
		return isRemains(filepath.Join(p.full(), ".git"), r.CloneURL)
	}
	return isBare(p.full()) && isRemains(p.full(), r.CloneURL)
}
