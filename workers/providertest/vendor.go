// Package providertest is the suite that every [workers.Provider] passes,
// against a server that answers like its vendor's does. The server's items
// change while their pages are read, and it answers all that a server may in
// place of a page.
//
// Those servers are held to the vendors' published descriptions, where the
// variable SPECWEAVE_CONTRACTS names the folder that holds them.
package providertest

import (
	"net/http"

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
	// Forgets: its server forgets cursors when World.Forgotten is set.
	Forgets bool
	// Milestones: its items have them.
	Milestones bool
	// Pulls: a number may be that of a pull request, which is refused.
	Pulls bool
	// Whole: it has no further pages to ask for within the suite's sizes.
	Whole bool
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
		Platform: v.Platform, Source: source, Title: i.Title, Body: v.text(i.Body),
		Status: workers.StatusOpen, Priority: i.Priority, Labels: i.Labels, Assignees: i.Assignees, Milestone: i.Milestone,
		Created: i.Created, Updated: i.Updated, Closed: i.Closed,
	}
	item.ID, item.Number = v.ID(source, i.Number)
	switch {
	case !i.Closed.IsZero():
		item.Status = workers.StatusCompleted
	case i.Started:
		item.Status = workers.StatusInProgress
	}
	if comments {
		for _, c := range i.Comments {
			item.Comments = append(item.Comments, workers.Comment{ID: c.ID, Author: c.Author, Created: c.Created, Body: v.text(c.Body)})
		}
	}
	if v.Said == nil {
		return item
	}
	return v.Said(item)
}
