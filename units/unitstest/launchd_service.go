package unitstest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/specweave/specweave/platform"
)

// service is one label, with a process now and then.
type service struct {
	target, domain, path string
	agentKeys
	throttle time.Duration
	kick     chan struct{}
	gone     chan struct{} // closed to end live
	over     chan struct{} // closed by live

	mu      sync.Mutex
	left    bool
	proc    platform.Proc // zero without a process
	runs    int
	last    string // what print says of the last exit, "" if there was none
	failure bool   // of the last exit
}

func newService(target, domain, path string, keys agentKeys, throttle time.Duration) *service {
	return &service{
		target: target, domain: domain, path: path, agentKeys: keys, throttle: throttle,
		kick: make(chan struct{}, 1), gone: make(chan struct{}), over: make(chan struct{}),
	}
}

// live starts the program whenever its keys say so.
func (s *service) live() {
	defer close(s.over)
	run := s.RunAtLoad || s.keepsAlive() // which implies it
	for {
		if !run {
			timer := time.NewTimer(s.untilCalendar(time.Now()))
			select {
			case <-s.gone:
				timer.Stop()
				return
			case <-s.kick:
				timer.Stop()
			case <-timer.C:
			}
		}
		begun := time.Now()
		s.run()
		if run = s.wantsRestart(); !run {
			continue
		}
		wait := time.NewTimer(s.throttle - time.Since(begun))
		select {
		case <-s.gone:
			wait.Stop()
			return
		case <-s.kick:
			wait.Stop()
		case <-wait.C:
		}
	}
}

func (s *service) wantsRestart() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.left && s.restarts(s.failure)
}

// run starts the program, as the leader of a group, and waits for it. What is
// left of the group is killed.
func (s *service) run() {
	cmd, err := s.command()
	s.mu.Lock()
	if s.left {
		s.mu.Unlock()
		return
	}
	if err == nil {
		err = cmd.Start()
		_ = cmd.Stdout.(*os.File).Close()
		_ = cmd.Stderr.(*os.File).Close()
	}
	s.runs++
	if err != nil {
		s.last, s.failure = "\tlast exit code = 78: EX_CONFIG\n", true
		s.mu.Unlock()
		return
	}
	pid := cmd.Process.Pid
	s.proc, _ = platform.FindProc(pid) // not reaped yet
	s.mu.Unlock()
	err = cmd.Wait()
	if !s.AbandonProcessGroup {
		_ = platform.Kill(pid)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.proc = platform.Proc{}
	s.failure = err != nil
	s.last = fmt.Sprintf("\tlast exit code = %d\n", cmd.ProcessState.ExitCode())
	if w, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		name := w.Signal().String()
		s.last = fmt.Sprintf("\tlast terminating signal = %s: %d\n", strings.ToUpper(name[:1])+name[1:], int(w.Signal()))
	}
}

// command is the program with the surroundings that launchd gives it. Between
// the two stands a shell for the umask; in launchd it is xpcproxy.
func (s *service) command() (*exec.Cmd, error) {
	if info, err := os.Stat(s.ProgramArguments[0]); err != nil || info.Mode()&0o111 == 0 {
		return nil, errors.New("no such program")
	}
	args := append([]string{"-c", `umask "$0" && exec "$@"`, fmt.Sprintf("%03o", s.Umask)}, s.ProgramArguments...)
	cmd := exec.Command("/bin/sh", args...) //nolint:gosec,noctx // what the property list says
	platform.Detach(cmd)
	cmd.Dir = or(s.WorkingDirectory, "/")
	cmd.Env = append(os.Environ(), "XPC_SERVICE_NAME="+s.Label, "XPC_FLAGS=0x0")
	for name, value := range s.EnvironmentVariables {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := s.output(s.StandardOutPath)
	if err != nil {
		return nil, err
	}
	cmd.Stdout = out
	if cmd.Stderr, err = s.output(s.StandardErrorPath); err != nil {
		return nil, errors.Join(err, out.Close())
	}
	return cmd, nil
}

// output opens a file for the program, which keeps it open by itself.
func (s *service) output(path string) (*os.File, error) {
	return os.OpenFile(or(path, os.DevNull), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666&^os.FileMode(s.Umask)) //nolint:gosec // as launchd does
}

func (s *service) running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.proc.PID > 0
}

func (s *service) leaving() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left
}

// leave lets nothing start any more; it reports false if it was so already.
func (s *service) leave() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left {
		return false
	}
	s.left = true
	close(s.gone)
	return true
}

// end ends the process, gently at first.
func (s *service) end() {
	_ = s.terminate()
	select {
	case <-s.over:
		return
	case <-time.After(time.Duration(s.ExitTimeOut) * time.Second):
	}
	_ = s.kill()
	<-s.over
}

func (s *service) terminate() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc.PID == 0 {
		return errors.New("no process")
	}
	return s.proc.Terminate()
}

func (s *service) kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc.PID == 0 {
		return errors.New("no process")
	}
	return platform.Kill(s.proc.PID)
}

// print has the form of "launchctl print", blocks that repeat its keys
// included.
func (s *service) print() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(&b, format+"\n", args...) }
	block := func(name string, lines []string) {
		line("\n\t%s = {", name)
		for _, l := range lines {
			line("\t\t%s", l)
		}
		line("\t}")
	}
	active, state := 0, "not running"
	if s.proc.PID > 0 {
		active, state = 1, "running"
	}
	line("%s = {", s.target)
	line("\tactive count = %d\n\tpath = %s\n\ttype = LaunchAgent\n\tstate = %s\n", active, s.path, state)
	line("\tprogram = %s", s.ProgramArguments[0])
	block("arguments", s.ProgramArguments)
	line("\n\tworking directory = %s", s.WorkingDirectory)
	line("\n\tstdout path = %s\n\tstderr path = %s", s.StandardOutPath, s.StandardErrorPath)
	var env []string
	for name, value := range s.EnvironmentVariables {
		env = append(env, name+" => "+value)
	}
	slices.Sort(env)
	block("environment", append(env, "XPC_SERVICE_NAME => "+s.Label))
	line("\n\tdomain = %s [100003]\n\tminimum runtime = 10\n\texit timeout = %d", s.domain, s.ExitTimeOut)
	line("\truns = %d", s.runs)
	if s.proc.PID > 0 {
		line("\tpid = %d\n\timmediate reason = non-ipc demand", s.proc.PID)
	}
	line("\tforks = 0\n\texecs = %d", s.runs)
	b.WriteString(or(s.last, "\tlast exit code = (never exited)\n"))
	block("resource coalition", []string{"ID = 1114", "type = resource", "state = active", "active count = 1", "runs = 99", "pid = 1", "name = " + s.Label})
	line("\n\tspawn type = background (5)\n\tjetsam priority = 40")
	line("}")
	return b.String()
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
