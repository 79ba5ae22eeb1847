//go:build !windows

package platform

import "github.com/shirou/gopsutil/v3/process"

// parents returns the parent of each process, by one look at the process table.
func parents() (map[int32]int32, error) {
	pids, err := process.Pids()
	if err != nil {
		return nil, err
	}
	of := make(map[int32]int32, len(pids))
	for _, pid := range pids {
		if ppid, err := (&process.Process{Pid: pid}).Ppid(); err == nil {
			of[pid] = ppid
		}
	}
	return of, nil
}
