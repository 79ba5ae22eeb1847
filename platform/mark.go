package platform

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/shirou/gopsutil/v3/process"
)

// KillMarked ends at once every other process of this user whose environment
// holds mark, a NAME=value, and returns when none is left. It finds what has
// left its parent, its group and its session behind. A process whose
// environment cannot be read has no mark.
func KillMarked(mark string) error {
	for range 100 { // one may start another while we look
		var found []Proc
		pids, err := process.Pids()
		if err != nil {
			return fmt.Errorf("list processes: %w", err)
		}
		for _, pid := range pids {
			if int(pid) == os.Getpid() {
				continue
			}
			env, err := (&process.Process{Pid: pid}).Environ()
			if err != nil || !slices.Contains(env, mark) {
				continue
			}
			if p, ok := FindProc(int(pid)); ok && p.Alive() {
				found = append(found, p)
			}
		}
		if len(found) == 0 {
			return nil
		}
		for _, p := range found {
			if f, err := os.FindProcess(p.PID); err == nil {
				if err := f.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
					return fmt.Errorf("kill process %d: %w", p.PID, err)
				}
			}
		}
	}
	return errors.New("marked processes keep appearing")
}
