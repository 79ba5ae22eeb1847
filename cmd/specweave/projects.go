package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
)

// stateDir is the directory for what belongs to this user and no project: see
// the XDG Base Directory Specification, which wants a relative path ignored.
func (e *env) stateDir() (string, error) {
	base := e.getenv("XDG_STATE_HOME")
	if runtime.GOOS == "windows" {
		base = e.getenv("LOCALAPPDATA")
	}
	if home := e.home(); !filepath.IsAbs(base) && filepath.IsAbs(home) {
		base = filepath.Join(home, ".local", "state")
	}
	if !filepath.IsAbs(base) {
		return "", errors.New("state directory: neither XDG_STATE_HOME nor HOME is set")
	}
	return filepath.Join(base, "specweave"), nil
}

// knownServers are those that this user has named.
func (e *env) knownServers() workers.KnownServers {
	dir, err := e.stateDir()
	if err != nil {
		return ""
	}
	return workers.KnownServers(filepath.Join(dir, "servers"))
}

// rememberServers notes the servers that a launch names. That this cannot be
// done is worth a warning, and no launch.
func (e *env) rememberServers(servers map[string]workers.Kind) {
	known := e.knownServers()
	if known == "" || len(servers) == 0 {
		return
	}
	if err := known.Remember(servers); err != nil {
		e.talk("specweave: warning: a job that is resumed may not find its token: %s\n", jobs.Printable(err.Error()))
	}
}

func (e *env) projects() (jobs.Projects, error) {
	dir, err := e.stateDir()
	return jobs.OpenProjects(filepath.Join(dir, "projects")), err
}

// rememberer returns what notes a project as one to look at after a reboot.
// That this cannot be done is worth one warning, and no launch.
func (e *env) rememberer(project string) func() {
	var warned sync.Once
	return func() {
		p, err := e.projects()
		if err == nil {
			err = p.Remember(project)
		}
		if err != nil {
			warned.Do(func() {
				e.talk("specweave: warning: after a reboot nobody goes on with the jobs of this project: %s\n", jobs.Printable(err.Error()))
			})
		}
	}
}

// projectJSON is what reconciling one project of several did.
type projectJSON struct {
	Path      string        `json:"path"`
	Outcomes  []outcomeJSON `json:"outcomes"`
	Forgotten bool          `json:"forgotten"` // no unfinished job is left
	Error     string        `json:"error,omitempty"`
}

// reconcileAll squares the jobs of every project that is remembered. What goes
// wrong in one is no reason to leave out the others.
func (e *env) reconcileAll(ctx context.Context) error {
	if e.cli.Project != "" {
		return usage("--all-projects: not together with --project")
	}
	p, err := e.projects()
	if err != nil {
		return err
	}
	paths, err := p.List()
	all := []projectJSON{}
	for _, path := range paths {
		did, failed := e.reconcileProject(ctx, p, path)
		if failed != nil {
			did.Error = failed.Error()
			err = errors.Join(err, fmt.Errorf("project %s: %w", path, failed))
		}
		all = append(all, did)
		if ctx.Err() != nil {
			break
		}
	}
	if e.cli.Jobs.JSON {
		return errors.Join(err, e.printJSON(map[string]any{"schemaVersion": schemaVersion, "projects": all}))
	}
	e.printProjects(all)
	return err
}

func (e *env) reconcileProject(ctx context.Context, p jobs.Projects, path string) (projectJSON, error) {
	s := jobs.Open(path)
	did := projectJSON{Path: path, Outcomes: []outcomeJSON{}}
	var err error
	if did.Forgotten, err = p.Settle(s); did.Forgotten || err != nil {
		return did, err
	}
	l, err := e.launcher(ctx, s)
	if err != nil {
		return did, err
	}
	l.InputOf = l.ofThisShell
	outcomes, err := l.Reconcile(ctx, "")
	did.Outcomes, err = listOutcomes(outcomes, err)
	if err != nil || ctx.Err() != nil {
		return did, err
	}
	did.Forgotten, err = p.Settle(s) // the last one may have been given up
	return did, err
}

func (e *env) printProjects(all []projectJSON) {
	idle := true
	for _, p := range all {
		for _, o := range p.Outcomes {
			if o.Error == "" {
				e.out.printf("%s: %s: %s\n", jobs.Printable(p.Path), o.ID, done(o))
			}
		}
		if p.Forgotten {
			e.out.printf("%s: no unfinished job; forgotten\n", jobs.Printable(p.Path))
		}
		idle = idle && len(p.Outcomes) == 0 && p.Error == "" && !p.Forgotten
	}
	if idle {
		e.out.printf("Nothing to do.\n")
	}
}
