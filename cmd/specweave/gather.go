package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/specweave/specweave/workers"
)

// gathered is what the sources of a command line come to.
type gathered struct {
	sources  []workers.Source // one repository each
	listings []listing
	left     []workers.LeftOut
	environ  []string // this process's, with the servers that --host names
}

// listing is what became of one collection.
type listing struct {
	workers.Listing
	collection workers.Collection
	all        []workers.Listed
	host       host
	err        error // why it broke off
}

// gather lists the collections among sources and puts their repositories in
// their place. A listing that breaks off is an error, but not with --partial,
// nor for a plan, which says so itself.
func (c cloneCmd) gather(ctx context.Context, e *env, project string, sources []workers.Source, logins map[string]workers.Login, findGit func() (workers.Git, error)) (gathered, error) {
	g := gathered{environ: os.Environ()}
	single := slices.DeleteFunc(slices.Clone(sources), func(s workers.Source) bool { return s.Collection != nil })
	if len(single) == len(sources) {
		g.sources = sources
		return g, c.idle(len(sources))
	}
	selection, err := c.selection(e.now())
	if err != nil {
		return g, err
	}
	hosts := e.hosts(c.Host)
	for _, s := range sources {
		if s.Collection != nil {
			g.environ = hosts.Environ(*s.Collection, g.environ)
		}
	}
	a := access{
		creds:   workers.NewCredentials(project, workers.Input{Logins: logins}, g.environ),
		environ: g.environ, findGit: findGit, budget: c.APIBudget.share(),
	}
	var chosen []workers.Listed
	for _, s := range sources {
		if s.Collection == nil {
			continue
		}
		l, err := e.list(ctx, *s.Collection, a)
		if err != nil {
			return g, err
		}
		if l.err != nil && (l.Listed == 0 || !c.Partial && !c.DryRun) {
			return g, l.broken()
		}
		some, left, err := selection.Select(l.all, s.Collection.Pattern)
		if err != nil {
			return g, err
		}
		l.all = nil
		g.listings, g.left, chosen = append(g.listings, l), append(g.left, left...), append(chosen, some...)
	}
	if len(g.listings) > 1 {
		chosen, g.left = workers.Merge(chosen, g.left)
	}
	chosen, left := workers.Limit(chosen, c.Limit)
	g.left = append(g.left, left...)
	layout := workers.Layout{Into: c.Into, SSH: c.SSH, Remotes: func(p string) []string {
		return workers.Remotes(filepath.Join(project, filepath.FromSlash(p)))
	}}
	placed, left := layout.Arrange(single, chosen)
	g.left = append(g.left, left...)
	g.sources = append(single, placed...)
	return g, nil
}

// hosts says where servers are: as flag or the environment has it, and Gitea's, of
// which there is no usual one, as the project's .env. That comes from anyone, and
// puts no other server in the place of the usual ones.
func (e *env) hosts(flag string) workers.Hosts {
	dotenv := sync.OnceValue(func() string { // a list has thousands of lines that may be URLs there
		project, err := e.project()
		if err != nil {
			return ""
		}
		return workers.NewCredentials(project, workers.Input{}, nil).Variable("GITEA_URL")
	})
	return workers.Hosts{Host: flag, Getenv: func(name string) string {
		if value := e.getenv(name); name != "GITEA_URL" || value != "" {
			return value
		}
		return dotenv()
	}}
}

// list lists a collection, and once more where the host counts more than it
// gave: one that was pushed to meanwhile may have been missed.
func (e *env) list(ctx context.Context, c workers.Collection, a access) (listing, error) {
	l := listing{collection: c}
	var err error
	if l.host, err = e.connect(ctx, c, a); err != nil {
		return l, err
	}
	seen := make(map[string]bool)
	for range 2 {
		l.Listing, l.err = workers.ListAll(ctx, l.host, c.Owner, func(r workers.Listed) error {
			if key := r.Owner + "/" + r.Name; !seen[key] {
				seen[key] = true
				l.all = append(l.all, r)
			}
			return nil
		})
		if inner := errors.Unwrap(l.err); inner != nil {
			l.err = inner // without the owner, which stands in the collection's name
		}
		l.Listed = len(l.all)
		if l.err != nil || l.Listed >= l.Total {
			break
		}
	}
	if ctx.Err() != nil {
		return l, context.Cause(ctx)
	}
	if l.err == nil && l.Listed < l.Total {
		l.err = errShort
	}
	return l, nil
}

// nothing is the error where collections leave nothing to clone.
func (g gathered) nothing() error {
	var names []string
	listed := 0
	for _, l := range g.listings {
		names = append(names, l.collection.String())
		listed += l.Listed
	}
	name := strings.Join(names, ", ")
	if listed == 0 {
		return &codeError{exitError, name + ": has no repositories"}
	}
	n := workers.CountReasons(g.left)
	err := &codeError{exitError, fmt.Sprintf("%s: nothing to clone: %d listed, and all left out: %s", name, listed, reasons(n))}
	if flags := includers(n); flags != "" {
		return hint(err, "to have them: %s", flags)
	}
	return err
}

// reasons is "3 archived, 1 fork".
func reasons(n map[workers.Reason]int) string {
	var parts []string
	for _, r := range slices.Sorted(maps.Keys(n)) {
		parts = append(parts, fmt.Sprintf("%d %s", n[r], r))
	}
	return strings.Join(parts, ", ")
}

// includers are the flags for what is left out by default.
func includers(n map[workers.Reason]int) string {
	var flags []string
	if n[workers.ReasonArchived] > 0 {
		flags = append(flags, "--archived")
	}
	if n[workers.ReasonFork] > 0 {
		flags = append(flags, "--forks")
	}
	return strings.Join(flags, ", ")
}
