package jobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/specweave/specweave/platform"
)

// ErrInterrupted reports that no worker runs an unfinished job: it never began,
// or died without a word and was not started again.
var ErrInterrupted = errors.New("no worker runs it, and none was started")

const (
	followEvery = 250 * time.Millisecond
	// restartGrace is more than any manager waits before it starts a crashed
	// worker again.
	restartGrace = 30 * time.Second
	// resultGrace is more than a worker that lives takes from the last line of its
	// journal to the result: both are brought to the disk.
	resultGrace = 30 * time.Second
)

// follower replays a journal as it grows.
type follower struct {
	path   string
	live   func() []Live
	offset int64
	state  State
}

func (s *Store) follower(id string) *follower {
	return &follower{path: s.path(id, "journal.jsonl"), live: func() []Live { return s.readLive(id) }, state: State{Status: Pending}}
}

// next replays what has been added and reports whether that was anything. A
// journal that is not there yet has nothing.
func (f *follower) next() (bool, error) {
	file, err := platform.Open(f.path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.NewSectionReader(file, f.offset, 1<<62))
	if err != nil {
		return false, err
	}
	n, err := f.state.replay(data, f.offset)
	f.offset += int64(n)
	return n > 0, err
}

// Follow calls f with the job's state now, after each change, and at least
// every second while the job runs, until it is over or paused. Of a job that is
// over the result is there, unless its worker was killed before it wrote that.
// The state is valid for the call. Follow only reads. It returns f's error, the cause of
// ctx's end, or [ErrInterrupted].
func (s *Store) Follow(ctx context.Context, id string, f func(*State) error) error {
	job, err := s.job(id)
	if err != nil {
		return err
	}
	fl := s.follower(id)
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	seen, shown := time.Now(), time.Time{}
	for {
		changed, err := fl.next()
		if err != nil {
			return fmt.Errorf("job %s: %w", id, err)
		}
		if changed || time.Since(shown) >= time.Second {
			if fl.state.live = nil; fl.state.Status == Running {
				fl.state.live = fl.live()
			}
			if err := f(&fl.state); err != nil {
				return err
			}
			shown = time.Now()
		}
		st := &fl.state
		if st.Status.Terminal() {
			return s.awaitResult(ctx, id, st)
		}
		if st.Status == Paused && !st.toRestart() {
			return nil
		}
		if changed || st.witnessed() {
			seen = time.Now()
		}
		if time.Since(seen) > restartGrace {
			if need, _ := s.needs(job); need == Unmet || need == Hidden {
				seen = time.Now()
				continue
			}
			return fmt.Errorf("job %s: %w", id, ErrInterrupted)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// awaitResult waits for the result of a job that is over, as long as its worker
// may still write it.
func (s *Store) awaitResult(ctx context.Context, id string, st *State) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(resultGrace); st.Boot == platform.BootID() && st.Proc.Alive() && time.Now().Before(end); {
		if _, err := os.Lstat(s.path(id, "result.json")); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
	return nil
}
