package main

import (
	"fmt"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/units"
)

// healthJSON is how a living worker is doing.
type healthJSON struct {
	StartedAt    time.Time   `json:"startedAt"` // the process
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

// osJSON is what the operating system says of a job's unit.
type osJSON struct {
	State    units.State `json:"state"`
	PID      int         `json:"pid,omitempty"`
	Since    time.Time   `json:"since,omitzero"`
	Due      time.Time   `json:"due,omitzero"` // when it starts, or starts again
	Result   string      `json:"result,omitempty"`
	ExitCode int         `json:"exitCode,omitempty"` // or a signal's number
}

func osOf(v jobs.View) *osJSON {
	if v.Unit == nil {
		return nil
	}
	u := v.Unit
	return &osJSON{u.State, u.PID, u.Since, u.Due, u.Result, u.ExitCode}
}

// printOS shows what the operating system says.
func (e *env) printOS(v jobs.View) {
	u := v.Unit
	if u == nil {
		return
	}
	line := string(u.State)
	if !u.Since.IsZero() {
		line += " since " + local(u.Since)
	}
	if u.Result != "" {
		line += fmt.Sprintf(", result %s (%d)", jobs.Printable(u.Result), u.ExitCode)
	}
	if !u.Due.IsZero() {
		line += ", starts at " + local(u.Due)
	}
	e.out.printf("System:    %s\n", line)
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
		StartedAt:  v.State.Proc.StartedAt().UTC().Truncate(time.Millisecond),
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
