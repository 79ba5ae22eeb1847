package syncer

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/specweave/specweave/platform"
)

// stateDir is where a profile keeps what its syncs have to know, below the
// project.
func stateDir(project, profile string) string {
	return filepath.Join(project, ".specweave", "state", "sync", profile)
}

// BusyError says that another sync of the same profile is at work on this
// machine.
type BusyError struct {
	Profile string
	Job     string // id of the other's job; "" if it has not said
	PID     int    // of its process; 0 likewise
}

func (e *BusyError) Error() string {
	who := "another sync"
	if e.Job != "" {
		who = fmt.Sprintf("job %s (pid %d)", e.Job, e.PID)
	}
	return fmt.Sprintf("profile %s is being synced by %s", e.Profile, who)
}

// holder is what stands beside a lease.
type holder struct {
	Job string `json:"jobId"`
	PID int    `json:"pid"`
}

const maxHolder = 4 << 10

// lease is a profile that this process syncs.
type lease struct {
	lock *platform.Lock
	dir  string
}

// take takes the lease of a profile, which the operating system gives back when
// the process dies. The error is a [*BusyError] if another process has it.
func take(project, profile, job string) (*lease, error) {
	dir := stateDir(project, profile)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("sync: %w", err)
	}
	lock, err := platform.TryLock(filepath.Join(dir, "lease"))
	if errors.Is(err, platform.ErrLocked) {
		return nil, busy(project, profile)
	}
	if err != nil {
		return nil, fmt.Errorf("sync: %w", err)
	}
	data, err := json.Marshal(holder{job, os.Getpid()})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "holder.json"), data, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("sync: %w", errors.Join(err, lock.Close()))
	}
	return &lease{lock, dir}, nil
}

func (l *lease) close() error {
	err := os.Remove(filepath.Join(l.dir, "holder.json"))
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, l.lock.Close())
}

// Busy returns a [*BusyError] if a sync of a profile is at work on this machine.
// It writes nothing.
func Busy(project, profile string) error {
	path := filepath.Join(stateDir(project, profile), "lease")
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	lock, err := platform.TryLock(path)
	if errors.Is(err, platform.ErrLocked) {
		return busy(project, profile)
	}
	if err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return lock.Close()
}

func busy(project, profile string) error {
	e := &BusyError{Profile: profile}
	data, err := platform.ReadFile(filepath.Join(stateDir(project, profile), "holder.json"))
	var h holder
	if err == nil && len(data) <= maxHolder && json.Unmarshal(data, &h) == nil {
		e.Job, e.PID = h.Job, h.PID
	}
	return e
}
