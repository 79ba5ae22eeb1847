package main

import (
	"context"
	"slices"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/lazyregexp"
)

// getCmd is SpecWeave's own get: `specweave get org/*`, `specweave get --all
// org`. It is clone in other words, and says what SpecWeave says.
type getCmd struct {
	cloneCmd

	All bool `help:"All repositories of the owners that are given as ORG, on GitHub."`

	// SpecWeave's flags for what is the default here, or asked nowhere.
	NoArchived bool `hidden:"" help:"The default."`
	NoForks    bool `hidden:"" help:"The default."`
	NoInit     bool `hidden:"" help:"The default."`
	Yes        bool `hidden:"" help:"Nothing is asked."`
}

// word is an owner, with a glob after it or without.
var word = lazyregexp.New(`^[A-Za-z0-9][A-Za-z0-9_-]*(/[A-Za-z0-9._*?-]+)?$`)

// Run is [cloneCmd.Run] with SpecWeave's words.
func (g getCmd) Run(ctx context.Context, e *env) error {
	if g.All && g.From == "" && len(g.Sources) == 0 {
		return hint(usage("--all: no owner given"), "specweave get --all ORG")
	}
	c := g.cloneCmd
	c.Sources = slices.Clone(g.Sources)
	for i, s := range c.Sources {
		if !g.All {
			break
		}
		if word.MatchString(s) {
			c.Sources[i] = "github:" + s
		} else if _, _, ok, _ := workers.ParseCollection(s, e.hosts(c.Host)); !ok { // its error is clone's
			return usage("--all: %s is not an owner", workers.Show(s))
		}
	}
	c.started = func(id string) {
		e.out.printf("Job %s started.\nMonitor: specweave jobs\n", id)
	}
	return c.Run(ctx, e)
}
