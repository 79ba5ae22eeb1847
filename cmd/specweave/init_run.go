package main

import (
	"context"
	"errors"
	"slices"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
)

// cloneInto runs specweave clone, which knows what to do at once and what in
// the background. It returns what the job is about; nothing if there is none.
func (e *env) cloneInto(ctx context.Context, dir string, b batch, noService bool) (workers.CloneConfig, error) {
	args := []string{"clone", "-C", dir}
	if b.host != "" {
		args = append(args, "--host", b.host)
	}
	if noService {
		args = append(args, "--no-service")
	}
	store := jobs.Open(dir)
	before, _ := store.List() // what is damaged is said by others
	err := e.another(ctx, slices.Concat(args, []string{"--"}, b.sources))
	after, _ := store.List()
	for _, v := range after {
		known := func(o jobs.View) bool { return o.Job.ID == v.Job.ID }
		if v.Foreign || v.Job.Type != jobs.CloneRepos || slices.ContainsFunc(before, known) {
			continue
		}
		whole, findErr := store.Find(v.Job.ID)
		config, parseErr := workers.ParseCloneConfig(whole.Job.Config)
		return config, errors.Join(err, findErr, parseErr)
	}
	return workers.CloneConfig{}, err
}

// importInto runs specweave import for the issues of what is cloned, which goes
// back as far as the project says.
func (e *env) importInto(ctx context.Context, dir string, t workers.Tracker, noService bool) error {
	args := []string{"import", "-C", dir, "--host", t.Host}
	if noService {
		args = append(args, "--no-service")
	}
	return e.another(ctx, slices.Concat(args, []string{"--", string(t.Kind)}, t.Names))
}

// another runs another command line.
func (e *env) another(ctx context.Context, args []string) error {
	sub := *e
	sub.cli = cli{}
	return sub.execute(ctx, args)
}
