package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/importer"
	"github.com/specweave/specweave/workers/profiles"
	"github.com/specweave/specweave/workers/syncer"
)

type syncCmd struct {
	Run      syncRunCmd      `cmd:"" default:"withargs" help:"As specweave sync PROFILE…: keep stories and the items of trackers in step."`
	Profiles syncProfilesCmd `cmd:"" help:"List the profiles of .specweave/config.json, and what is wrong with them."`
	Schedule syncScheduleCmd `cmd:"" help:"Have the operating system sync a profile again and again; without a profile list what it does."`
}

type syncRunCmd struct {
	Names []string `arg:"" optional:"" name:"profile" help:"Profiles of .specweave/config.json. Default: all."`

	Direction  string  `placeholder:"WAY" help:"import: change stories only; export: items only; bidirectional. Default: as the profile has it."`
	Conflict   string  `placeholder:"RULE" help:"What counts where both sides changed the same: local, remote, newer, or mark: neither, a person decides. Default: as the profile has it, else mark."`
	Since      string  `default:"last" placeholder:"WHEN" help:"Look at items changed since: last (the last sync; the first time as the profile has it), 30d, 6w, 3m, 1y ago, a day such as 2026-01-02, or all."`
	Limit      int     `placeholder:"N" help:"Change at most N stories and items of each source; the next sync goes on. Default: as the profile has it."`
	APIBudget  percent `name:"api-budget" default:"80" placeholder:"PERCENT" help:"How much of the quota of a host's API may be used up; the rest is for people. Default: 80%."`
	Foreground bool    `xor:"where" help:"Sync now, however much there is."`
	Background bool    `xor:"where" help:"Hand over to the operating system, however little there is."`
	Scheduled  bool    `hidden:"" help:"A schedule asks: what still runs is left to itself."`
	NoService  bool    `help:"Do not see to it that jobs go on after a reboot; see specweave service."`
	DryRun     bool    `short:"n" help:"Say what would be done on either side, and do nothing."`
	JSON       bool    `name:"json" help:"Print JSON, one value for each profile."`
}

func (c syncRunCmd) Run(ctx context.Context, e *env) error {
	project, err := e.project()
	if err != nil {
		return err
	}
	if err := c.APIBudget.check(); err != nil {
		return err
	}
	s, err := readSync(project)
	if err != nil {
		return err
	}
	chosen, err := choose(s, c.Names)
	if err != nil {
		return err
	}
	creds := workers.NewCredentials(project, workers.Input{}, os.Environ())
	var all []syncer.Config
	for _, p := range chosen {
		config, err := c.config(s, p, workers.Hosts{Getenv: creds.Variable}, e.now())
		if err != nil {
			return err
		}
		all = append(all, config)
		if config.Direction == syncer.Bidirectional && !p.Permissions.UpdateStatus && !p.Permissions.Upsert {
			e.talk("specweave: profile %s: only stories are changed: nothing may be written outside, see sync.permissions.%s\n", p.Name, p.Provider)
		}
	}
	worst := error(nil)
	for _, config := range all {
		err := c.one(ctx, e, project, config)
		if err != nil && len(all) > 1 && ctx.Err() == nil && codeOf(err) != exitInterrupted { // the others are no worse for it
			e.warning(syncError(config, err))
			err = &codeError{code: codeOf(err)}
		}
		if worst == nil || err != nil && codeOf(err) > codeOf(worst) {
			worst = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return worst
}

// syncError says of which profile an error is; one without words says nothing.
func syncError(config syncer.Config, err error) error {
	if err.Error() == "" {
		return nil
	}
	return fmt.Errorf("profile %s: %w", config.Profile, err)
}

// one syncs one profile.
func (c syncRunCmd) one(ctx context.Context, e *env, project string, config syncer.Config) error {
	if c.DryRun {
		return c.preview(ctx, e, project, config)
	}
	store := jobs.Open(project)
	if err := overlap(store, config.Profile, c.Scheduled, e.now()); err != nil {
		if _, busy := errors.AsType[*syncer.BusyError](err); !busy || !c.Scheduled {
			return err
		}
		e.talk("specweave: skipped: %s\n", jobs.Printable(err.Error()))
		if l, err := e.launcher(ctx, store); err == nil {
			e.reconcileOthers(ctx, l) // or what was interrupted would be waited for for ever
		}
		return nil
	}
	n, err := c.count(ctx, e, project, config)
	if err != nil {
		return err
	}
	servers := workers.ServersOf(pagesOf(config.Sources), os.Environ())
	e.rememberServers(servers)
	in := handoverFor(project, config.Sources, servers, os.Environ())
	config.Umask, config.Credentials = in.Umask, n.references()
	t := task{jobs.SyncExternal, config, in, "profile " + config.Profile}
	if c.Foreground || !c.Background && n.most() < manyItems {
		return e.runHere(ctx, store, t, c.JSON)
	}
	l, err := e.launcher(ctx, store)
	if err != nil {
		return err
	}
	if err := e.handOver(ctx, l, handing{task: t, asJSON: c.JSON}); err != nil {
		return err
	}
	if !c.NoService && !c.Scheduled {
		e.offerBoot(ctx, l)
	}
	return nil
}

// count asks trackers how many items have changed, as an import does, where that
// decides who syncs. It also shows early that a source cannot be read.
func (c syncRunCmd) count(ctx context.Context, e *env, project string, config syncer.Config) (counts, error) {
	last, err := importer.ReadLastImports(project)
	if err != nil {
		return nil, err
	}
	a := access{
		creds: workers.NewCredentials(project, workers.Input{}, os.Environ()), environ: os.Environ(), budget: c.APIBudget.share(),
		findGit: func() (workers.Git, error) { return workers.FindGit(ctx, "") },
	}
	query := importer.Config{Query: config.Query, AreaPath: config.AreaPath, Limit: config.Limit, Closed: true}
	for _, s := range config.Sources {
		switch since, again := last.Since(s, e.now()); {
		case config.All:
			s.Since = time.Time{}
		case !config.Since.IsZero():
			s.Since = config.Since
		case again:
			s.Since = since
		}
		query.Sources = append(query.Sources, s)
	}
	n, err := importCmd{}.count(ctx, e, a, query)
	if err != nil {
		return nil, err
	}
	return n, n.hopeless()
}

// readSync reads what a project says of syncing.
func readSync(project string) (profiles.Sync, error) {
	data, err := readConfig(project)
	if err != nil || data == nil {
		return profiles.Sync{}, err
	}
	return profiles.Parse(data)
}

// choose are the profiles of these names, or all. They can be used.
func choose(s profiles.Sync, names []string) (chosen []profiles.Profile, err error) {
	if s.Disabled {
		return nil, hint(usage("syncing is switched off: sync.enabled is false"), "set sync.enabled in .specweave/config.json to true")
	}
	var known []string
	for _, p := range s.Profiles {
		known = append(known, p.Name)
		if len(names) == 0 {
			chosen = append(chosen, p)
		}
	}
	for _, name := range names {
		p, ok := s.Find(name)
		if !ok {
			return nil, hint(&codeError{exitNotFound, fmt.Sprintf("profile %s: there is none of that name", workers.Show(name))}, "%s", knownProfiles(known))
		}
		if !slices.ContainsFunc(chosen, func(c profiles.Profile) bool { return c.Name == name }) {
			chosen = append(chosen, p)
		}
	}
	if faults := wrong(s.Faults); len(faults) > 0 {
		return nil, hint(usage("%s", strings.Join(faults, "\n")), "specweave sync profiles says what is wrong with all of them")
	}
	var faults []string
	for _, p := range chosen {
		faults = append(faults, wrong(p.Faults)...)
	}
	if len(faults) > 0 {
		slices.Sort(faults) // what is said for all profiles is wrong with each
		return nil, hint(usage("%s", strings.Join(slices.Compact(faults), "\n")), "specweave sync profiles says what is wrong with all of them")
	}
	if len(chosen) == 0 {
		return nil, hint(usage("no profile is configured: .specweave/config.json has no sync.profiles"), "see the README on sync")
	}
	return chosen, nil
}

func knownProfiles(known []string) string {
	if len(known) == 0 {
		return ".specweave/config.json has no sync.profiles"
	}
	return "there are " + strings.Join(known, ", ")
}

// wrong are the faults that are no warnings.
func wrong(faults []profiles.Fault) (all []string) {
	for _, f := range faults {
		if !f.Warning {
			all = append(all, f.String())
		}
	}
	return all
}

// launchTime is how long a job may take from its creation to its worker.
const launchTime = time.Minute

// overlap returns a [*syncer.BusyError] if a profile is being synced. What waits
// to go on with it counts for a schedule only: a person may know better.
func overlap(store *jobs.Store, profile string, waiting bool, now time.Time) error {
	if err := syncer.Busy(store.Project(), profile); err != nil {
		return err
	}
	views, err := store.List()
	for _, v := range views {
		if v.Foreign || v.Job.Type != jobs.SyncExternal || v.State.Status.Terminal() {
			continue
		}
		var config struct {
			Profile string `json:"profileId"`
		}
		if json.Unmarshal(v.Job.Config, &config) != nil || config.Profile != profile {
			continue
		}
		begins := v.State.Status == jobs.Pending && now.Sub(v.Job.CreatedAt) < launchTime
		waits := v.State.Status == jobs.Pending || v.Interrupted() || !v.State.ResumeAfter.IsZero()
		if begins || v.Alive || waiting && waits {
			return &syncer.BusyError{Profile: profile, Job: v.Job.ID, PID: v.State.Proc.PID}
		}
	}
	if err != nil && len(views) == 0 {
		return err
	}
	return nil // a damaged job says nothing
}
