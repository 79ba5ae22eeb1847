package syncer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/specweave/specweave/jobs"
)

func TestReport(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	job, err := jobs.Open(project).Create(jobs.SyncExternal, profile())
	check(t, err)
	l, err := openLedger(project, job.ID)
	check(t, err)
	hostile := "a|b](javascript:x) <script> `c` \x1b[31m\u202e\n# d"
	check(t, l.add(
		Line{Outcome: Created, Side: Here, Source: "s", ID: "gitea#a/b#1", URL: "https://gitea.test/1", Path: "x/us-001e-a.md"},
		Line{Outcome: Updated, Side: There, Source: "s", ID: "gitea#a/b#2", URL: "https://gitea.test/2>)|x", Mark: "m", Detail: "title"},
		Line{Outcome: Updated, Side: There, Source: "s", ID: "gitea#a/b#2", URL: "https://gitea.test/2>)|x", Mark: "m", Detail: "title"},
		Line{Outcome: Refused, Source: "s", ID: hostile, URL: "javascript:alert(1)", Detail: hostile},
		Line{Outcome: Unchanged, Source: "s", ID: "gitea#a/b#3"},
	))
	check(t, l.close())
	if info, err := os.Stat(reportPath(project, job.ID)); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v %v", info, err)
	}
	var c Counts
	check(t, ReadReport(project, job.ID, func(l Line) error {
		c.add(l)
		return nil
	}))
	if want := (Counts{CreatedHere: 1, UpdatedThere: 1, Refused: 1, Unchanged: 1}); c != want {
		t.Errorf("%+v", c)
	}
	var b strings.Builder
	check(t, Markdown(&b, project, job))
	got := b.String()
	for _, want := range []string{
		"# Sync of web\n", "| created | 1 |", "| updated | 1 |", "## Refused\n",
		"| [gitea#a/b#1](<https://gitea.test/1>) | x/us-001e-a.md | story |",
		`| [gitea#a/b#2](<https://gitea.test/2%3E)%7Cx>) |  | item: title |`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	for _, bad := range []string{"<script>", "javascript:alert", "\x1b", "\u202e", "\n# d", "a|b"} {
		if strings.Contains(got, bad) {
			t.Errorf("%q is in\n%s", bad, got)
		}
	}
	check(t, ReadReport(project, "none", func(Line) error { t.Error("a line of no report"); return nil }))
	// Half a line, from a power cut.
	f, err := os.OpenFile(filepath.Join(reportPath(project, job.ID)), os.O_APPEND|os.O_WRONLY, 0)
	check(t, err)
	_, err = f.WriteString(`{"outcome":"crea`)
	check(t, err)
	check(t, f.Close())
	n := 0
	check(t, ReadReport(project, job.ID, func(Line) error { n++; return nil }))
	if n != 4 {
		t.Errorf("%d lines", n)
	}
}
