package unitstest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/units"
)

// script tells a command of the suite what to do, in this order.
type script struct {
	Report  string `json:"report"`  // directory for its reports, absolute
	Mute    bool   `json:"mute"`    // does not say READY=1
	Family  bool   `json:"family"`  // starts a child in its group, and one in a session of its own with a child
	Crashes int    `json:"crashes"` // kills itself this often; the reports are counted
	Exit    int    `json:"exit"`    // exits with this code, if not 0
	Hold    bool   `json:"hold"`    // waits for SIGTERM, then exits with 0
	Deaf    bool   `json:"deaf"`    // ignores SIGTERM
	Say     string `json:"say"`     // a line for standard output
}

// report is what a command saw.
type report struct {
	Args   []string  `json:"args"`
	Env    []string  `json:"env"`
	Dir    string    `json:"dir"`
	Input  string    `json:"input"`
	PID    int       `json:"pid"`
	Begun  time.Time `json:"begun"`
	Family []int     `json:"family"`
}

// host is what a command runs in: a process, or a goroutine of the fake.
type host struct {
	report
	stdout, stderr io.Writer
	ready          func()
	term           <-chan struct{}
	crash          func() int
}

func (s script) args(exe string, more ...string) []string {
	data, err := json.Marshal(s)
	if err != nil {
		panic(err) // plain fields only
	}
	return append([]string{exe, commandWord, string(data)}, more...)
}

// commandMain is the main function of a unit's process.
func commandMain(args []string) int {
	notifier := units.NewNotifier()
	ctx, cancel := units.Heed(context.Background()) //nolint:forbidigo // this is a main function
	defer cancel()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	go func() {
		<-signals
		notifier.Stopping()
		cancel()
	}()
	if units.Wait(ctx) != nil {
		return 119
	}
	input, err := platform.ReadSecret(os.Stdin)
	if err != nil {
		return 120
	}
	dir, err := os.Getwd()
	if err != nil {
		return 121
	}
	return command(host{
		report: report{Args: args, Env: os.Environ(), Dir: dir, Input: string(input), PID: os.Getpid()},
		stdout: os.Stdout, stderr: os.Stderr,
		ready: notifier.Ready,
		term:  ctx.Done(),
		crash: func() int {
			self, err := os.FindProcess(os.Getpid())
			if err == nil {
				err = self.Kill()
			}
			if err != nil {
				return 122
			}
			select {}
		},
	})
}

// command carries out the script in its arguments.
func command(h host) int {
	var s script
	if err := json.Unmarshal([]byte(h.Args[2]), &s); err != nil {
		return 123
	}
	h.Begun = time.Now()
	_, _ = fmt.Fprintln(h.stdout, "to stdout")
	if s.Say != "" {
		_, _ = fmt.Fprintln(h.stdout, s.Say)
	}
	_, _ = fmt.Fprintln(h.stderr, "to stderr")
	if s.Family {
		family, err := startFamily(s)
		if err != nil {
			_, _ = fmt.Fprintln(h.stderr, err)
			return 124
		}
		h.Family = family
	}
	n, err := h.write(s.Report)
	if err != nil {
		_, _ = fmt.Fprintln(h.stderr, err)
		return 125
	}
	if !s.Mute {
		h.ready()
	}
	switch {
	case n <= s.Crashes:
		return h.crash()
	case s.Exit != 0:
		return s.Exit
	case s.Deaf:
		select {}
	case s.Hold:
		<-h.term
		_, _ = fmt.Fprintln(h.stdout, "graceful")
	}
	return 0
}

// startFamily starts a child and a child in another session, deaf both.
func startFamily(s script) ([]int, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var pids []int
	for i, far := range []bool{false, true} {
		dir := filepath.Join(s.Report, strconv.Itoa(i))
		if err := os.Mkdir(dir, 0o700); err != nil {
			return nil, err
		}
		args := script{Report: dir, Deaf: true, Family: far && filepath.Base(s.Report) == "reports"}.args(exe)
		cmd := exec.Command(args[0], args[1:]...) //nolint:gosec,noctx // the suite's own command; the scheduler ends it
		if far {
			platform.Detach(cmd)
		}
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		pids = append(pids, cmd.Process.Pid)
	}
	return pids, nil
}

// write adds a report to dir and returns how many there are. Readers see whole
// ones only, and two that write at a time do not get the same number.
func (r report) write(dir string) (int, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return 0, err
	}
	for n := 1; ; n++ {
		name := filepath.Join(dir, strconv.Itoa(n))
		f, err := os.OpenFile(name+".taken", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return 0, err
		}
		return n, errors.Join(f.Close(), platform.WriteFile(name+".json", data))
	}
}
