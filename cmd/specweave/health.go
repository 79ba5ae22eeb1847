package main

import (
	"fmt"
	"time"

	"github.com/specweave/specweave/jobs"
)

// healthJSON is how a living worker is doing.
type healthJSON struct {
	CPUSeconds   float64     `json:"cpuSeconds"`
	MemoryBytes  uint64      `json:"memoryBytes"`
	Threads      int         `json:"threads"`
	OpenFiles    int         `json:"openFiles"`
	ReadBytes    uint64      `json:"readBytes"`
	WrittenBytes uint64      `json:"writtenBytes"`
	IdleSeconds  float64     `json:"secondsSinceProgress"`
	Restarts     int         `json:"restarts"`
	Children     []childJSON `json:"children"`
}

type childJSON struct {
	PID     int     `json:"pid"`
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"` // since it started
}

// healthOf asks the operating system about a job's worker; nil if none lives.
func healthOf(v jobs.View, now time.Time) *healthJSON {
	if !v.Alive {
		return nil
	}
	h, ok := v.State.Proc.Health()
	if !ok {
		return nil
	}
	j := &healthJSON{
		CPUSeconds: h.CPU.Seconds(), MemoryBytes: h.Memory, Threads: h.Threads, OpenFiles: h.OpenFiles,
		ReadBytes: h.Read, WrittenBytes: h.Written, IdleSeconds: max(now.Sub(v.State.UpdatedAt).Seconds(), 0),
		Restarts: max(v.State.Attempt-1, 0), Children: []childJSON{},
	}
	for _, c := range h.Children {
		j.Children = append(j.Children, childJSON{c.PID, c.Name, max(now.Sub(c.Started).Seconds(), 0)})
	}
	return j
}

func (e *env) printHealth(v jobs.View) {
	h := healthOf(v, e.now())
	if h == nil {
		return
	}
	seconds := func(s float64) string { return duration(time.Duration(s * float64(time.Second))) }
	e.out.printf("Health:    CPU %s, memory %s, %s, %s, read %s, written %s\n", seconds(h.CPUSeconds), size(h.MemoryBytes),
		count(h.Threads, "thread"), count(h.OpenFiles, "open file"), size(h.ReadBytes), size(h.WrittenBytes))
	e.out.printf("           last progress %s ago, %s\n", seconds(h.IdleSeconds), count(h.Restarts, "restart"))
	for _, c := range h.Children {
		e.out.printf("           %s (pid %d) for %s\n", jobs.Printable(c.Name), c.PID, seconds(c.Seconds))
	}
}

// size shows bytes in IEC units.
func size(n uint64) string {
	const units = "KMGTPE"
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	x, i := float64(n)/1024, 0
	for x >= 1024 && i < len(units)-1 {
		x /= 1024
		i++
	}
	return fmt.Sprintf("%.1f %ciB", x, units[i])
}
