package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/azure"
	"github.com/specweave/specweave/workers/gitea"
	"github.com/specweave/specweave/workers/github"
	"github.com/specweave/specweave/workers/gitlab"
	"github.com/specweave/specweave/workers/importer"
	"github.com/specweave/specweave/workers/jira"
	"github.com/specweave/specweave/workers/syncer"
)

// collectionOf is a source in the words of who lists repositories.
func collectionOf(s importer.Source) (workers.Collection, error) {
	c := workers.Collection{Kind: workers.Kind(s.Platform), Owner: s.Name}
	var err error
	if c.Server, err = url.Parse(s.Server); err == nil {
		c.API, err = url.Parse(s.API)
	}
	return c, err
}

// track prepares to read the items of a source. It may run gh or git for a
// credential and sends nothing yet.
func (a access) track(ctx context.Context, s importer.Source, logf func(string, ...any)) (host, importer.Tracker, error) {
	var t importer.Tracker
	c, err := collectionOf(s)
	if err != nil {
		return host{}, t, err
	}
	h := a.client(ctx, c, logf)
	t.Reference = h.reference
	switch c.Kind {
	case workers.GitHub:
		t.Provider = github.NewProvider(h.client)
	case workers.Gitea:
		t.Provider = gitea.NewProvider(h.client)
	case workers.GitLab:
		t.Provider = gitlab.NewProvider(h.client)
	case workers.Azure:
		t.Provider = azure.NewProvider(h.client)
	case workers.Jira:
		t.Provider = jira.NewProvider(h.client)
	case workers.Bitbucket:
		return h, t, errors.New("bitbucket: no items are read of it")
	}
	if s.Number == "" {
		return h, t, nil
	}
	reader, ok := t.Provider.(workers.ItemReader)
	if !ok {
		return h, t, fmt.Errorf("no single item is read of %s", kindName(c.Kind))
	}
	t.Provider = workers.Single{ItemReader: reader, Number: s.Number}
	return h, t, nil
}

// importWorker makes the worker of import jobs.
func importWorker(project string, in workers.Input, known workers.KnownServers) jobs.Worker {
	t := newTrackers(project, in, known)
	return importer.New(importer.Options{Project: project, Input: in, Redact: t.redact, Connect: t.connect})
}

// syncWorker makes the worker of sync jobs.
func syncWorker(project string, in workers.Input, known workers.KnownServers) jobs.Worker {
	return syncer.New(syncOptions(project, in, known))
}

func syncOptions(project string, in workers.Input, known workers.KnownServers) syncer.Options {
	t := newTrackers(project, in, known)
	return syncer.Options{Project: project, Input: in, Redact: t.redact, Connect: t.connect}
}

// trackers connects to the trackers of a project. Where credentials are is looked
// up when the first is wanted.
type trackers struct {
	environ []string
	creds   func() *workers.Credentials
	known   workers.KnownServers
}

func newTrackers(project string, in workers.Input, known workers.KnownServers) trackers {
	environ := os.Environ()
	for name, value := range in.Env {
		environ = append(environ, name+"="+value)
	}
	return trackers{environ, sync.OnceValue(func() *workers.Credentials { return workers.NewCredentials(project, in, environ) }), known}
}

func (t trackers) redact(s string) string { return t.creds().Redactor().Redact(s) }

func (t trackers) connect(ctx context.Context, s importer.Source, budget float64, logf func(string, ...any)) (importer.Tracker, error) {
	t.creds().Know(t.known.Of(serversOf([]importer.Source{s})))
	a := access{creds: t.creds(), environ: t.environ, budget: budget, findGit: func() (workers.Git, error) { return workers.FindGit(ctx, "") }}
	_, tracker, err := a.track(ctx, s, logf)
	return tracker, err
}

// serversOf says of which kind the hosts of sources are meant to be.
func serversOf(sources []importer.Source) map[string]workers.Kind {
	servers := make(map[string]workers.Kind)
	for _, s := range sources {
		if u, err := url.Parse(s.Server); err == nil {
			servers[u.Host] = workers.Kind(s.Platform)
		}
	}
	return servers
}

// inputForImport is [inputFor] for import jobs.
func inputForImport(project string, job jobs.Job, known workers.KnownServers) ([]byte, error) {
	config, err := importer.Parse(job.Config, job.CreatedAt)
	if err != nil {
		return nil, fmt.Errorf("job %s: %w", job.ID, err)
	}
	return encodeInput(handoverFor(project, config.Sources, known.Of(serversOf(config.Sources)), os.Environ()))
}

// inputForSync is [inputFor] for sync jobs.
func inputForSync(project string, job jobs.Job, known workers.KnownServers) ([]byte, error) {
	config, err := syncer.Parse(job.Config)
	if err != nil {
		return nil, fmt.Errorf("job %s: %w", job.ID, err)
	}
	return encodeInput(handoverFor(project, config.Sources, known.Of(serversOf(config.Sources)), os.Environ()))
}

// accessOf is what a job of a kind of ours stores of the hosts that it asks, in
// the form of a clone's.
func accessOf(job jobs.Job) (workers.CloneConfig, error) {
	var sources []importer.Source
	var stored map[string]string
	switch job.Type {
	case jobs.CloneRepos:
		return workers.ParseCloneConfig(job.Config)
	case jobs.ImportIssues:
		config, err := importer.Parse(job.Config, job.CreatedAt)
		if err != nil {
			return workers.CloneConfig{}, err
		}
		sources, stored = config.Sources, config.Credentials
	case jobs.SyncExternal:
		config, err := syncer.Parse(job.Config)
		if err != nil {
			return workers.CloneConfig{}, err
		}
		sources, stored = config.Sources, config.Credentials
	}
	credentials := make(map[string]string)
	for server, reference := range stored {
		if u, err := url.Parse(server); err == nil {
			credentials[u.Host] = reference
		}
	}
	return workers.CloneConfig{Repositories: pagesOf(sources), Credentials: credentials, Servers: serversOf(sources)}, nil
}

// handoverFor is [workers.Handover] for the servers of sources.
func handoverFor(project string, sources []importer.Source, servers map[string]workers.Kind, environ []string) workers.Input {
	_, in := workers.Handover(project, pagesOf(sources), workers.Input{Servers: servers}, environ)
	return in
}

// pagesOf are sources as repositories of their servers.
func pagesOf(sources []importer.Source) []workers.Repository {
	var repos []workers.Repository
	for _, s := range sources {
		if u, err := url.Parse(s.Server); err == nil {
			repos = append(repos, workers.Repository{CloneURL: u.JoinPath(s.Name).String()})
		}
	}
	return repos
}
