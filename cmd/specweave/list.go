package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/units"
)

// maxFinished is how many finished jobs of a kind the list shows.
const maxFinished = 10

// group is a heading of the list and the jobs below it.
type group struct {
	sign, title string
	style       style
	has         func(jobs.View) bool
	print       func(*env, []jobs.View)
}

func in(status jobs.Status) func(jobs.View) bool {
	return func(v jobs.View) bool { return v.State.Status == status && !v.Interrupted() }
}

var groups = []group{
	{"🔄", "Running", green, in(jobs.Running), (*env).printRunning},
	{"❌", "Interrupted", red, jobs.View.Interrupted, (*env).printHalted},
	{"⏳", "Pending", yellow, in(jobs.Pending), (*env).printHalted},
	{"⏸️ ", "Paused", yellow, in(jobs.Paused), (*env).printHalted},
	{"⚠️ ", "Completed with Warnings", yellow, in(jobs.CompletedWithWarnings), (*env).printFinished},
	{"❌", "Failed", red, in(jobs.Failed), (*env).printFinished},
	{"✅", "Completed", green, in(jobs.Completed), (*env).printFinished},
	{"❓", "Unknown", yellow, unknown, (*env).printHalted},
}

// unknown is a job of a program that knows more states than we do.
func unknown(v jobs.View) bool {
	switch v.State.Status {
	case jobs.Pending, jobs.Running, jobs.Paused, jobs.CompletedWithWarnings, jobs.Failed, jobs.Completed:
		return false
	}
	return true
}

func (e *env) printList(views []jobs.View) {
	if len(views) == 0 {
		e.out.printf("No background jobs found.\n")
		return
	}
	e.out.printf("%sBackground Jobs\n", e.out.icon("📋"))
	for _, g := range groups {
		var found []jobs.View
		for _, v := range views {
			if g.has(v) {
				found = append(found, v)
			}
		}
		if len(found) == 0 {
			continue
		}
		title := fmt.Sprintf("%s%s (%d):", e.out.icon(g.sign), g.title, len(found))
		e.out.printf("\n%s\n", e.out.paint(g.style, title))
		g.print(e, found)
	}
	e.out.printf("\n%sCommands: specweave jobs show|follow|logs|resume|kill ID\n", e.out.icon("💡"))
}

func (e *env) printRunning(views []jobs.View) {
	rows := [][]string{{"Job ID", "Type", "Progress", "Current Item", "Rate", "ETA"}}
	for _, v := range views {
		s := &v.State
		rows = append(rows, []string{
			v.Job.ID, kind(v), fraction(s), current(s), rate(s.Rate(e.now())), eta(s, e.now()),
		})
	}
	e.out.table("  ", 3, rows)
	for _, v := range views {
		e.out.printf("\n  %s\n", e.out.paint(bold, v.Job.ID))
		e.out.printf("    Started: %s\n", ago(v.State.StartedAt, e.now()))
		e.printCounts("    ", v)
		e.printFailed("    ", v)
	}
}

// printCounts says what became of the items so far.
func (e *env) printCounts(indent string, v jobs.View) {
	n, s := nounsOf(v.Job.Type), &v.State
	e.out.printf("%s%s: %s", indent, n.verb, count(s.Done-s.Skipped-s.Updated, n.item))
	if more := s.Skipped - s.Kept; more > 0 {
		e.out.printf(" (%d more were %s)", more, n.idle)
	}
	e.out.printf("\n")
	if s.Updated > 0 {
		e.out.printf("%sUpdated: %s\n", indent, count(s.Updated, n.item))
	}
	if s.Kept > 0 {
		e.out.printf("%s%s\n", indent, e.out.paint(yellow, "Kept as they are: "+count(s.Kept, n.item)))
	}
}

// printFailed says what failed so far.
func (e *env) printFailed(indent string, v jobs.View) {
	n, s := nounsOf(v.Job.Type), &v.State
	if s.Failed == 0 {
		return
	}
	const few = 3
	var names []string
	for _, f := range s.Failures() {
		if len(names) == few {
			names = append(names, "…")
			break
		}
		names = append(names, jobs.Printable(f.Item))
	}
	text := ""
	if len(names) > 0 {
		text = " (" + strings.Join(names, ", ") + ")"
	}
	e.out.printf("%s%s\n", indent, e.out.paint(red, "Failed: "+count(s.Failed, n.short)+text))
}

// printHalted shows jobs that wait for somebody, with the command that helps.
func (e *env) printHalted(views []jobs.View) {
	for _, v := range views {
		s := &v.State
		e.out.printf("  %s  %s  %s  %s\n", e.out.paint(bold, v.Job.ID), kind(v), fraction(s), ago(s.UpdatedAt, e.now()))
		e.out.printf("    Reason: %s\n", reason(v))
		if text := next(v, e.now()); text != "" {
			e.out.printf("    Next: %s\n", text)
		}
		if !v.Foreign {
			e.out.printf("    Resume: specweave jobs resume %s\n", v.Job.ID)
		}
	}
}

func reason(v jobs.View) string {
	switch {
	case v.Interrupted():
		return v.CauseOfDeath()
	case v.Waits != "":
		return v.Waits
	case v.State.Status == jobs.Pending:
		return "no worker has begun yet"
	case unknown(v):
		return jobs.Printable(string(v.State.Status))
	case v.State.Error == "":
		return "unknown"
	}
	return jobs.Printable(v.State.Error)
}

// next says what becomes of a job that nobody works at now, if that is known
// and not up to a person.
func next(v jobs.View, now time.Time) string {
	s := &v.State
	due := v.Due()
	switch {
	case !v.Doubtful():
		return ""
	case v.Unit != nil && v.Unit.State != units.Failed && due.After(now):
		return "goes on by itself at " + local(due)
	case v.Unit != nil && v.Unit.State == units.Active:
		return "the system is about to start it"
	case v.Waits != "":
		return "starts when that job has ended"
	case s.ResumeAfter.After(now):
		return "not before " + local(s.ResumeAfter)
	}
	return "goes on with the next job that is started, or specweave jobs reconcile"
}

func (e *env) printFinished(views []jobs.View) {
	for i, v := range views {
		if i == maxFinished && !e.whole {
			e.out.printf("  %s\n", e.out.paint(dim, fmt.Sprintf("… and %d more, with --all", len(views)-i)))
			return
		}
		e.out.printf("  [%s] %s\n", e.out.paint(bold, v.Job.ID), ending(v)+" - "+ago(v.State.CompletedAt, e.now()))
	}
}

// ending tells in one line how a job ended or where it stands.
func ending(v jobs.View) string {
	s, n := &v.State, nounsOf(v.Job.Type)
	line := fmt.Sprintf("%s - %s", kind(v), count(s.Done, n.item))
	if text := before(s, n); text != "" {
		line += " (" + text + ")"
	}
	if s.Failed > 0 {
		line += fmt.Sprintf(", %d failed", s.Failed)
	}
	switch s.Status {
	case jobs.Failed, jobs.Paused:
		line += fmt.Sprintf(" - %s: %s", s.Status, jobs.Printable(s.Error))
	case jobs.Pending, jobs.Running:
		line += " - " + string(s.Status)
	case jobs.CompletedWithWarnings:
		if s.Failed == 0 {
			line += " - " + jobs.Printable(s.Error)
		}
	case jobs.Completed:
	}
	return line
}

// before says what there was of the items that are done.
func before(s *jobs.State, n nouns) string {
	var parts []string
	for _, p := range []struct {
		n    int
		text string
	}{{s.Skipped - s.Kept, n.idle}, {s.Updated, "updated"}, {s.Kept, "kept as they are"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.text))
		}
	}
	return strings.Join(parts, ", ")
}

func kind(v jobs.View) string { return jobs.Printable(string(v.Job.Type)) }
