package units

import (
	"os"
	"slices"
	"strings"
)

// Verdict returns how the process ended that this one runs after, see [Spec]
// After: SERVICE_RESULT and EXIT_STATUS of systemd.exec(5), empty for any other
// process. Since a unit outlives its processes that were killed for memory
// (OOMPolicy=continue in systemd.service(5)), systemd 252 says "signal" if its
// main process was; the kernel counts them in the unit's cgroup, and Verdict
// says "oom-kill".
func Verdict() (result, status string) {
	result, status = os.Getenv("SERVICE_RESULT"), os.Getenv("EXIT_STATUS")
	if result != "signal" || status != "KILL" {
		return result, status
	}
	groups, _ := os.ReadFile("/proc/self/cgroup") // systemd starts both in the unit's own
	if counts, _ := os.ReadFile(memoryEvents(string(groups))); killedForMemory(string(counts)) {
		result = "oom-kill"
	}
	return result, status
}

// memoryEvents returns where the kernel counts what it killed for memory in
// the group that groups, a /proc/PID/cgroup, names; see cgroups(7).
func memoryEvents(groups string) (file string) {
	for line := range strings.Lines(groups) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		switch {
		case len(fields) != 3:
		case slices.Contains(strings.Split(fields[1], ","), "memory"):
			return "/sys/fs/cgroup/memory" + fields[2] + "/memory.oom_control"
		case fields[0] == "0":
			file = "/sys/fs/cgroup" + fields[2] + "/memory.events"
		}
	}
	return file
}

// killedForMemory reads memory.events of Linux's cgroup-v2.rst, or
// memory.oom_control of its cgroup-v1/memory.rst: "oom_kill 1" in both.
func killedForMemory(counts string) bool {
	for line := range strings.Lines(counts) {
		if n, ok := strings.CutPrefix(strings.TrimSpace(line), "oom_kill "); ok {
			return n != "0"
		}
	}
	return false
}
