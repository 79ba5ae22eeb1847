package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/units"
	"github.com/specweave/specweave/workers"
)

type doctorCmd struct {
	Fix  bool `help:"Clean up what is left over. Without it nothing is changed."`
	JSON bool `name:"json" help:"Print JSON."`
}

// jobsDoctorCmd is doctorCmd below jobs, which has a --json already.
type jobsDoctorCmd struct {
	Fix bool `help:"Clean up what is left over. Without it nothing is changed."`
}

func (c jobsDoctorCmd) Run(ctx context.Context, e *env) error {
	return doctorCmd{c.Fix, e.cli.Jobs.JSON}.Run(ctx, e)
}

// diagnosis is what the doctor says, and with --json prints.
type diagnosis struct {
	Schema      int              `json:"schemaVersion"`
	Project     string           `json:"project"`
	Promises    []promise        `json:"promises"`
	Scheduler   schedulerJSON    `json:"scheduler"`
	BootEntry   bootJSON         `json:"bootEntry"`
	Git         gitJSON          `json:"git"`
	Credentials []credentialJSON `json:"credentials"`
	Findings    []finding        `json:"findings"`

	noGit error
}

// schedulerJSON is what was seen and chosen.
type schedulerJSON struct {
	Kind    units.Kind `json:"kind"`
	Trace   []string   `json:"trace"`
	Warning string     `json:"warning,omitempty"`
	Error   string     `json:"error,omitempty"` // why no job can be started
}

type bootJSON struct {
	Installed bool   `json:"installed"`
	Detail    string `json:"detail"`
}

type gitJSON struct {
	Path    string `json:"path,omitempty"`
	Version string `json:"version,omitempty"`
	Error   string `json:"error,omitempty"`
}

// credentialJSON is a credential that an unfinished job needs.
type credentialJSON struct {
	Job string `json:"job"`
	workers.Forecast
}

func (c doctorCmd) Run(ctx context.Context, e *env) error {
	s, err := e.store()
	if err != nil {
		return err
	}
	d, err := e.examine(ctx, s)
	if err != nil {
		return err
	}
	if c.Fix {
		for i := range d.Findings {
			d.Findings[i].mend(ctx)
		}
	}
	if c.JSON {
		err = e.printJSON(d)
	} else {
		e.printDiagnosis(d, c.Fix)
	}
	if err != nil || ctx.Err() != nil {
		return err
	}
	return d.verdict(c.Fix)
}

// verdict is an error if git is missing or something should be cleaned up. A
// promise that is not kept is none.
func (d diagnosis) verdict(fixed bool) error {
	if d.noGit != nil {
		return noGit(d.noGit)
	}
	for _, f := range d.Findings {
		switch {
		case f.Note || f.Fixed:
		case fixed || f.fix == nil:
			return &codeError{code: exitWarnings}
		default:
			return hint(&codeError{code: exitWarnings}, "specweave doctor --fix cleans up")
		}
	}
	return nil
}

// examine looks at machine, user and project. It changes nothing.
func (e *env) examine(ctx context.Context, s *jobs.Store) (diagnosis, error) {
	d := diagnosis{Schema: schemaVersion, Project: s.Project(), Credentials: []credentialJSON{}, Findings: []finding{}}
	sched, choice, err := units.New(ctx, filepath.Join(s.Dir(), "units"))
	d.Scheduler = schedulerJSON{Kind: choice.Kind, Trace: append([]string{}, choice.Trace...), Warning: choice.Warning}
	if err != nil {
		d.Scheduler.Error = err.Error()
	}
	look := units.Look()
	d.BootEntry.Installed, d.BootEntry.Detail = bootState(ctx)
	d.Promises = promises(facts{look, choice.Kind, units.LookRules(look), d.BootEntry.Installed})

	git, err := workers.FindGit(ctx, "")
	d.Git = gitJSON{Path: git.Path, Version: git.Version}
	if err != nil {
		d.noGit, d.Git.Error = err, err.Error()
	}
	if ctx.Err() != nil {
		return d, context.Cause(ctx)
	}
	x := examination{store: s, git: git, environ: os.Environ(), known: e.knownServers(), now: e.now}
	if x.entries, err = s.Survey(); err != nil {
		d.Findings = append(d.Findings, finding{Kind: "state", Where: x.short(filepath.Join(s.Dir(), "jobs")), What: err.Error()})
	} else {
		d.Credentials = append(d.Credentials, x.credentials(ctx)...)
		d.Findings = append(d.Findings, x.findings(ctx, sched)...)
	}
	return d, ctx.Err()
}

// credentials says for each unfinished job what it needs and whether that can
// be found.
func (x examination) credentials(ctx context.Context) (all []credentialJSON) {
	helped := func(url string) bool { return x.git.Path == "" || x.git.Helped(ctx, x.environ, url) }
	for _, en := range x.entries {
		if en.Origin != jobs.Own || en.View.State.Status.Terminal() {
			continue
		}
		job := en.View.Job
		job.Config = en.Config
		config, err := accessOf(job)
		if err != nil {
			continue // the job will say so itself
		}
		for _, f := range workers.ForecastCredentials(x.store.Project(), config, x.known, x.environ, helped) {
			all = append(all, credentialJSON{en.ID, f})
		}
	}
	return all
}
