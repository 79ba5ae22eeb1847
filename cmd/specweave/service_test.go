package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWantsBoot(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]bool{
		``:                             true,
		`{}`:                           true,
		`{"jobs":{}}`:                  true,
		`{"jobs":{"bootEntry":true}}`:  true,
		`{"jobs":{"bootEntry":null}}`:  true,
		`{"jobs":{"bootEntry":"no"}}`:  true,
		`{"jobs":[]}`:                  true,
		`{"jobs":{"bootEntry":false}`:  true, // broken
		`{"bootEntry":false}`:          true,
		`{"jobs":{"bootEntry":false}}`: false,
		`{"a":1,"jobs":{"bootEntry":false,"b":[2]},"workspace":{"repos":[]}}`:         false,
		`{"jobs":{"bootEntry":false},"padding":"` + strings.Repeat(" ", 2<<20) + `"}`: true, // not worth reading
	} {
		dir := t.TempDir()
		if !wantsBoot(dir) {
			t.Error("no file says no")
		}
		path := filepath.Join(dir, ".specweave", "config.json")
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := wantsBoot(dir); got != want {
			t.Errorf("%.50s: %v", content, got)
		}
	}
}

func TestBootEnv(t *testing.T) {
	t.Parallel()
	got := bootEnv([]string{
		"PATH=/bin", "HOME=/h", "XDG_STATE_HOME=/s", "XDG_RUNTIME_DIR=/r", "SSH_AUTH_SOCK=/a", "GITHUB_TOKEN=secret",
		"https_proxy=http://u:p@proxy", "HTTPS_PROXY=http://proxy", "USER=ann", "EDITOR=vi",
	})
	if diff := cmp.Diff([]string{"PATH=/bin", "XDG_STATE_HOME=/s", "HTTPS_PROXY=http://proxy"}, got); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}

func TestStateDir(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("another variable, other paths")
	}
	for name, c := range map[string]struct{ home, xdg, want string }{
		"home":              {"/home/ann", "", "/home/ann/.local/state/specweave"},
		"state":             {"/home/ann", "/state", "/state/specweave"},
		"state alone":       {"", "/state", "/state/specweave"},
		"relative state":    {"/home/ann", "state", "/home/ann/.local/state/specweave"},
		"none":              {"", "", ""},
		"relative home":     {"ann", "", ""},
		"relative together": {"ann", "state", ""},
	} {
		e := &env{getenv: func(name string) string {
			return map[string]string{"HOME": c.home, "XDG_STATE_HOME": c.xdg}[name]
		}}
		if got, err := e.stateDir(); got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
