package platform

import (
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// syncfs is unix.Syncfs but in tests, which count.
var syncfs = unix.Syncfs

// TreeSyncer puts directories on stable storage, for many callers at once. The
// zero value is ready to use.
//
// It syncs whole file systems, syncfs(2), which takes one commit where a sync
// of each file takes one for each. Those who come while one is under way share
// the next.
type TreeSyncer struct {
	mu      sync.Mutex
	devices map[uint64]*device
}

// device is one file system.
type device struct {
	turn chan struct{} // full during a sync
	next *round        // that has not begun; nil if nobody waits for one
}

// round is one sync, which serves everybody who came before it began.
type round struct {
	done chan struct{}
	err  error
}

// Sync puts the files below dir on stable storage.
func (s *TreeSyncer) Sync(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }() // it was not written to
	fd := int(d.Fd())
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return fmt.Errorf("stat %s: %w", dir, err)
	}
	s.mu.Lock()
	dev := s.devices[st.Dev]
	if dev == nil {
		if s.devices == nil {
			s.devices = make(map[uint64]*device)
		}
		dev = &device{turn: make(chan struct{}, 1)}
		s.devices[st.Dev] = dev
	}
	mine, first := dev.next, dev.next == nil
	if first {
		mine = &round{done: make(chan struct{})}
		dev.next = mine
	}
	s.mu.Unlock()
	if first {
		dev.turn <- struct{}{}
		s.mu.Lock()
		dev.next = nil
		s.mu.Unlock()
		mine.err = syncfs(fd)
		<-dev.turn
		close(mine.done)
	}
	<-mine.done
	if mine.err != nil {
		return fmt.Errorf("syncfs %s: %w", dir, mine.err)
	}
	return nil
}

// SyncPaths puts files and directories below dir, all on its file system, on
// stable storage.
func (s *TreeSyncer) SyncPaths(dir string, _ []string) error { return s.Sync(dir) }
