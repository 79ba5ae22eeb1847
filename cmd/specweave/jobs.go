package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/units"
)

// jobsCmd has verbs of its own, and in [listCmd] SpecWeave's flags for some of them.
type jobsCmd struct {
	JSON bool `name:"json" help:"Print JSON."`

	List      listCmd      `cmd:"" default:"withargs" help:"List the jobs of the project."`
	Show      showCmd      `cmd:"" help:"Show one job."`
	Logs      logsCmd      `cmd:"" help:"Print the last lines of a job's log."`
	Follow    followCmd    `cmd:"" help:"Watch a job until it ends. Ctrl-C stops watching, not the job."`
	Wait      waitCmd      `cmd:"" help:"Wait until a job ends; the exit code says how it did."`
	Kill      killCmd      `cmd:"" help:"Stop a job with everything it started. It can be resumed."`
	Resume    resumeCmd    `cmd:"" help:"Go on with a job that is paused or was interrupted."`
	Retry     retryCmd     `cmd:"" help:"Try what failed in a finished job once more."`
	Drain     drainCmd     `cmd:"" help:"Let every job finish the items in hand, then pause it."`
	Report    reportCmd    `cmd:"" help:"Print what a sync did, as Markdown."`
	Reconcile reconcileCmd `cmd:"" help:"Square the jobs with the operating system: what died goes on."`

	Prune  pruneCmd      `cmd:"" help:"Forget finished jobs but the newest ten."`
	Doctor jobsDoctorCmd `cmd:"" help:"As specweave doctor."`

	Work       workCmd       `cmd:"" hidden:"" help:"Run a job's worker in this process."`
	Ended      endedCmd      `cmd:"" hidden:"" help:"Note how a worker ended."`
	Credential credentialCmd `cmd:"" hidden:"" help:"Answer git's question for a credential."`
}

// ref is a job as people name it.
type ref struct {
	ID string `arg:"" help:"Id or its beginning, @latest, or TYPE-latest."`
}

func (r ref) find(e *env) (*jobs.Store, jobs.View, error) {
	s, err := e.store()
	if err != nil {
		return nil, jobs.View{}, err
	}
	v, err := s.Find(r.ID)
	return s, v, err
}

type listCmd struct {
	All      bool    `help:"Show finished jobs beyond the newest ten of each kind, too."`
	ID       *string `name:"id" placeholder:"ID" help:"As show ID."`
	LogsID   *string `name:"logs" placeholder:"ID" help:"As logs ID."`
	FollowID *string `name:"follow" placeholder:"ID" help:"As follow ID."`
	KillID   *string `name:"kill" placeholder:"ID" help:"As kill ID."`
	ResumeID *string `name:"resume" placeholder:"ID" help:"As resume ID."`
}

// Run also serves SpecWeave's flags, in SpecWeave's precedence.
func (j listCmd) Run(ctx context.Context, e *env) error {
	switch {
	case j.KillID != nil:
		return killCmd{ref{*j.KillID}}.Run(ctx, e)
	case j.ResumeID != nil:
		return resumeCmd{ID: *j.ResumeID, Given: true}.Run(ctx, e)
	case j.LogsID != nil:
		return logsCmd{ref: ref{*j.LogsID}, N: defaultLines}.Run(ctx, e)
	case j.FollowID != nil:
		return followCmd{ref{*j.FollowID}}.Run(ctx, e)
	case j.ID != nil:
		return showCmd{ref{*j.ID}}.Run(ctx, e)
	}
	s, err := e.store()
	if err != nil {
		return err
	}
	views, err := s.List()
	if slices.ContainsFunc(views, jobs.View.Doubtful) {
		err = errors.Join(err, witness(ctx, s, views))
	}
	if e.cli.Jobs.JSON {
		return e.printJSON(listJSON(s, views, err, e.now()))
	}
	e.whole = j.All
	e.printList(views)
	e.warning(err)
	return nil
}

// witnessTime is what a list waits for the operating system.
const witnessTime = 300 * time.Millisecond

// witness asks the operating system about jobs that are not over.
func witness(ctx context.Context, s *jobs.Store, views []jobs.View) error {
	ctx, cancel := context.WithTimeoutCause(ctx, witnessTime, fmt.Errorf("no answer in %v", witnessTime))
	defer cancel()
	sched, _, err := units.New(ctx, filepath.Join(s.Dir(), "units"))
	if err == nil {
		err = s.Witness(ctx, sched, views)
	}
	if err != nil {
		return fmt.Errorf("what the system says is missing: %w", err)
	}
	return nil
}

type showCmd struct{ ref }

func (c showCmd) Run(ctx context.Context, e *env) error {
	s, v, err := c.find(e)
	if v.Job.ID == "" {
		return err
	}
	if !v.Foreign && !v.State.Status.Terminal() {
		one := []jobs.View{v}
		err = errors.Join(err, witness(ctx, s, one))
		v = one[0]
	}
	e.warning(err) // what is known is worth showing
	if e.cli.Jobs.JSON {
		return e.printJSON(oneJSON(s, v, e.now()))
	}
	e.printJob(s, v)
	return nil
}

type pruneCmd struct {
	Keep int `default:"10" help:"How many finished jobs to keep."`
}

func (c pruneCmd) Run(ctx context.Context, e *env) error {
	if c.Keep < 0 {
		return usage("--keep %d: must not be negative", c.Keep)
	}
	s, err := e.store()
	if err != nil {
		return err
	}
	ids, err := s.Cleanup(ctx, c.Keep)
	if e.cli.Jobs.JSON {
		return errors.Join(err, e.printJSON(map[string]any{"schemaVersion": schemaVersion, "removed": append([]string{}, ids...)}))
	}
	e.out.printf("Removed %s.\n", count(len(ids), "finished job"))
	return err
}

type waitCmd struct {
	ref
	Timeout *time.Duration `placeholder:"DUR" help:"Give up after this time, such as 90s or 2h; 0 only looks."`
}

// limit bounds the time that a command waits; nil is no bound.
func limit(ctx context.Context, timeout *time.Duration) (context.Context, context.CancelFunc, error) {
	switch {
	case timeout == nil:
		return ctx, func() {}, nil
	case *timeout < 0:
		return nil, nil, usage("--timeout %v: must not be negative", *timeout)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, *timeout, errTimeout)
	return ctx, cancel, nil
}

var errTimeout = &codeError{exitTemporary, "the job has not ended yet"}

func (c waitCmd) Run(ctx context.Context, e *env) error {
	s, v, err := c.find(e)
	if err != nil {
		return err
	}
	ctx, cancel, err := limit(ctx, c.Timeout)
	if err != nil {
		return err
	}
	defer cancel()
	state := v.State
	if v.Foreign {
		err = fmt.Errorf("wait for job %s: %w", v.Job.ID, jobs.ErrForeign)
	} else {
		err = s.Follow(ctx, v.Job.ID, func(now *jobs.State) error {
			state = *now
			return nil
		})
	}
	if err != nil {
		return err
	}
	v.State, v.Alive = state, false
	if e.cli.Jobs.JSON {
		if err := e.printJSON(oneJSON(s, v, e.now())); err != nil {
			return err
		}
	} else {
		e.talk("%s\n", ending(v))
	}
	return outcome(&state)
}
