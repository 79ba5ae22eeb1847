package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/azure"
	"github.com/specweave/specweave/workers/bitbucket"
	"github.com/specweave/specweave/workers/gitea"
	"github.com/specweave/specweave/workers/github"
	"github.com/specweave/specweave/workers/gitlab"
	"github.com/specweave/specweave/workers/jira"
	"github.com/specweave/specweave/workers/rest"
)

// host is the API that lists a collection.
type host struct {
	workers.Lister
	client    *rest.Client
	reference string // where its credential came from, see [workers.Credentials.Reference]; "" for none
	withheld  string // the variable whose token is not for it, see [workers.Credentials.Withheld]
}

// access is what hosts are asked with.
type access struct {
	creds   *workers.Credentials
	environ []string // for git
	findGit func() (workers.Git, error)
	budget  float64 // share of a quota that may be used up
}

// connect prepares to list a collection. It may run gh or git for a credential
// and sends nothing yet.
func (e *env) connect(ctx context.Context, c workers.Collection, a access) (host, error) {
	h := a.client(ctx, c, func(format string, args ...any) {
		e.talk("specweave: %s\n", jobs.Printable(fmt.Sprintf(format, args...)))
	})
	var err error
	switch c.Kind {
	case workers.GitHub:
		h.Lister, err = github.New(h.client)
	case workers.Gitea:
		h.Lister = gitea.New(h.client)
	case workers.GitLab:
		h.Lister = gitlab.New(h.client)
	case workers.Azure:
		h.Lister = azure.New(h.client)
	case workers.Bitbucket:
		h.Lister = bitbucket.New(h.client)
	case workers.Jira:
		err = errors.New("jira: has no repositories")
	}
	return h, err
}

// client prepares to ask the API of a collection, as connect does.
func (a access) client(ctx context.Context, c workers.Collection, logf func(string, ...any)) host {
	var h host
	creds := a.creds
	login, found := creds.Login(ctx, c.Server.Scheme, c.Server.Host, c.Owner)
	if found {
		h.reference = creds.Reference(c.Server.JoinPath(c.Owner).String())
	} else if c.Kind != workers.Jira { // which git knows nothing of
		if git, err := a.findGit(); err == nil {
			if login, found = git.Fill(ctx, a.environ, c.Server.Scheme, c.Server.Host); found {
				h.reference = "git"
			}
		}
	}
	if !found {
		h.withheld = creds.Withheld(c.Server.JoinPath(c.Owner).String())
	}
	if h.withheld != "" { // what is public would be taken for all that there is
		logf("%s", withheld(h.withheld, c.Server.Host))
	}
	creds.Redactor().AddLogin(login)
	options := rest.Options{Base: c.API, Budget: a.budget, Redact: creds.Redactor().Redact, Logf: logf}
	if found {
		options.Authorize = authorize(c.Kind, login)
	}
	if c.Kind == workers.GitHub {
		options.Pace = github.Pace
	}
	h.client = rest.New(options)
	return h
}

// withheld says why a token is not used, see [workers.Credentials.Withheld].
func withheld(variable, host string) string {
	return fmt.Sprintf("the token in %s is not sent to a server that only .env names: give --host %s", variable, host)
}

// authorize adds a login to requests the way that a kind of host wants it.
func authorize(kind workers.Kind, login workers.Login) func(*http.Request) {
	switch kind {
	case workers.GitHub:
		return github.Authorize(login)
	case workers.Gitea:
		return gitea.Authorize(login)
	case workers.GitLab:
		return gitlab.Authorize(login)
	case workers.Azure:
		return azure.Authorize(login)
	case workers.Bitbucket:
		return bitbucket.Authorize(login)
	case workers.Jira:
		return jira.Authorize(login)
	}
	return nil
}
