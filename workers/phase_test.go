package workers

import (
	"crypto/rand"
	"strings"
	"testing"
)

func TestParsePhase(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]phase{
		// Seen in git 2.31 to 2.51.
		"remote: Enumerating objects: 4158, done.":                                  {"counting", -1, -1},
		"remote: Counting objects:  12% (13/104)":                                   {"counting", 12, -1},
		"remote: Compressing objects: 100% (62/62), done.":                          {"compressing", 100, -1},
		"Receiving objects:  45% (1872/4158), 12.30 MiB | 3.10 MiB/s":               {"receiving", 45, 12897484},
		"Receiving objects: 100% (4158/4158), 27.31 MiB | 3.10 MiB/s, done.":        {"receiving", 100, 28636610},
		"Receiving objects: 100% (9/9), done.":                                      {"receiving", 100, -1},
		"Receiving objects:   1% (1/9)":                                             {"receiving", 1, -1},
		"Receiving objects: 100% (9/9), 840 bytes | 840.00 KiB/s, done.":            {"receiving", 100, 840},
		"Receiving objects:  45% (1872/4158), 1.30 GiB | 3.10 MiB/s":                {"receiving", 45, 1395864371},
		"Unpacking objects: 100% (3/3), 281 bytes | 281.00 KiB/s, done.":            {"receiving", 100, 281},
		"Resolving deltas:  99% (2013/2014)":                                        {"resolving deltas", 99, -1},
		"Updating files:  50% (500/1000)":                                           {"checking out", 50, -1},
		"Checking out files:  50% (500/1000)":                                       {"checking out", 50, -1},
		"Filtering content:  45% (9/20), 12.30 MiB | 3.10 MiB/s":                    {"filtering", 45, 12897484},
		"Receiving objects: 999% (9/9), 999999999999999999 GiB":                     {"receiving", 100, maxBytes},
		"remote: Counting objects: 5, 12.30 MiB | 3.10 MiB/s":                       {"counting", -1, -1}, // a server that invents
		"Receiving objects: 45% (1/2), 12.30 MiB | 3.10 MiB/s\x1b[2J and much more": {"receiving", 45, 12897484},
	} {
		if got, ok := parsePhase(line); !ok || got != want {
			t.Errorf("%q: %+v, %v; want %+v", line, got, ok, want)
		}
	}
	for _, line := range []string{
		"", "Cloning into 'x'...", "Checking connectivity: 12, done.", "remote: Receiving objects:  45% (1/2), 9.00 GiB | 1 MiB/s",
		"Counting objects: 12% (1/9)", "remote: remote: Counting objects: 5", "Receiving objects: -1% (1/9)", "Receiving objects: x",
		"Receiving objects: 1000% (1/9)", strings.Repeat("A", maxLine), "error: Receiving objects: 5% (1/9)",
	} {
		if got, ok := parsePhase(line); ok {
			t.Errorf("%q: %+v", line, got)
		}
	}
}

func TestMeter(t *testing.T) {
	t.Parallel()
	var m meter
	for i, step := range []struct {
		p    phase
		want int64
	}{
		{phase{"counting", 5, -1}, 0},
		{phase{"receiving", 5, 100}, 100},
		{phase{"receiving", 50, 1000}, 1000},
		{phase{"resolving deltas", 50, -1}, 1000},
		{phase{"receiving", 5, 10}, 1010}, // a submodule
		{phase{"receiving", 50, 500}, 1500},
		{phase{"filtering", 50, 700}, 2200},
		{phase{"filtering", 60, maxBytes}, 1500 + maxBytes},
		{phase{"receiving", 60, maxBytes}, maxBytes + maxBytes},
		{phase{"receiving", 1, 1}, maxBytes + 1},
	} {
		if m.add(step.p); m.before+m.now != step.want {
			t.Errorf("step %d: %d, want %d", i, m.before+m.now, step.want)
		}
	}
}

// What comes through is counted with the item, in the journal.
func TestCloneCountsBytes(t *testing.T) {
	t.Parallel()
	remotes := t.TempDir()
	_, commit := upstream(t, remotes, "acme/web.git")
	random := make([]byte, 300<<10)
	_, _ = rand.Read(random)
	commit("main", "big", string(random))
	c := of(t, serve(t, remotes, nil)+"/acme/web")
	c.Update = true
	r := newRun(t, c)
	s := r.must(t)
	if s.Bytes < 300<<10 || s.Bytes > 400<<10 || s.Received() != s.Bytes {
		t.Errorf("%d bytes", s.Bytes)
	}
	_, _ = rand.Read(random)
	commit("main", "big", string(random))
	if s := newRunIn(t, r.project, c).must(t); s.Updated != 1 || s.Bytes < 300<<10 || s.Bytes > 400<<10 {
		t.Errorf("updated %d, %d bytes", s.Updated, s.Bytes)
	}
}
