package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/units"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/lazyregexp"
	"github.com/specweave/specweave/workers/profiles"
)

type syncScheduleCmd struct {
	Name       string `arg:"" optional:"" name:"profile" help:"Profile of .specweave/config.json. Default: list what is scheduled."`
	Every      string `xor:"what" placeholder:"DUR" help:"How often: 15m, 1h, 6h, 1d, 1w and what else comes out even in a day."`
	OnCalendar string `xor:"what" placeholder:"EXPR" help:"When, as in systemd.time(7): hourly, 'Mon..Fri 9..17:0/30', '*-*-1 06:00'."`
	Remove     bool   `xor:"what" help:"Do not sync it by itself any more."`
	JSON       bool   `name:"json" help:"Print JSON."`
}

// schedules are the timers of a project.
type schedules struct {
	units.Timers
	choice  units.Choice
	project string
}

func (e *env) schedules() (schedules, error) {
	project, err := e.project()
	choice := units.Choose(units.Look())
	return schedules{units.NewTimers(choice.Kind), choice, project}, err
}

// timerName is the name of the timer of a profile, or what all of a project's
// begin with.
func (s schedules) timerName(profile string) string {
	return units.TimerName(s.project, "sync-"+profile)
}

func (c syncScheduleCmd) Run(ctx context.Context, e *env) error {
	s, err := e.schedules()
	if err != nil {
		return err
	}
	switch {
	case c.Name == "" && (c.Every != "" || c.OnCalendar != "" || c.Remove):
		return usage("which profile? specweave sync schedule PROFILE …")
	case c.Name == "":
		return c.list(ctx, e, s, "")
	case c.Remove:
		return c.remove(ctx, e, s)
	case c.Every == "" && c.OnCalendar == "":
		return c.list(ctx, e, s, c.Name)
	}
	return c.install(ctx, e, s)
}

// remove takes away the timer of a profile, which the project may not have any
// more.
func (c syncScheduleCmd) remove(ctx context.Context, e *env, s schedules) error {
	name := s.timerName(c.Name)
	found, err := s.List(ctx, name)
	if err != nil {
		return err
	}
	was := slices.ContainsFunc(found, func(t units.TimerStatus) bool { return t.Name == name })
	if !was {
		config, err := readSync(s.project)
		if err != nil {
			return err
		}
		if _, ok := config.Find(c.Name); !ok {
			return hint(&codeError{exitNotFound, fmt.Sprintf("profile %s: there is none of that name, and nothing is scheduled for it", workers.Show(c.Name))}, "specweave sync schedule lists what is")
		}
	}
	if err := s.Remove(ctx, name); err != nil { // also where half of it is there
		return err
	}
	switch {
	case c.JSON:
		return c.list(ctx, e, s, "")
	case !was:
		e.out.printf("Profile %s was not synced by itself.\n", jobs.Printable(c.Name))
	default:
		e.out.printf("Profile %s is not synced by itself any more.\n", jobs.Printable(c.Name))
	}
	return nil
}

var plainWord = lazyregexp.New(`^[A-Za-z0-9_./+:@-]+$`)

// shellWord makes s one word of sh(1).
func shellWord(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return workers.ShellQuote(s)
}

func (c syncScheduleCmd) install(ctx context.Context, e *env, s schedules) error {
	config, err := readSync(s.project)
	if err != nil {
		return err
	}
	chosen, err := choose(config, []string{c.Name})
	if err != nil {
		return err
	}
	t := units.Timer{Name: s.timerName(c.Name), Title: "SpecWeave: sync " + c.Name + " of " + s.project, Dir: s.project, Env: bootEnv(os.Environ())}
	if t.Schedule, err = c.schedule(t.Name); err != nil {
		return err
	}
	self, err := platform.Self()
	if err != nil {
		return err
	}
	if s.choice.Kind == units.KindDetached && runtime.GOOS != "windows" {
		return hint(&codeError{exitError, "nothing here runs a command again and again: " + reasonFor(s.choice)},
			"have cron run: %s sync %s -C %s --background --scheduled", shellWord(self), c.Name, shellWord(s.project))
	}
	t.Args = []string{self, "sync", "run", c.Name, "--background", "--scheduled"}
	if err := s.Install(ctx, t); err != nil {
		return err
	}
	e.warnOfShell(s.project, chosen[0])
	if s.choice.Kind == units.KindSystemd && s.choice.Warning != "" {
		e.talk("specweave: warning: it is synced only while you are logged in; \"loginctl enable-linger\" changes that\n")
	}
	return c.list(ctx, e, s, c.Name)
}

// reasonFor is the first half of what a choice warns of.
func reasonFor(c units.Choice) string {
	reason, _, _ := strings.Cut(c.Warning, ": the job")
	if reason == "" {
		return "jobs are detached processes, as SPECWEAVE_SCHEDULER has it"
	}
	return reason
}

// schedule is when, of the flag that was given.
func (c syncScheduleCmd) schedule(seed string) (units.Schedule, error) {
	if c.OnCalendar != "" {
		s, err := units.ParseSchedule(c.OnCalendar)
		if err != nil {
			return s, usage("--on-calendar %v", err)
		}
		if s.Next(time.Now()).IsZero() {
			return s, usage("--on-calendar %q: there is no such day", c.OnCalendar)
		}
		return s, nil
	}
	d, err := parseEvery(c.Every)
	if err != nil {
		return units.Schedule{}, usage("--every %q: want a duration such as 15m, 1h, 1d", c.Every)
	}
	s, err := units.Every(d, seed)
	if err != nil {
		return s, hint(usage("--every %v", err), "--on-calendar says anything else")
	}
	return s, nil
}

// parseEvery reads a duration that may be in days or weeks.
func parseEvery(text string) (time.Duration, error) {
	for unit, d := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if n, ok := strings.CutSuffix(text, unit); ok {
			days, err := strconv.ParseUint(n, 10, 16)
			return time.Duration(days) * d, err
		}
	}
	return time.ParseDuration(text)
}

// warnOfShell tells of a credential that a schedule will not have.
func (e *env) warnOfShell(project string, p profiles.Profile) {
	creds := workers.NewCredentials(project, workers.Input{}, os.Environ())
	web, _, err := workers.Hosts{Host: p.Host, Getenv: creds.Variable}.Server(workers.Kind(p.Provider))
	if err != nil {
		return
	}
	if name, ok := strings.CutPrefix(creds.Reference(web.JoinPath(p.Sources[0]).String()), "env:"); ok {
		e.talk("specweave: warning: the token of %s is in %s of this shell, which no schedule has: put it into .env\n", jobs.Printable(web.Host), name)
	}
}

type scheduleJSON struct {
	Profile  string    `json:"profile"`
	Timer    string    `json:"timer"`
	Path     string    `json:"path,omitempty"`
	Schedule string    `json:"schedule,omitempty"`
	Next     time.Time `json:"next,omitzero"`
	Last     time.Time `json:"last,omitzero"`
	Detail   string    `json:"detail,omitempty"`
}

// list shows the timers of the project, or that of one profile.
func (c syncScheduleCmd) list(ctx context.Context, e *env, s schedules, profile string) error {
	found, err := s.List(ctx, s.timerName(""))
	if err != nil {
		return err
	}
	all := []scheduleJSON{}
	for _, t := range found {
		j := scheduleJSON{strings.TrimPrefix(t.Name, s.timerName("")), t.Name, t.Path, t.Schedule, t.Next, t.Last, t.Detail}
		if profile == "" || j.Profile == profile {
			all = append(all, j)
		}
	}
	if c.JSON {
		return e.printJSON(map[string]any{"schemaVersion": schemaVersion, "project": s.project, "schedules": all})
	}
	if len(all) == 0 {
		e.out.printf("Nothing is scheduled.\n")
		return nil
	}
	moment := func(t time.Time) string {
		if t.IsZero() {
			return "-"
		}
		return local(t)
	}
	rows := [][]string{{"Profile", "Schedule", "Next", "Last"}}
	for _, j := range all {
		rows = append(rows, []string{jobs.Printable(j.Profile), jobs.Printable(fmt.Sprint(j.Schedule)), moment(j.Next), moment(j.Last)})
	}
	e.out.table("", 1, rows)
	for _, j := range all {
		if j.Detail != "" {
			e.talk("specweave: %s: %s\n", jobs.Printable(j.Profile), jobs.Printable(j.Detail))
		}
	}
	return nil
}
