package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/units"
)

// serviceCmd is about the entry that makes jobs go on after a reboot.
type serviceCmd struct {
	JSON bool `name:"json" help:"Print JSON."`

	Install   serviceInstallCmd   `cmd:"" help:"Let interrupted jobs of all projects go on after a reboot or login. Needs no rights but yours."`
	Uninstall serviceUninstallCmd `cmd:"" help:"Take that back, for good."`
	Status    serviceStatusCmd    `cmd:"" help:"Say whether they do."`
}

// bootEntry is what runs "jobs reconcile --all-projects" when the user's
// manager starts.
func bootEntry() (units.Boot, error) {
	self, err := platform.Self()
	if err != nil {
		return nil, err
	}
	return units.NewBoot([]string{self, "jobs", "reconcile", "--all-projects"}, bootEnv(os.Environ())), nil
}

// bootEnv picks the variables that a job goes on with after a reboot: those of
// a worker but what belongs to a session or comes from the manager.
func bootEnv(environ []string) []string {
	fleeting := []string{"HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "XDG_RUNTIME_DIR", "SSH_AUTH_SOCK"}
	return slices.DeleteFunc(workerEnv(environ), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(fleeting, name)
	})
}

// refusal is the file that says that a person does not want the entry.
func (e *env) refusal() (string, error) {
	dir, err := e.stateDir()
	return filepath.Join(dir, "no-service"), err
}

type serviceInstallCmd struct{}

func (serviceInstallCmd) Run(ctx context.Context, e *env) error {
	b, err := bootEntry()
	if err != nil {
		return err
	}
	if err := b.Install(ctx); err != nil {
		if self, selfErr := platform.Self(); selfErr == nil && runtime.GOOS != "windows" && units.Choose(units.Look()).Kind == units.KindDetached {
			return hint(err, "have cron run at @reboot: %s jobs reconcile --all-projects", shellWord(self))
		}
		return err
	}
	if file, err := e.refusal(); err == nil { // without a state directory there is none
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return e.printService(ctx, b, "Installed: interrupted jobs of all projects go on after a reboot or login.")
}

type serviceUninstallCmd struct{}

func (serviceUninstallCmd) Run(ctx context.Context, e *env) error {
	b, err := bootEntry()
	if err != nil {
		return err
	}
	if err := b.Uninstall(ctx); err != nil {
		return err
	}
	file, err := e.refusal()
	if err == nil {
		err = os.MkdirAll(filepath.Dir(file), 0o700)
	}
	if err == nil {
		err = platform.WriteFile(file, nil)
	}
	if err != nil {
		return fmt.Errorf("a later launch may install it again: %w", err)
	}
	return e.printService(ctx, b, "Not installed, and no launch will: after a reboot jobs wait for specweave jobs reconcile.")
}

type serviceStatusCmd struct{}

func (serviceStatusCmd) Run(ctx context.Context, e *env) error {
	b, err := bootEntry()
	if err != nil {
		return err
	}
	return e.printService(ctx, b, "")
}

type serviceJSON struct {
	Schema    int    `json:"schemaVersion"`
	Installed bool   `json:"installed"`
	Enabled   bool   `json:"enabled"`
	Path      string `json:"path"`
	Detail    string `json:"detail,omitempty"`
}

// printService shows the entry as it is; headline says what was done.
func (e *env) printService(ctx context.Context, b units.Boot, headline string) error {
	st, err := b.Status(ctx)
	if err != nil {
		return err
	}
	if e.cli.Service.JSON {
		return e.printJSON(serviceJSON{schemaVersion, st.Installed, st.Enabled, st.Path, st.Detail})
	}
	switch {
	case headline != "":
	case st.Installed && st.Enabled:
		headline = "Installed."
	case st.Installed:
		headline = "Installed, but disabled."
	default:
		headline = "Not installed."
	}
	e.out.printf("%s\n", headline)
	if st.Installed {
		e.out.printf("  File: %s\n", jobs.Printable(st.Path))
	}
	if st.Detail != "" {
		e.out.printf("  Note: %s\n", jobs.Printable(st.Detail))
	}
	return nil
}

// offerBoot installs the boot entry with the first job that is handed to systemd
// or launchd, unless somebody does not want it. That it cannot be done is
// worth one line.
func (e *env) offerBoot(ctx context.Context, l launcher) {
	if l.Units.String() == string(units.KindDetached) || e.getenv("SPECWEAVE_NO_SERVICE") != "" {
		return
	}
	b, err := bootEntry()
	if err != nil {
		return
	}
	path, err := b.Path()
	if err != nil || exists(path) { // the usual case costs this look
		return
	}
	if file, err := e.refusal(); err != nil || exists(file) || !wantsBoot(l.Store.Project()) {
		return
	}
	if err := b.Install(ctx); err != nil {
		e.talk("specweave: warning: jobs do not go on by themselves after a reboot: %s (SPECWEAVE_NO_SERVICE=1 stops trying)\n", jobs.Printable(err.Error()))
		return
	}
	e.talk("specweave: from now on jobs go on after a reboot or login: installed %s; \"specweave service uninstall\" takes that back\n", jobs.Printable(path))
}

// maxConfig bounds what is read of a project's configuration.
const maxConfig = 1 << 20

// wantsBoot reads jobs.bootEntry in the project's .specweave/config.json. What
// cannot be read says nothing.
func wantsBoot(project string) bool {
	path := filepath.Join(project, ".specweave", "config.json")
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxConfig {
		return true
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return true
	}
	var config struct {
		Jobs struct {
			BootEntry *bool `json:"bootEntry"`
		} `json:"jobs"`
	}
	err = json.Unmarshal(data, &config)
	return err != nil || config.Jobs.BootEntry == nil || *config.Jobs.BootEntry
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
