package units

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/specweave/specweave/platform"
)

const entrySuffix = ".json"

// registry is a directory with one file for each detached unit.
type registry struct{ dir string }

// entry is the content of one file. An empty one says that its launcher is
// between creating the file and knowing the process, or died there.
type entry struct {
	Title string        `json:"title"`
	Proc  platform.Proc `json:"process"`
	Boot  string        `json:"boot"`
	Due   time.Time     `json:"due,omitzero"` // until then the process waits

	changed time.Time // of the file
}

// alive reports whether the unit runs or is being started.
func (e entry) alive() bool {
	if e.Proc.PID == 0 {
		return time.Since(e.changed) < startGrace
	}
	return e.Proc.Alive()
}

// waiting reports whether the process has been told to wait, and still does.
func (e entry) waiting() bool { return e.Proc.PID != 0 && time.Now().Before(e.Due) }

// status is that of a unit that is alive.
func (e entry) status() Status {
	st := Status{State: Active, PID: e.Proc.PID, Since: e.changed}
	switch {
	case e.waiting():
		st.State, st.Due = Waiting, e.Due
	case e.Due.After(e.changed):
		st.Since = e.Due
	}
	return st
}

// ownsGroup reports whether the process group of that number is the unit's. The
// kernel gives no process a number that a group still bears, so a stranger in
// its place means that nothing is left of the group.
func (e entry) ownsGroup() bool {
	if e.Proc.PID == 0 || e.Boot != platform.BootID() {
		return false
	}
	now, ok := platform.FindProc(e.Proc.PID)
	return !ok || now == e.Proc
}

func (r registry) path(name string) string { return filepath.Join(r.dir, name+entrySuffix) }

// names lists the registered units; there are none without a directory.
func (r registry) names() ([]string, error) {
	files, err := os.ReadDir(r.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, f := range files {
		if name, ok := strings.CutSuffix(f.Name(), entrySuffix); ok && validName(name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// read returns the entry of a unit, or an error that wraps [fs.ErrNotExist]. A
// damaged file says as much as an empty one, and keeps nobody from the others.
func (r registry) read(name string) (e entry, err error) {
	info, err := os.Stat(r.path(name))
	if err != nil {
		return e, err
	}
	data, err := platform.ReadFile(r.path(name))
	if err != nil {
		return e, err
	}
	if json.Unmarshal(data, &e) != nil {
		e = entry{}
	}
	e.changed = info.ModTime()
	return e, nil
}

// create registers a unit without a process. The file system itself lets one
// caller win, should the locks of this one do nothing.
func (r registry) create(name string) error {
	f, err := os.OpenFile(r.path(name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return ErrExists
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// sweep removes the files that processes and launchers left behind when they
// died, and damaged ones like those of launchers. The caller holds the lock.
func (r registry) sweep() error {
	names, err := r.names()
	if err != nil {
		return err
	}
	for _, name := range names {
		if e, err := r.read(name); !errors.Is(err, fs.ErrNotExist) && !e.alive() {
			if err := r.remove(name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r registry) write(name string, e entry) error {
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return platform.WriteFile(r.path(name), append(data, '\n'))
}

func (r registry) remove(name string) error {
	return platform.Remove(r.path(name))
}

// lock waits until no other process starts or forgets units of this registry,
// and keeps others from it until unlock is called. Without it, two that replace
// the same stale file would each remove the other's new one.
func (r registry) lock(ctx context.Context) (unlock func(), err error) {
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return nil, err
	}
	var l *platform.Lock
	err = until(ctx, func() bool {
		l, err = platform.TryLock(filepath.Join(r.dir, "lock"))
		return !errors.Is(err, platform.ErrLocked)
	})
	if err != nil {
		return nil, err
	}
	if l == nil { // a file system without locks: create still decides who is first
		return func() {}, nil
	}
	return func() { _ = l.Close() }, nil
}

// settled returns the entry of a unit that nobody is starting just now.
func (r registry) settled(ctx context.Context, name string) (entry, error) {
	unlock, err := r.lock(ctx)
	if err != nil {
		return entry{}, err
	}
	defer unlock()
	return r.read(name)
}

// forget removes the file of a unit, unless it has been started anew.
func (r registry) forget(ctx context.Context, name string, e entry) error {
	unlock, err := r.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	now, err := r.read(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && now.Proc != e.Proc {
		return nil
	}
	return errors.Join(err, r.remove(name))
}
