package platform

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// familyMain is the root of a family: it prints the pid of a child of a child
// that is gone, and ends when it is asked to.
func familyMain() {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	asked := StopAsked(ctx)
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "PLATFORM_TEST=orphan")
	c.Stdout = os.Stdout
	if err := c.Run(); err != nil {
		panic(err)
	}
	select {
	case <-asked:
	case <-ctx.Done():
	}
	fmt.Println("asked")
}

// orphanMain leaves a process behind that nobody is the parent of.
func orphanMain() {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "PLATFORM_TEST=wait")
	if err := c.Start(); err != nil {
		panic(err)
	}
	fmt.Println(c.Process.Pid)
}

// startFamily returns the root of a new family, its orphan, and what it says.
func startFamily(t *testing.T, name string) (root, orphan Proc, said func() string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "out")
	out, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	c := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0])
	c.Env = append(os.Environ(), "PLATFORM_TEST=family", "ODD=ü=\"b c\"", "=x")
	c.Dir = t.TempDir()
	c.Stdin, c.Stdout, c.Stderr = null, out, out
	if root, err = StartFamily(c, name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = KillFamily(name, root) })
	said = func() string { b, _ := os.ReadFile(path); return string(b) }
	soon(t, "it has an orphan", func() bool { return strings.HasSuffix(said(), "\n") })
	var pid int
	if _, err := fmt.Sscan(said(), &pid); err != nil {
		t.Fatal(err, said())
	}
	orphan, ok := FindProc(pid)
	if !ok {
		t.Fatal("no orphan")
	}
	soon(t, "it is nobody's descendant", func() bool { return !slices.Contains(root.Descendants(), orphan) })
	return root, orphan, said
}

func soon(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); <-time.After(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("in vain: %s", what)
		}
	}
}

func TestFamilyIsAsked(t *testing.T) {
	t.Parallel()
	name := "specweave-test-asked"
	root, orphan, said := startFamily(t, name)
	if asked, err := StopFamily(name, root); !asked || err != nil {
		t.Errorf("%v, %v", asked, err)
	}
	soon(t, "the root ends", func() bool { return !root.Alive() })
	if text := said(); !strings.HasSuffix(text, "asked\n") {
		t.Errorf("it said %q", text)
	}
	if err := KillFamily(name, root); err != nil {
		t.Error(err)
	}
	soon(t, "the orphan is gone", func() bool { return !orphan.Alive() })
	if err := KillFamily(name, root); err != nil {
		t.Errorf("nothing left: %v", err)
	}
}

func TestKillFamilyReachesOrphans(t *testing.T) {
	t.Parallel()
	name := "specweave-test-killed"
	root, orphan, _ := startFamily(t, name)
	if err := KillFamily(name, root); err != nil {
		t.Error(err)
	}
	soon(t, "they are gone", func() bool { return !root.Alive() && !orphan.Alive() })
}

// A job object ends with its root, as a process group does not.
func TestFamilyEndsWithItsRoot(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "windows" {
		t.Skip("no job objects")
	}
	root, orphan, _ := startFamily(t, "specweave-test-root")
	p, err := os.FindProcess(root.PID)
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		t.Fatal(err)
	}
	soon(t, "they are gone", func() bool { return !root.Alive() && !orphan.Alive() })
}

func TestFamilyOfNothing(t *testing.T) {
	t.Parallel()
	if err := KillFamily("specweave-test-none", Proc{PID: 1 << 22, Started: 1}); err != nil {
		t.Error(err)
	}
	c := exec.CommandContext(t.Context(), filepath.Join(t.TempDir(), "missing"))
	if _, err := StartFamily(c, "specweave-test-missing"); err == nil {
		t.Error("a missing program was started")
	}
}
