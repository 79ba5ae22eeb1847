package importer

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/stories"
)

// Options are what an import worker needs besides its job.
type Options struct {
	Project string        // absolute path; empty: the job's own
	Input   workers.Input // what the launch handed over
	// Connect prepares to read a source. It may start programs that know its
	// credential and sends nothing yet. budget is that of [Config].
	Connect func(ctx context.Context, s Source, budget float64, logf func(string, ...any)) (Tracker, error)
	// Redact removes secrets from text.
	Redact func(string) string
}

// Tracker is the API of a source's server.
type Tracker struct {
	workers.Provider
	Reference string // where its credential came from, see [workers.Credentials.Reference]; "" for none
}

// Importer imports the items of a job's sources. It is a [jobs.Worker].
type Importer struct{ opts Options }

// New returns a worker. It does no I/O.
func New(opts Options) *Importer {
	if opts.Redact == nil {
		opts.Redact = func(s string) string { return s }
	}
	return &Importer{opts}
}

// Work imports what was not imported yet. A source that fails does not stop the
// others. Work returns nil when all were tried, a [jobs.PauseError] when stories
// cannot be written, a host wants to be left alone for more than a minute or a
// credential is gone, and ctx's cause when that is done.
//
// In the end the journal knows for each source what the tracker counts and what
// became of its items, and .specweave/sync-metadata.json when it was imported.
func (w *Importer) Work(ctx context.Context, job jobs.Job, p *jobs.Progress) (err error) {
	now := time.Now().UTC().Truncate(time.Second)
	config, err := Parse(job.Config, job.CreatedAt)
	if err != nil {
		return err
	}
	project := w.opts.Project
	if project == "" {
		project = job.Project
	}
	if project, err = filepath.EvalSymlinks(project); err != nil {
		return fmt.Errorf("project: %w", err)
	}
	r := &run{
		config: config, opts: w.opts, progress: p, project: project, now: now,
		totals: make(map[string]int), failed: make(map[string]string),
	}
	if err := r.open(ctx); err != nil {
		return Unwritable(ctx, err, r.clean)
	}
	defer func() { err = errors.Join(err, r.library.Close()) }()
	if r.library.Len() <= many {
		r.collect = debug.SetGCPercent(collectFew)
	}
	if err := r.all(ctx); err != nil {
		return err
	}
	return r.finish(ctx)
}

// collectFew is by how many percent memory may grow before it is collected, up to
// many items: the 40 of other workers take a fifth of the time of a small import,
// which has memory to spare. One of 100,000 items takes 54 MB with 40, and 67 with
// Go's own 100.
const (
	collectFew = 200
	many       = 10_000 // items
)

// run is one attempt.
type run struct {
	config   Config
	opts     Options
	progress *jobs.Progress
	project  string
	now      time.Time
	library  *stories.Library
	totals   map[string]int // by source
	total    int            // as the journal has it
	limits   Limits
	failed   map[string]string // sources that failed in this attempt, and why
	collect  int               // the percentage to go back to with many items; 0: it is in force
}

func (r *run) open(ctx context.Context) (err error) {
	r.library, err = stories.Open(ctx, r.project, stories.Options{})
	return err
}

// all reads the sources, one after the other.
func (r *run) all(ctx context.Context) error {
	for _, s := range r.config.Sources {
		var at place
		if ok, err := r.progress.Place(s.Item(), &at); err != nil {
			return fmt.Errorf("journal: %w", err)
		} else if ok {
			r.totals[s.Item()] = max(at.Counted, at.Read)
		}
	}
	if err := r.limits.Each(ctx, r.config.Sources, r.progress.Seen, r.source, r.logf); err != nil {
		return err
	}
	return r.limits.Pause(r.clean)
}

// CredentialGone returns a pause if nobody is there to give a credential that
// the job had when it was created: see [Config.Credentials] and [Tracker].
func CredentialGone(credentials map[string]string, in workers.Input, s Source, t Tracker) error {
	was := credentials[s.Server]
	if in.Attended || was == "" || was == "git" || t.Reference != "" {
		return nil
	}
	u, err := url.Parse(s.Server)
	if err != nil {
		return err
	}
	return jobs.Pause(time.Time{}, jobs.Printable(workers.Gone(u.Host, was))+"; or resume it where that is set")
}

// Unwritable is what becomes of a job whose stories cannot be written: it waits
// for a person, who can do something about it. clean makes text fit for a
// journal.
func Unwritable(ctx context.Context, err error, clean func(string) string) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case platform.DiskFull(err):
		return jobs.Pause(time.Time{}, "disk full: "+clean(err.Error()))
	}
	return jobs.Pause(time.Time{}, "cannot write: "+clean(err.Error()))
}

// count notes how many items there are: as their trackers count them, or as far
// as they were read, and each source that failed.
func (r *run) count(s Source, n int) error {
	r.totals[s.Item()] = n
	sum := len(r.failed)
	for _, n := range r.totals {
		sum += n
	}
	if sum == r.total {
		return nil
	}
	if r.collect != 0 && max(sum, r.library.Len()) > many {
		debug.SetGCPercent(r.collect)
		r.collect = 0
	}
	r.total = sum
	return r.progress.Total(sum)
}

func (r *run) fail(s Source, class, message string) error {
	message = r.clean(message)
	r.failed[s.Item()] = message
	r.logf("%s: failed: %s: %s", s.Item(), class, message)
	return errors.Join(r.count(s, r.totals[s.Item()]), r.progress.Fail(s.Item(), class, message))
}

// maxMessage is the length of what a journal keeps of an error.
const maxMessage = 500

// clean makes the text of others fit for journals and terminals.
func (r *run) clean(s string) string {
	return workers.Shorten(jobs.Printable(r.opts.Redact(s)), maxMessage)
}

func (r *run) logf(format string, args ...any) {
	r.progress.Logf("%s", jobs.Printable(r.opts.Redact(fmt.Sprintf(format, args...))))
}

// platforms are those of the sources.
func (c Config) platforms() []string {
	var all []string
	for _, s := range c.Sources {
		if !slices.Contains(all, s.Platform) {
			all = append(all, s.Platform)
		}
	}
	return all
}
