package stories

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// entry is what is known of one item: where its story lies, what the log says,
// or both.
type entry struct {
	dir    string // below specs, with slashes; shared by all in it
	name   string // of the file; "" if there is none
	source digest // [Draft.sourceHash]; 0 if the log knows nothing
	more   digest // [Draft.moreHash]; 0 if the log does not know
	was    span   // in the log
}

func (e entry) path() string { return e.dir + "/" + e.name }

func (e entry) number() int { return number(storyName, e.name) }

// index is everything that lies below specs.
type index struct {
	entries  map[string]entry     // by normalized external id
	stories  map[string]int       // highest number of a story, by home
	features map[string][]feature // by home
	epics    map[string][]feature // by home
	children map[string][]task    // of a story, by its normalized id
	doubles  map[string][]string  // paths of the stories of one item, where there are several
}

func newIndex() *index {
	return &index{
		make(map[string]entry), make(map[string]int), make(map[string][]feature), make(map[string][]feature), make(map[string][]task),
		make(map[string][]string),
	}
}

// homeOf is the folder of the project that a folder of features or stories
// belongs to.
func homeOf(dir string) string {
	parts := strings.Split(dir, "/")
	at := slices.IndexFunc(parts, func(p string) bool {
		return p == orphans || p == "_archive" || p == "_epics" || featureName.MatchString(p)
	})
	if at < 0 {
		return dir
	}
	return strings.Join(parts[:at], "/")
}

// found is a story's file.
type found struct{ dir, name string }

// maxDepth bounds the folders below each other that are looked into.
const maxDepth = 16

// someEntries is how much of a directory is looked at in one go: one may have
// 100,000 stories.
const someEntries = 256

// scan reads the whole tree below specs. Of the files only what tells whose
// story they are is read. Temporary files of a writer that was killed are
// removed where it is to clean: the caller holds the lock then.
func scan(specs *os.Root, clean bool) (*index, error) {
	x := newIndex()
	var mu sync.Mutex
	var wg sync.WaitGroup
	work := make(chan []found)
	for range 2 * runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			buf := make([]byte, maxRead)
			for batch := range work {
				ids := make([]string, len(batch))
				for i, f := range batch {
					ids[i] = externalIDOf(specs, f.dir+"/"+f.name, buf)
				}
				mu.Lock()
				for i, f := range batch {
					x.used(f.dir, number(storyName, f.name))
					if ids[i] != "" {
						x.put(ids[i], f.dir, f.name)
					}
				}
				mu.Unlock()
			}
		})
	}
	var walk func(dir string, depth int) error
	walk = func(dir string, depth int) error {
		d, err := specs.Open(dir)
		if err != nil {
			return err
		}
		defer func() { _ = d.Close() }() // only read
		for noted := false; ; {
			entries, err := d.ReadDir(someEntries)
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if !noted && !begun(dir, entries) {
				noted = true
				x.folder(specs, &mu, dir)
			}
			var batch []found
			for _, e := range entries {
				name := e.Name()
				switch {
				case e.IsDir():
					if depth < maxDepth && !strings.HasPrefix(name, ".") {
						if err := walk(path.Join(dir, name), depth+1); err != nil {
							return err
						}
					}
				case isTemp(name):
					if clean {
						_ = specs.Remove(path.Join(dir, name)) // at best
					}
				case isStory(name) && regular(specs, dir, e):
					batch = append(batch, found{dir, name})
				}
			}
			if batch != nil {
				work <- batch
			}
		}
	}
	err := walk(".", 0)
	close(work)
	wg.Wait()
	return x, err
}

// begun reports whether a folder was made by an import that got no further: its
// number is free.
func begun(dir string, entries []fs.DirEntry) bool {
	return strings.HasSuffix(dir, "E") && !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return !isTemp(e.Name()) })
}

// tempName is what commit calls a file that is not whole yet.
var tempName = lazyregexp.New(`^\.(us-.*|FEATURE|EPIC|README)\.md\.tmp$`)

// isTemp reports whether a name is that of a file that is not whole yet.
func isTemp(name string) bool {
	return strings.HasSuffix(name, tempSuffix) && tempName.MatchString(name)
}

// isStory reports whether SpecWeave takes a name for that of a story.
func isStory(name string) bool {
	return strings.HasPrefix(name, "us-") && strings.HasSuffix(name, ".md")
}

// regular reports whether an entry is a file, or leads to one inside specs. To
// open anything else may take for ever.
func regular(specs *os.Root, dir string, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.Type().IsRegular()
	}
	info, err := specs.Stat(path.Join(dir, e.Name()))
	return err == nil && info.Mode().IsRegular()
}

// put notes a story's file. Of two for one item the one that is not archived
// counts, then the first by name, whichever was read first.
func (x *index) put(id, dir, name string) {
	e := x.entries[id]
	if e.name != "" {
		was, is := Archived(e.dir), Archived(dir)
		if !was && !is {
			x.double(id, e.path())
			x.double(id, dir+"/"+name)
		}
		if is && !was || is == was && e.path() < dir+"/"+name {
			return
		}
	}
	e.dir, e.name = dir, name
	x.entries[strings.Clone(id)] = e // which is a part of the file
}

func (x *index) double(id, name string) {
	if !slices.Contains(x.doubles[id], name) {
		id = strings.Clone(id)
		x.doubles[id] = append(x.doubles[id], name)
	}
}

// used notes that a number is taken.
func (x *index) used(dir string, n int) {
	home := homeOf(dir)
	x.stories[home] = max(x.stories[home], n)
}

// folder notes a folder of a feature or an epic.
func (x *index) folder(specs *os.Root, mu sync.Locker, dir string) {
	base := path.Base(dir)
	home := homeOf(dir)
	if n := number(featureName, base); n > 0 {
		f := readFeature(specs, dir, "FEATURE.md", n)
		mu.Lock()
		x.features[home] = append(x.features[home], f)
		mu.Unlock()
	}
	if n := number(epicName, base); n > 0 && strings.Contains(dir, "_epics") {
		f := readFeature(specs, dir, "EPIC.md", n)
		mu.Lock()
		x.epics[home] = append(x.epics[home], f)
		mu.Unlock()
	}
}

// refresh looks for folders of features and epics that appeared meanwhile.
func (x *index) refresh(specs *os.Root, home string) {
	var none sync.Mutex
	for _, dir := range []string{home, path.Join(home, "_epics")} {
		entries, err := readDir(specs, dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			full := path.Join(dir, e.Name())
			known := func(f feature) bool { return f.dir == full }
			if !e.IsDir() || slices.ContainsFunc(x.features[home], known) || slices.ContainsFunc(x.epics[home], known) {
				continue
			}
			if inside, err := readDir(specs, full); err == nil && !begun(full, inside) {
				x.folder(specs, &none, full)
			}
		}
	}
}

// featureFor finds the first feature that matches; nil if none does.
func featureFor(features []feature, match func(feature) bool) *feature {
	var best *feature
	for i := range features {
		f := &features[i]
		if match(*f) && (best == nil || f.number < best.number) {
			best = f
		}
	}
	return best
}
