package platform

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Who reads a file keeps nobody from removing it.
func TestRemoveWhileRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(path, []byte("data"), 0o600))
	f, err := Open(path)
	must(t, err)
	must(t, Remove(path))
	must(t, f.Close())
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Error(err)
	}
	must(t, Remove(path)) // there is none
}

// A reader that does, as Go's own on Windows, is waited for.
func TestRemoveWaits(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(path, []byte("data"), 0o600))
	f, err := os.Open(path)
	must(t, err)
	removed := make(chan error)
	go func() { removed <- Remove(path) }()
	must(t, f.Close())
	must(t, <-removed)
}

// Two files of one name, size and time are told apart.
func TestStatTellsReplacement(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	write := func(text string) os.FileInfo {
		t.Helper()
		must(t, WriteFile(path, []byte(text)))
		must(t, os.Chtimes(path, time.Unix(1, 0), time.Unix(1, 0)))
		info, err := Stat(path)
		must(t, err)
		return info
	}
	before := write("one")
	if again, err := Stat(path); err != nil || !os.SameFile(before, again) {
		t.Error("a file is not itself", err)
	}
	if os.SameFile(before, write("two")) {
		t.Error("a replacement passed for the file")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
