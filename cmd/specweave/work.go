package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/units"
	"github.com/specweave/specweave/workers"
)

// The hidden verbs that the operating system runs.
const (
	workVerb  = "work"
	endedVerb = "ended"
)

// workerArgs is the command line of a job's worker, which starts in the
// project. Its path stays out of the arguments: see package units on what
// becomes of them when systemd reads a unit again.
func workerArgs(self, id string) []string {
	return []string{self, "jobs", workVerb, id, "-C", "."}
}

// endedArgs is what the manager runs when a worker has ended.
func endedArgs(self, id string) []string {
	return []string{self, "jobs", endedVerb, id, "-C", "."}
}

// parseWorkerArgs recognises what workerArgs and endedArgs made, without the
// program's name. Building the grammar takes longer than all else that a worker
// does before it can say that it runs, and every launch waits for that.
func parseWorkerArgs(args []string) (verb, id, project string, ok bool) {
	if len(args) != 5 || args[0] != "jobs" || args[1] != workVerb && args[1] != endedVerb || args[3] != "-C" {
		return "", "", "", false
	}
	return args[1], args[2], args[4], true
}

// workCmd is what the operating system runs. It exits with 0 if and only if
// the job's journal says how the attempt ended, or another process has the job:
// anything else is a crash, after which the system starts it again.
type workCmd struct {
	ID string `arg:""`
}

func (c workCmd) Run(ctx context.Context, e *env) error {
	ctx, cancel := units.Heed(ctx)
	defer cancel()
	notify := units.NewNotifier()
	data, err := platform.ReadSecret(os.Stdin) // which NewNotifier may have replaced
	if err != nil {
		return err
	}
	in, err := workers.ParseInput(data)
	if err != nil {
		return fmt.Errorf("job %s: %w", c.ID, err)
	}
	s, err := e.store()
	if err != nil {
		return err
	}
	set, err := e.workerSet(s.Project(), in)
	if err != nil {
		return err
	}
	if err := units.Wait(ctx); err != nil { // nobody else waits for the time of a detached unit
		return nil // stopped before it began
	}
	unit := os.Getenv("SPECWEAVE_UNIT")
	_, err = jobs.Attempt{
		Store: s, Workers: set, Unit: unit, Armed: os.Getenv(jobs.ArmedVar) != "", Notify: notify, Log: jobs.NewLog(os.Stderr),
		Stopped: func(ctx context.Context) error { return stoppedBy(ctx, notify) },
	}.Run(ctx, c.ID)
	if errors.Is(err, jobs.ErrClaimed) || errors.Is(err, jobs.ErrFinished) || errors.Is(err, jobs.ErrChanged) {
		notify.Ready() // or the manager takes the silence for a failure
		err = nil
	}
	if err == nil && ctx.Err() == nil && unit != "" {
		e.whatFollows(ctx, s, c.ID, unit, data)
	}
	return err
}

// stoppedBy tells who ended this worker: while the manager itself goes on, it
// was a person with systemctl or kill.
func stoppedBy(ctx context.Context, notify *units.Notifier) error {
	if notify.Managed() {
		if ending, known := units.Ending(ctx); known && !ending {
			return jobs.ErrStopped
		}
	}
	return context.Canceled
}

// whatFollows has the system bring this job back at its time, and sees to the
// others: those that waited for this one begin. What fails here is left to the
// next one who reconciles.
func (e *env) whatFollows(ctx context.Context, s *jobs.Store, id, unit string, input []byte) {
	l, err := e.launcher(ctx, s)
	if err == nil {
		l.Input = input // for this job alone
		_, err = l.Arm(ctx, id)
		l.Input = nil
	}
	if err == nil {
		_, err = l.Reconcile(ctx, unit)
	}
	if err != nil {
		jobs.NewLog(os.Stderr).Printf("%v", err)
	}
}

// endedCmd is what the operating system runs when a worker has ended.
type endedCmd struct {
	ID string `arg:""`
}

func (c endedCmd) Run(ctx context.Context, e *env) error {
	result, status := units.Verdict()
	if result == "" || result == "success" {
		return nil
	}
	l, err := e.launcherHere(ctx)
	if err != nil {
		return err
	}
	return l.Ended(ctx, c.ID, os.Getenv("SPECWEAVE_UNIT"), result, status, jobs.NewLog(os.Stderr))
}

func (e *env) workerSet(project string, in workers.Input) (map[jobs.Type]jobs.Worker, error) {
	self, err := platform.Self()
	if err != nil {
		return nil, err
	}
	shared := ""
	if dir, err := e.stateDir(); err == nil {
		shared = filepath.Join(dir, "limits")
	}
	return map[jobs.Type]jobs.Worker{
		jobs.CloneRepos: workers.NewClone(workers.CloneOptions{
			Project: project, Helper: helperArgs(self), Input: in, Environ: os.Environ(), Limits: shared, Known: e.knownServers(),
		}),
		jobs.ImportIssues: importWorker(project, in, e.knownServers()),
		jobs.SyncExternal: syncWorker(project, in, e.knownServers()),
	}, nil
}

const credentialVerb = "credential"

// helperArgs is the command line of git's credential helper without the
// operation.
func helperArgs(self string) []string { return []string{self, "jobs", credentialVerb} }

// parseCredentialArgs recognises what git makes of helperArgs, without the
// program's name. Each private clone waits for it; see parseWorkerArgs.
func parseCredentialArgs(args []string) (op string, ok bool) {
	if len(args) != 3 || args[0] != "jobs" || args[1] != credentialVerb {
		return "", false
	}
	return args[2], true
}

// credentialCmd is the credential helper that git is given, see
// gitcredentials(7).
type credentialCmd struct {
	Op string `arg:""`
}

func (c credentialCmd) Run(ctx context.Context, e *env) error {
	return workers.AskCredential(ctx, c.Op, e.in, e.out.w)
}
