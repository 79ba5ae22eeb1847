package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/units"
	"github.com/specweave/specweave/workers"
)

// finding is something that is left over and should not be.
type finding struct {
	Kind   string `json:"kind"`
	Where  string `json:"where"`            // a path below the project, or a unit
	What   string `json:"what"`             // never a secret
	Fix    string `json:"fix,omitempty"`    // what --fix does
	Remedy string `json:"remedy,omitempty"` // what is left to a person
	Note   bool   `json:"note,omitempty"`   // nothing is wrong with it
	Fixed  bool   `json:"fixed"`
	Error  string `json:"error,omitempty"` // why it could not be fixed

	fix func(context.Context) error // nil: only a person can
}

// mend does what --fix does.
func (f *finding) mend(ctx context.Context) {
	if f.fix == nil || ctx.Err() != nil {
		return
	}
	err := f.fix(ctx)
	if f.Fixed = err == nil; err != nil {
		f.Error = err.Error()
	}
}

type clock func() time.Time

// examination is what all findings rest on.
type examination struct {
	store   *jobs.Store
	entries []jobs.Entry
	git     workers.Git // without a path if there is none
	environ []string
	known   workers.KnownServers
	now     clock
}

// short is a path as seen from the project.
func (x examination) short(path string) string {
	if rel, err := filepath.Rel(x.store.Project(), path); err == nil {
		return rel
	}
	return path
}

func (x examination) file(id, name string) string {
	return x.short(filepath.Join(filepath.Dir(x.store.LogPath(id)), name))
}

func (x examination) findings(ctx context.Context, sched units.Scheduler) []finding {
	var repos []workers.Repository
	for _, en := range x.entries {
		repos = append(repos, workers.RepositoriesOf(en.Config)...)
	}
	slices.SortFunc(repos, func(a, b workers.Repository) int { return strings.Compare(a.Path, b.Path) })
	repos = slices.CompactFunc(repos, func(a, b workers.Repository) bool { return a.Path == b.Path })
	return slices.Concat(x.leaks(), x.remotes(ctx, repos), x.partials(repos), x.units(ctx, sched), x.directories(), x.exposed())
}

// partials finds what clones left that were killed.
func (x examination) partials(repos []workers.Repository) (all []finding) {
	project := x.store.Project()
	found, err := workers.FindPartials(project, repos)
	if err != nil {
		return []finding{{Kind: "partial-clone", Where: ".", What: err.Error()}}
	}
	for _, p := range found {
		if slices.ContainsFunc(x.entries, func(en jobs.Entry) bool { return en.ID == p.Job && en.Alive }) {
			continue
		}
		all = append(all, finding{
			Kind: "partial-clone", Where: p.Path, What: "an unfinished clone of job " + p.Job + ", which does not run",
			Fix: "it is removed",
			fix: func(context.Context) error {
				return x.store.Idle(p.Job, func() error { return workers.RemovePartial(project, p) })
			},
		})
	}
	return all
}

// units finds what the operating system remembers of jobs that are over.
func (x examination) units(ctx context.Context, sched units.Scheduler) (all []finding) {
	if sched == nil {
		return nil
	}
	loaded, err := sched.Status(ctx, units.Prefix(x.store.Project(), ""))
	if err != nil {
		return []finding{{Kind: "stale-unit", Where: sched.String(), What: err.Error()}}
	}
	for _, name := range stale(x.store.Project(), x.entries, loaded) {
		all = append(all, finding{
			Kind: "stale-unit", Where: name, What: "a unit (" + string(loaded[name].State) + ") of a job that is over or gone",
			Fix: "it is forgotten",
			fix: func(ctx context.Context) error { return sched.Stop(ctx, name) },
		})
	}
	return all
}

// stale returns the units that no job has a use for, sorted. An active one is
// a worker about to leave.
func stale(project string, entries []jobs.Entry, loaded map[string]units.Status) (names []string) {
	for name, st := range loaded {
		i := slices.IndexFunc(entries, func(en jobs.Entry) bool { return strings.HasPrefix(name, units.Prefix(project, en.ID)) })
		if st.State != units.Active && (i < 0 || entries[i].View.State.Status.Terminal()) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// launching is how long an empty directory may be a launch under way.
const launching = time.Minute

// directories finds job directories that hold no job.
func (x examination) directories() (all []finding) {
	for _, en := range x.entries {
		f := finding{Kind: string(en.Origin) + "-job", Where: x.file(en.ID, "")}
		switch {
		case en.Origin == jobs.Empty && x.now().Sub(en.Changed) > launching:
			f.What, f.Fix = "an empty job directory, of a launch that was killed", "it is removed"
			f.fix = func(context.Context) error { return x.store.RemoveEmpty(en.ID) }
		case en.Origin == jobs.Damaged:
			f.What = en.Err.Error()
			f.Remedy = "start the operation again, which skips what is there; the directory is kept as it is, remove it when you are done with it"
		case en.Origin == jobs.Foreign && en.View.Job.ID == "" && en.ID != "brownfield": // SpecWeave's records of another kind
			f.What, f.Note = "not a job of ours, and background-jobs.json does not know it", true
		default:
			continue
		}
		all = append(all, f)
	}
	return all
}

// exposed finds files of ours that others may read or change.
func (x examination) exposed() (all []finding) {
	ids := []string{""} // the detached scheduler's
	for _, en := range x.entries {
		if en.Origin == jobs.Own || en.Origin == jobs.Damaged {
			ids = append(ids, en.ID)
		}
	}
	for _, id := range ids {
		paths := x.store.Exposed(id)
		if len(paths) == 0 {
			continue
		}
		where := x.file(id, "")
		if id == "" {
			where = x.short(filepath.Join(x.store.Dir(), "units"))
		}
		names := make([]string, len(paths))
		for i, p := range paths {
			names[i] = filepath.Base(p)
		}
		all = append(all, finding{
			Kind: "mode", Where: where, What: "others may read or change " + few(names),
			Fix: "modes are 0600 and 0700",
			fix: func(context.Context) error { return x.store.Protect(id) },
		})
	}
	return all
}

// few lists the first names.
func few(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
