package units

import "testing"

func TestMemoryEvents(t *testing.T) {
	t.Parallel()
	for groups, want := range map[string]string{
		"":                    "",
		"garbage\n":           "",
		"0::/user.slice/u\n":  "/sys/fs/cgroup/user.slice/u/memory.events",
		"0::/a:b.service\n":   "/sys/fs/cgroup/a:b.service/memory.events",
		"1:name=systemd:/a\n": "",
		"5:cpu,memory:/a/b\n1:name=systemd:/c\n0::/c\n": "/sys/fs/cgroup/memory/a/b/memory.oom_control",
		"5:cpu:/a\n0::/c\n4:memory:/b\n":                "/sys/fs/cgroup/memory/b/memory.oom_control",
	} {
		if got := memoryEvents(groups); got != want {
			t.Errorf("%q: %q, want %q", groups, got, want)
		}
	}
}

func TestKilledForMemory(t *testing.T) {
	t.Parallel()
	for counts, want := range map[string]bool{
		"": false,
		"low 0\nhigh 0\nmax 23\noom 9\noom_kill 2\noom_group_kill 0\n": true,
		"low 0\nhigh 0\nmax 23\noom 9\noom_kill 0\noom_group_kill 1\n": false,
		"oom_kill_disable 1\nunder_oom 0\noom_kill 1\n":                true,
		"oom_kill_disable 1\nunder_oom 0\noom_kill 0\n":                false,
		"oom_kill_disable 1\nunder_oom 0\n":                            false, // before Linux 4.13
	} {
		if got := killedForMemory(counts); got != want {
			t.Errorf("%q: %v", counts, got)
		}
	}
}
