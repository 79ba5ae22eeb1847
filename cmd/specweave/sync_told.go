package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers/syncer"
)

// told is what a person is told of what became of a job's sources: lines of
// text that may hold anything.
func told(s *jobs.Store, v jobs.View) (lines []string) {
	for _, r := range sourcesOf(v) {
		lines = append(lines, r.Told()...)
	}
	if v.Job.Type != jobs.SyncExternal || v.Foreign {
		return lines
	}
	var notes []string
	more := 0
	all, err := syncer.Tally(s.Project(), v.Job.ID, func(l syncer.Line) {
		if len(notes) == maxFinished {
			more++
			return
		}
		notes = append(notes, "  "+noted(l))
	})
	if err != nil {
		return append(lines, err.Error())
	}
	for _, source := range slices.Sorted(maps.Keys(all)) {
		lines = append(lines, source+": "+tallied(all[source]))
	}
	if lines = append(lines, notes...); more > 0 {
		lines = append(lines, fmt.Sprintf("  … and %d more: specweave jobs report %s", more, v.Job.ID))
	}
	return lines
}

// noted is "gitea#acme/web#7: conflict: changed here and at the source: …".
func noted(l syncer.Line) string {
	name := l.ID
	if name == "" {
		name = l.Path
	}
	text := string(l.Outcome)
	if l.Detail != "" {
		text += ": " + l.Detail
	}
	if name == "" {
		return text
	}
	return name + ": " + text
}

// tallied is the counts that are not zero.
func tallied(c syncer.Counts) string {
	text := ""
	for _, n := range []struct {
		n          int
		noun, what string
	}{
		{c.CreatedHere, "story", " made"},
		{c.CreatedThere, "item", " made"},
		{c.UpdatedHere, "story", " changed"},
		{c.UpdatedThere, "item", " changed"},
		{c.Conflicts, "conflict", ""},
		{c.Refused, "change", " refused"},
		{c.Gone, "pair", " without one side"},
		{c.Skipped, "thing", " skipped"},
	} {
		if n.n > 0 {
			text += ", " + count(n.n, n.noun) + n.what
		}
	}
	if c.Unchanged > 0 {
		text += fmt.Sprintf(", %d unchanged", c.Unchanged)
	}
	if text == "" {
		return "nothing to do"
	}
	return text[len(", "):]
}

type syncJSON struct {
	Sources map[string]syncer.Counts `json:"sources"`
	Items   []syncer.Line            `json:"items"`          // all that were not unchanged, up to a thousand
	More    int                      `json:"more,omitempty"` // left out of them; the job's sync.jsonl has all
}

// syncOf is what became of the stories and items of a sync; nil of another job.
func syncOf(s *jobs.Store, v jobs.View) *syncJSON {
	const most = 1000
	if v.Job.Type != jobs.SyncExternal || v.Foreign {
		return nil
	}
	j := &syncJSON{Items: []syncer.Line{}}
	err := syncer.ReadReport(s.Project(), v.Job.ID, func(l syncer.Line) error {
		switch {
		case l.Outcome == syncer.Unchanged:
		case len(j.Items) == most:
			j.More++
		default:
			j.Items = append(j.Items, l)
		}
		return nil
	})
	if err == nil {
		j.Sources, err = syncer.Tally(s.Project(), v.Job.ID, func(syncer.Line) {})
	}
	if err != nil {
		return nil
	}
	return j
}

type reportCmd struct{ ref }

func (c reportCmd) Run(_ context.Context, e *env) error {
	s, v, err := c.find(e)
	if err != nil {
		return err
	}
	if v.Foreign || v.Job.Type != jobs.SyncExternal {
		return hint(usage("job %s: only a sync has a report", v.Job.ID), "specweave jobs show %s", v.Job.ID)
	}
	if e.cli.Jobs.JSON {
		return e.printJSON(oneJSON(s, v, e.now()))
	}
	return syncer.Markdown(writer{e.out}, s.Project(), v.Job)
}
