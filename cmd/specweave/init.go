package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/lazyregexp"
)

type initCmd struct {
	Dir string `arg:"" optional:"" help:"Directory of the project, made if it is missing. Default: the current one, or that of -C."`

	Name  string   `placeholder:"NAME" help:"Name of the project: lower-case letters, digits and hyphens. Default: after the directory."`
	Clone []string `sep:"none" placeholder:"SOURCE" help:"Clone that, as specweave clone does: github:ORG, github:ORG/api-*, OWNER/REPO, a URL. May be given more than once."`
	Host  string   `placeholder:"HOST" help:"Server of what --clone names, if it is not the public one."`
	Since string   `enum:",1m,3m,6m,all,none" default:"" placeholder:"RANGE" help:"How far back issues are imported, of what --clone names and later: 1m, 3m, 6m, all or none."`

	Yes       bool `short:"y" help:"Ask nothing. So it is without a terminal, and where CI is set."`
	NoService bool `help:"Do not see to it that jobs go on after a reboot; see specweave service."`
}

// months are the time ranges that SpecWeave's init offers.
func months(since string) int {
	return map[string]int{"1m": 1, "3m": 3, "6m": 6, "all": 999}[since]
}

// batch is what one job clones.
type batch struct {
	host    string // as --host of specweave clone; empty: the public one
	sources []string
}

// Run asks first and writes then: whoever leaves at a question leaves nothing
// behind.
func (c initCmd) Run(ctx context.Context, e *env) error {
	dir, err := c.directory(e)
	if err != nil {
		return err
	}
	config := filepath.Join(dir, ".specweave", "config.json")
	_, err = os.Lstat(config)
	there := err == nil
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("project: %w", err)
	}
	if err := c.fits(e, dir); err != nil && !there {
		return err
	}
	name := c.Name
	if name == "" {
		name = projectName(filepath.Base(dir))
	} else if !validName.MatchString(name) {
		return usage("--name %s: not of lower-case letters, digits and hyphens", jobs.Printable(name))
	}
	var batches []batch
	if len(c.Clone) > 0 {
		batches = []batch{{c.Host, c.Clone}}
	}
	since := c.Since
	if a := e.asker(c.Yes); a != nil {
		ask := &since
		if since != "" || there && importSaid(dir) {
			ask = nil
		}
		if len(batches) == 0 {
			batches, err = a.repositories(ctx, e.getenv, ask)
		} else if ask != nil {
			err = a.ask(ctx, []question{timeRange(ask)})
		}
		if err != nil {
			return err
		}
	}
	switch {
	case there && since == "":
		e.talk("%s is a project already; its config.json stays as it is.\n", jobs.Printable(dir))
	case there:
		if err := workers.SetImportRange(ctx, dir, months(since)); err != nil {
			return err
		}
		e.talk("%s is a project already; of its config.json externalImport is set.\n", jobs.Printable(dir))
	default:
		if err := makeProject(dir, newConfig(name, since)); err != nil {
			return err
		}
		e.talk("%s is a project now.\n", jobs.Printable(dir))
	}
	if len(batches) == 0 {
		e.talk("Add repositories: specweave clone OWNER/REPO, or github:OWNER for all of them.\n")
	}
	var failed []error
	for _, b := range batches {
		cloned, err := e.cloneInto(ctx, dir, b, c.NoService)
		failed = append(failed, err)
		if months(since) == 0 {
			continue
		}
		for _, t := range cloned.Trackers() {
			failed = append(failed, e.importInto(ctx, dir, t, c.NoService))
		}
	}
	return errors.Join(failed...)
}

// importSaid reports whether a project says how far back issues are imported.
func importSaid(dir string) bool {
	c, _, err := readTrackerConfig(dir)
	return err != nil || c.Import != nil // what cannot be read is not written either
}

// directory is where the project is to be: here, and not in the project
// around, as it is for other commands.
func (c initCmd) directory(e *env) (string, error) {
	dir, err := filepath.Abs(filepath.Join(e.cli.Project, c.Dir))
	if filepath.IsAbs(c.Dir) {
		dir, err = filepath.Clean(c.Dir), nil
	}
	if err != nil {
		return "", fmt.Errorf("project: %w", err)
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return dir, nil
	case err != nil:
		return "", fmt.Errorf("project: %w", err)
	case !info.IsDir():
		return "", usage("project: %s: not a directory", dir)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return "", fmt.Errorf("project: %w", err)
	}
	return dir, nil
}

// fits refuses the home directory and a root, which would become a project with
// all below it, and projects in projects, which SpecWeave does not know.
func (c initCmd) fits(e *env, dir string) error {
	home := e.home()
	if target, err := filepath.EvalSymlinks(home); err == nil {
		home = target
	}
	if dir == home || dir == filepath.Dir(dir) {
		return hint(usage("%s would be a project with all that is below it", dir), "specweave init DIR")
	}
	for above := filepath.Dir(dir); above != filepath.Dir(above); above = filepath.Dir(above) {
		if _, err := os.Stat(filepath.Join(above, ".specweave", "config.json")); err == nil && above != home {
			return hint(usage("%s lies in the project %s", dir, above), "specweave clone adds repositories to that one")
		}
	}
	return nil
}

var validName = lazyregexp.New(`^[a-z0-9-]+$`)

// projectName makes a name as SpecWeave's init does.
func projectName(base string) string {
	return strings.Map(func(r rune) rune {
		if validName.MatchString(string(r)) {
			return r
		}
		return '-'
	}, strings.ToLower(base))
}

// projectConfig is as much of what SpecWeave 1.0.593's init writes as is not
// its own default.
type projectConfig struct {
	Version    string          `json:"version"`
	Project    configProject   `json:"project"`
	Repository configProvider  `json:"repository"`
	Import     *configImport   `json:"externalImport,omitempty"`
	Workspace  configWorkspace `json:"workspace"`
}

type configProject struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type configProvider struct {
	Provider string `json:"provider"`
}

// configImport is what its import-config.js reads.
type configImport struct {
	Enabled bool `json:"enabled"`
	Months  int  `json:"timeRangeMonths,omitempty"`
}

type configWorkspace struct {
	Name  string     `json:"name"`
	Repos []struct{} `json:"repos"`
}

func newConfig(name, since string) projectConfig {
	c := projectConfig{
		Version: "2.0", Project: configProject{name, "0.1.0"}, Repository: configProvider{"local"},
		Workspace: configWorkspace{name, []struct{}{}},
	}
	if since != "" {
		c.Import = &configImport{since != "none", months(since)}
	}
	return c
}

// makeProject writes a project's config.json, last. It makes dir and the
// folders above it if they are missing.
func makeProject(dir string, config projectConfig) error {
	data, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil { //nolint:gosec // the user's own folder: the umask decides
		return fmt.Errorf("project: %w", err)
	}
	for _, name := range []string{"increments", "docs/internal/specs"} {
		if err := os.MkdirAll(filepath.Join(dir, ".specweave", filepath.FromSlash(name)), 0o700); err != nil {
			return fmt.Errorf("project: %w", err)
		}
	}
	if err := platform.WriteFile(filepath.Join(dir, ".specweave", "config.json"), append(data, '\n')); err != nil {
		return fmt.Errorf("project: %w", err)
	}
	return nil
}

// asker returns nil where nobody is to be asked: as SpecWeave's init, without a
// terminal or in CI.
func (e *env) asker(yes bool) *asker {
	if yes || e.in == nil || !term.IsTerminal(int(e.in.Fd())) || !e.err.tty {
		return nil
	}
	for _, name := range []string{"CI", "GITHUB_ACTIONS", "GITLAB_CI", "CIRCLECI", "JENKINS_URL"} {
		if v := e.getenv(name); v != "" && v != "false" {
			return nil
		}
	}
	plain := e.getenv("TERM") == "dumb" || e.getenv("NO_COLOR") != "" || e.getenv("ACCESSIBLE") != ""
	return &asker{in: e.in, out: e.err.w, plain: plain}
}
