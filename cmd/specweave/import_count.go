package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/importer"
)

// counted is what a source has for an import.
type counted struct {
	importer.Source
	host    host
	items   int
	exactly bool // else there are more
	err     error
}

// counts are what all sources have.
type counts []counted

// count asks trackers how many items there are. Those that do not say are read,
// until it is clear that there are many.
func (c importCmd) count(ctx context.Context, e *env, a access, config importer.Config) (counts, error) {
	var all counts
	for _, s := range config.Sources {
		n := counted{Source: s}
		if c.DryRun || all.most() < manyItems {
			if err := n.ask(ctx, e, a, config); err != nil {
				return nil, err
			}
		}
		all = append(all, n)
	}
	return all, nil
}

// ask counts the items of n. The error is ctx's.
func (n *counted) ask(ctx context.Context, e *env, a access, config importer.Config) error {
	var t importer.Tracker
	if n.host, t, n.err = a.track(ctx, n.Source, func(format string, args ...any) {
		e.talk("specweave: %s\n", jobs.Printable(fmt.Sprintf(format, args...)))
	}); n.err == nil {
		n.err = n.pages(ctx, t, config)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// pages asks t.
func (n *counted) pages(ctx context.Context, t importer.Tracker, config importer.Config) error {
	q := config.ItemQuery(n.Source)
	q.Comments = false
	cursor := ""
	for {
		page, err := t.Page(ctx, q, cursor)
		if err != nil {
			return err
		}
		n.items += len(page.Items)
		n.exactly = page.Next == ""
		if page.Total > 0 {
			n.items, n.exactly = page.Total, true
		}
		if limit := config.Limit; limit > 0 && n.items >= limit {
			n.items, n.exactly = limit, true
		}
		if cursor = page.Next; n.exactly || n.items >= manyItems {
			return nil
		}
	}
}

// most is how many items there are, as far as is known.
func (all counts) most() int {
	sum := 0
	for _, n := range all {
		sum += n.items
	}
	return sum
}

// what is "120 items of 2 sources".
func (all counts) what() string {
	text := count(all.most(), "item")
	for _, n := range all {
		if !n.exactly && n.err == nil {
			text = "at least " + text
			break
		}
	}
	if len(all) > 1 {
		text += " of " + count(len(all), "source")
	}
	return text
}

// references says where the credentials of the servers came from.
func (all counts) references() map[string]string {
	refs := make(map[string]string)
	for _, n := range all {
		if n.host.reference != "" {
			refs[n.Server] = n.host.reference
		}
	}
	return refs
}

// hopeless is the error where no source can be read.
func (all counts) hopeless() error {
	for _, n := range all {
		if n.err == nil {
			return nil
		}
	}
	return all[0].trouble()
}

// trouble is n's error with its exit code and what can be done about it.
func (n counted) trouble() error {
	if n.err == nil {
		return nil
	}
	c, err := collectionOf(n.Source)
	if err != nil {
		return err
	}
	if _, ok := errors.AsType[*workers.InputError](n.err); ok || n.host.client == nil {
		return fmt.Errorf("%s: %w", n.Item(), n.err)
	}
	return listing{collection: c, host: n.host, err: n.err, Listing: workers.Listing{}}.broken()
}

type importPlanJSON struct {
	Schema  int                `json:"schemaVersion"`
	Project string             `json:"project"`
	Items   int                `json:"items"`
	Sources []importSourceJSON `json:"sources"`
}

type importSourceJSON struct {
	Source     string    `json:"source"`
	Platform   string    `json:"platform"`
	Server     string    `json:"server"`
	Credential string    `json:"credential,omitempty"` // where it came from
	Since      time.Time `json:"since,omitzero"`
	Items      int       `json:"items"`
	Exact      bool      `json:"exact"` // false: there are more
	Error      string    `json:"error,omitempty"`
}

// printCounts shows what an import would read, and fails as it would.
func (c importCmd) printCounts(e *env, project string, all counts) error {
	j := importPlanJSON{Schema: schemaVersion, Project: project, Items: all.most(), Sources: []importSourceJSON{}}
	for _, n := range all {
		s := importSourceJSON{n.Name, n.Platform, n.Server, n.host.reference, n.Since, n.items, n.exactly, ""}
		if n.err != nil {
			s.Error = jobs.Printable(n.err.Error())
		}
		j.Sources = append(j.Sources, s)
	}
	if c.JSON {
		if err := e.printJSON(j); err != nil {
			return err
		}
		return all.hopeless()
	}
	for _, n := range all {
		line := fmt.Sprintf("import  %s (%s)", n.Item(), n.said())
		if n.err != nil {
			line = fmt.Sprintf("refuse  %s (%v)", n.Item(), n.err)
		}
		e.out.printf("%s\n", jobs.Printable(line))
	}
	e.talk("%s. Nothing was done.\n", all.what())
	return all.hopeless()
}

// said is "120 items changed since 2026-01-02 10:00:00".
func (n counted) said() string {
	text := count(n.items, "item")
	if !n.exactly {
		text = "at least " + text
	}
	if !n.Since.IsZero() {
		text += " changed since " + local(n.Since)
	}
	return text
}
