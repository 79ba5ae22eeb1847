package platform

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrLocked reports that another process holds a lock.
var ErrLocked = errors.New("locked by another process")

// Lock is an exclusive lock that the operating system drops when its holder
// dies, however it dies. Child processes do not inherit it.
type Lock struct{ f *os.File }

// TryLock takes the lock at path, creating the file with mode 0600. It returns
// an error wrapping [ErrLocked], without waiting, when another process (or
// another Lock of this one) holds it.
func TryLock(path string) (*Lock, error) {
	f, err := openLock(path)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if err := tryLock(f); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return &Lock{f}, nil
}

// Close releases the lock at once: closing the file alone would leave it to a
// process that is between fork and exec, and holds every descriptor until then.
func (l *Lock) Close() error { return errors.Join(unlock(l.f), l.f.Close()) }

// Read returns what the locked file holds, and an error if that is more than
// limit bytes.
func (l *Lock) Read(limit int64) ([]byte, error) {
	info, err := l.f.Stat()
	if err == nil && info.Size() > limit {
		err = fmt.Errorf("more than %d bytes", limit)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", l.f.Name(), err)
	}
	data := make([]byte, info.Size())
	n, err := l.f.ReadAt(data, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read %s: %w", l.f.Name(), err)
	}
	return data[:n], nil
}

// Write replaces what the locked file holds, in place: other than [WriteFile]
// it takes microseconds, and a writer that is killed may leave the old content
// with its beginning replaced. Nothing is synced.
func (l *Lock) Write(data []byte) error {
	_, err := l.f.WriteAt(data, 0)
	if err != nil {
		return fmt.Errorf("write %s: %w", l.f.Name(), err)
	}
	info, err := l.f.Stat()
	if err == nil && info.Size() > int64(len(data)) {
		err = l.f.Truncate(int64(len(data)))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", l.f.Name(), err)
	}
	return nil
}
