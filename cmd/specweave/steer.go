package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/specweave/specweave/jobs"
)

type killCmd struct{ ref }

func (c killCmd) Run(ctx context.Context, e *env) error {
	s, v, err := c.find(e)
	if err != nil {
		return err
	}
	l, err := e.launcher(ctx, s)
	if err != nil {
		return err
	}
	if err := l.Kill(ctx, v.Job.ID); err != nil {
		return err
	}
	if e.cli.Jobs.JSON {
		return e.printChanged(s, v.Job.ID)
	}
	e.out.printf("%sJob killed. Status changed to \"paused\".\n", e.out.icon("✅"))
	e.out.printf("Resume with: specweave jobs resume %s\n", v.Job.ID)
	return nil
}

type resumeCmd struct {
	ID    string `arg:"" optional:"" help:"Id or its beginning, @latest, or TYPE-latest."`
	All   bool   `help:"Instead of one all that are paused or were interrupted."`
	At    string `placeholder:"TIME" help:"Later: 90m, 18:30, 2026-01-02 18:30, or RFC 3339."`
	Given bool   `kong:"-"` // an empty id is one, and wrong
}

func (c resumeCmd) Run(ctx context.Context, e *env) error {
	all := c.All
	if all == (c.ID != "" || c.Given) {
		return usage("resume: want a job's id, or --all")
	}
	start, verb := jobs.Launcher.Resume, "resumed"
	if c.At != "" {
		at, err := parseTime(c.At, e.now())
		if err != nil {
			return err
		}
		start = func(l jobs.Launcher, ctx context.Context, id string) (string, error) { return l.ResumeAt(ctx, id, at) }
		verb = "goes on at " + local(at)
	}
	if all {
		return e.resumeAll(ctx, start)
	}
	return e.again(ctx, ref{c.ID}, start, verb)
}

type retryCmd struct {
	ref
	Only string `placeholder:"CLASS" help:"Only what failed for this reason: network, throttle, server, auth, not-found, exists, …"`
}

func (c retryCmd) Run(ctx context.Context, e *env) error {
	return e.again(ctx, c.ref, func(l jobs.Launcher, ctx context.Context, id string) (string, error) {
		return l.Retry(ctx, id, c.Only)
	}, "retried")
}

// starter begins one more attempt of a job.
type starter func(l jobs.Launcher, ctx context.Context, id string) (unit string, err error)

// again starts one more attempt of a job.
func (e *env) again(ctx context.Context, r ref, start starter, verb string) error {
	s, v, err := r.find(e)
	if err != nil {
		return err
	}
	l, err := e.launcher(ctx, s)
	if err != nil {
		return err
	}
	unit, err := l.again(ctx, v, start)
	if err != nil {
		return err
	}
	e.reconcileOthers(ctx, l)
	if now, err := s.Find(v.Job.ID); err == nil && now.State.ResumeAfter.After(e.now()) {
		e.warnForgotten(ctx, l, v.Job)
	}
	if e.cli.Jobs.JSON {
		return e.printChanged(s, v.Job.ID)
	}
	e.warn(l.choice)
	e.out.printf("Job %s %s: %d of %d items were done.\n", v.Job.ID, verb, v.State.Done, v.State.Total)
	e.printNext(v.Job.ID, unit, l.Units)
	return nil
}

func (l launcher) again(ctx context.Context, v jobs.View, start starter) (unit string, err error) {
	if v.Foreign {
		return "", fmt.Errorf("job %s: %w", v.Job.ID, jobs.ErrForeign)
	}
	if l.Input, err = inputFor(l.Store.Project(), v.Job, l.known); err != nil {
		return "", err
	}
	return start(l.Launcher, ctx, v.Job.ID)
}

// resumeAll resumes what is paused or was interrupted. What is wrong with one
// job does not spare the others.
func (e *env) resumeAll(ctx context.Context, start starter) error {
	l, err := e.launcherHere(ctx)
	if err != nil {
		return err
	}
	views, err := l.Store.ByStatus(jobs.Paused, jobs.Running)
	errs := []error{err}
	resumed := []string{}
	for _, v := range views {
		if v.Foreign || v.Alive {
			continue
		}
		if v, err = l.Store.Find(v.Job.ID); err != nil { // a list leaves out what the job stores
			errs = append(errs, err)
			continue
		}
		unit, err := l.again(ctx, v, start)
		if errors.Is(err, jobs.ErrClaimed) { // it runs already
			continue
		}
		if errors.Is(err, jobs.ErrWaits) {
			e.talk("%v\n", err)
			continue
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		resumed = append(resumed, v.Job.ID)
		if !e.cli.Jobs.JSON {
			e.out.printf("Job %s resumed as %s: %d of %d items were done.\n", v.Job.ID, unit, v.State.Done, v.State.Total)
		}
	}
	if e.cli.Jobs.JSON {
		errs = append(errs, e.printJSON(map[string]any{"schemaVersion": schemaVersion, "resumed": resumed}))
	} else if len(resumed) == 0 {
		e.out.printf("Nothing to resume.\n")
	}
	return errors.Join(errs...)
}

type drainCmd struct {
	Timeout *time.Duration `placeholder:"DUR" help:"Give up waiting after this time; the jobs pause all the same."`
}

// Run returns when no job works any more.
func (c drainCmd) Run(ctx context.Context, e *env) error {
	l, err := e.launcherHere(ctx)
	if err != nil {
		return err
	}
	waiting, cancel, err := limit(ctx, c.Timeout)
	if err != nil {
		return err
	}
	defer cancel()
	busy, err := l.Drain(ctx)
	errs := []error{err}
	for _, job := range busy {
		e.talk("Job %s finishes the items in hand.\n", job.ID)
	}
	for _, job := range busy {
		err := l.Store.Follow(waiting, job.ID, func(*jobs.State) error { return nil })
		if err != nil && !errors.Is(err, jobs.ErrInterrupted) {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if e.cli.Jobs.JSON {
		views, err := l.Store.List()
		return e.printJSON(listJSON(l.Store, views, err, e.now()))
	}
	e.out.printf("No job works any more. Resume with: specweave jobs resume --all\n")
	return nil
}
