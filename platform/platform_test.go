package platform

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMain makes the test binary one of the small programs below.
func TestMain(m *testing.M) {
	switch os.Getenv("PLATFORM_TEST") {
	case "lock": // holds the lock until it is killed
		l, err := TryLock(os.Getenv("PLATFORM_LOCK"))
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("locked")
		forever()
		runtime.KeepAlive(l)
	case "tree": // a child in a session of its own, which waits
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), "PLATFORM_TEST=wait")
		Detach(c)
		if err := c.Start(); err != nil {
			panic(err)
		}
		fmt.Println(c.Process.Pid)
		_ = c.Wait()
		os.Exit(0)
	case "wait":
		forever()
	case "family":
		familyMain()
		os.Exit(0)
	case "orphan":
		orphanMain()
		os.Exit(0)
	case "secret":
		for range 2 { // as two starts of one unit would
			b, err := ReadSecret(os.Stdin)
			fmt.Printf("%s %v\n", b, err)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// forever waits until the process is killed. An empty select is a deadlock,
// which ends a program without cgo.
func forever() { <-time.After(24 * time.Hour) }

func program(t *testing.T, name string, env ...string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(append(os.Environ(), "PLATFORM_TEST="+name), env...)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	return c, bufio.NewReader(out)
}

func line(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	s, err := r.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(s)
}

// modeOf is what a file has that was given mode: Windows knows only whether it
// may be written.
func modeOf(mode fs.FileMode) fs.FileMode {
	if runtime.GOOS == "windows" {
		return 0o666
	}
	return mode
}

func TestWriteFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	for _, text := range []string{"one", "", "three"} {
		if err := WriteFile(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != text {
			t.Errorf("%q, %v", b, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != modeOf(0o600) {
			t.Errorf("%v, %v", info.Mode(), err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(filepath.Join(dir, "d"), nil); err == nil {
		t.Error("a directory was replaced")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestRewriteFileKeepsTheMode(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "f")
	if err := RewriteFile(path, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is none: %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o664); err != nil { // whatever the umask
		t.Fatal(err)
	}
	if err := RewriteFile(path, []byte("new")); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if info, e := os.Stat(path); err != nil || e != nil || string(b) != "new" || info.Mode().Perm() != modeOf(0o664) {
		t.Errorf("%q, %v, %v", b, info.Mode(), errors.Join(err, e))
	}
}

// What it is for takes a power cut to see: "make booted" cuts it.
func TestSyncTree(t *testing.T) {
	t.Parallel()
	var s TreeSyncer
	dir := t.TempDir()
	deep := filepath.Join(dir, "a", "b")
	if err := os.MkdirAll(deep, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(deep, "pack"), []byte("x"), 0o400); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", filepath.Join(deep, "link")); err != nil {
		t.Fatal(err)
	}
	if err := s.Sync(dir); err != nil {
		t.Error(err)
	}
	if err := s.Sync(filepath.Join(dir, "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such directory: %v", err)
	}
}

func TestLockDiesWithItsHolder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	c, out := program(t, "lock", "PLATFORM_LOCK="+path)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if got := line(t, out); got != "locked" {
		t.Fatal(got)
	}
	if _, err := TryLock(path); !errors.Is(err, ErrLocked) {
		t.Errorf("held by another process: %v", err)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	l, err := TryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := TryLock(path); !errors.Is(err, ErrLocked) {
		t.Errorf("held by this process: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

// A process that was forked while the lock was held, and has not yet come to
// its exec, has the descriptor too.
func TestCloseReleasesWhatOthersInherited(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no descriptors are inherited there")
	}
	path := filepath.Join(t.TempDir(), "lock")
	l, err := TryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := program(t, "wait")
	c.ExtraFiles = []*os.File{l.f}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	again, err := TryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

func TestProc(t *testing.T) {
	t.Parallel()
	self := ThisProc()
	if !self.Alive() || self.PID != os.Getpid() {
		t.Errorf("%+v", self)
	}
	if age := time.Since(self.StartedAt()); age < 0 || age > 10*time.Minute {
		t.Errorf("started %v ago", age)
	}
	other := self
	other.Started -= 10_000
	if other.Alive() || (Proc{}).Alive() || (Proc{PID: -1}).Alive() {
		t.Error("a pid alone is no process")
	}
	if err := other.KillTree(); err != nil {
		t.Error(err)
	}
}

func TestKillTreeReachesOtherSessions(t *testing.T) {
	t.Parallel()
	c, out := program(t, "tree")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscan(line(t, out), &pid); err != nil {
		t.Fatal(err)
	}
	parent, ok := FindProc(c.Process.Pid)
	child, ok2 := FindProc(pid)
	if !ok || !ok2 {
		t.Fatal("not found")
	}
	if err := parent.KillTree(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	for end := time.Now().Add(10 * time.Second); child.Alive(); {
		if time.Now().After(end) {
			t.Fatal("the grandchild lives")
		}
		<-time.After(time.Millisecond)
	}
}

func TestSecret(t *testing.T) {
	t.Parallel()
	f, err := Secret([]byte("s3cret"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c, out := program(t, "secret")
	c.Stdin = f
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if got := line(t, out); got != "s3cret <nil>" {
		t.Error(got)
	}
	if got := line(t, out); got != "s3cret <nil>" && got != "<nil>" {
		t.Error(got)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if b, err := ReadSecret(null); len(b) > 0 || err != nil {
		t.Errorf("%q %v", b, err)
	}
}

func TestSelf(t *testing.T) {
	dir := t.TempDir()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, filepath.Base(exe))
	if err := os.Symlink(exe, link); err != nil {
		t.Skip("no symbolic links: ", err)
	}
	if _, err := os.Lstat(link); err != nil {
		t.Skip("Wine makes no symbolic links, and does not say so")
	}
	if got, err := Self(); got != exe || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	t.Setenv("PATH", dir)
	if got, err := Self(); got != link || err != nil {
		t.Errorf("%s, %v: the link on PATH survives an upgrade", got, err)
	}
}

func TestBootID(t *testing.T) {
	t.Parallel()
	if a, b := BootID(), BootID(); a == "" || a != b {
		t.Errorf("%q, %q", a, b)
	}
}

func TestBootTime(t *testing.T) {
	t.Parallel()
	boot, self := BootTime(), ThisProc().StartedAt()
	if boot.IsZero() || boot.After(self) {
		t.Errorf("booted at %v, this process began at %v", boot, self)
	}
}

// This is the only package with files for one operating system.
func TestFilesForOneSystem(t *testing.T) {
	t.Parallel()
	suffix := regexp.MustCompile(`_(unix|linux|darwin|windows|other|amd64|arm64)(_test)?\.go$`)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasPrefix(path, filepath.Join("..", "platform")) {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		head, err := io.ReadAll(io.LimitReader(f, 200))
		if suffix.MatchString(path) || strings.Contains(string(head), "//go:build") {
			t.Errorf("%s belongs into platform", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestPeerPID(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("known on Linux only")
	}
	path := filepath.Join(t.TempDir(), "s")
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if got := PeerPID(path); got != os.Getpid() {
		t.Errorf("%d, want %d", got, os.Getpid())
	}
	if got := PeerPID(path + "x"); got != 0 {
		t.Errorf("nobody listens: %d", got)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	c, out := program(t, "tree")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line(t, out) // its child has started
	p, ok := FindProc(c.Process.Pid)
	if !ok {
		t.Fatal("not found")
	}
	h, ok := p.Health()
	if !ok || h.Memory == 0 || h.Threads == 0 || len(h.Children) != 1 || h.Children[0].Name == "" {
		t.Errorf("%v: %+v", ok, h)
	}
	if err := p.KillTree(); err != nil {
		t.Error(err)
	}
	_ = c.Wait()
	if _, ok := p.Health(); ok {
		t.Error("a dead process is healthy")
	}
}

func TestLockedContent(t *testing.T) {
	t.Parallel()
	l, err := TryLock(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, content := range []string{"", "a longer text", "short", ""} {
		if err := l.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := l.Read(13); err != nil || string(got) != content {
			t.Errorf("%q, %v; want %q", got, err, content)
		}
	}
	if err := l.Write([]byte("more than that")); err != nil {
		t.Fatal(err)
	}
	if got, err := l.Read(13); err == nil {
		t.Errorf("read %q", got)
	}
}

// The directory for temporary files may be deep, as it is on macOS, and a
// socket's path may not be long.
func TestSocketDir(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no /tmp")
	}
	deep := filepath.Join(t.TempDir(), strings.Repeat("d/", 40))
	must(t, os.MkdirAll(deep, 0o700))
	t.Setenv("TMPDIR", deep)
	dir, err := SocketDir("specweave-test-", "s")
	must(t, err)
	defer os.Remove(dir)
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	must(t, err)
	must(t, l.Close())
	if left, err := os.ReadDir(deep); err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
}
