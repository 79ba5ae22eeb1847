package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
)

// runHere runs a job in this process. It is a job like any other: it can
// be watched from elsewhere, and resumed after Ctrl-C.
func (e *env) runHere(ctx context.Context, s *jobs.Store, t task, asJSON bool) error {
	set, err := e.workerSet(s.Project(), t.input)
	if err != nil {
		return err
	}
	job, err := s.Create(t.kind, t.config)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(s.LogPath(job.ID), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("job %s: %w", job.ID, err)
	}
	defer func() { _ = log.Close() }()

	// Whoever reads the progress may leave: that is no reason to stop the work.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	m := e.meter()
	work, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() { cancel(jobs.ErrStopped) })() // Ctrl-C: a person stops it
	state, err := jobs.Attempt{
		Store: s, Workers: set, Log: jobs.NewLog(log),
		Watch: func(st *jobs.State) { _ = m.show(st) },
	}.Run(work, job.ID)
	e.endMeter()
	if err != nil {
		return err
	}
	e.report(s, jobs.View{Job: job, State: state}, asJSON)
	switch {
	case state.Status != jobs.Paused:
		return outcome(&state)
	case ctx.Err() != nil:
		return hint(&codeError{code: exitInterrupted}, "specweave jobs resume %s goes on with it", job.ID)
	case state.ResumeAfter.IsZero():
		return hint(outcome(&state), "specweave jobs resume %s goes on with it", job.ID)
	}
	e.bringBack(ctx, s, job.ID, t.input)
	return outcome(&state)
}

// bringBack has the system go on with a job of the foreground that waits for a
// time.
func (e *env) bringBack(ctx context.Context, s *jobs.Store, id string, input workers.Input) {
	l, err := e.launcher(ctx, s)
	if err == nil {
		l.Input, err = json.Marshal(input)
	}
	if err == nil {
		_, err = l.Arm(ctx, id)
	}
	if err != nil {
		e.talk("specweave: warning: nobody goes on with job %s by itself: %s\n", id, jobs.Printable(err.Error()))
		return
	}
	if v, err := s.Find(id); err == nil {
		e.talk("It goes on by itself at %s: specweave jobs follow %s\n", local(v.State.ResumeAfter), id)
		e.warnForgotten(ctx, l, v.Job)
	}
}

// report ends a foreground run: the id for a program, the story for a person.
func (e *env) report(s *jobs.Store, v jobs.View, asJSON bool) {
	for _, k := range v.State.KeptItems() {
		e.talk("%s: kept as it is: %s\n", jobs.Printable(k.Item), jobs.Printable(k.Why))
	}
	for _, f := range v.State.Failures() {
		e.talk("%s: [%s] %s\n", jobs.Printable(f.Item), jobs.Printable(f.Class), jobs.Printable(f.Error))
	}
	switch {
	case asJSON:
		_ = e.printJSON(launched{Schema: schemaVersion, ID: v.Job.ID, Job: oneJSON(s, v, e.now())})
		return
	case !e.out.tty:
		e.out.printf("%s\n", v.Job.ID)
	}
	e.talk("%s\n", ending(v))
	for _, line := range told(s, v) {
		e.talk("%s\n", jobs.Printable(line))
	}
	if v.State.Retryable() {
		e.talk("Try what failed again: specweave jobs retry %s\n", v.Job.ID)
	}
}
