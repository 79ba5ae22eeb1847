package workers

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"

	"github.com/specweave/specweave/platform"
)

const (
	defaultStall = 5 * time.Minute
	termGrace    = 2 * time.Second // from asking git to end to ending it
	pipeGrace    = 3 * time.Second // from asking git to end to not waiting for it
	maxLine      = 2048            // bytes of one line of git
	maxLines     = 64              // lines of git that are kept
)

// command is one run of git.
type command struct {
	git   string
	args  []string
	dir   string
	env   []string
	stall time.Duration          // without output for so long git is taken for hung
	alive func()                 // called when git says something
	takes func(line string) bool // reports whether a line that is not progress is none of git's words; may be nil
	shows func(line string)      // gets each line of progress; may be nil
}

// failure is why a run of git failed.
type failure struct {
	lines   []string // the last that git wrote, without progress
	err     error    // of the process
	stalled time.Duration
}

func (f *failure) Error() string {
	switch {
	case f.stalled > 0:
		return fmt.Sprintf("git was ended: no output for %v", f.stalled)
	case len(f.lines) > 0:
		return f.lines[len(f.lines)-1]
	default:
		return "git: " + f.err.Error()
	}
}

func (f *failure) Unwrap() error { return f.err }

// run runs git to its end. The error is a *failure, or ctx's if that is done;
// then git's whole process group has ended as well.
func (c command) run(ctx context.Context) error {
	runCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(runCtx, c.git, c.args...) //nolint:gosec // every argument was checked
	cmd.Dir, cmd.Env = c.dir, c.env
	apart(cmd)

	var stalled atomic.Bool
	watch := time.AfterFunc(c.stall, func() {
		stalled.Store(true)
		cancel()
	})
	defer watch.Stop()
	said := &stderr{takes: c.takes, shows: c.shows, heard: func() {
		watch.Reset(c.stall)
		if c.alive != nil {
			c.alive()
		}
	}}
	cmd.Stderr = said
	var force *time.Timer
	cmd.Cancel = func() error {
		pid := cmd.Process.Pid
		force = time.AfterFunc(termGrace, func() { _ = platform.Kill(pid) })
		return platform.Terminate(pid)
	}
	cmd.WaitDelay = pipeGrace // for whoever inherited stderr

	if err := cmd.Start(); err != nil {
		return &failure{err: err}
	}
	err := cmd.Wait() // also waits for Cancel to return
	if force != nil {
		force.Stop()
	}
	if err != nil || runCtx.Err() != nil {
		_ = platform.Kill(cmd.Process.Pid) // what ignored the signal, or has lost its git
	}
	switch {
	case err == nil || errors.Is(err, exec.ErrWaitDelay) && cmd.ProcessState.Success() && runCtx.Err() == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case stalled.Load():
		return &failure{lines: said.all(), err: err, stalled: c.stall}
	default:
		return &failure{lines: said.all(), err: err}
	}
}

// stderr takes what git writes there, keeps the last lines that are not
// progress, and calls heard at each write.
type stderr struct {
	heard func()
	takes func(line string) bool // or nil
	shows func(line string)      // or nil
	line  []byte
	lines []string
}

// Write never fails. Lines end with a newline or, in progress, with a return.
func (s *stderr) Write(p []byte) (int, error) {
	s.heard()
	for _, b := range p {
		switch {
		case b == '\n' || b == '\r':
			s.end()
		case len(s.line) < maxLine:
			s.line = append(s.line, b)
		}
	}
	return len(p), nil
}

func (s *stderr) end() {
	line := strings.TrimRight(string(s.line), " \t")
	s.line = s.line[:0]
	if line == "" {
		return
	}
	if chatter.MatchString(line) {
		if s.shows != nil {
			s.shows(line)
		}
		return
	}
	if s.takes != nil && s.takes(line) {
		return
	}
	if len(s.lines) == maxLines {
		s.lines = append(s.lines[:0], s.lines[1:]...)
	}
	s.lines = append(s.lines, line)
}

// all returns the lines, the unfinished last one included.
func (s *stderr) all() []string {
	s.end()
	return s.lines
}
