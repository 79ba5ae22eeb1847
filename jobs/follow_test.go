package jobs

import (
	"os"
	"testing"
	"time"
)

// Whoever follows a job to its end finds its result, which is written after the
// last line of its journal.
func TestFollowWaitsForTheResult(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	job := finished(t, s, false)
	result := s.path(job.ID, "result.json")
	if err := os.Rename(result, result+".later"); err != nil {
		t.Fatal(err)
	}
	over, done := make(chan bool), make(chan error, 1)
	go func() {
		done <- s.Follow(t.Context(), job.ID, func(st *State) error {
			if st.Status.Terminal() {
				close(over)
			}
			return nil
		})
	}()
	<-over
	select {
	case err := <-done:
		t.Fatalf("it did not wait: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	if err := os.Rename(result+".later", result); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
