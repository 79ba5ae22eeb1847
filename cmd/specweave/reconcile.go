package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/specweave/specweave/jobs"
)

type reconcileCmd struct {
	AllProjects bool `help:"In all projects that may have unfinished jobs, as at every boot: see specweave service."`
}

// outcomeJSON is what was done about one job.
type outcomeJSON struct {
	ID     string      `json:"id"`
	Action jobs.Action `json:"action"`
	Unit   string      `json:"unit,omitempty"`
	Error  string      `json:"error,omitempty"`
}

func (c reconcileCmd) Run(ctx context.Context, e *env) error {
	if c.AllProjects {
		return e.reconcileAll(ctx)
	}
	l, err := e.launcherHere(ctx)
	if err != nil {
		return err
	}
	l.InputOf = l.ofThisShell
	outcomes, err := l.Reconcile(ctx, "")
	all, err := listOutcomes(outcomes, err)
	if e.cli.Jobs.JSON {
		return errors.Join(err, e.printJSON(map[string]any{"schemaVersion": schemaVersion, "outcomes": all}))
	}
	for _, o := range all {
		if o.Error == "" {
			e.out.printf("%s: %s\n", o.ID, done(o))
		}
	}
	if len(all) == 0 && err == nil {
		e.out.printf("Nothing to do.\n")
	}
	return err
}

// listOutcomes is for JSON; its error joins err and those of the jobs.
func listOutcomes(outcomes []jobs.Outcome, err error) ([]outcomeJSON, error) {
	all := []outcomeJSON{}
	for _, o := range outcomes {
		j := outcomeJSON{ID: o.ID, Action: o.Action, Unit: o.Unit}
		if o.Err != nil {
			j.Error = o.Err.Error()
			err = errors.Join(err, o.Err)
		}
		all = append(all, j)
	}
	return all, err
}

// reconcileOthers is called by whoever has started a job: what died before goes
// on now. What cannot be done here is left to the next one.
func (e *env) reconcileOthers(ctx context.Context, l launcher) {
	l.Input = nil // the secrets of the one job are no other's business
	outcomes, _ := l.Reconcile(ctx, "")
	for _, o := range outcomes {
		if o.Err == nil && (o.Action == jobs.Start || o.Action == jobs.GiveUp || o.Action == jobs.Fail) {
			e.talk("specweave: job %s: %s\n", o.ID, done(outcomeJSON{Action: o.Action, Unit: o.Unit}))
		}
	}
}

// done says what was done about a job.
func done(o outcomeJSON) string {
	switch o.Action {
	case jobs.Start:
		return fmt.Sprintf("started again as %s", o.Unit)
	case jobs.Lose:
		return "its worker had died; noted"
	case jobs.Arm:
		return fmt.Sprintf("waits for its time as %s", o.Unit)
	case jobs.GiveUp, jobs.Fail:
		return "given up; specweave jobs show says why"
	case jobs.Collect:
		return "its units are forgotten"
	case jobs.Leave:
	}
	return "left as it is"
}
