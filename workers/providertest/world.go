package providertest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/specweave/specweave/workers"
)

// World is what a server holds and whom it serves.
type World struct {
	URL      string // of the server, without a slash at the end
	Login    workers.Login
	Source   string // holds the issues
	Hollow   string // holds none
	PageSize int    // items a page, at most
	Lacking  bool   // Login lacks the scope that reading needs
	Cursors  int    // generation of those that are given; of another none is taken
	Search   string // is refused with the words Refusal
	Refusal  string
	Self     string   // the user that Login belongs to
	People   []string // who can be assigned, Self among them
	Reader   bool     // Login may not write
	Stubborn bool     // changes are accepted and not made

	mu     sync.Mutex
	issues []Issue
	last   int64
	ids    int64
	began  time.Time
	grain  time.Duration
	quiet  bool
}

// Issue is a work item as a server holds it.
type Issue struct {
	ID        int64 // on the whole server
	Number    int64 // in its source, from 1
	Title     string
	Body      string
	Started   bool   // somebody works on it; Labels have in-progress
	Priority  string // P0 to P4, or ""; Labels have it
	Labels    []string
	Assignees []string
	Milestone string
	Created   time.Time
	Updated   time.Time
	Closed    time.Time // zero: it is open
	Comments  []Comment
	Criteria  string // where they are not kept in Body
	Parent    int64  // number of the issue above; 0: none
	Pull      bool   // a pull request, which some vendors list among issues
	Mark      string // where it is not kept in Body
}

// Comment is a comment on an issue.
type Comment struct {
	ID      string // digits
	Author  string
	Created time.Time
	Updated time.Time // zero: as Created
	Body    string
	Mark    string // where it is not kept in Body
}

// Issues returns those that keep chooses, in the order in which they were
// created. Nil: all.
func (w *World) Issues(keep func(Issue) bool) []Issue {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []Issue
	for _, i := range w.issues {
		if keep == nil || keep(i) {
			list = append(list, i)
		}
	}
	return list
}

// Of returns the issues of a source, and whether there is such a source.
func (w *World) Of(source string, keep func(Issue) bool) ([]Issue, bool) {
	if source == w.Hollow {
		return nil, true
	}
	return w.Issues(keep), source == w.Source
}

// Open reports whether an issue is open.
func (i Issue) Open() bool { return i.Closed.IsZero() }

// Has reports whether an issue has all of some labels.
func (i Issue) Has(labels []string) bool {
	return !slices.ContainsFunc(labels, func(l string) bool { return !slices.Contains(i.Labels, l) })
}

// Cut returns at most size, and at most as many as the server gives, of list
// from offset on, and whether others follow. A size of 0 is the server's.
func Cut[T any](w *World, list []T, offset, size int) (page []T, more bool) {
	if size <= 0 || size > w.PageSize {
		size = w.PageSize
	}
	start := min(max(offset, 0), len(list))
	end := min(start+size, len(list))
	return list[start:end], end < len(list)
}

// add adds an issue, as create makes it.
func (w *World) add(create func(*Issue)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last++
	at := epoch.Add(time.Duration(w.last) * time.Hour)
	i := Issue{
		ID: 1<<33 + w.last, Number: w.last, Title: fmt.Sprintf("Issue %d", w.last), Body: fmt.Sprintf("The text of **%d**.", w.last),
		Created: at, Updated: at,
	}
	if create != nil {
		create(&i)
	}
	w.issues = append(w.issues, i)
	slices.SortFunc(w.issues, func(a, b Issue) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
}

// milestone needs quoting.
const milestone = `1.0 "big"`

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// change changes an issue, and says so as servers do.
func (w *World) change(number int64, edit func(*Issue)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for n := range w.issues {
		if i := &w.issues[n]; i.Number == number {
			edit(i)
			i.Updated = epoch.Add(1000 * time.Hour)
		}
	}
}

// Remove deletes an issue.
func (w *World) Remove(number int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.issues = slices.DeleteFunc(w.issues, func(i Issue) bool { return i.Number == number })
}

func shut(i *Issue)   { i.Closed = epoch.Add(999 * time.Hour) }
func reopen(i *Issue) { i.Closed = time.Time{} }

// world returns what the servers of the suite hold.
func (v *Vendor) world() *World {
	w := &World{
		URL:      "http://" + host,
		Login:    workers.Login{Username: "somebody", Password: "correct-horse-battery"},
		Source:   v.Source,
		Hollow:   v.Hollow,
		PageSize: 5,
		Search:   v.Search,
		Refusal:  v.Refusal,
		Self:     "me",
		People:   []string{"ann", "bob", "me"},
		began:    time.Now(),
		grain:    cmp.Or(v.Grain, time.Second),
		quiet:    v.Quiet,
	}
	for _, create := range []func(*Issue){
		nil,
		func(i *Issue) { shut(i); i.Updated = i.Closed },
		func(i *Issue) { i.Labels, i.Priority = []string{"bug", "P1"}, "P1" },
		func(i *Issue) { i.Labels, i.Started = []string{"in-progress"}, true },
		func(i *Issue) { i.Body = "" },
		func(i *Issue) { i.Created = time.Date(1969, 7, 20, 20, 17, 40, 0, time.UTC) },
		func(i *Issue) {
			i.Title = "\u202eright to left\u202c, zero\u200bwidth, \"quotes\" & <b>tags</b> \U0001f600"
		},
		func(i *Issue) { i.Pull = true },
		func(i *Issue) { i.Milestone, i.Assignees = milestone, []string{"ann", "bob"} },
		func(i *Issue) {
			for n := range 7 {
				i.Comments = append(i.Comments, Comment{
					ID: strconv.Itoa(1<<40 + n), Author: "ann", Created: i.Created.Add(time.Duration(n) * time.Minute), Body: fmt.Sprintf("Comment *%d*", n),
				})
			}
		},
		func(i *Issue) {
			i.Labels, i.Comments = []string{"bug"}, []Comment{{ID: "17", Author: "bob", Created: i.Created, Body: "Me too"}}
		},
		func(i *Issue) { i.Updated = epoch.Add(500 * time.Hour) },
		func(i *Issue) { shut(i); i.Updated, i.Labels = i.Closed, []string{"bug"} },
		nil,
	} {
		w.add(create)
	}
	return w
}
