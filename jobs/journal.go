package jobs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/specweave/specweave/platform"
)

// file is what a journal needs of an [os.File].
type file interface {
	io.Reader
	io.WriterAt
	io.Closer
	Sync() error
	Truncate(size int64) error
}

// openFile is os.OpenFile but in tests, which make it fail.
var openFile = func(path string) (file, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
}

// errJournal is wrapped by every error of a journal that could not be written:
// the job did not fail, it is its record that is in danger.
var errJournal = errors.New("journal")

// syncEvery is how long an event may stay in the kernel's memory only.
const syncEvery = time.Second

// Journal appends to one job's journal. Its holder holds the job's lock, so it
// writes at the offset it knows: what a failed write left behind the last whole
// line is overwritten by the next one. It is not for use by several goroutines.
type Journal struct {
	f      file
	size   int64 // of the whole lines
	dirty  bool  // something is not yet on stable storage
	synced time.Time
}

// OpenJournal opens the journal at path, creating it with mode 0600, and
// returns what it adds up to. A torn last line is cut off. A journal damaged
// before that gives an error that wraps [ErrCorrupt], and the file stays as it
// is.
func OpenJournal(path string) (*Journal, State, error) {
	_, statErr := os.Lstat(path)
	f, err := openFile(path)
	if err != nil {
		return nil, State{}, fmt.Errorf("open journal: %w", err)
	}
	if errors.Is(statErr, os.ErrNotExist) {
		if err := platform.SyncDir(filepath.Dir(path)); err != nil {
			return nil, State{}, errors.Join(fmt.Errorf("open journal: %w", err), f.Close())
		}
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, State{}, errors.Join(fmt.Errorf("read journal: %w", err), f.Close())
	}
	s, n, err := Fold(data)
	if err == nil && n < len(data) {
		err = f.Truncate(int64(n))
	}
	if err != nil {
		return nil, s, errors.Join(err, f.Close())
	}
	return &Journal{f: f, size: int64(n), synced: time.Now()}, s, nil
}

// Append writes e as one line. When it returns nil the line survives the death
// of this process, and that of the machine once it is synced: see [Kind]. When
// it returns an error the journal ends with the line before, now or after the
// next Append.
func (j *Journal) Append(e Event) error {
	e.Err, e.Why = clip(e.Err), clip(e.Why)
	var b bytes.Buffer
	enc := json.NewEncoder(&b) // ends with a newline
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return fmt.Errorf("%w: %s: %w", errJournal, e.Kind, err)
	}
	if _, err := j.f.WriteAt(b.Bytes(), j.size); err != nil {
		_ = j.f.Truncate(j.size) // at best; a torn tail is ignored anyway
		return fmt.Errorf("%w: %s: %w", errJournal, e.Kind, err)
	}
	j.dirty = true
	if e.Kind.durable() || time.Since(j.synced) >= syncEvery {
		if err := j.Sync(); err != nil {
			_ = j.f.Truncate(j.size)
			return err
		}
	}
	j.size += int64(b.Len())
	return nil
}

// Sync puts what was appended on stable storage.
func (j *Journal) Sync() error {
	if !j.dirty {
		return nil
	}
	if err := j.f.Sync(); err != nil {
		return fmt.Errorf("%w: sync: %w", errJournal, err)
	}
	j.dirty, j.synced = false, time.Now()
	return nil
}

// Close syncs and closes the journal.
func (j *Journal) Close() error { return errors.Join(j.Sync(), j.f.Close()) }
