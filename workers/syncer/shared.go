package syncer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/workers/stories"
)

// Two profiles may be about one source, and its stories are those of both. So a
// source is held while it is synced, and what another profile does not know the
// end of yet is left to that.

// hold takes a source. The error wraps [platform.ErrLocked] if another profile
// is syncing it.
func (r *run) hold(source string) (*platform.Lock, error) {
	path := filepath.Join(stateDir(r.project, ""), "source-"+digest(source)+".lock")
	lock, err := platform.TryLock(path)
	if err != nil {
		return nil, fmt.Errorf("sync: %w", err)
	}
	return lock, nil
}

// others are the open intents of a source that other profiles have.
func (r *run) others(source string) (all []*intent, err error) {
	entries, err := os.ReadDir(stateDir(r.project, ""))
	if err != nil {
		return nil, fmt.Errorf("sync: %w", err)
	}
	for _, e := range entries {
		if !e.IsDir() || e.Name() == r.config.Profile {
			continue
		}
		f, err := os.Open(filepath.Join(stateDir(r.project, e.Name()), outboxFile))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("outbox: %w", err)
		}
		o := &outbox{f: f}
		_, err = o.scan()
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("outbox: %w", err)
		}
		for _, i := range o.of(source) {
			i.profile = e.Name()
			all = append(all, i)
		}
	}
	return all, nil
}

// awaited says of a story, or of an item whose story is not there, that it is not
// known yet what became of a change; "" where it is.
func (x *sourced) awaited(s stories.Story) string {
	for _, i := range slices.Concat(x.outbox.open, x.foreign) {
		if (s.Path == "" || i.Path != s.Path) && (s.ID == "" || i.ID != s.ID) && !x.wasMoved(i, s) {
			continue
		}
		text := "it is not known yet what became of the last change"
		if i.profile != "" {
			text += ": profile " + i.profile + " has to be synced first; if there is none of that name any more, look it up and remove .specweave/state/sync/" + i.profile
		}
		return text
	}
	return ""
}

// wasMoved reports whether a story without an item may be the one of an intent,
// which is not where it was.
func (x *sourced) wasMoved(i *intent, s stories.Story) bool {
	if s.ID != "" || s.Path == "" || i.Write.Number != "" || x.likeness(i, s) == 0 {
		return false
	}
	was, err := x.library.Story(i.Path)
	return err != nil || was.ID != ""
}
