package workers

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/specweave/specweave/platform"
)

// socketPrefix begins the names of directories that hold a socket.
const socketPrefix = "specweave-git-"

// socketVar tells git's credential helper where the worker listens.
const socketVar = "SPECWEAVE_CREDENTIAL_SOCKET"

const (
	maxRequest = 64 << 10    // bytes of one request or answer
	askTimeout = time.Minute // of one question, gh included
)

// credentialServer answers git's credential helpers on a Unix socket in a
// directory that only this user can enter.
type credentialServer struct {
	dir      string
	listener net.Listener
	wait     sync.WaitGroup
	cancel   context.CancelFunc
}

// serveCredentials listens until close is called. It makes a directory for
// temporary files.
func serveCredentials(ctx context.Context, c *Credentials) (*credentialServer, error) {
	sweepSockets(ctx, os.TempDir())
	dir, err := platform.SocketDir(socketPrefix, "s")
	if err != nil {
		return nil, fmt.Errorf("credential socket: %w", err)
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "unix", filepath.Join(dir, "s"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("credential socket: %w", err), os.RemoveAll(dir))
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &credentialServer{dir: dir, listener: l, cancel: cancel}
	s.wait.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // closed
			}
			s.wait.Go(func() { answer(ctx, conn, c) })
		}
	})
	return s, nil
}

// sweepSockets removes the directories of workers that were killed: those of
// this user where nobody has answered for a while.
func sweepSockets(ctx context.Context, parent string) {
	dirs, _ := filepath.Glob(filepath.Join(parent, socketPrefix+"*"))
	for _, dir := range dirs {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || time.Since(info.ModTime()) < time.Minute || platform.Owner(dir) != os.Getuid() {
			continue
		}
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "unix", filepath.Join(dir, "s"))
		if err == nil {
			_ = conn.Close()
			continue
		}
		_ = os.Remove(filepath.Join(dir, "s"))
		_ = os.Remove(dir) // nothing else is in it, or it is not ours
	}
}

// env is what a run of git needs to find the server.
func (s *credentialServer) env() string {
	return socketVar + "=" + filepath.Join(s.dir, "s")
}

func (s *credentialServer) close() error {
	s.cancel()
	err := s.listener.Close()
	s.wait.Wait()
	return errors.Join(err, os.RemoveAll(s.dir))
}

// answer serves one question in the format of gitcredentials(7): lines of
// key=value up to an empty one.
func answer(ctx context.Context, conn net.Conn, c *Credentials) {
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	_ = conn.SetDeadline(time.Now().Add(askTimeout))
	asked := make(map[string]string)
	lines := bufio.NewScanner(io.LimitReader(conn, maxRequest))
	for lines.Scan() && lines.Text() != "" {
		k, v, _ := strings.Cut(lines.Text(), "=")
		asked[k] = v
	}
	l, ok := c.Login(ctx, asked["protocol"], asked["host"], asked["path"])
	if !ok || strings.ContainsAny(l.Username+l.Password, "\n\x00") {
		return
	}
	c.log.AddLogin(l)
	_, _ = fmt.Fprintf(conn, "username=%s\npassword=%s\n", l.Username, l.Password)
}

// AskCredential is git's credential helper: `specweave jobs credential OP`. It
// asks the worker that started this git about what in describes and writes the
// answer to out. Operations but get do nothing: there is nothing to store. A
// worker that is gone has no answer, which is no error.
func AskCredential(ctx context.Context, op string, in io.Reader, out io.Writer) error {
	socket := os.Getenv(socketVar)
	if op != "get" || socket == "" {
		return nil
	}
	request, err := io.ReadAll(io.LimitReader(in, maxRequest))
	if err != nil {
		return fmt.Errorf("read git's question: %w", err)
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil // git says what it misses
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(askTimeout))
	if _, err := conn.Write(append([]byte(strings.TrimRight(string(request), "\n")), "\n\n"...)); err != nil {
		return fmt.Errorf("ask the worker: %w", err)
	}
	if _, err := io.Copy(out, io.LimitReader(conn, maxRequest)); err != nil {
		return fmt.Errorf("hear the worker: %w", err)
	}
	return nil
}

// helperOptions make git ask helper, an argument list, and no other. With the
// path of the repository it can be told apart from others on its host. Git also
// tells a helper to store what was accepted, or to erase what was not: that is
// no reason to start it.
func helperOptions(helper []string) []string {
	words := make([]string, len(helper))
	for i, w := range helper {
		words[i] = ShellQuote(filepath.ToSlash(w))
	}
	return []string{
		"-c", "credential.helper=",
		"-c", "credential.helper=!f() { test \"$1\" != get || exec " + strings.Join(words, " ") + " get; }; f",
		"-c", "credential.useHttpPath=true",
	}
}
