package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/units"
	"github.com/specweave/specweave/workers"
)

// launcher hands jobs to the job manager that was chosen.
type launcher struct {
	jobs.Launcher
	choice units.Choice
	known  workers.KnownServers
}

// launcher connects to the operating system's job manager.
func (e *env) launcher(ctx context.Context, s *jobs.Store) (launcher, error) {
	sched, choice, err := units.New(ctx, filepath.Join(s.Dir(), "units"))
	if err != nil {
		return launcher{}, err
	}
	self, err := platform.Self()
	if err != nil {
		return launcher{}, err
	}
	return launcher{jobs.Launcher{
		Store:    s,
		Units:    sched,
		Env:      workerEnv(os.Environ()),
		Command:  func(id string) []string { return workerArgs(self, id) },
		Epilogue: func(id string) []string { return endedArgs(self, id) },
		Remember: e.rememberer(s.Project()),
	}, choice, e.knownServers()}, nil
}

// launcherHere is launcher for the project that the command line is about.
func (e *env) launcherHere(ctx context.Context) (launcher, error) {
	s, err := e.store()
	if err != nil {
		return launcher{}, err
	}
	return e.launcher(ctx, s)
}

// passed are the variables that a worker gets from the shell that launches it:
// where things are and how to reach the network. A manager's own environment
// has few of them.
var passed = []string{
	"SPECWEAVE_SCHEDULER", "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "LANG", "LC_ALL", "LC_CTYPE",
	"XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR",
	"http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_SSL_NO_VERIFY",
	"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT",
	"GIT_TEMPLATE_DIR", "SSH_AUTH_SOCK", "GH_CONFIG_DIR", "GH_HOST", "GITHUB_API_URL", "GITLAB_HOST", "AZURE_DEVOPS_ORG_URL", "GITEA_URL",
	"SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "USERNAME", "USERDOMAIN", "APPDATA", "LOCALAPPDATA",
	"PROGRAMDATA", "ALLUSERSPROFILE", "PROGRAMFILES", "TEMP", "TMP", "PATHEXT", "COMSPEC",
}

// workerEnv picks the variables that a unit may show to whoever asks. A value
// that holds a password, as a proxy's URL may, goes another way: see
// [workers.Handover]. Case is folded, as Windows does, where PATH is Path.
func workerEnv(environ []string) []string {
	var env []string
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		if slices.ContainsFunc(passed, func(p string) bool { return strings.EqualFold(p, name) }) && !hasPassword(value) {
			env = append(env, kv)
		}
	}
	return env
}

func hasPassword(value string) bool {
	if !strings.Contains(value, "@") {
		return false
	}
	u, err := url.Parse(value)
	return err != nil || u.User != nil
}

// inputFor is what a worker of a job that goes on is given on standard input:
// the secrets of this shell that the job needs.
func inputFor(project string, job jobs.Job, known workers.KnownServers) ([]byte, error) {
	if job.Type == jobs.ImportIssues {
		return inputForImport(project, job, known)
	}
	if job.Type == jobs.SyncExternal {
		return inputForSync(project, job, known)
	}
	if job.Type != jobs.CloneRepos {
		return nil, nil
	}
	config, err := workers.ParseCloneConfig(job.Config)
	if err != nil {
		return nil, fmt.Errorf("job %s: %w", job.ID, err)
	}
	_, input := workers.Handover(project, config.Repositories, workers.Input{Servers: known.Of(config.Servers)}, os.Environ())
	return json.Marshal(input)
}

// ofThisShell is [inputFor] where nobody has asked for that very job, which waits
// for a person if this shell has not what it needs either. What is wrong with a
// job its worker says.
func (l launcher) ofThisShell(job jobs.Job) []byte {
	data, err := inputFor(l.Store.Project(), job, l.known)
	if err != nil || data == nil {
		return nil
	}
	in, err := workers.ParseInput(data)
	if err != nil {
		return nil
	}
	in.Attended, in.Umask = false, "" // the job has that of its launch
	data, _ = json.Marshal(in)
	return data
}

// launched is what a launch prints with --json.
type launched struct {
	Schema     int    `json:"schemaVersion"`
	ID         string `json:"id"`
	Background bool   `json:"background"`
	Unit       string `json:"unit,omitempty"`
	Scheduler  string `json:"scheduler,omitempty"`
	Warning    string `json:"warning,omitempty"`
	Job        any    `json:"job,omitempty"` // of a foreground run
}

// task is a job that is to be created.
type task struct {
	kind   jobs.Type
	config any
	input  workers.Input
	what   string // for people: "3 repositories"
}

// handing is a job that is handed over, and how to say so.
type handing struct {
	task
	when   jobs.When
	asJSON bool
	said   func(id string) // for people and programs alike; nil: see handOver
}

// handOver starts a job in the background, or has it started.
func (e *env) handOver(ctx context.Context, l launcher, h handing) (err error) {
	if l.Input, err = json.Marshal(h.input); err != nil {
		return err
	}
	var job jobs.Job
	var unit string
	if h.when.Waits() {
		job, unit, err = l.Schedule(ctx, h.kind, h.config, h.when)
	} else {
		job, unit, err = l.Launch(ctx, h.kind, h.config)
	}
	if err != nil && job.ID != "" {
		return hint(err, "specweave jobs resume %s tries again", job.ID)
	}
	if err != nil {
		return err
	}
	e.reconcileOthers(ctx, l)
	e.warn(l.choice)
	if v, err := l.Store.Find(job.ID); h.when.Waits() && err == nil && v.State.Attempt == 0 { // else it had nothing to wait for
		e.warnForgotten(ctx, l, v.Job)
	}
	switch {
	case h.asJSON:
		return e.printJSON(launched{
			Schema: schemaVersion, ID: job.ID, Background: true, Unit: unit, Scheduler: fmt.Sprint(l.Units), Warning: l.choice.Warning,
		})
	case h.said != nil:
		h.said(job.ID)
		return nil
	case !e.out.tty:
		e.out.printf("%s\n", job.ID)
		return nil
	}
	verb := "started"
	switch {
	case !h.when.NotBefore.IsZero():
		verb = "waits until " + local(h.when.NotBefore)
	case h.when.Waits():
		verb = "waits"
	}
	e.out.printf("Job %s %s: %s in the background.\n", e.out.paint(bold, job.ID), verb, h.what)
	e.printNext(job.ID, unit, l.Units)
	return nil
}

func (e *env) warn(c units.Choice) {
	if c.Warning != "" {
		e.talk("specweave: warning: %s\n", c.Warning)
	}
}

// warnForgotten says which credentials of this shell a job will not have when it
// begins: what a manager starts at its time, and whoever starts a job behind
// another, hands nothing over.
func (e *env) warnForgotten(ctx context.Context, l launcher, job jobs.Job) {
	if len(job.After) == 0 && l.Units.String() == string(units.KindDetached) {
		return
	}
	config, err := accessOf(job)
	if err != nil {
		return // the job will say so itself
	}
	git, err := workers.FindGit(ctx, "")
	helped := func(url string) bool { return err != nil || git.Helped(ctx, os.Environ(), url) }
	for _, f := range workers.ForecastCredentials(l.Store.Project(), config, l.known, os.Environ(), helped) {
		if f.Reboot == workers.No {
			e.talk("specweave: warning: when the job begins, the credential of this shell for %s is gone: %s\n", jobs.Printable(f.Host), jobs.Printable(f.Remedy))
		}
	}
}

// printNext says what runs a job and how to go on.
func (e *env) printNext(id, unit string, sched units.Scheduler) {
	if unit != "" {
		e.out.printf("  Unit:    %s (%s)\n", unit, sched)
	}
	e.out.printf("  Watch:   specweave jobs follow %s\n", id)
	e.out.printf("  Log:     specweave jobs logs %s -f\n", id)
	e.out.printf("  Stop:    specweave jobs kill %s\n", id)
	if unit != "" && sched.String() == string(units.KindSystemd) {
		e.out.printf("  systemd: systemctl --user status %s\n", unit)
	}
}
