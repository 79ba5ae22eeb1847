package limits

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGateWithoutFile(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, g *Gate){
		"a file in place of the directory": func(t *testing.T, g *Gate) {
			t.Helper()
			must(t, os.WriteFile(g.opts.Dir, nil, 0o600))
		},
		"a directory in place of the file": func(t *testing.T, g *Gate) {
			t.Helper()
			must(t, os.MkdirAll(g.path, 0o700))
		},
		"a link": func(t *testing.T, g *Gate) {
			t.Helper()
			must(t, os.MkdirAll(g.opts.Dir, 0o700))
			must(t, os.Symlink(filepath.Join(g.opts.Dir, "x"), g.path))
		},
		"newer": func(t *testing.T, g *Gate) {
			t.Helper()
			must(t, os.MkdirAll(g.opts.Dir, 0o700))
			must(t, os.WriteFile(g.path, []byte(`{"schemaVersion":9}`), 0o600))
		},
		"no rights": func(t *testing.T, g *Gate) {
			t.Helper()
			if os.Getuid() <= 0 {
				t.Skip("root may write anywhere, and Windows has no modes")
			}
			must(t, os.MkdirAll(g.opts.Dir, 0o500))
		},
		"it goes later": func(t *testing.T, g *Gate) {
			t.Helper()
			acquire(t, g).Drop()
			must(t, os.Remove(g.path))
			must(t, os.Mkdir(g.path, 0o700))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var said []string
			g := Open(Options{Dir: filepath.Join(t.TempDir(), "limits"), Host: "example.org", Logf: func(f string, args ...any) { said = append(said, fmt.Sprintf(f, args...)) }})
			spoil(t, g)
			var slots []*Slot
			for range first {
				slots = append(slots, acquire(t, g))
			}
			full(t, g)
			slots[0].Done()
			acquire(t, g)
			if len(said) != 1 || !strings.Contains(said[0], "not shared") {
				t.Errorf("%q", said)
			}
		})
	}
	t.Run("rubbish", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		for _, rubbish := range []string{"\x00\x00", strings.Repeat("x", maxFile+1)} {
			var said []string
			a := Open(Options{Dir: dir, Host: "example.org", Logf: func(f string, args ...any) { said = append(said, fmt.Sprintf(f, args...)) }})
			must(t, os.WriteFile(a.path, []byte(rubbish), 0o600))
			for range first {
				acquire(t, a)
			}
			full(t, open(dir)) // it is shared again
			if len(said) != 1 || !strings.Contains(said[0], "begin anew") {
				t.Errorf("%q", said)
			}
		}
	})
}

// A lock that somebody keeps is not waited for for ever.
func TestGateWithoutLock(t *testing.T) {
	t.Parallel()
	g := open(t.TempDir())
	l, err := openLocked(g.path)
	must(t, err)
	defer func() { must(t, l.Close()) }()
	acquire(t, g).Done()
	if g.path != "" {
		t.Error("still shared")
	}
}
