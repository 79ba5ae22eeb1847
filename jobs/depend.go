package jobs

import (
	"errors"
	"fmt"
	"slices"
)

// Dependency is a job that another waits for.
type Dependency struct {
	ID  string
	Any bool // however it ends; else it must not fail
}

// ErrCycle is wrapped by the error for jobs that wait for each other.
var ErrCycle = errors.New("jobs wait for each other")

// ErrWaits is wrapped by the error for a job that waits for others.
var ErrWaits = errors.New("job waits for another")

// Need is what a job's dependencies add up to.
type Need string

// The needs.
const (
	NoNeed Need = ""       // it depends on no other
	Met    Need = "met"    // all that it depends on have ended as they should
	Unmet  Need = "unmet"  // some job has to end first
	Hidden Need = "hidden" // the same, but that job is SpecWeave's, which will not tell us
	Doomed Need = "doomed" // a job that had to end well has failed, or they wait for each other
)

// needs weighs the dependencies of job, which find looks up. It also says in
// words what the job waits for, or why it can never begin. As in SpecWeave, a
// job that is complete with warnings ended well, and one that is gone is over.
func needs(job Job, find func(id string) (View, bool)) (Need, string) {
	if cycle(job, find) {
		return Doomed, fmt.Sprintf("it depends on itself (%v)", ErrCycle)
	}
	if len(job.After) == 0 {
		return NoNeed, ""
	}
	need, words := Met, ""
	for _, d := range job.After {
		v, ok := find(d.ID)
		switch {
		case !ok:
		case v.State.Status == Failed && !d.Any:
			return Doomed, fmt.Sprintf("job %s, which it depends on, failed", Printable(d.ID))
		case v.State.Status.Terminal():
		case v.Foreign:
			need, words = Hidden, waitsFor(v)
		case need != Hidden:
			need, words = Unmet, waitsFor(v)
		}
	}
	return need, words
}

func waitsFor(v View) string {
	return fmt.Sprintf("waits for job %s (%s)", Printable(v.Job.ID), Printable(string(v.State.Status)))
}

// cycle reports whether unfinished jobs lead from job back to it.
func cycle(job Job, find func(id string) (View, bool)) bool {
	seen := map[string]bool{}
	var reach func(Job) bool
	reach = func(j Job) bool {
		for _, d := range j.After {
			if d.ID == job.ID {
				return true
			}
			if seen[d.ID] {
				continue
			}
			seen[d.ID] = true
			if v, ok := find(d.ID); ok && !v.State.Status.Terminal() && reach(v.Job) {
				return true
			}
		}
		return false
	}
	return reach(job)
}

// needs weighs the dependencies of a job by what is on disk now.
func (s *Store) needs(job Job) (Need, string) { return needs(job, s.lookUp()) }

// lookUp finds jobs of ours, and those of SpecWeave, whose file it reads once.
func (s *Store) lookUp() func(id string) (View, bool) {
	var foreign []View
	read := false
	return func(id string) (View, bool) {
		if !validID(id) {
			return View{}, false
		}
		v, err := s.view(id, true)
		if err == nil || v.Job.ID != "" { // damaged ones have failed
			return v, true
		}
		if !read {
			read = true
			foreign, _ = s.foreign(map[string]bool{}) // damaged: none is known
		}
		i := slices.IndexFunc(foreign, func(v View) bool { return v.Job.ID == id })
		if i < 0 {
			return View{}, false
		}
		return foreign[i], true
	}
}

// checkDependencies refuses jobs that do not exist and, since whoever writes
// to the disk may make one, cycles among them.
func (s *Store) checkDependencies(after []Dependency) error {
	find := s.lookUp()
	for _, d := range after {
		v, ok := find(d.ID)
		if !ok {
			return fmt.Errorf("%w: %s", ErrNotFound, Printable(d.ID))
		}
		if cycle(v.Job, find) {
			return fmt.Errorf("job %s: %w", Printable(d.ID), ErrCycle)
		}
	}
	return nil
}

// dependencies joins what config.json and SpecWeave's file say.
func dependencies(ids, despite []string) []Dependency {
	var all []Dependency
	for _, id := range ids {
		all = append(all, Dependency{ID: id, Any: slices.Contains(despite, id)})
	}
	return all
}

func (j Job) dependsOn() (ids, despite []string) {
	for _, d := range j.After {
		ids = append(ids, d.ID)
		if d.Any {
			despite = append(despite, d.ID)
		}
	}
	return ids, despite
}
