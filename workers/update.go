package workers

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/platform"
)

// This file brings clones up to date that are there already. What is a person's
// own is theirs: no branch is moved but forward, no work tree that holds changes
// is touched, nothing is pruned, stashed, merged or cleaned, and what is in the
// way is named, see [standing]. A mirror has nothing of a person's: it becomes
// what its remote is, as with `git remote update --prune`.
//
// Git is asked to fetch through the remote by its name, so that refspecs,
// filters and the boundary of a shallow clone stay what they are. A shallow
// clone is not fetched with --depth again: that would cut the line between the
// old tip and the new, and nothing could tell a fast-forward from a rewritten
// history. It stays shallow, and only what is new comes.
//
// What a repository's own configuration says, git does: a program for ssh, for
// one. A .git directory is a person's own, since git itself checks none out. A
// bare repository may be part of what somebody committed, so a mirror is
// updated only if its configuration says what `git clone --mirror` wrote.

// outcome is how a repository got to be as it is; the zero outcome is a new
// clone.
type outcome struct {
	how jobs.How
	why string // it was kept
}

func keepFor(why string) outcome { return outcome{jobs.Kept, why} }

// note logs and notes how a repository got to be as it is.
func (w *cloning) note(t task, o outcome, took time.Duration) error {
	took = took.Round(time.Millisecond)
	switch o.how {
	case jobs.Updated:
		w.logf("%s: updated at %s in %v", t.item, t.Path, took)
		return w.progress.Update(t.item)
	case jobs.Unchanged:
		w.logf("%s: nothing newer, in %v", t.item, took)
		return w.progress.Unchanged(t.item)
	case jobs.Kept:
		why := w.clean(o.why)
		w.logf("%s: kept as it is at %s: %s", t.item, t.Path, why)
		return w.progress.Keep(t.item, why)
	case jobs.Whole: // is for what has parts
	}
	w.logf("%s: cloned to %s in %v", t.item, t.Path, took)
	return w.progress.Done(t.item)
}

// refresh updates the clone at a place. An error is one of git or of the system
// that may pass.
func (w *cloning) refresh(ctx context.Context, at place, t task, m *meter) (outcome, error) {
	r, why := repoAt(at)
	if why != "" {
		return keepFor(why), nil
	}
	from, why, err := w.remote(ctx, r, t)
	switch {
	case err != nil:
		return outcome{}, err
	case why != "":
		return keepFor(why), nil
	}
	before, err := w.refs(ctx, r)
	if err != nil {
		return outcome{}, err
	}
	if err := w.fetch(ctx, r, from, t, m); err != nil {
		return outcome{}, err
	}
	after, err := w.refs(ctx, r)
	if err != nil {
		return outcome{}, err
	}
	o := outcome{how: jobs.Unchanged}
	if after != before {
		o.how = jobs.Updated
		if err := w.disk.Sync(r.dir); err != nil { // objects, before a branch needs them
			return outcome{}, err
		}
	}
	if r.bare() {
		return o, nil
	}
	return w.advance(ctx, r, from, t, o, m)
}

// advance fast-forwards the branch that is checked out, if that is safe. o is
// what the fetch came to.
func (w *cloning) advance(ctx context.Context, r repo, from remote, t task, o outcome, m *meter) (outcome, error) {
	s, err := w.standing(ctx, r, from)
	if err != nil {
		return outcome{}, err
	}
	switch step, why := s.decide(); step {
	case stay:
		return o, nil
	case keep:
		return keepFor(why), nil
	case forward:
	}
	merge := w.inRepo(r, t, m, "merge", "--ff-only", "--no-overwrite-ignore", "--no-autostash", "--no-squash", "--no-stat", "--progress", s.upstream)
	finish, cancel := lingering(ctx)
	defer cancel()
	if err := merge.run(finish); err != nil {
		if why := inTheWay(err); why != "" {
			return keepFor(why), nil
		}
		return outcome{}, err
	}
	if w.config.Submodules {
		args := []string{"submodule", "update", "--init", "--recursive", "--progress"}
		if w.config.Depth > 0 {
			args = append(args, "--depth=1")
		}
		if err := w.inRepo(r, t, m, args...).run(ctx); err != nil {
			return outcome{}, err
		}
	}
	if err := w.disk.Sync(r.dir); err != nil {
		return outcome{}, err
	}
	return outcome{how: jobs.Updated}, nil
}

// forwardGrace is how long a fast-forward may go on when the worker is asked to
// end, which has five seconds for all.
const forwardGrace = 2 * time.Second

// lingering is ctx, but ends a while later: a fast-forward that is cut off
// leaves a work tree that is neither the old nor the new.
func lingering(ctx context.Context) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(forwardGrace, func() { cancel(context.Cause(ctx)) })
	})
	return late, func() {
		stop()
		cancel(nil)
	}
}

// inTheWay says why git refused to fast-forward, if it found in time something
// of a person's that we did not. Git looks at everything before it writes.
func inTheWay(err error) string {
	var f *failure
	if !errors.As(err, &f) {
		return ""
	}
	for i, line := range f.lines {
		switch {
		case strings.Contains(line, "working tree files would be overwritten by merge:"),
			strings.Contains(line, "local changes to the following files would be overwritten by merge:"):
			if i+1 < len(f.lines) {
				return "in the way of what is new: " + strings.TrimSpace(f.lines[i+1])
			}
			return "files are in the way of what is new"
		case strings.HasPrefix(line, "error: Updating the following directories would lose untracked files in them:"):
			return "untracked files are in the way of what is new"
		case strings.Contains(line, "index.lock': File exists"):
			return "index.lock is there: a git works in it, or was cut off"
		case strings.Contains(line, "Not possible to fast-forward"):
			return "the branch has diverged"
		}
	}
	return ""
}

// remote finds the remote that t was cloned from, or says why a fetch from it
// could touch what is a person's.
func (w *cloning) remote(ctx context.Context, r repo, t task) (remote, string, error) {
	out, err := w.git.in(ctx, w.env, r, "config", "-z", "--get-regexp", remoteSettings)
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) { // 1: nothing is set
		return remote{}, "", err
	}
	all, worktree := parseRemotes(out)
	found, ok := from(all, t.CloneURL)
	switch {
	case (r.bare() || !ok) && platform.Owner(r.gitDir) != os.Getuid(): // else git itself refuses, see safe.directory
		return found, "it belongs to another user", nil
	case !ok:
		return found, ofAnother, nil
	case worktree != "":
		return found, "its work tree is elsewhere", nil
	case w.config.Mirror && !r.bare():
		return found, noMirror, nil
	case r.bare() && !found.mirror:
		return found, "it is bare and not a mirror", nil
	case r.bare() && !onlyOrigin(r.gitDir, t.CloneURL, mirrorKey):
		return found, "its configuration is not that of a new mirror", nil
	case r.bare():
		return found, "", nil
	case len(found.fetch) == 0:
		return found, "remote " + found.name + " has no refspec", nil
	}
	for _, spec := range found.fetch {
		if writesBranches(spec) {
			return found, "a fetch from " + found.name + " would write to its branches", nil
		}
	}
	return found, "", nil
}

// fetch fetches what the remote has for the repository.
func (w *cloning) fetch(ctx context.Context, r repo, from remote, t task, m *meter) error {
	prune := "--no-prune"
	if r.bare() {
		prune = "--prune"
	}
	// Small packs are kept as well: git syncs them, and unpack-objects says nothing
	// of its progress but to a terminal (builtin/unpack-objects.c).
	return w.inRepo(r, t, m, "-c", "fetch.unpackLimit=1", "fetch", "--progress", "--no-write-fetch-head", "--no-recurse-submodules", prune, "--", from.name).run(ctx)
}

// inRepo is a run of git in a repository that is there.
func (w *cloning) inRepo(r repo, t task, m *meter, args ...string) command {
	all := append(w.options(t), lfsOptions(w.config.LFS)...)
	all = append(all, "-c", "fetch.writeCommitGraph=false", "-c", "submodule.recurse=false")
	if r.bare() {
		all = append(all, "--git-dir="+r.gitDir)
	}
	return command{
		git: w.git.Path, args: append(all, args...), dir: r.dir, env: r.env(w.environ(t)),
		stall: w.stall, alive: w.progress.Alive, shows: w.follow(t, m),
	}
}
