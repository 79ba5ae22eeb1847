// Command specweave hands long operations to the operating system's own
// scheduler, so that they outlive the terminal, the login and a crash, and
// shows and steers them.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	_ = os.Setenv("NoDefaultCurrentDirectoryInExePath", "1") // or Windows runs the git.exe of the project first
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := run(ctx, os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr}, stop)
	stop()
	os.Exit(code)
}

// stdio is a command's connection to whoever called it.
type stdio struct {
	in       *os.File
	out, err io.Writer
}

// run executes one command line and returns its exit code. When ctx is done
// for the first time rearm is called, so that a second signal ends the process
// at once.
func run(ctx context.Context, args []string, io stdio, rearm func()) int {
	context.AfterFunc(ctx, rearm)
	e := newEnv(io, os.Getenv, time.Now)
	e.args = args
	if verb, id, project, ok := parseWorkerArgs(args); ok {
		e.cli.Project = project
		if verb == endedVerb {
			return e.exit(endedCmd{id}.Run(ctx, e))
		}
		return e.exit(workCmd{id}.Run(ctx, e))
	}
	if op, ok := parseCredentialArgs(args); ok {
		return e.exit(credentialCmd{op}.Run(ctx, e))
	}
	return e.exit(e.execute(ctx, args))
}
