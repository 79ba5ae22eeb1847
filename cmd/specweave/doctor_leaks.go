package main

import (
	"context"
	"errors"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
)

const revoke = "revoke the token where it was made: whoever could read the file has it"

// leaks finds tokens in the job configs that SpecWeave wrote.
func (x examination) leaks() (all []finding) {
	for _, en := range x.entries {
		fields := x.store.Unclean(en.ID, workers.WithoutSecret)
		if len(fields) == 0 {
			continue
		}
		scrub := func() error { return x.store.Scrub(en.ID, workers.WithoutSecret) }
		all = append(all, finding{
			Kind: "leaked-token", Where: x.file(en.ID, "config.json"), What: "tokens in plain text: " + few(fields),
			Fix: "they are taken out, and the mode is 0600", Remedy: revoke,
			fix: func(context.Context) error {
				switch {
				case en.Alive:
					return errors.New("its worker runs; try again when it has ended")
				case en.Origin == jobs.Foreign: // SpecWeave knows no lock of ours
					return scrub()
				}
				return x.store.Idle(en.ID, scrub)
			},
		})
	}
	return all
}

// remotes finds passwords in the repositories that clone jobs made.
func (x examination) remotes(ctx context.Context, repos []workers.Repository) (all []finding) {
	if x.git.Path == "" {
		return nil
	}
	found, err := x.git.FindRemoteLeaks(ctx, x.store.Project(), repos, x.environ)
	if err != nil {
		all = append(all, finding{Kind: "leaked-remote", Where: ".", What: err.Error()})
	}
	for _, l := range found {
		all = append(all, finding{
			Kind: "leaked-remote", Where: l.Path, What: "its git configuration holds a password or token: " + few(l.Keys),
			Fix: "the URL stays without it; push and fetch use git's credential helpers", Remedy: revoke,
			fix: func(ctx context.Context) error { return x.git.CleanRemotes(ctx, l, x.environ) },
		})
	}
	return all
}
