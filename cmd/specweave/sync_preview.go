package main

import (
	"context"
	"fmt"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/syncer"
)

type syncPlanJSON struct {
	Schema    int              `json:"schemaVersion"`
	Project   string           `json:"project"`
	Profile   string           `json:"profile"`
	Direction syncer.Direction `json:"direction"`
	Items     []syncer.Line    `json:"items"` // all that are not unchanged
	Unchanged int              `json:"unchanged"`
	Error     string           `json:"error,omitempty"`
}

// preview says what a sync would do, and fails as it would.
func (c syncRunCmd) preview(ctx context.Context, e *env, project string, config syncer.Config) error {
	j := syncPlanJSON{Schema: schemaVersion, Project: project, Profile: config.Profile, Direction: config.Direction, Items: []syncer.Line{}}
	failed := syncer.Preview(ctx, syncOptions(project, workers.Input{}, ""), project, config, func(l syncer.Line) error {
		if l.Outcome == syncer.Unchanged {
			j.Unchanged++
		} else {
			j.Items = append(j.Items, l)
		}
		return nil
	})
	if failed != nil {
		j.Error = jobs.Printable(failed.Error())
		failed = &listError{failed, codeOfClass(workers.ClassOf(failed))}
	}
	if c.JSON {
		if err := e.printJSON(j); err != nil {
			return err
		}
		return failed
	}
	for _, l := range j.Items {
		e.out.printf("%s\n", jobs.Printable(proposal(l)))
	}
	e.talk("Profile %s, %s: %s to do, %d unchanged. Nothing was done.\n", config.Profile, config.Direction, count(len(j.Items), "thing"), j.Unchanged)
	return failed
}

// proposal is "update story  gitea#acme/web#7  .specweave/…: title".
func proposal(l syncer.Line) string {
	verb := map[syncer.Outcome]string{syncer.Created: "create", syncer.Updated: "update", syncer.Conflict: "conflict", syncer.Refused: "refused", syncer.Gone: "gone", syncer.Skipped: "skip"}[l.Outcome]
	switch l.Side {
	case syncer.Here:
		verb += " story"
	case syncer.There:
		verb += " item"
	}
	text := fmt.Sprintf("%-12s", verb)
	for _, part := range []string{l.ID, l.Path} {
		if part != "" {
			text += "  " + part
		}
	}
	if l.Detail != "" {
		text += "  (" + l.Detail + ")"
	}
	return text
}
