package stories

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/specweave/specweave/platform"
)

// tempSuffix ends the names of files that are not whole yet. They begin with a
// dot, so that nobody takes them for stories.
const tempSuffix = ".tmp"

// write is os.File.WriteString but in tests, which make it fail or count.
var write = func(f *os.File, data string) error {
	_, err := f.WriteString(data)
	return err
}

// step is called between what a page does; tests end the process there.
var step = func() {}

// commit writes a page. Its files get their names, in their order, when their
// content is durable, and the log tells of them when their names are. So a
// process that ends between any two steps leaves whole files, the first of the
// page, and a machine that does the same.
func (l *Library) commit(p *page) (err error) {
	temps := make([]string, 0, len(p.files))
	within := make(map[string]*os.Root) // of each folder: a path is looked up part by part
	defer func() {
		if err != nil {
			for _, t := range temps {
				_ = l.specs.Remove(t) // at best; the next Open does it
			}
		}
		for _, r := range within {
			err = errors.Join(err, r.Close())
		}
	}()
	var dirs []string
	for _, f := range p.files {
		if within[f.dir] == nil {
			dir, err := l.folder(f.dir)
			if err != nil {
				return fmt.Errorf("make directory: %w", err)
			}
			within[f.dir] = dir
			dirs = append(dirs, f.dir)
		}
		temps = append(temps, filepath.Join(filepath.FromSlash(f.dir), tempOf(f)))
		if err := writeTemp(within[f.dir], f); err != nil {
			return err
		}
		step()
	}
	if len(p.files) > 0 {
		if err := l.syncPaths(temps); err != nil {
			return err
		}
		step()
	}
	if len(p.records) == 0 && len(p.files) == 0 && len(p.moves) == 0 {
		return nil
	}
	if err := os.WriteFile(l.busyPath(), nil, 0o600); err != nil {
		return err
	}
	for i, f := range p.files {
		if f.was != nil && editedSince(within[f.dir], f) {
			_ = within[f.dir].Remove(tempOf(f)) // at best; the next Open does it
			l.pass(p, f)
			continue
		}
		if err := platform.UntilFree(func() error { return within[f.dir].Rename(tempOf(f), f.name) }); err != nil {
			temps = temps[i:]
			return fmt.Errorf("rename: %w", err)
		}
		step()
	}
	temps = nil
	for _, m := range p.moves {
		if !slices.Contains(dirs, m.to) {
			if err := l.specs.MkdirAll(filepath.FromSlash(m.to), 0o777); err != nil {
				return fmt.Errorf("make directory: %w", err)
			}
		}
		from, to := filepath.Join(filepath.FromSlash(m.from), m.name), filepath.Join(filepath.FromSlash(m.to), m.name)
		if err := platform.UntilFree(func() error { return l.specs.Rename(from, to) }); err != nil {
			return fmt.Errorf("move: %w", err)
		}
		dirs = append(dirs, m.from, m.to)
		step()
	}
	for _, f := range p.drops {
		if len(p.late) > 0 || editedSince(l.specs, file{name: filepath.Join(filepath.FromSlash(f.dir), f.name), was: f.was}) {
			continue
		}
		if err := l.specs.Remove(filepath.Join(filepath.FromSlash(f.dir), f.name)); err != nil {
			return fmt.Errorf("remove: %w", err)
		}
		dirs = append(dirs, f.dir)
		step()
	}
	if len(dirs) > 0 {
		if err := l.syncPaths(upwards(dirs)); err != nil {
			return err
		}
		step()
	}
	spans, err := l.log.append(p.records)
	if err != nil {
		return err
	}
	step()
	if err := os.Remove(l.busyPath()); err != nil {
		return err
	}
	for i, r := range p.records {
		if r.parent == "" {
			e := l.x.entries[r.id]
			e.was = spans[i]
			l.x.entries[r.id] = e
		}
	}
	return nil
}

// editedSince reports whether a file is not the one that was read.
func editedSince(dir *os.Root, f file) bool {
	now, err := dir.Lstat(f.name)
	return err != nil || now.Size() != f.was.Size() || !now.ModTime().Equal(f.was.ModTime())
}

// pass leaves a file alone that a person edited since it was read, and what the
// log was to say of it.
func (l *Library) pass(p *page, f file) {
	p.late = append(p.late, f.dir+"/"+f.name)
	p.records = slices.DeleteFunc(p.records, func(r record) bool {
		is := r.parent == "" && r.name == f.name && (r.dir == f.dir || slices.Contains(p.moves, move{f.name, f.dir, r.dir}))
		if is {
			e := l.x.entries[r.id]
			e.dir, e.source, e.more = f.dir, 0, 0 // so that the next draft is looked at
			l.x.entries[r.id] = e
		}
		return is
	})
	p.moves = slices.DeleteFunc(p.moves, func(m move) bool { return m.name == f.name && m.from == f.dir })
}

// syncPaths makes files and directories below specs durable, with one sync of
// the file system where there is one: of each file it takes longer by far.
func (l *Library) syncPaths(names []string) error {
	dir := l.full("")
	full := make([]string, len(names))
	for i, n := range names {
		full[i] = filepath.Join(dir, n)
	}
	if err := l.sync.SyncPaths(dir, full); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return nil
}

// upwards are directories with all those above them, which may be new as well.
func upwards(dirs []string) []string {
	var all []string
	for _, d := range dirs {
		for d != "." && !slices.Contains(all, d) {
			all = append(all, d)
			d = path.Dir(d)
		}
	}
	return append(all, ".")
}

// folder opens a folder below specs, and makes it if it is not there.
func (l *Library) folder(dir string) (*os.Root, error) {
	name := filepath.FromSlash(dir)
	if err := l.specs.MkdirAll(name, 0o777); err != nil {
		return nil, err
	}
	return l.specs.OpenRoot(name)
}

func tempOf(f file) string { return "." + f.name + tempSuffix }

// writeTemp writes a file that has no name yet into its folder. One that takes
// another's place gets its mode.
func writeTemp(dir *os.Root, f file) error {
	was, err := dir.Lstat(f.name)
	switch {
	case err == nil && !was.Mode().IsRegular():
		return fmt.Errorf("%s/%s is not a file", f.dir, f.name)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	t, err := create(dir, tempOf(f))
	if errors.Is(err, fs.ErrExist) { // of a process that was killed
		if err = dir.Remove(tempOf(f)); err == nil {
			t, err = create(dir, tempOf(f))
		}
	}
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	err = write(t, f.data)
	if err == nil && was != nil {
		err = t.Chmod(was.Mode().Perm())
	}
	if err := errors.Join(err, t.Close()); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

func create(dir *os.Root, name string) (*os.File, error) {
	return dir.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666) // less the umask: it is a document
}

// bare is err without the path that os puts before it.
func bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
