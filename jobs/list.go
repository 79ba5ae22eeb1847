package jobs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/units"
)

// View is a job with what its journal adds up to.
type View struct {
	Job   Job
	State State
	// Alive: the process of the last attempt still runs. Only asked of a job
	// whose journal says that it does.
	Alive bool
	// Damaged: the journal cannot be read to its end. State is what stands
	// before the damage, as Failed.
	Damaged bool
	// Foreign: the job is SpecWeave's own; State is what its entry in
	// background-jobs.json says, and nothing here can change it.
	Foreign bool

	Unit  *units.Status // what the system says of the job; nil unless [Store.Witness] was called and it knows one
	Waits string        // what other job this one waits for; "" for none, or before Witness
}

// Interrupted reports whether the worker died and none has gone on yet.
func (v View) Interrupted() bool {
	return !v.Foreign && (v.State.Status == Running && !v.Alive || v.State.toRestart())
}

// toRestart reports whether the last attempt died and another is to follow
// without a person.
func (s *State) toRestart() bool { return s.Status == Paused && s.Lost && !s.ResumeAfter.IsZero() }

// view folds a job's journal; brief is content with the job's head and, if it
// is over or paused, with its summary: its items then have no names.
func (s *Store) view(id string, brief bool) (View, error) {
	read := s.job
	if brief {
		read = s.headOfJob
	}
	job, err := read(id)
	if errors.Is(err, errNotOurs) || errors.Is(err, errFuture) {
		return View{}, err
	}
	if err != nil {
		v := View{Job: Job{ID: id, Project: s.project}, Damaged: true}
		v.State, _ = readState(s.path(id, "journal.jsonl"), brief)
		v.State.Status, v.State.Error = Failed, err.Error()
		return v, err
	}
	v := View{Job: job, State: State{Status: Pending, UpdatedAt: job.CreatedAt}}
	st, err := readState(s.path(id, "journal.jsonl"), brief)
	if err == nil {
		err = st.of(id)
	}
	switch {
	case errors.Is(err, os.ErrNotExist):
		return v, nil
	case errors.Is(err, ErrCorrupt):
		v.Damaged = true
		st.Status, st.Error = Failed, fmt.Sprintf("%v; it is kept as it is", err)
		err = fmt.Errorf("job %s: %w: %s", id, err, s.path(id, "journal.jsonl"))
	case err != nil:
		return v, fmt.Errorf("job %s: %w", id, err)
	}
	if st.UpdatedAt.IsZero() {
		st.UpdatedAt = job.CreatedAt
	}
	v.State = st
	if v.Alive = st.witnessed(); v.Alive {
		v.State.live = s.readLive(id)
	}
	return v, err
}

// look is a brief view of whatever has that name below jobs/. A launch under
// way may write config.json after it was looked for, and there is a journal
// only then: who finds one looks once more.
func (s *Store) look(id string) (v View, err error) {
	for range 2 {
		v, err = s.view(id, true)
		if !errors.Is(err, errNotOurs) {
			return v, err
		}
		if _, missing := os.Lstat(s.path(id, "journal.jsonl")); missing != nil {
			return v, err
		}
	}
	return v, fmt.Errorf("job %s: config.json is missing or not ours, beside a journal", id)
}

// of returns an error that wraps ErrCorrupt if the journal is another job's.
func (s *State) of(id string) error {
	if s.Job == "" || s.Job == id {
		return nil
	}
	return fmt.Errorf("%w: it is of job %s", ErrCorrupt, Printable(s.Job))
}

// witnessed reports whether the process of an attempt that has not ended runs.
func (s *State) witnessed() bool {
	return s.Status == Running && s.Boot == platform.BootID() && s.Proc.Alive()
}

// List returns every job, newest first, without the names of the items of
// those that are over or paused. The error joins what is wrong with damaged
// jobs; the rest are returned, and so is one with a damaged journal, as
// Failed. List takes no lock, asks no operating system and writes nothing.
func (s *Store) List() ([]View, error) {
	entries, err := os.ReadDir(filepath.Join(s.Dir(), "jobs"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	var views []View
	var errs []error
	own := map[string]bool{}
	for _, e := range entries {
		if !validID(e.Name()) {
			continue
		}
		if !e.IsDir() {
			errs = append(errs, fmt.Errorf("job %s: not a directory; it is left as it is", e.Name()))
			continue
		}
		v, err := s.look(e.Name())
		if errors.Is(err, errNotOurs) {
			continue
		}
		own[e.Name()] = true
		if err != nil {
			errs = append(errs, err)
		}
		if v.Job.ID != "" {
			views = append(views, v)
		}
	}
	foreign, err := s.foreign(own)
	if err != nil {
		errs = append(errs, err)
	}
	views = append(views, foreign...)
	slices.SortStableFunc(views, func(a, b View) int { return b.Job.CreatedAt.Compare(a.Job.CreatedAt) })
	return views, errors.Join(errs...)
}

// validID keeps an id from leaving the jobs directory. SpecWeave's are eight
// hexadecimal digits; older ones have a prefix ("ldb-abc12345").
func validID(id string) bool {
	return id != "" && len(id) <= 64 && id[0] != '_' && id[0] != '-' && !strings.ContainsFunc(id, func(r rune) bool {
		return r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// Find returns the one job that ref names: an id or a unique beginning of one,
// "@latest" for the newest job, or "TYPE-latest" for the newest of a type,
// which may be shortened to its first word. The error wraps [ErrNotFound] or
// [ErrAmbiguous]; the latter lists the candidates.
func (s *Store) Find(ref string) (View, error) {
	views, listErr := s.List()
	match, err := pick(views, ref)
	if errors.Is(err, ErrNotFound) {
		return View{}, errors.Join(err, listErr)
	}
	if err != nil || match.Foreign {
		return match, err
	}
	return s.view(match.Job.ID, false)
}

func pick(views []View, ref string) (View, error) {
	if ref == "" {
		return View{}, fmt.Errorf("%w: an empty id", ErrNotFound)
	}
	var found []View
	for _, v := range views { // newest first
		if ref == "@latest" || strings.HasSuffix(ref, "-latest") && v.Job.Type.matches(strings.TrimSuffix(ref, "-latest")) {
			return v, nil
		}
		if v.Job.ID == ref {
			return v, nil
		}
		if strings.HasPrefix(v.Job.ID, ref) {
			found = append(found, v)
		}
	}
	switch len(found) {
	case 0:
		return View{}, fmt.Errorf("%w: %s", ErrNotFound, Printable(ref))
	case 1:
		return found[0], nil
	}
	names := make([]string, len(found))
	for i, v := range found {
		names[i] = fmt.Sprintf("%s (%s, %s)", v.Job.ID, v.Job.Type, v.State.Status)
	}
	return View{}, fmt.Errorf("%w %q: %s", ErrAmbiguous, ref, strings.Join(names, ", "))
}

// matches reports whether name means the type: itself, its first word, or the
// "ldb" that SpecWeave's documents use.
func (t Type) matches(name string) bool {
	first, _, _ := strings.Cut(string(t), "-")
	return name == string(t) || name == first || name == "ldb" && t == "living-docs-builder"
}

// ByStatus returns the jobs in one of the given states, newest first. See
// [Store.List].
func (s *Store) ByStatus(status ...Status) ([]View, error) {
	views, err := s.List()
	return slices.DeleteFunc(views, func(v View) bool { return !slices.Contains(status, v.State.Status) }), err
}

// Active returns the jobs that are not over, newest first. See [Store.List].
func (s *Store) Active() ([]View, error) { return s.ByStatus(Pending, Running, Paused) }
