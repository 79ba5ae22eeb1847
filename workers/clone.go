package workers

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/platform"
)

// CloneOptions are what a clone worker needs besides its job.
type CloneOptions struct {
	Project string   // absolute path; empty: the job's own
	Git     string   // path of git; empty: from PATH
	Helper  []string // how git asks for credentials, such as {self, "jobs", "credential"}; see [AskCredential]
	Input   Input    // what the launch handed over
	Environ []string // the process's environment, os.Environ()

	// Limits is the directory of the files through which all jobs of this user
	// share what hosts grant, see package limits; empty: nothing is shared.
	Limits string

	Known KnownServers // of this user

	// Stall is how long git may be silent before it is taken for hung; 0: five
	// minutes. It is less than the watchdog's ten.
	Stall time.Duration
}

// Clone clones the repositories of a job. It is a [jobs.Worker].
type Clone struct{ opts CloneOptions }

// NewClone returns a worker. It does no I/O.
func NewClone(opts CloneOptions) *Clone {
	if opts.Stall <= 0 {
		opts.Stall = defaultStall
	}
	return &Clone{opts}
}

// Work clones what is not there yet, several at once, and updates what is if
// the job says so. A repository that fails
// is tried again as its class allows and does not stop the others. Work
// returns nil when all were tried, a [jobs.PauseError] when the disk is full, a
// host wants to be left alone for more than a minute, a credential is gone or
// the project is no longer in its place, ctx's cause
// within five seconds when ctx is done, and any other error when nothing could
// be cloned at all or the journal could not be written.
//
// In an attempt that no person started, see [Input], repositories whose
// credential is gone are left to the next one. A person who resumes the job
// without it has them tried, for the host may show them to everyone.
//
// What is there when Work ends, however it does, is entered into the project's
// .specweave/config.json, see workspace.go.
//
// It sets the umask of the process to that of the launch.
func (c *Clone) Work(ctx context.Context, job jobs.Job, p *jobs.Progress) (err error) {
	config, err := ParseCloneConfig(job.Config)
	if err != nil {
		return err
	}
	platform.SetUmask(umask(c.opts.Input.Umask, config.Umask, platform.Umask()))
	project := c.opts.Project
	if project == "" {
		project = job.Project
	}
	creds := NewCredentials(project, c.opts.Input, c.opts.Environ)
	creds.Know(c.opts.Known.Of(config.Servers))
	git, err := FindGit(ctx, c.opts.Git)
	if err != nil {
		return err
	}
	if err := config.CheckHere(ctx, git, c.opts.Environ); err != nil {
		return err
	}
	dir, err := filepath.EvalSymlinks(project)
	if err != nil {
		return fmt.Errorf("project: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("project: %w", err)
	}
	defer func() { _ = root.Close() }()
	server, err := serveCredentials(ctx, creds)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.close()) }()

	env := gitEnv(withHandedOver(c.opts.Environ, c.opts.Input.Env))
	user := git.settings(ctx, env)
	w := &cloning{
		config: config, job: job, progress: p, creds: creds, git: git, root: root, dir: dir,
		env: append(sshEnv(env, user), server.env(), job.Mark()), helper: c.opts.Helper, stall: c.opts.Stall,
		template: user.templateDir != "" || lookup(env, "GIT_TEMPLATE_DIR") != "", attended: c.opts.Input.Attended,
		limits: c.opts.Limits,
	}
	err = w.all(ctx)
	w.register(ctx)
	return err
}

// withHandedOver adds what a launch handed over, proxies for one.
func withHandedOver(environ []string, extra map[string]string) []string {
	environ = environ[:len(environ):len(environ)]
	for name, value := range extra {
		environ = append(environ, name+"="+value)
	}
	return environ
}

// cloning is one attempt.
type cloning struct {
	config   CloneConfig
	job      jobs.Job
	progress *jobs.Progress
	creds    *Credentials
	git      Git
	env      []string
	helper   []string
	stall    time.Duration
	template bool // the user has a template of their own
	disk     platform.TreeSyncer
	attended bool // a person started this attempt
	limits   string
	hosts    hosts
	resting  rests
	root     *os.Root
	dir      string
}

// task is one repository and what the journal calls it.
type task struct {
	Repository
	item string
}

// one brings one repository to where it belongs and notes how that went. An
// error is for the whole job; cloned says whether a host was asked. It waits for
// its turn while repositories are handed out.
func (w *cloning) one(ctx, handing context.Context, h *turn) (cloned bool, err error) {
	t := h.t
	if err := w.progress.Begin(t.item); err != nil {
		return false, err
	}
	at, err := locate(w.root, w.dir, t.Path, w.job.ID)
	if err != nil {
		return false, w.fail(t, ClassExists, err.Error())
	}
	if err := at.discard(); err != nil {
		w.logf("%s: remove what an earlier try left: %v", t.item, err)
	}
	found, why := at.inspect(ctx, w.git, w.env, t.Repository)
	switch {
	case ctx.Err() != nil:
		return false, context.Cause(ctx)
	case found == wholeRepo && !w.config.Update:
		return false, w.skip(at, t)
	case found == taken:
		return false, w.fail(t, ClassExists, t.Path+": "+why)
	}
	var m meter
	for try := 1; ; try++ {
		if err := w.moved(t); err != nil {
			return false, err
		}
		if err := h.take(handing); err != nil {
			return try > 1, err
		}
		start := time.Now()
		how, err := w.try(ctx, at, t, found, &m)
		if err == nil {
			h.end(true)
			return true, w.note(t, how, time.Since(start))
		}
		if ctx.Err() != nil {
			return true, context.Cause(ctx)
		}
		if errors.Is(err, errTaken) {
			if now, _ := at.inspect(ctx, w.git, w.env, t.Repository); now == wholeRepo { // by another job
				return true, errors.Join(at.discard(), w.skip(at, t))
			}
		}
		class, line := classify(err)
		line = w.clean(line)
		if w.diskFull(class, err) {
			class = ClassDisk
		}
		if rm := at.discard(); rm != nil {
			w.logf("%s: %v", t.item, rm)
		}
		class, again := h.failed(ctx, class, line, err)
		h.end(false)
		switch {
		case again:
			w.logf("%s: %s asks to slow down: %s", t.item, h.host.name, line)
			try-- // it was none
			continue
		case class == ClassDisk:
			w.logf("%s: %s", t.item, line)
			return true, jobs.Pause(time.Time{}, "disk full: "+line)
		case !retryable(class) || try >= w.config.tries():
			return true, w.fail(t, class, line+w.hint(class, t))
		}
		wait := backoff(try, rand.Float64()) //nolint:gosec // jitter
		w.logf("%s: try %d of %d: %s: %s; next in %v", t.item, try, w.config.tries(), class, line, wait.Round(time.Millisecond))
		select {
		case <-time.After(wait):
			w.progress.Alive()
		case <-ctx.Done():
			return true, context.Cause(ctx)
		}
	}
}

// skip notes that a clone is there already, or something else than was asked for.
func (w *cloning) skip(at place, t task) error {
	if why := at.otherwise(t.Repository, w.config.Mirror); why != "" {
		return w.note(t, keepFor(why), 0)
	}
	w.logf("%s: already at %s", t.item, t.Path)
	return w.progress.Skip(t.item)
}

// hint says what a person can do about a failed login.
func (w *cloning) hint(class string, t task) string {
	now, then := w.creds.Reference(t.CloneURL), w.config.reference(t.CloneURL)
	if class != ClassAuth && class != ClassNotFound || now == "" {
		return ""
	}
	if name := w.creds.Withheld(t.CloneURL); name != "" {
		return fmt.Sprintf(" (the token in %s is not sent to a server that only .env names)", name)
	}
	if now == "git" && then != "" && then != now {
		return fmt.Sprintf(" (the credential came from %s when the job was created; it is gone)", jobs.Printable(then))
	}
	if name := w.creds.Unset(t.CloneURL); now == "git" && name != "" {
		return fmt.Sprintf(" (credential: git's helpers, as %s is not set)", name)
	}
	return fmt.Sprintf(" (credential: %s)", now)
}

func (w *cloning) fail(t task, class, message string) error {
	if err := w.moved(t); err != nil { // which is not the repository's fault
		return err
	}
	message = w.clean(message)
	w.logf("%s: failed: %s: %s", t.item, class, message)
	return w.progress.Fail(t.item, class, message)
}

// maxMessage is the length of what a journal keeps of an error.
const maxMessage = 500

// clean makes text from git or the system fit for journals and terminals.
func (w *cloning) clean(s string) string {
	return Shorten(jobs.Printable(w.creds.Redactor().Redact(s)), maxMessage)
}

func (w *cloning) logf(format string, args ...any) {
	w.progress.Logf("%s", w.creds.Redactor().Redact(fmt.Sprintf(format, args...)))
}
