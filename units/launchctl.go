package units

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Exit codes of launchctl(1) that somebody branches on. Apple documents none;
// "launchctl error CODE" puts them into words.
const (
	ctlNoProcess  = 3   // nothing of that name is loaded
	ctlIO         = 5   // loaded already, still being unloaded, or no good property list
	ctlInProgress = 36  // being unloaded
	ctlAlready    = 37  // being loaded, or loaded
	ctlNoDomain   = 112 // nobody is logged in there
	ctlNoService  = 113
	ctlNoAction   = 125 // the domain does not do that, as gui/UID over ssh
	ctlNoSession  = 134 // not for this type of session
)

// outputWait bounds how long others may keep the output of a program open that
// has ended. What it wrote is read meanwhile, which takes a busy machine a while.
const outputWait = 5 * time.Second

// launchctl runs launchctl(1) and returns what it printed and its exit code.
// The error says that it could not be run, or that ctx ended.
type launchctl func(ctx context.Context, args ...string) (out string, code int, err error)

// launchctlAt runs the program at path.
func launchctlAt(path string) launchctl {
	return func(ctx context.Context, args ...string) (string, int, error) {
		cmd := exec.CommandContext(ctx, path, args...)
		cmd.WaitDelay = outputWait
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		switch {
		case ctx.Err() != nil:
			return "", 0, ctx.Err()
		case errors.As(err, &exit) && exit.ExitCode() > 0:
			return string(out), exit.ExitCode(), nil
		case err != nil:
			return "", 0, fmt.Errorf("launchctl %s: %w", args[0], err)
		}
		return string(out), 0, nil
	}
}

// ctlError puts an answer into words: the first line says it all.
func ctlError(verb, out string, code int) error {
	line, _, _ := strings.Cut(strings.TrimSpace(out), "\n")
	return fmt.Errorf("launchctl %s: %s (exit code %d)", verb, oneLine(or(line, "no message")), code)
}

// printed is what "launchctl print" tells of a service. Apple calls the text no
// interface, so it is a hint; the files of those who ask are the truth.
type printed struct {
	pid    int // 0 if no process runs
	runs   int // how often it was started
	exited bool
	code   int // of the last exit
	signal int // that ended the last process, 0 if none did
}

// parsePrint reads the first level of the text: blocks within have keys of the
// same names. A line it does not know says nothing.
func parsePrint(text string) (p printed) {
	inner := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case line == "\t}":
			inner = false
		case !inner && strings.HasPrefix(line, "\t") && strings.HasSuffix(line, "{"):
			inner = true
		case !inner && strings.HasPrefix(line, "\t") && !strings.HasPrefix(line, "\t\t"):
			if key, value, ok := strings.Cut(line[1:], " = "); ok {
				p.set(key, value)
			}
		}
	}
	return p
}

func (p *printed) set(key, value string) {
	switch key {
	case "pid":
		p.pid = number(value)
	case "runs":
		p.runs = number(value)
	case "last exit code": // "(never exited)", "0", "78: EX_CONFIG"
		value, _, _ = strings.Cut(value, ":")
		if n, err := strconv.Atoi(value); err == nil {
			p.exited, p.code = true, n
		}
	case "last terminating signal": // "Killed: 9", in place of an exit code
		p.exited, p.signal = true, number(value[strings.LastIndex(value, " ")+1:])
	}
}

// number is 0 for what is none.
func number(s string) int {
	n, _ := strconv.Atoi(s)
	return max(n, 0)
}

// status is that of a service that is loaded. It reports false for one that
// ended well, which launchd keeps until it is booted out.
func (p printed) status(a agentPlist, l limits) (st Status, ok bool) {
	due := a.due()
	switch {
	case p.pid > 0:
		return Status{State: Active, PID: p.pid}, true
	case p.runs == 0 && !p.exited && !due.IsZero():
		return Status{State: Waiting, Due: due}, true
	case !p.exited: // about to be started
		return Status{State: Active}, true
	case p.code == 0 && p.signal == 0:
		return Status{}, false
	}
	st = Status{State: Active, Result: "exit-code", ExitCode: p.code}
	if p.signal > 0 {
		st.Result, st.ExitCode = "signal", p.signal
	}
	// launchd starts it again without end. After so many starts that is no help
	// any more, whatever it still tries.
	if a.KeepAlive == nil || p.runs >= int(l.Burst) {
		st.State = Failed
	}
	return st, true
}
