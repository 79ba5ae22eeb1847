package main

import (
	"path/filepath"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers/importer"
)

// printJob shows one job, in the words of SpecWeave's --id.
func (e *env) printJob(st *jobs.Store, v jobs.View) {
	s, out := &v.State, e.out
	out.printf("%sJob Details: %s\n\n", out.icon("📦"), v.Job.ID)
	status := jobs.Printable(string(s.Status))
	if v.Interrupted() {
		status = "interrupted"
	}
	out.printf("Type:      %s\n", kind(v))
	out.printf("Status:    %s\n", out.paint(statusStyle(v), status))
	if s.Error != "" || v.Interrupted() || s.Status == jobs.Pending {
		out.printf("Reason:    %s\n", reason(v))
	}
	if text := next(v, e.now()); text != "" {
		out.printf("Next:      %s\n", text)
	}
	if s.Proc.PID > 0 && s.Status == jobs.Running {
		alive := "not running"
		if v.Alive {
			alive = "alive, since " + local(s.Proc.StartedAt())
		}
		out.printf("PID:       %d (%s)\n", s.Proc.PID, alive)
	}
	if s.Unit != "" {
		out.printf("Unit:      %s (attempt %d)\n", jobs.Printable(s.Unit), s.Attempt)
	}
	if !s.StartedAt.IsZero() {
		out.printf("Started:   %s (%s)\n", local(s.StartedAt), ago(s.StartedAt, e.now()))
	}
	out.printf("Updated:   %s (%s)\n", local(s.UpdatedAt), ago(s.UpdatedAt, e.now()))
	if !s.CompletedAt.IsZero() {
		out.printf("Completed: %s (%s)\n", local(s.CompletedAt), ago(s.CompletedAt, e.now()))
	}
	out.printf("Progress:  %s %s\n", bar(s.Percent()), fraction(s))
	if s.Status == jobs.Running {
		out.printf("Rate:      %s   ETA: %s\n", rate(s.Rate(e.now())), eta(s, e.now()))
		for i, item := range s.Running {
			label := "Current:   "
			if i > 0 {
				label = "           "
			}
			out.printf("%s%s\n", label, at(s, item))
		}
	}
	if n := s.Received(); n > 0 {
		out.printf("Received:  %s\n", jobs.Size(n))
	}
	e.printOS(v)
	e.printHealth(v)
	if v.Foreign {
		out.printf("\nThis job belongs to SpecWeave's own job system.\n")
		return
	}
	out.printf("\n")
	e.printCounts("", v)
	for _, line := range told(st, v) {
		out.printf("  %s\n", jobs.Printable(line))
	}
	for i, k := range s.KeptItems() {
		if i == maxFinished {
			out.printf("  … and %d more: specweave jobs show %s --json\n", s.Kept-i, v.Job.ID)
			break
		}
		out.printf("  %s: %s\n", jobs.Printable(k.Item), jobs.Printable(k.Why))
	}
	e.printFailed("", v)
	for i, f := range s.Failures() {
		if i == maxFinished {
			out.printf("  … and %d more: specweave jobs show %s --json\n", s.Failed-i, v.Job.ID)
			break
		}
		out.printf("  %s [%s] %s\n", jobs.Printable(f.Item), jobs.Printable(f.Class), jobs.Printable(f.Error))
	}
	dir := jobs.Printable(filepath.Dir(st.LogPath(v.Job.ID)))
	out.printf("\nFiles:\n  Config:  %s\n  Logs:    %s\n  Journal: %s\n",
		filepath.Join(dir, "config.json"), filepath.Join(dir, "worker.log"), filepath.Join(dir, "journal.jsonl"))
	if s.Status.Terminal() {
		out.printf("  Result:  %s\n", filepath.Join(dir, "result.json"))
	}
	e.printCommands(v)
}

// sourcesOf is what became of the sources of an import so far; none of another
// job, or where its journal does not say.
func sourcesOf(v jobs.View) []importer.SourceReport {
	if v.Job.Type != jobs.ImportIssues || v.Foreign {
		return nil
	}
	all, err := importer.Reports(v.Job, &v.State)
	if err != nil {
		return nil
	}
	return all
}

func statusStyle(v jobs.View) style {
	switch {
	case v.Interrupted(), v.State.Status == jobs.Failed:
		return red
	case v.State.Status == jobs.Running, v.State.Status == jobs.Completed:
		return green
	}
	return yellow
}

// printCommands suggests what to do next with a job.
func (e *env) printCommands(v jobs.View) {
	id := v.Job.ID
	switch {
	case v.Damaged: // none does anything about that
	case v.State.Status == jobs.Running && v.Alive:
		e.out.printf("\n%sCommands: specweave jobs follow %s | logs %s | kill %s\n", e.out.icon("💡"), id, id, id)
	case !v.State.Status.Terminal():
		e.out.printf("\n%sResume with: specweave jobs resume %s\n", e.out.icon("💡"), id)
	case v.State.Retryable():
		e.out.printf("\n%sTry what failed again: specweave jobs retry %s\n", e.out.icon("💡"), id)
	}
}
