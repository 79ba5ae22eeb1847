package workers

import (
	"context"
	"errors"
	"time"
)

// Provider reads the work items of one source, a page at a time.
//
// Page returns the page at cursor, which is "" for the first and the Next of
// the page before for others. A cursor is opaque, holds no secret, and stays
// good in another process. The order is stable while items change: an item
// that is changed while the pages are read may come twice, and none is left
// out. A cursor of a tracker that forgets its own holds what was read last too,
// so that the reading goes on behind that. Errors are those of package rest;
// [ErrCursor] is wrapped when the cursor is none of this provider's, or the
// tracker does not accept it any more and nothing else leads there.
type Provider interface {
	Page(ctx context.Context, q ItemQuery, cursor string) (ItemPage, error)
}

// ErrCursor says that a tracker has forgotten a cursor.
var ErrCursor = errors.New("the tracker does not know this place any more")

// ItemQuery says which items.
type ItemQuery struct {
	Source    string    // OWNER/REPO, a Jira project's key, ORG/PROJECT
	Since     time.Time // those changed since then; zero: all
	Closed    bool      // closed ones as well
	Labels    []string  // those that have all of them
	Milestone string
	Search    string // in the tracker's own language: JQL, WIQL's condition, a search
	AreaPath  string // of Azure DevOps
	Comments  bool   // with comments
	Links     bool   // with attachments and references, where they cost more
	Size      int    // items a page, at most; 0: as the tracker likes
	Tagged    bool   // the first page is to have a Tag, where that takes no more than a request
	Tag       string // that of last time, of the same query: nothing is read if it still holds
}

// Fresh reports whether something that was made at a moment can be what is looked
// for by its mark: whoever does knows since when. It is for trackers that do not
// tell marks with the rest.
func (q ItemQuery) Fresh(made time.Time) bool { return !q.Since.IsZero() && !made.Before(q.Since) }

// ItemPage is one page of items.
type ItemPage struct {
	Items []Item
	Total int    // in all pages as the tracker counts them; 0: it does not say
	Next  string // cursor of the next page; "" after the last
	Tag   string // stands for the whole answer, of a first page; "": there is none
	Same  bool   // what the query's Tag stands for still holds; there are no items here, and no pages
}

// Markup is the language of a text.
type Markup string

// The languages that trackers keep texts in.
const (
	Markdown Markup = "markdown"
	HTML     Markup = "html"
	Wiki     Markup = "wiki" // of Jira Data Center
	ADF      Markup = "adf"  // Atlassian Document Format, as JSON
)

// Text is a text as its tracker keeps it.
type Text struct {
	Raw    string
	Markup Markup // "": Markdown
}

// ItemStatus is what SpecWeave knows of the status of an item.
type ItemStatus string

// The statuses of items.
const (
	StatusOpen       ItemStatus = "Open"
	StatusInProgress ItemStatus = "In Progress"
	StatusCompleted  ItemStatus = "Completed"
)

// Item is a work item as its tracker has it. All text is the tracker's own and
// may hold anything.
type Item struct {
	Platform  string // github, jira, ado, gitlab or gitea
	Source    string // as in ItemQuery
	ID        string // as SpecWeave writes it: github#owner/repo#1, PROJ-1, ADO-12, gitlab#group/project#1, gitea#owner/repo#1
	Number    string // as people call it: 1, PROJ-1, 12
	URL       string // for people
	Title     string
	Body      Text
	Criteria  Text   // acceptance criteria, where the tracker has a field for them
	Type      string // the tracker's own: Story, Bug, Epic, …
	State     string // likewise: closed, In Review, …
	Status    ItemStatus
	Priority  string // P0 to P4; "": none
	Labels    []string
	Assignees []string
	Milestone string
	AreaPath  string
	Parent    string // ID of the item above; "": none
	Created   time.Time
	Updated   time.Time
	Closed    time.Time // zero: it is not
	Deleted   bool      // gone at the source
	Version   string    // another one after each change: a revision, or the time of the last
	Mark      string    // of the [Write] that made the item; "": none did, or the tracker does not keep it
	Comments  []Comment
	Links     []Link // attachments and references
}

// Comment is a comment on an item.
type Comment struct {
	ID      string
	Author  string
	Created time.Time
	Updated time.Time // zero: the tracker does not say
	Body    Text
	Mark    string // of the [Write] that made it, or changed it last
}

// Link is something an item refers to.
type Link struct {
	Title string
	URL   string
}
