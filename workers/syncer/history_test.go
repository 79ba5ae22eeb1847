package syncer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/importer"
	"github.com/specweave/specweave/workers/stories"
	"github.com/specweave/specweave/workers/stories/storytest"
)

// crash says when an attempt ends in the middle.
type crash struct {
	at    int // this step; 0: none
	after int // so many steps after the tracker was written to; 0: none
	only  bool
	steps int
	wrote int // by then
}

// crash draws one: often right after a write, most of all one that has made an
// item, of which nobody but the tracker knows then.
func (w *world) drawCrash() crash {
	switch w.rnd.IntN(8) {
	case 0, 1:
		return crash{at: 1 + w.rnd.IntN(25)}
	case 2:
		return crash{after: 1 + w.rnd.IntN(6), wrote: w.t.wrote}
	case 3, 4:
		return crash{after: 1 + w.rnd.IntN(6), only: true, wrote: len(w.t.items)}
	}
	return crash{}
}

// step is one of an attempt.
func (w *world) step(string) {
	w.pass(100 * time.Millisecond)
	c := &w.crash
	c.steps++
	if now := map[bool]int{false: w.t.wrote, true: len(w.t.items)}[c.only]; c.after > 0 && now > c.wrote {
		c.at, c.after = c.steps+c.after-1, 0
	}
	if c.steps == c.at {
		panic(errCrash)
	}
}

// attempt runs a job until it is over, crashes, or wants to be paused.
func (w *world) attempt(n *notes, job jobs.Job) (err error) {
	s := New(Options{
		now: func() time.Time { return w.now }, step: w.step, open: stories.Options{Now: func() time.Time { return w.now }},
		Connect: func(context.Context, importer.Source, float64, func(string, ...any)) (importer.Tracker, error) {
			return importer.Tracker{Provider: w.t}, nil
		},
	})
	defer func() {
		if r := recover(); r != nil {
			if r != errCrash { //nolint:errorlint // it is what was thrown
				panic(r)
			}
			err = errCrash
		}
	}()
	return s.work(context.Background(), job, n)
}

// sync runs one job to its end, whatever happens in between. quiet: nothing but
// what is late happens.
func (w *world) sync(c Config, quiet bool) error {
	w.job++
	job := jobs.Job{ID: fmt.Sprintf("%08x", w.job), Type: jobs.SyncExternal, Project: w.project, CreatedAt: w.now}
	w.check(os.MkdirAll(filepath.Dir(reportPath(w.project, job.ID)), 0o700))
	var err error
	job.Config, err = json.Marshal(c)
	w.check(err)
	n := newNotes(&w.log)
	for try := 0; ; try++ {
		w.crash = crash{}
		if !quiet {
			w.crash = w.drawCrash()
		}
		w.say("sync %d of %s %s %+v, attempt %d", w.job, c.Profile, c.Direction, c.Permissions, try+1)
		err := w.attempt(n, job)
		w.say("sync %d, attempt %d: %v %v", w.job, try+1, err, n.failed)
		w.dump()
		if w.t.violation != "" {
			return errors.New(w.t.violation)
		}
		pause, isPause := errors.AsType[*jobs.PauseError](err)
		_, isWarning := errors.AsType[*jobs.WarningError](err)
		switch {
		case err == nil, isWarning:
			return w.read(job.ID)
		case isPause && pause.Until.IsZero():
			return err
		case isPause && quiet && c.Profile != w.config.Profile && try > 3: // the other one has to go first
			return w.read(job.ID)
		case isPause && pause.Until.After(w.now):
			if quiet || w.rnd.IntN(2) == 0 {
				w.now = pause.Until
			} // else somebody resumes it at once
		case errors.Is(err, errCrash):
			if !quiet && w.rnd.IntN(3) == 0 { // nobody goes on with it
				return w.read(job.ID)
			}
		case !isPause:
			return err
		}
		if try > 50 {
			return errors.New("the job does not end")
		}
		if !quiet {
			w.between()
		}
	}
}

// between is what happens between two attempts, or two syncs.
func (w *world) between() {
	w.edits(w.rnd.IntN(3))
	if w.rnd.IntN(8) == 0 {
		w.importAll()
	}
	w.edits(w.rnd.IntN(2))
}

// importAll is an import into the same project.
func (w *world) importAll() {
	w.imported = true
	was := w.t.faults
	w.t.faults = faults{stale: was.stale, limit: was.limit}
	defer func() { w.t.faults = was }()
	c := importer.Config{Provider: testPlatform, Sources: w.config.Sources, Closed: w.rnd.IntN(2) == 0, Comments: w.rnd.IntN(2) == 0}
	c.Comments = c.Comments || c.Closed // a sync, which reads no item that was closed before, does not bring them later
	job, err := jobs.Open(w.project).Create(jobs.ImportIssues, c)
	w.check(err)
	s, err := jobs.Attempt{
		Store: jobs.Open(w.project), Log: jobs.NewLog(&w.log),
		Workers: map[jobs.Type]jobs.Worker{jobs.ImportIssues: importer.New(importer.Options{
			Connect: func(context.Context, importer.Source, float64, func(string, ...any)) (importer.Tracker, error) {
				return importer.Tracker{Provider: w.t}, nil
			},
		})},
	}.Run(context.Background(), job.ID)
	w.check(err)
	w.say("import: %s %s", s.Status, s.Error)
	w.dump()
}

// dump shows a story as it is now, for whoever looks into a failure.
func (w *world) dump() {
	id := os.Getenv("SPECWEAVE_SYNC_DUMP")
	if id == "" {
		return
	}
	files, err := storytest.Files(w.project)
	w.check(err)
	for _, f := range files {
		if strings.HasSuffix(f.ID(), "#"+id) || strings.Contains(f.Path, id) {
			w.say("---- %s\n%s\n----", f.Path, f.Text)
		}
	}
	if i := w.t.find(id); i != nil {
		w.say("---- %s\n%s\n----", i.ID, i.Body.Raw)
	}
}

// read remembers which conflicts a report tells of.
func (w *world) read(job string) error {
	return ReadReport(w.project, job, func(l Line) error {
		w.say("  report: %s %s %s %s %s", l.Outcome, l.Side, l.ID, filepath.Base(l.Path), l.Detail)
		if l.Outcome == Conflict {
			w.reported[l.ID] = true
		}
		return nil
	})
}

// edits are some of both sides, each a while after the other.
func (w *world) edits(n int) {
	for range n {
		w.pass(time.Duration(1+w.rnd.IntN(90)) * time.Second)
		w.edit()
	}
}

func (w *world) edit() {
	switch w.rnd.IntN(7) {
	case 0:
		w.editBoth()
	case 1, 2, 3:
		w.editItem()
	default:
		w.editStory()
	}
}

// editBoth changes the same on both sides.
func (w *world) editBoth() {
	files, err := storytest.Files(w.project)
	w.check(err)
	var pairs []storytest.File
	for _, f := range files {
		if w.t.find(stories.ItemNumber(f.ID())) != nil {
			pairs = append(pairs, f)
		}
	}
	if len(pairs) == 0 {
		return
	}
	f, what := pick(w.rnd, pairs), pick(w.rnd, contested)
	if last := w.lastSent(pairs); last >= 0 && w.rnd.IntN(2) == 0 {
		f = pairs[last]
	}
	w.changeStory(f, what)
	w.changeItem(w.t.find(stories.ItemNumber(f.ID())), what)
}

// state is all that a quiet sync must not change.
func (w *world) state() string {
	files, err := storytest.Files(w.project)
	w.check(err)
	return fmt.Sprint(w.t.wrote, files)
}

// next is the sync that somebody begins: mostly of the profile that may do
// everything, and sometimes of one that may not.
func (w *world) next() Config {
	c := w.config
	if w.second && w.rnd.IntN(3) == 0 {
		c.Profile = "api"
	}
	if w.rnd.IntN(4) == 0 {
		c.Permissions = pick(w.rnd, []Permissions{
			{Read: true}, {Read: true, UpdateStatus: true}, {Read: true, Upsert: true}, {UpdateStatus: true, Upsert: true}, {Read: true, UpdateStatus: true, Upsert: true, Delete: true},
		})
	}
	if w.rnd.IntN(8) == 0 {
		c.Direction = pick(w.rnd, []Direction{Import, Export})
	}
	if w.rnd.IntN(8) == 0 {
		c.Limit = 1 + w.rnd.IntN(4)
	}
	return c
}

// play is one history.
func (w *world) play() error {
	w.edits(2 + w.rnd.IntN(6))
	for range 2 + w.rnd.IntN(5) {
		if err := w.sync(w.next(), false); err != nil {
			return err
		}
		w.between()
		w.edits(w.rnd.IntN(4))
		if w.rnd.IntN(3) == 0 {
			w.pass(time.Duration(w.rnd.IntN(48)) * time.Hour)
		}
	}
	return w.converge()
}

// converge syncs without any faults until nothing changes.
func (w *world) converge() error {
	w.t.faults, w.t.edit = faults{}, nil
	profiles := []Config{w.config}
	if w.second {
		c := w.config
		c.Profile = "api"
		profiles = append(profiles, c)
	}
	for round := 0; ; round++ {
		before := w.state()
		for _, c := range profiles {
			w.pass(time.Minute)
			if err := w.sync(c, true); err != nil {
				return err
			}
		}
		if err := w.mergeDoubles(); err != nil {
			return err
		}
		if w.state() == before && len(w.t.due) == 0 {
			return w.compare()
		}
		if round == 8 {
			return errors.New("no fixpoint")
		}
	}
}

var _ workers.Writer = (*tracker)(nil)
