package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/platform"
)

// syncScheduledCmd is SpecWeave's command of that name, with its flags and
// output.
type syncScheduledCmd struct {
	DryRun bool `help:"Say what would be run, and do nothing."`
	Force  bool `help:"Run what is enabled whether it is due or not."`
	JSON   bool `name:"json" help:"Print JSON."`
	Silent bool `help:"Print nothing; the exit code says whether all went well."`
}

type scheduledResult struct {
	Due      int              `json:"dueJobCount"`
	Executed []scheduledEntry `json:"executedJobs"`
	Skipped  []scheduledEntry `json:"skippedJobs"`
	Success  bool             `json:"success"`
	Took     int64            `json:"totalDurationMs"`
}

type scheduledEntry struct {
	ID      string `json:"jobId"`
	Success bool   `json:"success"`
	Took    int64  `json:"durationMs"`
	Skipped bool   `json:"skipped,omitempty"`
	Why     string `json:"skipReason,omitempty"`
	Error   string `json:"error,omitempty"`
}

func (c syncScheduledCmd) Run(ctx context.Context, e *env) error {
	project, err := e.project()
	if err != nil {
		return err
	}
	file := openScheduled(project)
	all, err := file.read()
	if err != nil {
		return err
	}
	enabled, err := schedulerEnabled(project)
	if err != nil {
		return err
	}
	busy := false
	if enabled && len(all) > 0 && !c.DryRun {
		lock, err := platform.TryLock(strings.TrimSuffix(file.path, ".json") + ".lock")
		switch {
		case err == nil:
			defer func() { _ = lock.Close() }()     // nothing was written to it
			if all, err = file.read(); err != nil { // another may have run them just now
				return err
			}
		case errors.Is(err, platform.ErrLocked):
			busy = true
		default:
			return err
		}
	}
	begun := e.now()
	r := scheduledResult{Executed: []scheduledEntry{}, Skipped: []scheduledEntry{}, Success: true}
	for _, job := range all {
		if !job.due(e.now(), c.Force) {
			continue
		}
		r.Due++
		skip := func(why string) {
			r.Skipped = append(r.Skipped, scheduledEntry{ID: job.ID, Skipped: true, Why: why})
		}
		direction, ours := syncTypes[job.Type]
		switch {
		case !enabled:
			skip("Scheduler disabled (sync.orchestration.scheduler.enabled=false)")
		case !ours:
			skip("not a sync with trackers: npx specweave sync-scheduled runs it")
		case busy:
			skip("another sync-scheduled is at work")
		case c.DryRun:
			r.Executed = append(r.Executed, scheduledEntry{ID: job.ID, Success: true, Skipped: true, Why: "Dry run mode"})
		default:
			done, err := c.run(ctx, e, file, job, direction)
			if err != nil {
				return err
			}
			if done.Skipped {
				r.Skipped = append(r.Skipped, done)
				continue
			}
			r.Executed = append(r.Executed, done)
			r.Success = r.Success && done.Success
		}
	}
	r.Took = e.now().Sub(begun).Milliseconds()
	if err := c.print(e, r); err != nil {
		return err
	}
	if !r.Success {
		return &codeError{code: exitJobFailed}
	}
	return nil
}

// syncTypes are the types of scheduled jobs that are syncs, and their direction;
// "": as the profiles have it.
var syncTypes = map[string]string{"external-sync": "", "external-pull": "import"}

// run syncs all profiles for one entry. The error says that its file cannot be
// written.
func (c syncScheduledCmd) run(ctx context.Context, e *env, file scheduledFile, job scheduledJob, direction string) (scheduledEntry, error) {
	done := scheduledEntry{ID: job.ID}
	begun := e.now()
	if err := file.update(job.ID, begun, markRunning); err != nil {
		return done, err
	}
	quiet := *e
	quiet.out = newConsole(io.Discard, e.getenv)
	if c.Silent {
		quiet.err = quiet.out
	}
	err := syncRunCmd{Direction: direction, Since: "last", APIBudget: 80, Foreground: true}.Run(ctx, &quiet)
	now := e.now()
	done.Took = now.Sub(begun).Milliseconds()
	change := markComplete
	switch code := codeOf(err); {
	case err == nil, code == exitWarnings, code == exitTemporary: // which goes on by itself
		done.Success = true
	case code == exitBusy:
		done.Skipped, done.Why = true, cmp.Or(err.Error(), "a profile is being synced already") // of several that was told
		change = markIdle
	default:
		done.Error = err.Error()
		if done.Error == "" {
			done.Error = fmt.Sprintf("exit code %d", code)
		}
		change = func(j *scheduledJob, now time.Time) { markFailed(j, now, jobs.Printable(done.Error)) }
	}
	if err := file.update(job.ID, now, change); err != nil {
		return done, err
	}
	if ctx.Err() != nil {
		return done, context.Cause(ctx)
	}
	return done, nil
}

func (c syncScheduledCmd) print(e *env, r scheduledResult) error {
	if c.JSON {
		return e.printJSON(r)
	}
	if c.Silent {
		return nil
	}
	e.out.printf("Due: %d, run: %d, skipped: %d\n", r.Due, len(r.Executed), len(r.Skipped))
	for _, j := range r.Executed {
		text := "done"
		switch {
		case j.Skipped:
			text = "would be run"
		case !j.Success:
			text = "failed: " + j.Error
		}
		e.out.printf("  %s: %s\n", jobs.Printable(j.ID), jobs.Printable(text))
	}
	for _, j := range r.Skipped {
		e.out.printf("  %s: skipped: %s\n", jobs.Printable(j.ID), jobs.Printable(j.Why))
	}
	return nil
}
