package jobs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/specweave/specweave/platform"
)

// SpecWeave guards background-jobs.json with background-jobs.lock: a file made
// with O_EXCL that holds "pid\nmilliseconds", is waited for for five seconds
// and then taken by force, and is stale after thirty. We keep its rules, but
// never take by force what is not stale, and see sooner that a holder is dead.
const (
	nodeLockName  = "background-jobs.lock"
	nodeLockWait  = 5 * time.Second
	nodeLockStale = 30 * time.Second
	nodeLockFill  = 4 * time.Second // from making the file to writing into it, at most; less than nodeLockWait
)

// errBusy: another process holds SpecWeave's lock.
var errBusy = errors.New("background-jobs.lock is held by another process")

type nodeLock struct{ path, content string }

// lockProjection takes SpecWeave's lock, waiting at most wait for it.
func lockProjection(ctx context.Context, dir string, wait time.Duration) (*nodeLock, error) {
	l := &nodeLock{path: filepath.Join(dir, nodeLockName)}
	pause := time.NewTimer(0)
	defer pause.Stop()
	for end, nap := time.Now().Add(wait), 2*time.Millisecond; ; nap = min(2*nap, 20*time.Millisecond) {
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-pause.C:
		}
		if _, err := os.Lstat(l.path); err != nil { // many may wait: to look is cheap, to try is not
			l.content = fmt.Sprintf("%d\n%d", os.Getpid(), time.Now().UnixMilli())
			if err = l.create(); err == nil {
				return l, nil
			}
			if !errors.Is(err, os.ErrExist) {
				return nil, fmt.Errorf("lock: %w", err)
			}
		}
		l.breakStale()
		if time.Now().After(end) {
			return nil, errBusy
		}
		pause.Reset(nap)
	}
}

// create makes the lock appear with its content, by a link: SpecWeave removes
// a lock that it can open but not yet read.
func (l *nodeLock) create() error {
	tmp, err := os.CreateTemp(filepath.Dir(l.path), ".lock.*.tmp")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.WriteString(l.content)
	if err := errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	err = os.Link(tmp.Name(), l.path)
	if platform.Busy(err) { // the last holder's, which someone still reads
		return os.ErrExist
	}
	if err == nil || errors.Is(err, os.ErrExist) {
		return err
	}
	f, err := os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // no links here
	if err != nil {
		return err
	}
	_, err = f.WriteString(l.content)
	return errors.Join(err, f.Close())
}

// breakStale removes a lock whose holder must be dead. It is renamed first, so
// that of several who find it stale one takes it away, and put back if it
// turns out to be a fresh one.
func (l *nodeLock) breakStale() {
	if !staleLock(l.path) {
		return
	}
	aside := l.path + "." + strconv.Itoa(os.Getpid()) + ".tmp"
	if os.Rename(l.path, aside) != nil {
		return
	}
	if !staleLock(aside) {
		_ = os.Link(aside, l.path)
	}
	_ = os.Remove(aside)
}

// staleLock reports whether the holder of a lock must be dead. A power cut
// leaves locks whose content had not reached the disk, and whose holder's pid
// is another process's now.
func staleLock(path string) bool {
	info, err := os.Lstat(path)
	if err != nil {
		return false
	}
	b, err := platform.ReadFile(path)
	if err != nil {
		return false
	}
	first, second, _ := strings.Cut(string(b), "\n")
	pid, err1 := strconv.Atoi(strings.TrimSpace(first))
	ms, err2 := strconv.ParseInt(strings.TrimSpace(second), 10, 64)
	if err1 != nil || err2 != nil {
		return time.Since(info.ModTime()).Abs() > nodeLockFill
	}
	holder, ok := platform.FindProc(pid)
	return !ok || holder.StartedAt().After(time.UnixMilli(ms+2000)) || // two seconds for clocks that are adjusted
		time.Since(time.UnixMilli(ms)).Abs() > nodeLockStale // Abs: the clock may have been set back
}

// held reports whether the lock is still ours: a SpecWeave that waited too
// long may have taken it.
func (l *nodeLock) held() bool {
	b, err := platform.ReadFile(l.path)
	return err == nil && string(b) == l.content
}

func (l *nodeLock) release() {
	if l.held() {
		_ = platform.Remove(l.path)
	}
}
