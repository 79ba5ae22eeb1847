// Package providertest is the suite that every [workers.Provider] and every
// [workers.Writer] passes, against a server that answers like its vendor's does
// and keeps what is written to it. The server's items change while they are read
// and written to, and it answers all that a server may in place of a success.
//
// Those servers are held to the vendors' published descriptions, where the
// variable SPECWEAVE_CONTRACTS names the folder that holds them.
package providertest

import (
	"cmp"
	"net/http"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/rest"
)

// Vendor is a provider and a server that answers like its vendor's.
type Vendor struct {
	// Descriptions are what the vendor publishes. What the server answers is
	// held to the first that Describes says to be about a request.
	Descriptions []listertest.Description
	// Describes picks the description of a request, or less than 0 for none. Nil:
	// the first is about all of them.
	Describes func(*http.Request) int
	// Root is the path of the API's root on the server, as "/api/v1/".
	Root string
	// Platform is what items call the vendor: github, jira, ado, gitlab or gitea.
	Platform string
	// New returns the provider under test.
	New func(*rest.Client) (workers.Provider, error)
	// Authorize is the vendor package's.
	Authorize func(workers.Login) func(*http.Request)
	// Serve answers like the vendor's server that holds w.
	Serve func(w *World) http.Handler
	// Source holds items, Hollow none, and Unknown is not there or not for us.
	Source, Hollow, Unknown string
	// NotFound is the class of the error about Unknown. "": workers.ClassNotFound.
	NotFound string
	// ID names item n of a source, as [workers.Item] does: its ID and Number.
	ID func(source string, n int64) (id, number string)
	// Text is a text as the server keeps it. Nil: as it is, in Markdown.
	Text func(string) workers.Text
	// Said is what the vendor's answers tell of an item. Nil: all of it.
	Said func(workers.Item) workers.Item
	// Scope is what the server says is missing to a login that lacks it.
	Scope string
	// Search is a search that the server refuses with the words Refusal. "": it
	// refuses none.
	Search, Refusal string
	// Counted: it says how many items there are.
	Counted bool
	// Forgets: its server forgets cursors, those of other generations than
	// World.Cursors, and the provider reads on without them.
	Forgets bool
	// Rejects: its server forgets them likewise, and that is all that there is to
	// say: what they are made of does not become invalid by itself.
	Rejects bool
	// Tags: its first pages have tags.
	Tags bool
	// Milestones: its items have them.
	Milestones bool
	// Pulls: a number may be that of a pull request, which is refused.
	Pulls bool
	// Whole: it has no further pages to ask for within the suite's sizes.
	Whole bool

	// What follows is for [RunWriter] alone.

	// Asks reports whether a request changes nothing although its method could.
	// Nil: none is such.
	Asks func(*http.Request) bool
	// WriteScope is what the server says is missing to a login that may not write.
	WriteScope string
	// Grain is how exactly the server tells times. 0: to the second.
	Grain time.Duration
	// Quiet: an item does not tell that a comment on it was changed.
	Quiet bool
	// Refusals are what its rules forbid.
	Refusals []Refusal
}

// Refusal is a change that a server refuses, and an error tells of.
type Refusal struct {
	Number string // of the item that is changed; "": a new one
	Fields workers.Fields
	Field  string // the one that is refused, as [workers.RefusedError] has it
	Words  string // a part of the reason
}

func (v *Vendor) text(s string) workers.Text {
	if v.Text == nil {
		return workers.Text{Raw: s, Markup: workers.Markdown}
	}
	return v.Text(s)
}

// item is what the provider should make of an issue.
func (v *Vendor) item(source string, i Issue, comments bool) workers.Item {
	item := workers.Item{
		Platform: v.Platform, Source: source, Title: i.Title,
		Status: workers.StatusOpen, Priority: i.Priority, Labels: i.Labels, Assignees: i.Assignees, Milestone: i.Milestone,
		Created: i.Created, Updated: i.Updated, Closed: i.Closed,
	}
	body, mark := workers.CutMark(i.Body)
	item.Body, item.Mark = v.text(body), cmp.Or(i.Mark, mark)
	item.ID, item.Number = v.ID(source, i.Number)
	switch {
	case !i.Closed.IsZero():
		item.Status = workers.StatusCompleted
	case i.Started:
		item.Status = workers.StatusInProgress
	}
	if comments {
		for _, c := range i.Comments {
			body, mark := workers.CutMark(c.Body)
			item.Comments = append(item.Comments, workers.Comment{
				ID: c.ID, Author: c.Author, Created: c.Created, Updated: c.Updated, Body: v.text(body), Mark: cmp.Or(c.Mark, mark),
			})
		}
	}
	if v.Said == nil {
		return item
	}
	return v.Said(item)
}
