package providertest

import (
	"slices"
	"strconv"
	"time"

	"github.com/specweave/specweave/workers"
)

// Now is the server's time, as exactly as it says it. It is later than all that
// the server holds in the beginning.
func (w *World) Now() time.Time {
	return epoch.Add(2000*time.Hour + time.Since(w.began)).Truncate(w.grain)
}

// Make adds an issue, as create makes it, and returns it.
func (w *World) Make(create func(*Issue)) Issue {
	var made Issue
	w.add(func(i *Issue) {
		i.Title, i.Body, i.Created, i.Updated = "", "", w.Now(), w.Now()
		create(i)
		made = *i
	})
	return made
}

// Edit changes an issue and returns it as it is then, if it is there.
func (w *World) Edit(number int64, edit func(*Issue)) (Issue, bool) {
	return w.revise(number, func(i *Issue) {
		edit(i)
		i.Updated = w.Now()
	})
}

// revise is Edit without its time.
func (w *World) revise(number int64, edit func(*Issue)) (Issue, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for n := range w.issues {
		if i := &w.issues[n]; i.Number == number {
			if !w.Stubborn {
				i.Labels, i.Assignees, i.Comments = slices.Clone(i.Labels), slices.Clone(i.Assignees), slices.Clone(i.Comments)
				edit(i)
			}
			return *i, true
		}
	}
	return Issue{}, false
}

// NewID is one for a comment.
func (w *World) NewID() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids++
	return strconv.FormatInt(1<<41+w.ids, 10)
}

// Label gives an issue labels, on a server where they say the rest.
func (i *Issue) Label(labels []string) {
	i.Labels = labels
	i.Started = workers.StatusOf(false, labels) == workers.StatusInProgress
	i.Priority = workers.PriorityOf(labels)
}

// Close closes an issue that is open, or opens it again.
func (i *Issue) Close(closed bool, at time.Time) {
	switch {
	case !closed:
		i.Closed = time.Time{}
	case i.Open():
		i.Closed = at
	}
}

// Stranger returns one of names that is nobody's.
func (w *World) Stranger(names []string) (name string, ok bool) {
	i := slices.IndexFunc(names, func(n string) bool { return !slices.Contains(w.People, n) })
	if i < 0 {
		return "", false
	}
	return names[i], true
}

// Comment is the one with an id, and the number of its issue.
func (w *World) Comment(id string) (c Comment, number int64, ok bool) {
	for _, i := range w.Issues(nil) {
		for _, c := range i.Comments {
			if c.ID == id {
				return c, i.Number, true
			}
		}
	}
	return Comment{}, 0, false
}

// Say adds a comment of the one who is logged in to an issue.
func (w *World) Say(number int64, body string) (c Comment, ok bool) {
	c = Comment{ID: w.NewID(), Author: w.Self, Created: w.Now(), Updated: w.Now(), Body: body}
	_, ok = w.Edit(number, func(i *Issue) { i.Comments = append(i.Comments, c) })
	return c, ok
}

// Correct changes the text of a comment.
func (w *World) Correct(id, body string) (c Comment, ok bool) {
	c, number, ok := w.Comment(id)
	if !ok {
		return c, false
	}
	w.revise(number, func(i *Issue) {
		at := slices.IndexFunc(i.Comments, func(c Comment) bool { return c.ID == id })
		i.Comments[at].Body, i.Comments[at].Updated = body, w.Now()
		c = i.Comments[at]
		if !w.quiet {
			i.Updated = w.Now()
		}
	})
	return c, true
}
