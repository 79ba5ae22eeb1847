package syncer

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/stories"
	"github.com/specweave/specweave/workers/stories/storytest"
)

// compare holds both sides to the model.
func (w *world) compare() error {
	files, err := storytest.Files(w.project)
	w.check(err)
	byID := make(map[string]*storytest.File)
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	unmade := 0
	for i := range files {
		f := &files[i]
		switch id := f.ID(); {
		case id == "":
			unmade++
			bad("%s was not made an item", f.Path)
		case byID[id] != nil:
			bad("%s has two stories", id)
		default:
			byID[id] = f
		}
	}
	made := make(map[string]string) // of a story by the title that it was written with: the item
	for _, i := range w.t.items {
		if i.of == "" || i.gone { // of one that is gone before it is asked for nobody knows
			continue
		}
		for t := range w.knows(i.of) {
			if w.written[t] && made[t] != "" {
				bad("%s and %s were made of one story", made[t], i.ID)
			} else if w.written[t] {
				made[t] = i.ID
			}
		}
	}
	known := maps.Clone(w.excused) // tokens that live on, or were removed on purpose
	for _, i := range w.t.items {
		f := byID[i.ID]
		if !i.gone && f == nil && !w.deleted[i.ID] && i.Status != workers.StatusCompleted {
			bad("%s has no story", i.ID)
		}
		if !i.gone && f != nil {
			w.comparePair(i, f, bad)
		}
		maps.Copy(known, w.everything(i, f))
	}
	ids := make(map[string]string) // by path
	for _, f := range files {
		ids[f.Path] = f.ID()
	}
	for _, t := range slices.Sorted(maps.Keys(w.owner)) {
		id := w.owner[t]
		if now, ok := ids[id]; ok {
			id = now
		}
		if !known[t] && (w.config.Rule == stories.Mark || !w.reported[id]) && !w.deleted[id] {
			bad("%s of %s is lost", t, id)
		}
	}
	return errors.Join(errs...)
}

// everything are the tokens that both sides of a pair know of.
func (w *world) everything(i *issue, f *storytest.File) map[string]bool {
	values := []string{i.Title, i.Body.Raw, i.Criteria.Raw, list(i.Labels), list(i.Assignees)}
	for _, c := range i.Comments {
		values = append(values, c.Body.Raw)
	}
	if f != nil {
		values = append(values, f.Text)
	}
	return w.knows(values...)
}

func (w *world) comparePair(i *issue, f *storytest.File, bad func(string, ...any)) {
	if f.Section("Import Conflicts") != "" { // nothing of it is written until a person has settled it
		return
	}
	same := func(name, here, there string) {
		if here != there {
			bad("%s: %s: here %q, there %q", i.ID, name, here, there)
		}
	}
	same("Title", f.Title(), i.Title)
	same("Status", f.Status(), string(i.Status))
	same("Priority", f.Priority(), i.Priority)
	body := f.Section("Description")
	if body == "No description provided." {
		body = ""
	}
	if inBody := stories.Criteria(body, ""); !w.t.able.Criteria && len(inBody) > 0 && !slices.Equal(inBody, f.Criteria()) && w.reported[i.ID] {
		return // likewise until they are the same
	}
	same("Description", bodyOnly(body), bodyOnly(i.Body.Raw))
	same("Acceptance Criteria", list(f.Criteria()), list(itemCriteria(i)))
	same("Labels", list(w.plain(f.List("Labels"))), list(w.plain(i.Labels)))
	same("Assignees", list(f.List("Assignees")), list(slices.Sorted(slices.Values(i.Assignees))))
	here := token.FindAllString(f.Section("Comments"), -1)
	var there []string
	for _, c := range i.Comments {
		there = append(there, token.FindAllString(c.Body.Raw, -1)...)
	}
	// A person who changes one of several comments while it is under way has
	// written another.
	there = slices.DeleteFunc(there, func(t string) bool {
		return !slices.Contains(here, t) && slices.ContainsFunc(here, func(h string) bool { return w.knows(h)[t] })
	})
	slices.Sort(here)
	slices.Sort(there)
	if !slices.Equal(here, there) {
		bad("%s: comments: here %v, there %v", i.ID, here, there)
	}
	for _, all := range [][]string{here, there} {
		if len(slices.Compact(slices.Clone(all))) != len(all) {
			bad("%s: a comment is doubled: %v", i.ID, all)
		}
	}
}

// plain are labels without those that say something else.
func (w *world) plain(labels []string) []string {
	labels = slices.Sorted(slices.Values(labels))
	if !w.t.byLabels {
		return labels
	}
	return slices.DeleteFunc(labels, func(l string) bool { return l == "in-progress" || workers.PriorityOf([]string{l}) != "" })
}

// mergeDoubles is a person who sees two stories of one item, since an import has
// made the second and somebody wrote there: that is removed.
func (w *world) mergeDoubles() error {
	files, err := storytest.Files(w.project)
	w.check(err)
	for n, f := range files {
		same := func(o storytest.File) bool { return o.ID() == f.ID() && f.ID() != "" }
		if !w.imported || slices.IndexFunc(files, same) == n {
			continue
		}
		if f.Untouched() || slices.ContainsFunc(files[:n], func(o storytest.File) bool { return same(o) && o.Untouched() }) {
			return fmt.Errorf("%s has a second story, which nobody has edited", f.ID())
		}
		for t := range w.knows(f.Text) {
			w.excused[t] = true
		}
		w.check(os.Remove(f.Path))
		w.say("here: %s is removed, the second of %s", f.Path, f.ID())
	}
	return nil
}
