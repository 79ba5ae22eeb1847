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
	Sources []string `arg:"" optional:"" name:"source" help:"https, http, ssh or file URL, host:path, local path beginning with / ./ ../ or ~/, or owner/repo on GitHub. All repositories of an owner: github:ORG, gitlab:GROUP/SUBGROUP, ado:ORG/PROJECT, bitbucket:WORKSPACE, gitea:ORG, with or without /GLOB at the end; these words are no hosts of host:path."`

	From string `placeholder:"FILE" help:"Also read sources from FILE, - for standard input: one a line, or JSON."`
	Into string `placeholder:"DIR" help:"Folder below the project for {owner}/{name}. Default: repositories."`
	Jobs int    `short:"j" default:"16" placeholder:"N" help:"How many clones at once, at most; fewer if a host wants that. Default: 16."`
	gitFlags
	Delay   *time.Duration `placeholder:"DUR" help:"Rest between two clones of a slot. Default: none."`
	Retries int            `default:"2" placeholder:"N" help:"How often a failed clone is tried again where that can help. Default: 2."`

	At    string   `placeholder:"TIME" help:"Start later, in the background: 90m, 18:30, 2026-01-02 18:30, or RFC 3339."`
	After []string `placeholder:"ID[,ok|any]" sep:"none" help:"Start when that job has ended: well, or any way. May be given more than once."`

	Foreground bool `xor:"where" help:"Clone now, whatever the number."`
	Background bool `xor:"where" help:"Hand over to the operating system, whatever the number."`
	NoService  bool `help:"Do not see to it that jobs go on after a reboot; see specweave service."`
	DryRun     bool `short:"n" help:"Say what would be done, and do nothing."`
	JSON       bool `name:"json" help:"Print JSON."`

	selectFlags

	started func(id string) // says that a background job has started; nil: as clone does
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
	store := jobs.Open(project)
	w, err := c.check(e, store)
	if err != nil {
		return err
	}
	sources, err := c.sources(ctx, e)
	if err != nil {
		return err
	}
	logins := workers.Logins(sources)
	maps.Copy(logins, given)
	all, err := c.gather(ctx, e, project, sources, logins, findGit)
	if err != nil {
		return err
	}
	if len(all.sources) == 0 {
		return c.nothing(e, project, all)
	}
	config, err := c.config(all)
	if err != nil {
		return err
	}
	if err := workers.CheckTargets(project, config.Repositories); err != nil {
		return err
	}
	background := !c.DryRun && (c.Background || w.Waits() || !c.Foreground && (len(config.Repositories) > foregroundLimit || len(all.listings) > 0))
	connect := func() (launcher, error) { return launcher{}, nil }
	if background {
		connect = meanwhile(func() (launcher, error) { return e.launcher(ctx, store) })
	}
	config.Servers = workers.ServersOf(config.Repositories, all.environ)
	references, input := workers.Handover(project, config.Repositories, workers.Input{Logins: logins, Servers: config.Servers}, all.environ)
	config.Credentials, config.Umask = references, input.Umask
	git, err := findGit()
	if err != nil {
		return noGit(err)
	}
	if err := config.CheckHere(ctx, git, os.Environ()); err != nil {
		return err
	}
	if c.DryRun {
		plan, err := workers.Plan(ctx, project, config, git, os.Environ())
		if err != nil {
			return err
		}
		return c.printPlan(e, project, planned{plan, all, config})
	}
	if len(all.listings) > 0 {
		e.sayGathered(all)
		if err := c.room(project, workers.EstimateOf(workers.Absent(project, config.Repositories), config)); err != nil {
			return err
		}
	}
	e.rememberServers(config.Servers)
	t := task{jobs.CloneRepos, config, input, count(len(config.Repositories), "repository")}
	if !background {
		return e.runHere(ctx, store, t, c.JSON)
	}
	l, err := connect()
	if err != nil {
		return err
	}
	if err := e.handOver(ctx, l, handing{t, w, c.JSON, c.started}); err != nil {
		return err
	}
	if !c.NoService {
		e.offerBoot(ctx, l)
	}
	return nil
}

// nothing ends a command that has nothing to clone.
func (c cloneCmd) nothing(e *env, project string, all gathered) error {
	switch {
	case len(all.listings) == 0:
		return hint(usage("no source given"), "specweave clone OWNER/REPO …, github:ORG, or --from FILE")
	case c.DryRun:
		return c.printPlan(e, project, planned{all: all})
	}
	return all.nothing()
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

// check looks at what can be wrong before any host is asked, and says what the
// job is to wait for.
func (c cloneCmd) check(e *env, store *jobs.Store) (jobs.When, error) {
	if c.Jobs < 1 || c.Jobs > workers.MaxConcurrency {
		return jobs.When{}, usage("-j %d: not between 1 and %d", c.Jobs, workers.MaxConcurrency)
	}
	if c.Retries < 0 || c.Retries >= workers.MaxTries {
		return jobs.When{}, usage("--retries %d: not between 0 and %d", c.Retries, workers.MaxTries-1)
	}
	settings, err := c.settings()
	if err != nil {
		return jobs.When{}, err
	}
	if err := settings.CheckSettings(); err != nil {
		return jobs.When{}, err
	}
	if err := c.APIBudget.check(); err != nil {
		return jobs.When{}, err
	}
	w, err := when(store, c.At, c.After, e.now())
	if err == nil && w.Waits() && c.Foreground {
		err = usage("--foreground: a job that waits runs in the background")
	}
	return w, err
}

// config turns the command line into what the job stores.
func (c cloneCmd) config(all gathered) (workers.CloneConfig, error) {
	config, err := c.settings()
	if err != nil {
		return config, err
	}
	if config.Repositories, _, err = workers.Collect(all.sources, c.Into); err != nil {
		return config, err
	}
	return config, config.Check()
}

// settings is what a job stores but for its repositories.
func (c cloneCmd) settings() (workers.CloneConfig, error) {
	config := workers.CloneConfig{Concurrency: c.Jobs, Tries: c.Retries + 1}
	if c.Delay != nil {
		ms := c.Delay.Milliseconds()
		config.DelayMS = &ms
	}
	return config, c.ask(&config)
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
	base := workers.Base{Dir: dir, Home: e.home(), Hosts: e.hosts(c.Host)}
	sources, bad := workers.ParseSources(c.Sources, base)
	if c.From == "" {
		return sources, bad
	}
	file, name := e.in, "standard input"
	if c.From != "-" {
		if file, err = os.Open(c.From); err != nil {
			return nil, errors.Join(bad, &workers.InputError{Input: "--from " + workers.Show(c.From), Reason: bare(err)})
		}
		defer func() { _ = file.Close() }()
		name = c.From
		if abs, err := filepath.Abs(c.From); err == nil {
			base.Dir = filepath.Dir(abs)
		}
	}
	listed, err := workers.ReadSources(file, name, base)
	return append(sources, listed...), errors.Join(bad, err)
}

// bare is err without the path that os puts before it.
func bare(err error) string {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}
