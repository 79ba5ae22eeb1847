package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/jobs"
)

// original returns the folder of npm's specweave, which SPECWEAVE_NPM names.
// Where CI is set its absence is a failure.
func original(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("SPECWEAVE_NPM")
	_, err := exec.LookPath("node")
	if dir != "" && err == nil {
		return dir
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("SPECWEAVE_NPM=%q, node: %v", dir, err)
	}
	t.Skip("needs node, and SPECWEAVE_NPM to name npm's specweave 1.0.593 (make compat)")
	return ""
}

func output(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Dir = dir
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// state makes a project with a finished, a paused and a running job. The test
// process is the worker of the last.
func state(t *testing.T) (s *jobs.Store, ids [3]string) {
	t.Helper()
	s = jobs.Open(t.TempDir())
	for i := range ids {
		job, err := s.Create(jobs.CloneRepos, map[string]any{"repositories": []map[string]string{
			{"owner": "acme", "name": "web", "path": "repositories/acme/web", "cloneUrl": "https://example.org/acme/web.git"},
			{"owner": "acme", "name": "api", "path": "repositories/acme/api", "cloneUrl": "https://example.org/acme/api.git"},
		}})
		check(t, err)
		ids[i] = job.ID
		c, err := s.Claim(job.ID)
		check(t, err)
		check(t, c.Start("unit"))
		check(t, c.Total(2))
		check(t, c.Done("acme/web"))
		switch i {
		case 0:
			check(t, c.Fail("acme/api", "auth", "denied"))
			check(t, c.Complete(nil))
		case 1:
			check(t, c.Pause(time.Time{}, "stopped by the user"))
		case 2:
			check(t, c.Begin("acme/api"))
		}
		check(t, c.Publish(t.Context(), time.Second))
		if i < 2 {
			check(t, c.Close())
		} else {
			t.Cleanup(func() { _ = c.Close() })
		}
	}
	check(t, os.WriteFile(filepath.Join(s.Project(), ".specweave", "config.json"), []byte("{}"), 0o600))
	return s, ids
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// SpecWeave's three readers show our jobs.
func TestOriginalReads(t *testing.T) {
	t.Parallel()
	npm := original(t)
	s, ids := state(t)
	scripts := filepath.Join(npm, "plugins", "specweave", "scripts")
	cli := filepath.Join(npm, "bin", "specweave.js")
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"node", cli, "jobs"}, []string{ids[0], ids[1], ids[2], "Running (1)", "Paused (1)", "Completed with Warnings (1)", "1/2 (50%)", "alive", "acme/api"}},
		{[]string{"node", cli, "jobs", "--id", ids[2]}, []string{"clone-repos", "running", "1/2 (50%)"}},
		{[]string{"node", filepath.Join(scripts, "jobs.js"), "--all"}, []string{ids[1], ids[2]}},
		{[]string{"node", filepath.Join(scripts, "jobs.js"), "--id", ids[2]}, []string{ids[2], "running"}},
		{[]string{"bash", filepath.Join(scripts, "read-jobs.sh"), "--id", ids[2]}, []string{ids[2], "running"}},
	} {
		got := output(t, s.Project(), c.args[0], c.args[1:]...)
		for _, w := range c.want {
			if !strings.Contains(got, w) {
				t.Errorf("%v does not show %q:\n%s", c.args[1:], w, got)
			}
		}
	}
}

// SpecWeave finds the repositories of a clone job, all of them.
func TestOriginalDetectsUmbrella(t *testing.T) {
	t.Parallel()
	npm := original(t)
	s, _ := state(t)
	got := output(t, s.Project(), "node", "--input-type=module", "-e", fmt.Sprintf(`
		import { detectUmbrellaStructure } from %q;
		console.log(JSON.stringify(await detectUmbrellaStructure(%q)));`,
		"file://"+filepath.Join(npm, "dist/src/core/living-docs/umbrella-detector.js"), s.Project()))
	var r struct {
		Source string         `json:"source"`
		Stats  map[string]int `json:"stats"`
		Config struct {
			ChildRepos []struct {
				Path string `json:"path"`
			} `json:"childRepos"`
		} `json:"config"`
	}
	if err := json.Unmarshal([]byte(got), &r); err != nil || r.Source != "clone-job" || r.Stats["totalRepos"] != 2 || len(r.Config.ChildRepos) != 2 {
		t.Errorf("%v: %s", err, got)
	}
}

const nodeWriter = `
	import { BackgroundJobManager } from %q;
	const m = new BackgroundJobManager(%q);
	for (let i = 0; i < %d; i++) {
		const job = m.createJob('living-docs-builder', {type: 'living-docs-builder', userInputs: {n: i}}, 3);
		m.updateProgress(job.id, 2, 'x', 'done-' + i);
		console.log(job.id);
	}`

// A writer of SpecWeave's and ours at once: no entry of either is lost.
func TestOriginalWritesBesideUs(t *testing.T) {
	t.Parallel()
	npm := original(t)
	s, _ := state(t)
	const rounds = 60
	node := make(chan string, 1)
	go func() {
		defer close(node)
		c := exec.CommandContext(t.Context(), "node", "--input-type=module", "-e",
			fmt.Sprintf(nodeWriter, "file://"+filepath.Join(npm, "dist/src/core/background/job-manager.js"), s.Project(), rounds))
		out, err := c.CombinedOutput()
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		node <- string(out)
	}()
	var ours []string
	var theirs string
	for running := true; running || len(ours) < rounds; {
		job, err := s.Create(jobs.CloneRepos, nil)
		check(t, err)
		c, err := s.Claim(job.ID)
		check(t, err)
		check(t, c.Start(""))
		check(t, c.Complete(nil))
		check(t, c.Publish(t.Context(), 20*time.Second))
		check(t, c.Close())
		ours = append(ours, job.ID)
		select {
		case out, ok := <-node:
			if ok {
				theirs = out
			}
			running = false
		default:
		}
	}
	data, err := os.ReadFile(filepath.Join(s.Dir(), "background-jobs.json"))
	check(t, err)
	var p struct {
		Jobs []struct {
			ID       string `json:"id"`
			Status   string `json:"status"`
			Progress struct {
				Done []string `json:"itemsCompleted"`
			} `json:"progress"`
			Config struct {
				Inputs map[string]int `json:"userInputs"`
			} `json:"config"`
		} `json:"jobs"`
	}
	check(t, json.Unmarshal(data, &p))
	entries := map[string]string{}
	for _, j := range p.Jobs {
		entries[j.ID] = fmt.Sprintf("%s%v%v", j.Status, j.Progress.Done, j.Config.Inputs)
	}
	for _, id := range ours {
		if entries[id] != "completed[]map[]" {
			t.Errorf("ours is lost: %s: %s", id, entries[id])
		}
	}
	for i, id := range strings.Fields(theirs) {
		if want := fmt.Sprintf("pending[done-%d]map[n:%d]", i, i); entries[id] != want {
			t.Errorf("theirs is lost: %s: %s, want %s", id, entries[id], want)
		}
	}
	if n := len(strings.Fields(theirs)); n != rounds {
		t.Errorf("SpecWeave wrote %d jobs of %d:\n%s", n, rounds, theirs)
	}
}
