package platform

import (
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/shirou/gopsutil/v3/process"
)

// killPatience is how long processes have to be gone after they were killed.
// One that waits for a disk or for a processor takes its time.
const killPatience = 10 * time.Second

// KillMarked ends at once every other process of this user whose environment
// holds mark, a NAME=value, and returns when none is left. It finds what has
// left its parent, its group and its session behind. A process whose
// environment cannot be read has no mark. It fails when after ten seconds one
// is still there, as on a file system that no longer answers.
func KillMarked(mark string) error {
	return killAll(func() ([]Proc, error) { return marked(mark) })
}

// killAll kills what find finds until it finds nothing: one may start another
// while we look.
func killAll(find func() ([]Proc, error)) error {
	begun := time.Now()
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		late := time.Since(begun) > killPatience // who did not run meanwhile looks once more
		found, err := find()
		if err != nil || len(found) == 0 {
			return err
		}
		for _, p := range found {
			if err := killOne(p.PID); err != nil {
				return err
			}
		}
		if late {
			return fmt.Errorf("process %d was killed and does not end", found[0].PID)
		}
		<-time.After(wait)
	}
}

// marked finds the living processes, but for this one, whose environment
// holds mark.
func marked(mark string) ([]Proc, error) {
	pids, err := process.Pids()
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	var found []Proc
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
	return found, nil
}
