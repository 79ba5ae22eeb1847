package syncer

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/importer"
	"github.com/specweave/specweave/workers/stories"
)

// Options are what a sync worker needs besides its job.
type Options struct {
	Project string        // absolute path; empty: the job's own
	Input   workers.Input // what the launch handed over
	// Connect prepares to read and write a source. Its Provider is a
	// [workers.Writer] where items can be written. It may start programs that
	// know its credential and sends nothing yet. budget is that of [Config].
	Connect func(ctx context.Context, s importer.Source, budget float64, logf func(string, ...any)) (importer.Tracker, error)
	// Redact removes secrets from text.
	Redact func(string) string

	now  func() time.Time // time.Now where it is nil
	step func(string)     // called between what is done, by name; tests end the process there
	open stories.Options
}

// Syncer keeps the stories of a project and the items of a profile's sources in
// step. It is a [jobs.Worker].
type Syncer struct{ opts Options }

// New returns a worker. It does no I/O.
func New(opts Options) *Syncer {
	if opts.Redact == nil {
		opts.Redact = func(s string) string { return s }
	}
	if opts.now == nil {
		opts.now = time.Now
	}
	if opts.step == nil {
		opts.step = func(string) {}
	}
	return &Syncer{opts}
}

// Work syncs the sources of a job's profile, one after the other. A source that
// fails does not stop the others. Work returns nil when all were tried, a
// [*BusyError] when another sync of the profile is at work, a [jobs.PauseError]
// when stories cannot be written, a host wants to be left alone for more than a
// minute, a credential is gone or it is not known yet what became of a change,
// and ctx's cause when that is done.
func (w *Syncer) Work(ctx context.Context, job jobs.Job, p *jobs.Progress) error {
	return w.work(ctx, job, p)
}

// journal is what a sync notes; it is a [jobs.Progress].
type journal interface {
	Place(item string, v any) (bool, error)
	Advance(item string, place any, n jobs.Counts) error
	Seen(item string) bool
	Begin(item string) error
	Whole(item string) error
	Fail(item, class, message string) error
	Total(n int) error
	Result(v any) error
	Alive()
	Logf(format string, args ...any)
}

func (w *Syncer) work(ctx context.Context, job jobs.Job, p journal) (err error) {
	config, err := Parse(job.Config)
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
	r := &run{config: config, opts: w.opts, progress: p, project: project, job: job, totals: make(map[string]int), failed: make(map[string]string)}
	lease, err := take(project, config.Profile, job.ID)
	if err != nil {
		if _, ok := errors.AsType[*BusyError](err); ok {
			return err
		}
		return importer.Unwritable(ctx, err, r.clean)
	}
	defer func() { err = errors.Join(err, lease.close()) }()
	if err := r.open(ctx, lease.dir); err != nil {
		return importer.Unwritable(ctx, err, r.clean)
	}
	defer func() { err = errors.Join(err, r.close()) }()
	if err := r.all(ctx); err != nil {
		return err
	}
	return r.finish(ctx)
}

// run is one attempt.
type run struct {
	config   Config
	opts     Options
	progress journal
	project  string
	job      jobs.Job
	library  *stories.Library
	outbox   *outbox
	memory   *memory
	ledger   ledger
	limits   importer.Limits
	totals   map[string]int    // by source
	total    int               // as the journal has it
	failed   map[string]string // sources that failed in this attempt, and why
	ask      time.Time         // when what is in doubt can be asked for again; zero: nothing is
}

func (r *run) open(ctx context.Context, dir string) (err error) {
	if r.outbox, err = openOutbox(dir); err != nil {
		return err
	}
	if r.memory, err = readMemory(dir); err == nil {
		r.ledger, err = openLedger(r.project, r.job.ID)
	}
	if err == nil {
		r.library, err = stories.Open(ctx, r.project, r.opts.open)
	}
	if err != nil {
		return errors.Join(err, r.close())
	}
	return nil
}

func (r *run) close() error {
	err := r.outbox.close()
	if r.ledger.f != nil {
		err = errors.Join(err, r.ledger.close())
	}
	if r.library != nil {
		err = errors.Join(err, r.library.Close())
	}
	return err
}

// all syncs the sources, one after the other.
func (r *run) all(ctx context.Context) error {
	if err := r.limits.Each(ctx, r.config.Sources, r.progress.Seen, r.source, r.logf); err != nil {
		return err
	}
	if err := r.limits.Pause(r.clean); err != nil {
		return err
	}
	if !r.ask.IsZero() {
		return jobs.Pause(r.ask, "a tracker did not answer; what became of the change can be asked for then")
	}
	return nil
}

// count notes how many stories and items there are.
func (r *run) count(source string, n int) error {
	r.totals[source] = n
	sum := len(r.failed)
	for _, n := range r.totals {
		sum += n
	}
	if sum == r.total {
		return nil
	}
	r.total = sum
	return r.progress.Total(sum)
}

func (r *run) fail(s importer.Source, class, message string) error {
	message = r.clean(message)
	r.failed[s.Item()] = message
	r.logf("%s: failed: %s: %s", s.Item(), class, message)
	return errors.Join(r.count(s.Item(), r.totals[s.Item()]), r.progress.Fail(s.Item(), class, message))
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

var _ jobs.Worker = (*Syncer)(nil)
