package stories

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/specweave/specweave/platform"
)

// Dir is where stories are, below the project.
const Dir = ".specweave/docs/internal/specs"

// stateDir holds the log and its lock, below the project.
const stateDir = ".specweave/state/import"

// Options are what a project may choose.
type Options struct {
	// Epics are the trackers' types that become epics of SpecWeave, EP-001E,
	// such as Capability or Initiative. There are none by default.
	Epics []string
	// ReadOnly has nothing written to the project, not even a folder or a lock:
	// for [Library.Preview] and for reading.
	ReadOnly bool
	// Now is time.Now where it is nil.
	Now func() time.Time
}

// Library is the stories of one project. It is not for use by several
// goroutines; several processes may each have one.
type Library struct {
	project string
	root    *os.Root // of the project
	specs   *os.Root
	empty   string // a folder elsewhere, in the place of specs that are not there and not made
	log     logFile
	x       *index
	o       Options
	sync    platform.TreeSyncer
	err     error // of a page that was not finished: what x says is not so
}

// Open reads what stories a project has. It walks the whole tree below [Dir],
// waits until no other import is writing, and removes what a killed one left
// half way, unless it is only read.
func Open(ctx context.Context, project string, o Options) (*Library, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	l := &Library{project: project, o: o, log: logFile{readOnly: o.ReadOnly}}
	err := l.open(ctx)
	if err != nil {
		return nil, fmt.Errorf("stories: %w", errors.Join(err, l.Close()))
	}
	return l, nil
}

func (l *Library) open(ctx context.Context) (err error) {
	if l.root, err = os.OpenRoot(l.project); err != nil {
		return err
	}
	if !l.o.ReadOnly {
		if err := l.root.MkdirAll(filepath.FromSlash(Dir), 0o777); err != nil { // less the umask: they are documents
			return err
		}
		if err := l.root.MkdirAll(filepath.FromSlash(stateDir), 0o700); err != nil {
			return err
		}
	}
	l.specs, err = l.root.OpenRoot(filepath.FromSlash(Dir))
	if l.o.ReadOnly && errors.Is(err, fs.ErrNotExist) {
		if l.empty, err = os.MkdirTemp("", "specweave-"); err == nil {
			l.specs, err = os.OpenRoot(l.empty)
		}
	}
	if err != nil {
		return err
	}
	l.log.path = filepath.Join(l.project, filepath.FromSlash(stateDir), "stories.log")
	lock, err := l.lock(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := l.rescan(); err != nil {
		return err
	}
	if l.o.ReadOnly {
		return nil
	}
	return l.tidy()
}

// rescan reads everything, as after a page that somebody did not finish.
func (l *Library) rescan() (err error) {
	if l.x, err = scan(l.specs, !l.o.ReadOnly); err != nil {
		return err
	}
	err = l.log.close()
	l.log.f = nil
	if l.o.ReadOnly {
		return errors.Join(err, l.catchUp())
	}
	err = errors.Join(err, os.Remove(l.busyPath()))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, l.catchUp())
}

// busyPath is a file that is there while files get their names and the log does
// not tell: who finds it looks at all files again.
func (l *Library) busyPath() string {
	return filepath.Join(l.project, filepath.FromSlash(stateDir), "stories.busy")
}

// lockEvery is how often a lock that another holds is asked for; it is held for
// as long as a page is written.
const lockEvery = 5 * time.Millisecond

func (l *Library) lock(ctx context.Context) (io.Closer, error) {
	path := filepath.Join(l.project, filepath.FromSlash(stateDir), "stories.lock")
	if _, err := os.Lstat(path); l.o.ReadOnly && errors.Is(err, fs.ErrNotExist) { // nobody has written
		return noLock{}, nil
	}
	tick := time.NewTicker(lockEvery)
	defer tick.Stop()
	for {
		lock, err := platform.TryLock(path)
		switch {
		case err == nil:
			return lock, nil
		case l.o.ReadOnly && platform.ReadOnly(err): // nor can anybody
			return noLock{}, nil
		case !errors.Is(err, platform.ErrLocked):
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// noLock is held where nothing is written.
type noLock struct{}

func (noLock) Close() error { return nil }

// held calls do while no other import writes, and after a look at what those
// wrote.
func (l *Library) held(ctx context.Context, do func() error) (err error) {
	if l.err != nil {
		return l.err
	}
	lock, err := l.lock(ctx)
	if err != nil {
		return fmt.Errorf("stories: %w", err)
	}
	defer func() {
		if err = errors.Join(err, lock.Close()); err != nil {
			err = fmt.Errorf("stories: %w", err)
		}
	}()
	if err := l.catchUp(); err != nil {
		return err
	}
	return do()
}

// catchUp learns from the log what was written, by others as well.
func (l *Library) catchUp() error {
	if _, err := os.Lstat(l.busyPath()); err == nil && !l.o.ReadOnly {
		return l.rescan()
	}
	return l.log.catchUp(func() {
		for id, e := range l.x.entries {
			e.source, e.more, e.was = 0, 0, span{}
			l.x.entries[id] = e
		}
		clear(l.x.children)
	}, l.learn)
}

func (l *Library) learn(r record, at span) {
	if r.parent != "" {
		l.x.child(r.parent, r.task)
		return
	}
	e := l.x.entries[r.id]
	e.source, e.more, e.was = r.source, r.more, at
	switch {
	case r.name != "" && r.dir+"/"+r.name != e.path() && (e.name == "" || !l.exists(e.path())) && l.exists(r.dir+"/"+r.name): // of another process
		e.dir, e.name = r.dir, r.name
		l.x.used(r.dir, e.number())
	case e.name == "":
		e.dir = r.dir
	}
	l.x.entries[r.id] = e
}

func (l *Library) exists(name string) bool {
	_, err := l.specs.Lstat(filepath.FromSlash(name))
	return err == nil
}

// tidy compacts a log of which more than half is of the past.
func (l *Library) tidy() error {
	var needed []span
	for _, e := range l.x.entries {
		if e.was.size > 0 {
			needed = append(needed, e.was)
		}
	}
	tasks := 0
	for _, list := range l.x.children {
		tasks += len(list)
	}
	if l.log.lines < 1000+2*(len(needed)+tasks) {
		return nil
	}
	_ = l.log.compact(needed, l.x.children) // the long one serves as well
	return l.catchUp()
}

// Close lets go of the project's files. What was written is durable already.
func (l *Library) Close() error {
	err := l.log.close()
	for _, r := range []*os.Root{l.specs, l.root} {
		if r != nil {
			err = errors.Join(err, r.Close())
		}
	}
	if l.empty != "" {
		err = errors.Join(err, os.Remove(l.empty))
	}
	return err
}

// full is the path of a file below specs outside of the root, for syncing.
func (l *Library) full(name string) string {
	return filepath.Join(l.project, filepath.FromSlash(Dir), filepath.FromSlash(name))
}

// Path is that of a story relative to the project, with slashes, and whether
// the project has one for an external id. The index is asked, not the disk.
func (l *Library) Path(externalID string) (string, bool) {
	e, ok := l.x.entries[Normalize(externalID)]
	if !ok || e.name == "" {
		return "", false
	}
	return path.Join(Dir, e.path()), true
}

// Awaited are the normalized ids of the items of a source that have not come, and
// others lie below: features that are known by their children, and the stories of
// tasks. Who imports some items only may ask for those too.
func (l *Library) Awaited(platform, source string) []string {
	of := belongs(platform, source)
	var all []string
	add := func(id, dir string) {
		if e := l.x.entries[id]; id != "" && e.name == "" && e.source == 0 && of(id, dir) && !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	for home, features := range l.x.features {
		for _, f := range features {
			add(f.external, home+"/")
		}
	}
	if platform == ado { // who asks for one of another project finds none
		of = func(id, _ string) bool { return strings.HasPrefix(id, "ado-") }
		for id := range l.x.children {
			add(id, "")
		}
	}
	slices.Sort(all)
	return all
}

// Len is how many items have stories.
func (l *Library) Len() int {
	n := 0
	for _, e := range l.x.entries {
		if e.name != "" {
			n++
		}
	}
	return n
}
