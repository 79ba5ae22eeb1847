package jobs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// failing makes its file's n-th write or sync fail with err, once; a short one
// writes half before.
type failing struct {
	*os.File
	n     *int
	err   error
	short bool
}

func (f failing) fails() bool {
	*f.n--
	return *f.n == 0
}

func (f failing) WriteAt(p []byte, off int64) (int, error) {
	if !f.fails() {
		return f.File.WriteAt(p, off)
	}
	if f.short {
		n, _ := f.File.WriteAt(p[:len(p)/2], off)
		return n, f.err
	}
	return 0, f.err
}

func (f failing) Sync() error {
	if f.fails() {
		return f.err
	}
	return f.File.Sync()
}

// Whatever write fails, and however: what was noted before is there, the next
// Append works, and the journal folds.
func TestWriteErrors(t *testing.T) {
	old := openFile
	t.Cleanup(func() { openFile = old })
	for _, fault := range []struct {
		name  string
		err   error
		short bool
	}{{"ENOSPC", syscall.ENOSPC, false}, {"EIO", syscall.EIO, false}, {"short", syscall.ENOSPC, true}} {
		t.Run(fault.name, func(t *testing.T) {
			for n := 1; ; n++ {
				left := n
				openFile = func(path string) (file, error) {
					f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
					return failing{f, &left, fault.err, fault.short}, err
				}
				if !sweep(t, fmt.Sprintf("operation %d", n), fault.err) {
					t.Logf("%d operations", n-1)
					return
				}
			}
		})
	}
}

// sweep notes ten items, each again if that failed, and reports whether
// anything did.
func sweep(t *testing.T, at string, want error) (failed bool) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	j, _, err := OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	noted := 0
	for i := range 10 {
		e := Event{Time: t0, Kind: KindDone, Item: fmt.Sprint(i)}
		if i%3 == 2 {
			e = Event{Time: t0, Kind: KindCursor, Cursor: []byte(fmt.Sprint(i))}
		}
		if err := j.Append(e); err != nil {
			failed = true
			if !errors.Is(err, want) || !errors.Is(err, errJournal) {
				t.Fatalf("%s: %v", at, err)
			}
			s, _, err := Fold(read(t, path))
			if err != nil || s.Done != noted {
				t.Fatalf("%s: %d items noted, %d there: %v", at, noted, s.Done, err)
			}
			if err := j.Append(e); err != nil {
				t.Fatalf("%s: again: %v", at, err)
			}
		}
		if e.Kind == KindDone {
			noted++
		}
	}
	if err := j.Close(); err != nil {
		failed = true
	}
	s, n, err := Fold(read(t, path))
	if err != nil || n != len(read(t, path)) || s.Done != noted {
		t.Fatalf("%s: %d bytes, %d items of %d: %v", at, n, s.Done, noted, err)
	}
	return failed
}
