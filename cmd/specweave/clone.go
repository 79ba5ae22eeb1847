package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
)

// foregroundLimit is how many repositories are cloned while the caller waits,
// as SpecWeave has it.
const foregroundLimit = 3

type cloneCmd struct {
	Sources []string `arg:"" optional:"" name:"source" help:"https, http, ssh or file URL, host:path, local path beginning with / ./ ../ or ~/, or owner/repo on GitHub."`

	From    string         `placeholder:"FILE" help:"Also read sources from FILE, - for standard input: one a line, or JSON."`
	Into    string         `placeholder:"DIR" help:"Folder below the project for {owner}/{name}. Default: repositories."`
	Jobs    int            `short:"j" default:"4" placeholder:"N" help:"How many clones at once. Default: 4."`
	Depth   int            `placeholder:"N" help:"Only the last N commits."`
	Filter  string         `placeholder:"SPEC" help:"Partial clone, such as blob:none."`
	Mirror  bool           `help:"Bare clones with all refs."`
	Delay   *time.Duration `placeholder:"DUR" help:"Rest between two clones of a slot. Default: 500ms, none for this machine."`
	Retries int            `default:"2" placeholder:"N" help:"How often a failed clone is tried again where that can help. Default: 2."`

	At    string   `placeholder:"TIME" help:"Start later, in the background: 90m, 18:30, 2026-01-02 18:30, or RFC 3339."`
	After []string `placeholder:"ID[,ok|any]" sep:"none" help:"Start when that job has ended: well, or any way. May be given more than once."`

	Foreground bool `xor:"where" help:"Clone now, whatever the number."`
	Background bool `xor:"where" help:"Hand over to the operating system, whatever the number."`
	NoService  bool `help:"Do not see to it that jobs go on after a reboot; see specweave service."`
	DryRun     bool `short:"n" help:"Say what would be done, and do nothing."`
	JSON       bool `name:"json" help:"Print JSON."`
}

func (c cloneCmd) Run(ctx context.Context, e *env) error {
	given, err := e.hide(c.Sources)
	if err != nil {
		return err
	}
	findGit := meanwhile(func() (workers.Git, error) { return workers.FindGit(ctx, "") })
	project, err := e.project()
	if err != nil {
		return err
	}
	config, logins, err := c.config(ctx, e)
	if err != nil {
		return err
	}
	maps.Copy(logins, given)
	if err := workers.CheckTargets(project, config.Repositories); err != nil {
		return err
	}
	store := jobs.Open(project)
	w, err := when(store, c.At, c.After, e.now())
	if err != nil {
		return err
	}
	if w.Waits() && c.Foreground {
		return usage("--foreground: a job that waits runs in the background")
	}
	background := !c.DryRun && (c.Background || w.Waits() || !c.Foreground && len(config.Repositories) > foregroundLimit)
	connect := func() (launcher, error) { return launcher{}, nil }
	if background {
		connect = meanwhile(func() (launcher, error) { return e.launcher(ctx, store) })
	}
	references, input := workers.Handover(project, config.Repositories, logins, os.Environ())
	config.Credentials, config.Umask = references, input.Umask
	git, err := findGit()
	if err != nil {
		return noGit(err)
	}
	if c.DryRun {
		plan, err := workers.Plan(ctx, project, config, git, os.Environ())
		if err != nil {
			return err
		}
		return e.printPlan(project, plan, c.JSON)
	}
	if !background {
		return e.runHere(ctx, store, config, input, c.JSON)
	}
	l, err := connect()
	if err != nil {
		return err
	}
	if err := e.handOver(ctx, l, config, input, w, c.JSON); err != nil {
		return err
	}
	if !c.NoService {
		e.offerBoot(ctx, l)
	}
	return nil
}

func noGit(err error) error {
	var input *workers.InputError
	if !errors.As(err, &input) {
		return err
	}
	return hint(&codeError{exitError, input.Error()}, "install git 2.31 or newer")
}

// meanwhile begins f and returns what waits for its result.
func meanwhile[T any](f func() (T, error)) func() (T, error) {
	var v T
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		v, err = f()
	}()
	return func() (T, error) {
		<-done
		return v, err
	}
}

// config turns the command line into what the job stores, and what it must
// not store.
func (c cloneCmd) config(ctx context.Context, e *env) (workers.CloneConfig, map[string]workers.Login, error) {
	var none workers.CloneConfig
	if c.Jobs < 1 || c.Jobs > workers.MaxConcurrency {
		return none, nil, usage("-j %d: not between 1 and %d", c.Jobs, workers.MaxConcurrency)
	}
	if c.Retries < 0 || c.Retries >= workers.MaxTries {
		return none, nil, usage("--retries %d: not between 0 and %d", c.Retries, workers.MaxTries-1)
	}
	sources, err := c.sources(ctx, e)
	if err != nil {
		return none, nil, err
	}
	if len(sources) == 0 {
		return none, nil, hint(usage("no source given"), "specweave clone OWNER/REPO …, or --from FILE")
	}
	repos, logins, err := workers.Collect(sources, c.Into)
	if err != nil {
		return none, nil, err
	}
	config := workers.CloneConfig{
		Repositories: repos, Concurrency: c.Jobs, Depth: c.Depth, Filter: c.Filter, Mirror: c.Mirror, Tries: c.Retries + 1,
	}
	if c.Delay != nil {
		ms := c.Delay.Milliseconds()
		config.DelayMS = &ms
	}
	return config, logins, config.Check()
}

// sources reads all sources. Whoever writes the list may take their time, so
// the wait for it ends with ctx.
func (c cloneCmd) sources(ctx context.Context, e *env) ([]workers.Source, error) {
	read := make(chan struct{})
	var sources []workers.Source
	var err error
	go func() {
		defer close(read)
		sources, err = c.read(e)
	}()
	select {
	case <-read:
		return sources, err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (c cloneCmd) read(e *env) ([]workers.Source, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("current directory: %w", err)
	}
	base := workers.Base{Dir: dir, Home: e.getenv("HOME")}
	var sources []workers.Source
	for _, s := range c.Sources {
		source, err := workers.ParseSource(s, base)
		if err != nil {
			return nil, err
		}
		sources = append(sources, source)
	}
	if c.From == "" {
		return sources, nil
	}
	file, name := e.in, "standard input"
	if c.From != "-" {
		if file, err = os.Open(c.From); err != nil {
			return nil, &workers.InputError{Input: "--from " + workers.Show(c.From), Reason: bare(err)}
		}
		defer func() { _ = file.Close() }()
		name = c.From
		if abs, err := filepath.Abs(c.From); err == nil {
			base.Dir = filepath.Dir(abs)
		}
	}
	listed, err := workers.ReadSources(file, name, base)
	return append(sources, listed...), err
}

// bare is err without the path that os puts before it.
func bare(err error) string {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// printPlan shows what a clone would do.
func (e *env) printPlan(project string, plan []workers.PlanItem, asJSON bool) error {
	if asJSON {
		return e.printJSON(map[string]any{"schemaVersion": schemaVersion, "project": project, "plan": plan})
	}
	n := map[workers.Action]int{}
	for _, p := range plan {
		n[p.Action]++
		line := fmt.Sprintf("%-7s %s", p.Action, p.Repository.Path)
		if p.Reason != "" {
			line += " (" + p.Reason + ")"
		}
		e.out.printf("%s\n", jobs.Printable(line))
	}
	e.talk("%s: %d to clone, %d there already, %d refused. Nothing was done.\n", count(len(plan), "repository"),
		n[workers.ActionClone]+n[workers.ActionReplace], n[workers.ActionSkip], n[workers.ActionRefuse])
	return nil
}
