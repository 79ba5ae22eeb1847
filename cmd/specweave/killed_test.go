package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/jobs"
)

// here is a site on this machine with the detached scheduler.
func here(t *testing.T, sources int) *site {
	t.Helper()
	home := t.TempDir()
	run := func(t *testing.T, script string) string {
		t.Helper()
		c := exec.Command("sh", "-es")
		c.Dir, c.Stdin = home, strings.NewReader(script)
		c.Env = append(os.Environ(), "HOME="+home, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+home+"/.gitconfig", "SPECWEAVE_SCHEDULER=detached")
		var stderr strings.Builder
		c.Stderr = &stderr
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s%s", script, err, out, &stderr)
		}
		return strings.TrimSpace(string(out))
	}
	run(t, fmt.Sprintf("n=%d\n%s", sources, makeSources))
	return &site{home: home, sources: sources, list: "sources/list", read: os.ReadFile, user: run, quietly: run, left: func(t *testing.T, o *ordeal) string {
		t.Helper()
		return run(t, fmt.Sprintf("pgrep -f 'jobs work %s|partial-%s' || true", o.id, o.id))
	}}
}

// A worker is killed at random moments, and each time reconcile goes on with
// its job.
func TestKilledAtRandom(t *testing.T) {
	t.Parallel()
	s, random := here(t, 24), chance(t)
	o := s.start(t, "killed0")
	for kill := 1; kill <= rounds(t); kill++ {
		if o.state(t).Fruitless > 1 { // a third attempt without an item would be the last
			o.works(t)
		}
		moment(random, 150*time.Millisecond)
		if st := o.state(t); st.Status == jobs.Running {
			worker, err := os.FindProcess(st.Proc.PID)
			check(t, err)
			_ = worker.Kill() // it may just have ended
		}
		await(t, "the worker is gone", func() bool {
			held, err := jobs.Open(o.dir).Running(o.id)
			return err == nil && !held
		})
		if s.user(t, "specweave jobs reconcile -C "+o.dir); o.over(t) {
			o.completes(t)
			o = s.start(t, fmt.Sprint("killed", kill))
		}
	}
	o.completes(t)
}
