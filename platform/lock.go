package platform

import (
	"errors"
	"fmt"
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
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
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
