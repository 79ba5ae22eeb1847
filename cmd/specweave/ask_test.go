package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/creack/pty"
)

// Plain questions, in the order of a person who has a mistype corrected.
func TestAskPlainly(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answers string
		want    []batch
		left    bool
	}{
		"nothing yet":     {"8\n", nil, false},
		"one":             {"1\nacme\n\nn\n", []batch{{"", []string{"github:acme"}}}, false},
		"pattern":         {"1\n acme \napi-*\nn\n", []batch{{"", []string{"github:acme/api-*"}}}, false},
		"mistyped":        {"1\nhttps://x y\nacme\n\n\n", []batch{{"", []string{"github:acme"}}}, false},
		"own server":      {"4\nno host!\ngit.example.com\na/b\n\nn\n", []batch{{"git.example.com", []string{"gitlab:a/b"}}}, false},
		"two":             {"5\norg/My Project\n\ny\n6\nws\n\nn\n", []batch{{"", []string{"ado:org/My Project"}}, {"", []string{"bitbucket:ws"}}}, false},
		"two, then none":  {"1\nacme\n\ny\n8\n", []batch{{"", []string{"github:acme"}}}, false},
		"left":            {"1\nac", nil, true},
		"left in between": {"1\nacme\n\n", nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			// A terminal gives one line at a time, never one of the next question.
			a := &asker{in: iotest.OneByteReader(strings.NewReader(tc.answers)), out: &out, plain: true}
			got, err := a.repositories(t.Context(), func(string) string { return "" }, nil)
			if tc.left != (err != nil) || tc.left && codeOf(err) != exitInterrupted || !tc.left && !reflect.DeepEqual(got, tc.want) {
				t.Errorf("%+v, %v; want %+v\n%s", got, err, tc.want, out.String())
			}
		})
	}
}

func TestAskLeftAtTheLast(t *testing.T) {
	t.Parallel()
	for _, answers := range []string{"", "nothing\n", "99\n", "0"} { // and what is no answer
		var since string
		err := (&asker{in: strings.NewReader(answers), out: io.Discard, plain: true}).ask(t.Context(), []question{timeRange(&since)})
		if codeOf(err) != exitInterrupted {
			t.Errorf("%q: %v, %q", answers, err, since)
		}
	}
}

// Who goes back and says that there is nothing more is not asked on.
func TestUnasked(t *testing.T) {
	t.Parallel()
	on := wanted{host: hostings()[0], more: true}
	last, none := on, on
	last.more, none.host = false, hosting{}
	for i, tc := range []struct {
		before []wanted
		want   bool
	}{
		{nil, false},
		{[]wanted{on}, false},
		{[]wanted{last}, true},
		{[]wanted{none}, true},
		{[]wanted{on, on}, false},
		{[]wanted{last, on}, true},
		{[]wanted{none, on, on}, true},
	} {
		if got := unasked(tc.before); got != tc.want {
			t.Errorf("%d: %v", i, got)
		}
	}
}

// A question does not outlast what it is asked for.
func TestAskEndsWithTheCommand(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = w.Write([]byte("1\n")) // the first question is being read
		cancel()
	}()
	if _, err := (&asker{in: iotest.OneByteReader(r), out: io.Discard, plain: true}).repositories(ctx, os.Getenv, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// terminal is a person in front of a terminal with a running command.
type terminal struct {
	t    *testing.T
	pty  *os.File
	cmd  *exec.Cmd
	mu   sync.Mutex
	seen []byte // and not yet expected
	all  strings.Builder
}

func startIn(t *testing.T, dir string, env []string, args ...string) *terminal {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "specweave", args...)
	cmd.Dir = dir
	home := t.TempDir()
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "LC_ALL=C.UTF-8", "SPECWEAVE_NO_SERVICE=1"}, env...)
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 100})
	if errors.Is(err, pty.ErrUnsupported) {
		t.Skip(err)
	}
	check(t, err)
	tm := &terminal{t: t, pty: f, cmd: cmd}
	tm.watch()
	return tm
}

// watch reads what is said until the terminal is closed.
func (tm *terminal) watch() {
	f := tm.pty
	tm.t.Cleanup(func() { _ = f.Close() })
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := f.Read(buf)
			tm.mu.Lock()
			tm.seen = append(tm.seen, buf[:n]...)
			tm.all.Write(buf[:n])
			tm.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
}

var escapes = regexp.MustCompile(`\x1b(\[[0-9;?<>=$]*[a-zA-Z]|\][^\a\x1b]*(\a|\x1b\\)|[()][AB0]|[=>])`)

// expect waits until the command has said something, and answers.
func (tm *terminal) expect(text, answer string) {
	tm.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.After(20 * time.Second)
	for {
		tm.mu.Lock()
		plain := escapes.ReplaceAll(tm.seen, nil)
		at := bytes.Index(plain, []byte(text))
		found := at >= 0
		if found {
			tm.seen = plain[at+len(text):]
		}
		tm.mu.Unlock()
		if found {
			_, err := io.WriteString(tm.pty, answer)
			check(tm.t, err)
			return
		}
		select {
		case <-tick.C:
		case <-end:
			tm.mu.Lock()
			defer tm.mu.Unlock()
			tm.t.Fatalf("waited in vain for %q:\n%q", text, tm.all.String())
		}
	}
}

// ends waits for the command to exit with a code.
func (tm *terminal) ends(code int) {
	tm.t.Helper()
	_ = tm.cmd.Wait()
	if got := tm.cmd.ProcessState.ExitCode(); got != code {
		tm.mu.Lock()
		defer tm.mu.Unlock()
		tm.t.Errorf("exit code %d, want %d:\n%q", got, code, tm.all.String())
	}
}

// The menu asks what is needed only, and goes back as it is told.
func TestAskInAMenu(t *testing.T) {
	t.Parallel()
	const down, enter, back = "\x1b[B", "\r", "\x1b[Z"
	master, slave, err := pty.Open()
	if errors.Is(err, pty.ErrUnsupported) {
		t.Skip(err)
	}
	check(t, err)
	// Not closed: the menu's reader may outlast the menu, and leaves with master.
	check(t, pty.Setsize(master, &pty.Winsize{Rows: 40, Cols: 100}))
	tm := &terminal{t: t, pty: master}
	tm.watch()
	type result struct {
		batches []batch
		since   string
		err     error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		r.batches, r.err = (&asker{in: slave, out: slave}).repositories(t.Context(), func(string) string { return "" }, &r.since)
		done <- r
	}()
	tm.expect("> GitHub", down+down+down)
	tm.expect("> GitLab of your own", enter)
	tm.expect("Server", "no server!"+enter)
	tm.expect("malformed host", strings.Repeat("\x7f", 10)+"git.example.com"+enter)
	tm.expect("GROUP/SUBGROUP", "acme"+back)
	tm.expect("Server", enter)
	tm.expect("GROUP/SUBGROUP", "/sub"+enter)
	tm.expect("Pattern", "api-*"+enter)
	tm.expect("more repositories", "y")
	tm.expect("> GitHub", enter)
	tm.expect("GROUP/SUBGROUP", "acme"+enter)
	tm.expect("Pattern", enter)
	tm.expect("more repositories", "n")
	tm.expect("> 3 months", enter)
	r := <-done
	want := []batch{{"git.example.com", []string{"gitlab:acme/sub/api-*"}}, {"", []string{"github:acme"}}}
	if r.err != nil || r.since != "3m" || !reflect.DeepEqual(r.batches, want) {
		t.Errorf("%+v; want %+v", r, want)
	}
}

func TestInitAsks(t *testing.T) {
	t.Parallel()
	const down = "\x1b[B"
	for name, tc := range map[string]struct {
		env   []string
		steps [][2]string
	}{
		"plainly": {
			[]string{"TERM=dumb"},
			[][2]string{{"Where are your repositories? \r\n1. GitHub\r\n", ""}, {"Enter a number", "8\n"}, {"How far back", ""}, {"Enter a number", "4\n"}},
		},
		"without color": {
			[]string{"TERM=xterm", "NO_COLOR=1"},
			[][2]string{{"Enter a number", "8\n"}, {"Enter a number", "4\n"}},
		},
		"with a menu": {
			[]string{"TERM=xterm-256color"},
			[][2]string{{"Nowhere yet", strings.Repeat(down, 7)}, {"> Nowhere yet", "\r"}, {"> 3 months", down}, {"> 6 months", down}, {"> Everything", "\r"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			tm := startIn(t, dir, tc.env, "init", "shop")
			for _, s := range tc.steps {
				tm.expect(s[0], s[1])
			}
			tm.expect("is a project now", "")
			tm.ends(exitOK)
			b, err := os.ReadFile(filepath.Join(dir, "shop", ".specweave", "config.json"))
			if err != nil || !bytes.Contains(b, []byte(`"timeRangeMonths": 999`)) {
				t.Errorf("%s, %v", b, err)
			}
		})
	}
}

// In a project that says nothing of imports it asks for that too, and changes
// nothing else; in one that does it does not.
func TestInitAsksAgain(t *testing.T) {
	t.Parallel()
	for before, after := range map[string]string{
		"{\n  \"x\" : 1\n}\n":                              "{\n  \"x\" : 1,\n  \"externalImport\": {\n    \"enabled\": true,\n    \"timeRangeMonths\": 3\n  }\n}\n",
		"{\"externalImport\": {\"timeRangeMonths\": 2}}\n": "",
	} {
		dir := t.TempDir()
		file := filepath.Join(dir, ".specweave", "config.json")
		check(t, os.MkdirAll(filepath.Dir(file), 0o700))
		check(t, os.WriteFile(file, []byte(before), 0o600))
		tm := startIn(t, dir, []string{"TERM=dumb"}, "init")
		tm.expect("Enter a number", "8\n")
		if after != "" {
			tm.expect("How far back", "")
			tm.expect("Enter a number", "2\n")
		} else {
			after = before
		}
		tm.expect("is a project already", "")
		tm.ends(exitOK)
		if got, err := os.ReadFile(file); err != nil || string(got) != after {
			t.Errorf("%q, %v; want %q", got, err, after)
		}
	}
}

// Whoever leaves at a question leaves nothing behind; and nobody is asked what
// was said, or in CI.
func TestInitLeft(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		env    []string
		text   string
		answer string
	}{
		{"Ctrl-C in a menu", []string{"TERM=xterm-256color"}, "Nowhere yet", "\x03"},
		{"Ctrl-C at a line", []string{"TERM=dumb"}, "Enter a number", "\x03"},
		{"end of input", []string{"TERM=dumb"}, "Enter a number", "\x04"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			tm := startIn(t, dir, tc.env, "init", "shop")
			tm.expect(tc.text, tc.answer)
			tm.ends(exitInterrupted)
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
	for name, env := range map[string][]string{"CI": {"TERM=dumb", "CI=true"}, "GitHub": {"TERM=dumb", "GITHUB_ACTIONS=true"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tm := startIn(t, t.TempDir(), env, "init", "shop")
			tm.expect("is a project now", "")
			tm.ends(exitOK)
		})
	}
	t.Run("--yes", func(t *testing.T) {
		t.Parallel()
		tm := startIn(t, t.TempDir(), []string{"TERM=dumb"}, "init", "shop", "--yes")
		tm.expect("is a project now", "")
		tm.ends(exitOK)
	})
}
