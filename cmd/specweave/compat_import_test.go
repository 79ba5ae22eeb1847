package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers/importer"
)

// SpecWeave's readers show our imports: one that runs, one that is over.
func TestOriginalReadsImports(t *testing.T) {
	t.Parallel()
	npm := original(t)
	s := jobs.Open(t.TempDir())
	check(t, os.MkdirAll(filepath.Join(s.Project(), ".specweave"), 0o700))
	check(t, os.WriteFile(filepath.Join(s.Project(), ".specweave", "config.json"), []byte("{}"), 0o600))
	source := importer.Source{Platform: "jira", Name: "PROJ", Server: "https://acme.atlassian.net", API: "https://acme.atlassian.net/"}
	var ids [2]string
	for i := range ids {
		job, err := s.Create(jobs.ImportIssues, importer.Config{Sources: []importer.Source{source}}.ForSpecWeave(time.Now()))
		check(t, err)
		ids[i] = job.ID
		c, err := s.Claim(job.ID)
		check(t, err)
		check(t, c.Start("unit"))
		check(t, c.Total(200))
		check(t, c.Begin(source.Item()))
		check(t, c.Advance(source.Item(), map[string]any{"next": "2", "read": 50}, jobs.Counts{Done: 50}))
		if i == 0 {
			check(t, c.Advance(source.Item(), map[string]any{"over": true, "read": 200}, jobs.Counts{Done: 200, Unchanged: 150}))
			check(t, c.Whole(source.Item()))
			check(t, c.Complete(nil))
		}
		check(t, c.Publish(t.Context(), time.Second))
		if i == 0 {
			check(t, c.Close())
		} else {
			t.Cleanup(func() { _ = c.Close() })
		}
	}
	cli, scripts := filepath.Join(npm, "bin", "specweave.js"), filepath.Join(npm, "plugins", "specweave", "scripts")
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"node", cli, "jobs"}, []string{ids[0], ids[1], "Running (1)", "Completed (1)", "import-issues", "jira", "50/200 (25%)", "alive"}},
		{[]string{"node", cli, "jobs", "--id", ids[0]}, []string{"import-issues", "Provider: jira", "completed", "200/200 (100%)"}},
		{[]string{"node", cli, "jobs", "--id", ids[1]}, []string{"import-issues", "running", "50/200 (25%)", source.Item()}},
		{[]string{"node", filepath.Join(scripts, "jobs.js"), "--id", ids[1]}, []string{ids[1], "running", "import-issues"}},
		{[]string{"bash", filepath.Join(scripts, "read-jobs.sh"), "--id", ids[1]}, []string{ids[1], "running"}},
	} {
		got := output(t, s.Project(), c.args[0], c.args[1:]...)
		for _, w := range c.want {
			if !strings.Contains(got, w) {
				t.Errorf("%v does not show %q:\n%s", c.args[1:], w, got)
			}
		}
	}
}
