package units_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/units"
)

func TestLaunchdPlist(t *testing.T) {
	t.Parallel()
	s := units.Spec{
		Name: "specweave-abc123-a1-1", Args: []string{"/opt/a b/specweave", "jobs", "<&>\"'", "two\nlines\t", "", "é☃"},
		Dir: "/Users/ann/a&b", LogPath: "/Users/ann/log", Env: []string{"A=b=c", "EMPTY="},
	}
	const head = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
	<dict>
		<key>AbandonProcessGroup</key>
		<false/>
		<key>EnvironmentVariables</key>
		<dict>
			<key>A</key>
			<string>b=c</string>
			<key>EMPTY</key>
			<string/>
`
	for name, c := range map[string]struct {
		due  time.Time
		want []string
	}{
		"now": {time.Time{}, []string{
			"<key>RunAtLoad</key>\n\t\t<true/>",
			"\t\t<key>KeepAlive</key>\n\t\t<dict>\n\t\t\t<key>SuccessfulExit</key>\n\t\t\t<false/>\n\t\t</dict>\n",
		}},
		"later": {time.Date(2126, 7, 5, 3, 4, 0, 0, time.Local), []string{
			"<key>RunAtLoad</key>\n\t\t<false/>",
			"\t\t<key>StartCalendarInterval</key>\n\t\t<dict>\n\t\t\t<key>Day</key>\n\t\t\t<integer>5</integer>\n\t\t\t<key>Hour</key>\n\t\t\t<integer>3</integer>\n" +
				"\t\t\t<key>Minute</key>\n\t\t\t<integer>4</integer>\n\t\t\t<key>Month</key>\n\t\t\t<integer>7</integer>\n\t\t</dict>\n",
		}},
	} {
		got, err := units.AgentOf(s, c.due)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(got, head) {
			t.Errorf("%s (-want +got):\n%s", name, cmp.Diff(head, got))
		}
		for _, want := range append(c.want,
			"<key>Umask</key>\n\t\t<integer>63</integer>", "<key>ExitTimeOut</key>\n\t\t<integer>20</integer>", "<key>Nice</key>\n\t\t<integer>10</integer>",
			"<key>LowPriorityIO</key>\n\t\t<true/>", "<key>ProcessType</key>\n\t\t<string>Background</string>", "<string>/Users/ann/a&amp;b</string>",
			"<string>Aqua</string>\n\t\t\t<string>Background</string>", "<key>Label</key>\n\t\t<string>specweave-abc123-a1-1</string>",
		) {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %s in %s", name, want, got)
			}
		}
		if keeps := strings.Contains(got, "KeepAlive"); keeps != c.due.IsZero() { // it would start the unit at once
			t.Errorf("%s: %s", name, got)
		}
	}
	for _, bad := range []string{"\x1b", "a\x00b", "a\xff", "\uFFFE"} {
		for name, change := range map[string]func(*units.Spec){
			"argument": func(s *units.Spec) { s.Args = []string{"/a", bad} },
			"variable": func(s *units.Spec) { s.Env = []string{"A=" + bad} },
			"dir":      func(s *units.Spec) { s.Dir = "/" + bad },
		} {
			s := s
			change(&s)
			if got, err := units.AgentOf(s, time.Time{}); err == nil {
				t.Errorf("%s %q: %s", name, bad, got)
			}
		}
	}
}

// Minutes are rounded up, never down.
func TestLaunchdDue(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 5, 3, 4, 5, 0, time.UTC)
	for in, want := range map[time.Duration]time.Duration{
		0: 0, time.Second: 0, 3 * time.Second: 55 * time.Second, 55 * time.Second: 55 * time.Second,
		55*time.Second + 1: 115 * time.Second, time.Hour: time.Hour + 55*time.Second,
	} {
		got := units.DueBy(units.Spec{NotBefore: now.Add(in)}, now, time.Minute)
		if want == 0 && !got.IsZero() || want != 0 && got.Sub(now) != want {
			t.Errorf("in %v: %v", in, got)
		}
	}
}

// Two parsers that are not ours read what we write: Python's, and libxml2 by a
// document type of our own. Where they are not installed this is left to CI.
func TestLaunchdPlistReadByOthers(t *testing.T) {
	t.Parallel()
	s := units.Spec{
		Name: "a-1", Args: []string{"/a b", "<&>\"' {{.}}", "two\nlines\t", "a\r\nb", "", " é☃ ", "]]>", "%h $HOME"},
		Dir: "/d", LogPath: "/l", Env: []string{"A=<b>&", "B=\n"},
	}
	for _, due := range []time.Time{{}, time.Date(2126, 7, 5, 3, 4, 0, 0, time.Local)} {
		text, err := units.AgentOf(s, due)
		if err != nil {
			t.Fatal(err)
		}
		const script = `import plistlib, sys
p = plistlib.loads(sys.stdin.buffer.read(), fmt=plistlib.FMT_XML)
assert type(p["Umask"]) is int and type(p["RunAtLoad"]) is bool, p
for v in p["ProgramArguments"] + [p["EnvironmentVariables"]["A"], p["EnvironmentVariables"]["B"]]: sys.stdout.write(v + "\0")`
		got := filter(t, text, "python3", "-c", script)
		if want := strings.Join(s.Args, "\x00") + "\x00<b>&\x00\n\x00"; got != want {
			t.Errorf("plistlib (-want +got):\n%s", cmp.Diff(want, got))
		}
		filter(t, text, "xmllint", "--nonet", "--noout", "--dtdvalid", filepath.Join("testdata", "agent.dtd"), "-")
		for _, broken := range []string{strings.Replace(text, "<integer>", "<int>", 1), strings.Replace(text, "</key>", "</key><key>x</key>", 1)} {
			c := exec.CommandContext(t.Context(), "xmllint", "--nonet", "--noout", "--dtdvalid", filepath.Join("testdata", "agent.dtd"), "-")
			c.Stdin = strings.NewReader(broken)
			if c.Run() == nil {
				t.Errorf("the document type allows %s", broken)
			}
		}
	}
}

// filter runs a program that has to be there in CI.
func filter(t *testing.T, input, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("CI") != "" && runtime.GOOS == "linux" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	c := exec.CommandContext(t.Context(), name, args...)
	c.Stdin = strings.NewReader(input)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		t.Errorf("%s: %v\n%s", name, err, errs.String())
	}
	return out.String()
}
