package platform

import (
	"time"

	"github.com/shirou/gopsutil/v3/process"
)

// Health is how a process is doing. What the operating system does not tell is
// zero.
type Health struct {
	CPU       time.Duration // used so far, by the process alone
	Memory    uint64        // resident, in bytes
	Threads   int
	OpenFiles int
	Read      uint64 // bytes from storage
	Written   uint64 // bytes to storage
	Children  []Child
}

// Child is a living descendant of a process.
type Child struct {
	PID     int
	Name    string // of the program, as the operating system shortens it
	Started time.Time
}

// Health looks at p. It reports false if p does not run.
func (p Proc) Health() (Health, bool) {
	if !p.Alive() {
		return Health{}, false
	}
	q := &process.Process{Pid: int32(p.PID)} //nolint:gosec // pids fit 32 bits on every system
	var h Health
	if t, err := q.Times(); err == nil {
		h.CPU = time.Duration((t.User + t.System) * float64(time.Second))
	}
	if m, err := q.MemoryInfo(); err == nil {
		h.Memory = m.RSS
	}
	if n, err := q.NumThreads(); err == nil {
		h.Threads = int(n)
	}
	if n, err := q.NumFDs(); err == nil {
		h.OpenFiles = int(n)
	}
	if io, err := q.IOCounters(); err == nil {
		h.Read, h.Written = io.ReadBytes, io.WriteBytes
	}
	for _, c := range p.Descendants() {
		name, err := (&process.Process{Pid: int32(c.PID)}).Name() //nolint:gosec // pids fit 32 bits on every system
		if err != nil {
			continue // it has ended meanwhile
		}
		h.Children = append(h.Children, Child{c.PID, name, c.StartedAt()})
	}
	return h, true
}
