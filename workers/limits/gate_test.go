package limits

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestMain lets the test binary be another process with slots of its own: it
// takes as many as it is told, says so, and runs until its input ends.
func TestMain(m *testing.M) {
	if dir := os.Getenv("LIMITS_TEST_DIR"); dir != "" {
		g := Open(Options{Dir: dir, Host: "example.org"})
		for range len(os.Getenv("LIMITS_TEST_SLOTS")) {
			slot, err := g.Acquire(context.Background())
			if err != nil {
				panic(err)
			}
			if os.Getenv("LIMITS_TEST_REFUSED") != "" {
				slot.Refused(time.Hour)
			}
		}
		fmt.Println("ready")
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// other starts a process that takes n slots and returns when it has them.
func other(t *testing.T, dir string, n int, env ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "LIMITS_TEST_DIR="+dir, "LIMITS_TEST_SLOTS="+strings.Repeat("x", n))
	cmd.Env = append(cmd.Env, env...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("%q, %v", line, err)
	}
	return cmd
}

func acquire(t *testing.T, g *Gate) *Slot {
	t.Helper()
	s, err := g.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// full checks that a gate has no slot to give now.
func full(t *testing.T, g *Gate) {
	t.Helper()
	stop := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	waits := g.opts.Waiting
	g.opts.Waiting = func() { cancel(stop) }
	if s, err := g.Acquire(ctx); !errors.Is(err, stop) {
		t.Fatalf("got %v, %v; want to wait", s, err)
	}
	g.opts.Waiting = waits
}

func open(dir string) *Gate { return Open(Options{Dir: dir, Host: "example.org"}) }

func TestGatesShare(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "limits")
	a, b := open(dir), open(dir)
	var slots []*Slot
	for range first / 2 {
		slots = append(slots, acquire(t, a), acquire(t, b))
	}
	full(t, a)
	full(t, b)
	if err := func() error { _, err := Open(Options{Dir: dir, Host: "example.com"}).Acquire(t.Context()); return err }(); err != nil {
		t.Error("another host:", err)
	}
	slots[0].Drop() // of a
	slots[0].Done() // which is given back already
	s := acquire(t, b)
	full(t, a)
	s.Done() // the window was full
	acquire(t, a)
	acquire(t, b)
	full(t, b)
	for path, mode := range map[string]os.FileMode{dir: 0o700, a.path: 0o600} {
		info, err := os.Stat(path)
		if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	if strings.Contains(a.path, "example") {
		t.Error(a.path)
	}
}

func TestGateRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, b := open(dir), open(dir)
	s, late, old := acquire(t, a), acquire(t, a), acquire(t, b)
	now := time.Now().Add(time.Second)
	a.now = func() time.Time { return now }
	b.now = a.now
	s.Refused(time.Hour)
	if !late.Stale() {
		t.Error("the other slot does not know")
	}
	for _, g := range []*Gate{a, b} {
		var limit *LimitError
		if _, err := g.Acquire(t.Context()); !errors.As(err, &limit) || !limit.Until.Equal(now.Add(time.Hour).Truncate(time.Millisecond)) || limit.Host != "example.org" {
			t.Errorf("%v", err)
		}
	}
	old.Refused(0)
	if n := b.last.slots(); n != first/2 {
		t.Errorf("%d slots after one burst", n)
	}
	now = now.Add(time.Hour)
	if s := acquire(t, b); s.Stale() {
		t.Error("stale")
	}
}

// A short limit is waited out.
func TestGateWaits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		g := open(dir)
		calls := 0
		g.opts.Waiting = func() { calls++ }
		start := time.Now()
		acquire(t, g).Refused(300 * time.Millisecond)
		acquire(t, g)
		if d := time.Since(start); d != 300*time.Millisecond || calls == 0 {
			t.Errorf("%v, %d calls", d, calls)
		}
	})
}

func TestGateCap(t *testing.T) {
	t.Parallel()
	g := Open(Options{Host: "example.org", Cap: 2})
	s := acquire(t, g)
	acquire(t, g)
	full(t, g)
	s.Drop()
	acquire(t, g)
}

// A slot that is given back goes at once to one who waits in the same process.
func TestGateHandsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		for range 20 {
			g := Open(Options{Host: "example.org", Cap: 1})
			held := acquire(t, g)
			g.opts.Waiting = func() { go held.Done() }
			acquire(t, g).Drop()
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("took %v", d)
		}
	})
}

// What a process had is free as soon as it is killed.
func TestGateKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd := other(t, dir, first)
	g := open(dir)
	full(t, g)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	slot, until := g.take()
	if slot == nil {
		t.Fatalf("no slot (until %v): %+v", until, g.last)
	}
	for range first - 1 {
		acquire(t, g)
	}
	full(t, g)
}

func TestGateHearsOfOthers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	other(t, dir, 1, "LIMITS_TEST_REFUSED=1")
	var limit *LimitError
	if _, err := open(dir).Acquire(t.Context()); !errors.As(err, &limit) || time.Until(limit.Until) < 59*time.Minute {
		t.Errorf("%v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func BenchmarkSlot(b *testing.B) {
	g := open(b.TempDir())
	for b.Loop() {
		s, err := g.Acquire(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		s.Done()
	}
}
