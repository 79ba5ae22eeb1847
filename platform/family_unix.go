//go:build unix

package platform

import (
	"context"
	"os/exec"
	"time"
)

// StartFamily starts cmd, whose standard streams are files, in a session of its
// own, as the root of a family called name that ends as one: its process group.
// It is reaped should it end before the caller.
func StartFamily(cmd *exec.Cmd, _ string) (Proc, error) {
	Detach(cmd)
	if err := cmd.Start(); err != nil {
		return Proc{}, err
	}
	// Not reaped yet, so that even a process that ended at once can be found.
	p, ok := FindProc(cmd.Process.Pid)
	if !ok {
		p = Proc{PID: cmd.Process.Pid, Started: time.Now().UnixMilli()}
	}
	go func() { _ = cmd.Wait() }()
	return p, nil
}

// StopFamily asks all of a family to end, by SIGTERM. It reports whether that
// could be done.
func StopFamily(_ string, root Proc) (bool, error) { return true, Terminate(root.PID) }

// KillFamily ends a family at once, which may have lost its root. One that is
// gone is no error.
func KillFamily(_ string, root Proc) error { return Kill(root.PID) }

// StopAsked returns a channel that is never closed: here processes are asked to
// end by signals.
func StopAsked(context.Context) <-chan struct{} { return nil }

// Bound reports whether this process, with all that it starts, ends with a job
// object that it cannot leave. There are none here.
func Bound() bool { return false }
