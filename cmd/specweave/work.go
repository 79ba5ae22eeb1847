package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/units"
	"github.com/specweave/specweave/workers"
)

// workerArgs is the command line of a job's worker, which starts in the
// project. Its path stays out of the arguments: see package units on what
// becomes of them when systemd reads a unit again.
func workerArgs(self, id string) []string {
	return []string{self, "jobs", "work", id, "-C", "."}
}

// parseWorkerArgs recognises what workerArgs made, without the program's name.
// Building the grammar takes longer than all else that a worker does before it
// can say that it runs, and every launch waits for that.
func parseWorkerArgs(args []string) (id, project string, ok bool) {
	if len(args) != 5 || args[0] != "jobs" || args[1] != "work" || args[3] != "-C" {
		return "", "", false
	}
	return args[2], args[4], true
}

// workCmd is what the operating system runs. It exits with 0 if and only if
// the job's journal says how the attempt ended, or another process has the job:
// anything else is a crash, after which the system starts it again.
type workCmd struct {
	ID string `arg:""`
}

func (c workCmd) Run(ctx context.Context, e *env) error {
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
	set, err := workerSet(s.Project(), in)
	if err != nil {
		return err
	}
	_, err = jobs.Attempt{
		Store: s, Workers: set, Unit: os.Getenv("SPECWEAVE_UNIT"), Notify: notify, Log: jobs.NewLog(os.Stderr),
	}.Run(ctx, c.ID)
	if errors.Is(err, jobs.ErrClaimed) || errors.Is(err, jobs.ErrFinished) {
		return nil
	}
	return err
}

func workerSet(project string, in workers.Input) (map[jobs.Type]jobs.Worker, error) {
	self, err := platform.Self()
	if err != nil {
		return nil, err
	}
	return map[jobs.Type]jobs.Worker{
		jobs.CloneRepos: workers.NewClone(workers.CloneOptions{
			Project: project, Helper: []string{self, "jobs", "credential"}, Input: in, Environ: os.Environ(),
		}),
	}, nil
}

// credentialCmd is the credential helper that git is given, see
// gitcredentials(7).
type credentialCmd struct {
	Op string `arg:""`
}

func (c credentialCmd) Run(ctx context.Context, e *env) error {
	return workers.AskCredential(ctx, c.Op, e.in, e.out.w)
}
