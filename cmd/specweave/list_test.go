package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/platform"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// project writes jobs with the given journals, in order of their creation, one
// an hour, and returns a command line at noon with what it prints.
func project(t *testing.T, getenv func(string) string, journals ...string) (*env, *jobs.Store, *bytes.Buffer) {
	t.Helper()
	s := jobs.Open(t.TempDir())
	self := fmt.Sprintf(`"proc":{"pid":%d,"started":%d},"boot":%q`, os.Getpid(), platform.ThisProc().Started, platform.BootID())
	for i, journal := range journals {
		id := fmt.Sprintf("%08d", i+1)
		dir := filepath.Join(s.Dir(), "jobs", id)
		check(t, os.MkdirAll(dir, 0o700))
		config := fmt.Sprintf(`{"schemaVersion":1,"jobId":%q,"type":"clone-repos","startedAt":"2026-01-02T%02d:00:00Z","repositories":[]}`, id, i+1)
		check(t, os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600))
		journal = strings.ReplaceAll(strings.ReplaceAll(journal, "@", `{"t":"2026-01-02T`), "SELF", self)
		check(t, os.WriteFile(filepath.Join(dir, "journal.jsonl"), []byte(journal), 0o600))
	}
	var out bytes.Buffer
	e := newEnv(stdio{out: &out, err: &out}, getenv, func() time.Time { return noon })
	return e, s, &out
}

func utf8Env(name string) string { return map[string]string{"LANG": "en_US.UTF-8"}[name] }

const running = `@11:48:00Z","k":"start",SELF,"unit":"u"}
@11:48:00Z","k":"total","n":245}
@11:48:05Z","k":"begin","item":"acme/legacy"}
@11:48:05Z","k":"fail","item":"acme/legacy","class":"auth","err":"denied"}
@11:54:00Z","k":"done","item":"acme/a"}
@11:57:00Z","k":"done","item":"acme/b"}
@12:00:00Z","k":"done","item":"acme/c"}
@12:00:00Z","k":"skip","item":"acme/d"}
@12:00:00Z","k":"begin","item":"acme/web"}
@12:00:00Z","k":"begin","item":"acme/\u001b[2Japi"}
`

func TestList(t *testing.T) {
	t.Parallel()
	e, s, out := project(t, utf8Env, running,
		`@11:00:00Z","k":"pause","err":"rate limit","until":"2026-01-02T13:00:00Z","sum":{"attempt":1,"total":100,"done":23}}`+"\n",
		`@11:30:00Z","k":"start","proc":{"pid":1,"started":1},"boot":"before"}`+"\n",
		`@11:59:00Z","k":"end","status":"completed","sum":{"attempt":1,"total":7,"done":7,"skipped":2}}`+"\n",
		`@09:00:00Z","k":"end","status":"completed_with_warnings","err":"1 of 7 items failed","sum":{"attempt":1,"total":7,"done":6,"failed":1}}`+"\n",
		`@09:00:00Z","k":"end","status":"failed","err":"git is too old","sum":{"attempt":1}}`+"\n",
		"")
	views, err := s.List()
	check(t, err)
	e.printList(views)
	want := `📋 Background Jobs

🔄 Running (1):
  Job ID    Type         Progress    Current Item             Rate      ETA
  00000001  clone-repos  5/245 (2%)  acme/\x1b[2Japi (+1)     19.8/h    12h 08m

  00000001
    Started: 12 mins ago
    Cloned: 3 repositories (1 more were there already)
    Failed: 1 repo (acme/legacy)

❌ Interrupted (1):
  00000003  clone-repos  0  30 mins ago
    Reason: the machine was restarted
    Next: goes on with the next job that is started, or specweave jobs reconcile
    Resume: specweave jobs resume 00000003

⏳ Pending (1):
  00000007  clone-repos  0  5 hours ago
    Reason: no worker has begun yet
    Next: goes on with the next job that is started, or specweave jobs reconcile
    Resume: specweave jobs resume 00000007

⏸️  Paused (1):
  00000002  clone-repos  23/100 (23%)  1 hour ago
    Reason: rate limit
    Next: not before ` + local(noon.Add(time.Hour)) + `
    Resume: specweave jobs resume 00000002

⚠️  Completed with Warnings (1):
  [00000005] clone-repos - 6 repositories, 1 failed - 3 hours ago

❌ Failed (1):
  [00000006] clone-repos - 0 repositories - failed: git is too old - 3 hours ago

✅ Completed (1):
  [00000004] clone-repos - 7 repositories (2 there already) - 1 min ago

💡 Commands: specweave jobs show|follow|logs|resume|kill ID
`
	if d := cmp.Diff(squeeze(want), squeeze(out.String())); d != "" {
		t.Error(d)
	}
}

// squeeze makes the distance between columns, which depends on their width,
// two spaces.
func squeeze(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		body := strings.TrimLeft(l, " ")
		indent := l[:len(l)-len(body)]
		for strings.Contains(body, "   ") {
			body = strings.ReplaceAll(body, "   ", "  ")
		}
		lines[i] = indent + body
	}
	return strings.Join(lines, "\n")
}

func TestListInASCII(t *testing.T) {
	t.Parallel()
	e, s, out := project(t, func(string) string { return "" }, running)
	views, err := s.List()
	check(t, err)
	e.printList(views)
	e.printJob(s, views[0])
	for _, r := range out.String() {
		if r > 0x7e || r < 0x20 && r != '\n' {
			t.Fatalf("%q in\n%s", r, out.String())
		}
	}
	if !strings.HasPrefix(out.String(), "Background Jobs\n") {
		t.Error(out.String())
	}
}

func TestRateAndDuration(t *testing.T) {
	t.Parallel()
	for want, perSecond := range map[string]float64{
		"-": 0, "12.3/s": 12.34, "1/s": 1, "30/min": 0.5, "1.5/min": 0.025, "3/h": 3.0 / 3600, "1234/s": 1234.4,
	} {
		if got := rate(perSecond); got != want {
			t.Errorf("%v: %s, want %s", perSecond, got, want)
		}
	}
	for want, n := range map[string]uint64{"0 B": 0, "1023 B": 1023, "1.0 KiB": 1024, "1.5 MiB": 3 << 19, "2.0 GiB": 2 << 30} {
		if got := size(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	for want, d := range map[string]time.Duration{
		"1s": time.Millisecond, "59s": 59 * time.Second, "3m 05s": 185 * time.Second, "1h 04m": 64 * time.Minute, "5d": 120 * time.Hour,
	} {
		if got := duration(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
	for want, d := range map[string]time.Duration{
		"just now": time.Second, "1 min ago": time.Minute, "59 mins ago": 59 * time.Minute, "2 hours ago": 2 * time.Hour, "3 days ago": 72 * time.Hour,
	} {
		if got := ago(noon.Add(-d), noon); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

// The table gives way to a narrow terminal in the column of the item.
func TestTableFits(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	c := console{w: &out, fail: new(error), width: 40, utf8: true}
	c.table("  ", 1, [][]string{{"Job ID", "Current Item", "ETA"}, {"00000001", strings.Repeat("日本語", 20), "1s"}})
	for _, line := range strings.Split(out.String(), "\n") {
		if n := len([]rune(line)); n > 40 {
			t.Errorf("%d: %s", n, line)
		}
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for status, want := range map[jobs.Status]int{
		jobs.Completed: 0, jobs.CompletedWithWarnings: 6, jobs.Failed: 7, jobs.Paused: 5, jobs.Running: 0,
	} {
		got := 0
		if err := outcome(&jobs.State{Status: status}); err != nil {
			got = codeOf(err)
		}
		if got != want {
			t.Errorf("%s: %d, want %d", status, got, want)
		}
	}
}

func TestWorkerEnv(t *testing.T) {
	t.Parallel()
	got := workerEnv([]string{
		"PATH=/bin", "GITHUB_TOKEN=secret", "AWS_SECRET_ACCESS_KEY=x", "https_proxy=http://proxy:8080",
		"http_proxy=http://user:password@proxy:8080", "LANG=C", "SSH_AUTH_SOCK=/run/agent",
		`Path=C:\Windows`, `SystemRoot=C:\Windows`, "=C:=C:\\",
	})
	want := []string{"PATH=/bin", "https_proxy=http://proxy:8080", "LANG=C", "SSH_AUTH_SOCK=/run/agent", `Path=C:\Windows`, `SystemRoot=C:\Windows`}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
