package platform

import (
	"os"
	"os/exec"
	"testing"
	"testing/synctest"
	"time"
)

// Processes that were killed are waited for by time, not by looks: one that
// waits for a disk is found in very many of them.
func TestKillAllWaits(t *testing.T) {
	c := exec.Command(os.Args[0], "-test.run=^$")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer c.Wait() //nolint:errcheck // it is killed, and until then its pid is nobody else's
	gone := Proc{PID: c.Process.Pid}
	for _, tc := range []struct {
		name  string
		lasts time.Duration
		fails bool
	}{
		{"gone", 0, false},
		{"slow", killPatience / 2, false},
		{"stuck", 2 * killPatience, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			open := descriptors(t)
			defer func() {
				if n := descriptors(t); n > open+10 { // the runtime has some of its own
					t.Errorf("%d descriptors, then %d", open, n)
				}
			}()
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				err := killAll(func() ([]Proc, error) {
					if time.Since(begun) >= tc.lasts {
						return nil, nil
					}
					return []Proc{gone}, nil
				})
				if (err != nil) != tc.fails {
					t.Errorf("error %v after %s", err, time.Since(begun))
				}
			})
		})
	}
}

// descriptors returns how many descriptors this process has open, 0 if nobody
// says.
func descriptors(t *testing.T) int {
	t.Helper()
	all, _ := os.ReadDir("/proc/self/fd")
	return len(all)
}
