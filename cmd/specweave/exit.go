package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/units"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/syncer"
)

// The exit codes of all commands, as --help prints them.
const (
	exitOK          = 0
	exitError       = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitAuth        = 4
	exitTemporary   = 5
	exitWarnings    = 6
	exitJobFailed   = 7
	exitBusy        = 8
	exitInterrupted = 130
)

const exitHelp = `Exit codes:
  0    success
  1    error
  2    usage: something given on the command line or in a file is wrong
  3    no such job, project, profile, organisation or user
  4    authentication failed, and nothing else was done
  5    temporary: the job is paused, the time to wait is over, or a host does not answer now
  6    the job is complete, with warnings: some items failed, or something is left for a person; doctor: something is left over
  7    the job failed
  8    busy: the job runs already, or the profile is being synced
  130  interrupted`

// codeError gives an error an exit code; an empty message says nothing.
type codeError struct {
	code int
	msg  string
}

func (e *codeError) Error() string { return e.msg }

func usage(format string, args ...any) error {
	return &codeError{exitUsage, fmt.Sprintf(format, args...)}
}

// hintError adds what the user can do.
type hintError struct {
	error
	hint string
}

func (e *hintError) Unwrap() error { return e.error }

func hint(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &hintError{err, fmt.Sprintf(format, args...)}
}

// exit reports err on standard error and returns its exit code.
func (e *env) exit(err error) int {
	if err == nil && *e.out.fail != nil {
		err = fmt.Errorf("standard output: %w", *e.out.fail)
	}
	if err == nil {
		return exitOK
	}
	e.say("specweave: ", err)
	var h *hintError
	if errors.As(err, &h) {
		e.talk("hint: %s\n", jobs.Printable(h.hint))
	} else if text := hintFor(err); text != "" {
		e.talk("hint: %s\n", text)
	}
	return codeOf(err)
}

// warning reports what does not keep a command from its work, if it is anything.
func (e *env) warning(err error) {
	if err != nil {
		e.say("specweave: warning: ", err)
	}
}

// say prints err behind prefix, of joined errors each in a line of its own.
func (e *env) say(prefix string, err error) {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if line != "" {
			e.talk("%s%s\n", prefix, jobs.Printable(line))
		}
	}
}

func codeOf(err error) int {
	var code *codeError
	var list *listError
	var input *workers.InputError
	var busy *syncer.BusyError
	switch {
	case errors.As(err, &code):
		return code.code
	case errors.As(err, &list):
		return list.code
	case errors.As(err, &input), errors.Is(err, jobs.ErrAmbiguous), errors.Is(err, jobs.ErrFinished):
		return exitUsage
	case errors.Is(err, jobs.ErrNotFound):
		return exitNotFound
	case errors.Is(err, jobs.ErrClaimed), errors.Is(err, units.ErrExists), errors.As(err, &busy):
		return exitBusy
	case errors.Is(err, jobs.ErrInterrupted), errors.Is(err, jobs.ErrWaits):
		return exitTemporary
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitError
}

func hintFor(err error) string {
	var busy *syncer.BusyError
	switch {
	case errors.As(err, &busy) && busy.Job != "":
		return fmt.Sprintf("specweave jobs follow %s shows it; specweave jobs kill %s stops it", busy.Job, busy.Job)
	case errors.Is(err, jobs.ErrNotFound):
		return "specweave jobs --all lists the jobs of this project"
	case errors.Is(err, jobs.ErrAmbiguous):
		return "give more of the id"
	case errors.Is(err, jobs.ErrClaimed):
		return "specweave jobs follow shows it; specweave jobs kill stops it"
	case errors.Is(err, jobs.ErrInterrupted):
		return "specweave jobs resume goes on with it"
	case errors.Is(err, jobs.ErrWaits):
		return "it starts by itself; to have it start whatever becomes of the other, create it anew with --after ID,any"
	case errors.Is(err, jobs.ErrNothingFailed):
	case errors.Is(err, jobs.ErrFinished):
		return "specweave jobs retry tries what failed once more"
	case errors.Is(err, jobs.ErrForeign):
		return "use the specweave that started it: npx specweave@1 jobs"
	case errors.Is(err, jobs.ErrCorrupt):
		return "the file is kept as it is; start the operation again, what is already there is skipped"
	case platform.DiskFull(err):
		return "free some space and try again"
	case platform.ReadOnly(err):
		return "the project directory must be writable; -C names another"
	}
	return ""
}

// denied reports whether nothing was done because access was denied everywhere.
func denied(s *jobs.State) bool {
	all := s.Failures()
	other := func(f jobs.Failure) bool { return f.Class != workers.ClassAuth }
	return s.Done == 0 && len(all) > 0 && !slices.ContainsFunc(all, other)
}

// outcome is the exit code that a job's end stands for.
func outcome(s *jobs.State) error {
	switch s.Status {
	case jobs.CompletedWithWarnings:
		if denied(s) {
			return &codeError{code: exitAuth}
		}
		return &codeError{code: exitWarnings}
	case jobs.Failed:
		return &codeError{code: exitJobFailed}
	case jobs.Paused:
		return &codeError{code: exitTemporary}
	case jobs.Pending, jobs.Running, jobs.Completed:
	}
	return nil
}
