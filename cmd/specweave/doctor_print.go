package main

import (
	"strings"

	"github.com/specweave/specweave/jobs"
)

// printDiagnosis shows it all to a person. Lines are never cut: remedies are
// there to be copied.
func (e *env) printDiagnosis(d diagnosis, fixed bool) {
	out := e.out
	out.printf("%s\n", out.paint(dim, "  Promise         Kept  Why"))
	for _, p := range d.Promises {
		answer := out.paint(green, "yes ")
		if !p.Kept {
			answer = out.paint(yellow, "no  ")
		}
		out.printf("  %-15s %s  %s\n", p.Name, answer, p.Why)
		if p.Remedy != "" {
			out.printf("%24sremedy: %s\n", "", p.Remedy)
		}
	}

	out.printf("\n%s %s\n", out.paint(bold, "Scheduler:"), orNone(string(d.Scheduler.Kind)))
	for _, line := range d.Scheduler.Trace {
		out.printf("  %s\n", jobs.Printable(line))
	}
	for _, line := range []string{d.Scheduler.Warning, d.Scheduler.Error} {
		if line != "" {
			out.printf("  %s %s\n", out.paint(yellow, "warning:"), jobs.Printable(line))
		}
	}
	out.printf("\n%s %s\n", out.paint(bold, "Boot entry:"), jobs.Printable(d.BootEntry.Detail))
	out.printf("%s %s\n", out.paint(bold, "Git:"), jobs.Printable(d.Git.Path+or(d.Git.Path != "", ", version ", "")+d.Git.Version+d.Git.Error))

	if len(d.Credentials) > 0 {
		out.printf("\n%s\n", out.paint(bold, "Credentials of unfinished jobs:"))
	}
	for _, c := range d.Credentials {
		out.printf("  %s %s\n    from %s; found now: %s; after a reboot: %s\n", c.Job, jobs.Printable(c.Host), jobs.Printable(c.Reference), c.Now, c.Reboot)
		if c.Remedy != "" {
			out.printf("    remedy: %s\n", jobs.Printable(c.Remedy))
		}
	}
	e.printFindings(d.Findings, fixed)
}

func (e *env) printFindings(all []finding, fixed bool) {
	out := e.out
	if len(all) == 0 {
		out.printf("\n%s nothing\n", out.paint(bold, "Left over:"))
		return
	}
	out.printf("\n%s\n", out.paint(bold, "Left over:"))
	for _, f := range all {
		out.printf("  %s\n    %s\n", jobs.Printable(f.Where), jobs.Printable(f.What))
		switch {
		case f.Fixed:
			out.printf("    %s %s\n", out.paint(green, "fixed:"), f.Fix)
		case f.Error != "":
			out.printf("    %s %s\n", out.paint(red, "not fixed:"), jobs.Printable(strings.ReplaceAll(f.Error, "\n", "; ")))
		case f.Fix != "" && !fixed:
			out.printf("    --fix: %s\n", f.Fix)
		}
		if f.Remedy != "" {
			out.printf("    remedy: %s\n", f.Remedy)
		}
	}
}

func orNone(s string) string { return or(s != "", s, "none") }
