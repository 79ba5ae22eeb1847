package stories

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// What is wrong with a story that sync leaves alone. The errors come with its
// path in the message, and the [Story] with them has its Path.
var (
	ErrNoStory = errors.New("there is no such story")
	ErrNoBase  = errors.New("it was edited, and what its source had is not known") // until its item is read
	ErrDouble  = errors.New("another story is of the same item")                   // until one is removed
	ErrBroken  = errors.New("it is no story that can be synced")                   // for the reason that follows
	ErrLinked  = errors.New("SpecWeave has made an item of it already")            // as a key external of its front matter says
)

// Changed yields the stories of a source of a platform that differ from what
// the source had, or show conflicts, in the order of their paths, and an error
// for each that cannot be told. It reads every file once and holds one at a
// time; the loop may write stories. What is in an archive is left out.
func (l *Library) Changed(ctx context.Context, platform, source string) iter.Seq2[Story, error] {
	return func(yield func(Story, error) bool) {
		if err := l.learnMore(ctx); err != nil {
			yield(Story{}, err)
			return
		}
		var all []known
		for id, path := range l.Known(platform, source) {
			if !Archived(path) {
				all = append(all, known{id, path})
			}
		}
		slices.SortFunc(all, func(a, b known) int { return strings.Compare(a.path, b.path) })
		for batch := range slices.Chunk(all, atOnce) {
			for _, k := range l.differing(batch) {
				if ctx.Err() != nil {
					yield(Story{}, context.Cause(ctx))
					return
				}
				s, err := l.changed(ctx, k.id)
				if !errors.Is(err, ErrNoStory) && (err != nil || s.differs()) && !yield(s, err) {
					return
				}
			}
		}
	}
}

// known is a story as the index has it.
type known struct{ id, path string }

// atOnce is how many stories are looked at before the first that differs is
// handed out.
const atOnce = 256

func (s *Story) differs() bool { return len(s.Changed)+len(s.Conflicts)+len(s.Removed) > 0 }

// differing are the stories of a batch that need a closer look, read on as many
// processors as there are.
func (l *Library) differing(batch []known) []known {
	differs := make([]bool, len(batch))
	part := (len(batch) + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for from := 0; from < len(batch); from += part {
		wg.Go(func() {
			r := shelf{specs: l.specs}
			defer r.close()
			for i := from; i < min(from+part, len(batch)); i++ {
				id := batch[i].id
				e := l.x.entries[id]
				raw, info, err := r.read(e)
				if err == nil && untouchedText(raw) && len(l.x.doubles[id]) == 0 {
					continue
				}
				s, err := l.judge(id, e, raw, info, err)
				differs[i] = err != nil || s.differs()
			}
		})
	}
	wg.Wait()
	var all []known
	for i, is := range differs {
		if is {
			all = append(all, batch[i])
		}
	}
	return all
}

// changed reads a story that differs once more, while nobody writes: another
// process may have been about to tell the log.
func (l *Library) changed(ctx context.Context, id string) (Story, error) {
	if err := l.learnMore(ctx); err != nil {
		return Story{}, err
	}
	return l.read(id, l.x.entries[id])
}

// learnMore learns what other processes wrote.
func (l *Library) learnMore(ctx context.Context) error {
	return l.held(ctx, func() error { return nil })
}

// Removed yields the normalized ids of the items of a source whose stories a
// person deleted, in no order.
func (l *Library) Removed(platform, source string) iter.Seq[string] {
	of := belongs(platform, source)
	return func(yield func(string) bool) {
		for id, e := range l.x.entries {
			if e.removed(l) && of(id, e.dir) && !yield(id) {
				return
			}
		}
	}
}

// removed reports whether a person deleted the story of an item: the log knows
// it, and its folder is there.
func (e entry) removed(l *Library) bool {
	return e.name == "" && e.source != 0 && e.dir != "" && l.exists(e.dir)
}

// New yields the stories without an item, in the order of their paths, and an
// error for each file that looks like one of an item but does not say which.
func (l *Library) New(ctx context.Context) iter.Seq2[Story, error] {
	return func(yield func(Story, error) bool) {
		if err := l.learnMore(ctx); err != nil {
			yield(Story{}, err)
			return
		}
		known := make(map[string]bool)
		for _, e := range l.x.entries {
			known[e.path()] = true
		}
		err := fs.WalkDir(l.specs.FS(), ".", func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case ctx.Err() != nil:
				return context.Cause(ctx)
			case d.IsDir() && (d.Name() == "_archive" || name != "." && strings.HasPrefix(d.Name(), ".")):
				return fs.SkipDir
			case d.IsDir() || !isStory(d.Name()) || known[name]:
				return nil
			}
			s, err := l.read("", entry{dir: path.Dir(name), name: path.Base(name)})
			if s.ID == "" && !errors.Is(err, ErrNoStory) && !yield(s, err) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(Story{}, fmt.Errorf("stories: %w", err))
		}
	}
}

// Story reads a story by its external id, or by its path one without an item.
// The index is asked for it, not the disk.
func (l *Library) Story(idOrPath string) (Story, error) {
	if name, ok := strings.CutPrefix(idOrPath, Dir+"/"); ok {
		e := entry{dir: path.Dir(name), name: path.Base(name)}
		for id, known := range l.x.entries {
			if known.name != "" && known.path() == name {
				return l.read(id, known)
			}
		}
		return l.read("", e)
	}
	id := Normalize(idOrPath)
	return l.read(id, l.x.entries[id])
}

// doubles are the paths of all stories of an item, if there is more than one.
func (l *Library) doubles(id string) []string {
	all := slices.DeleteFunc(slices.Clone(l.x.doubles[id]), func(name string) bool { return !l.exists(name) })
	if len(all) < 2 {
		return nil
	}
	return all
}
