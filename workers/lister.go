package workers

import (
	"context"
	"time"
)

// Lister names the repositories of an owner on one host, a page at a time.
//
// List returns the page at cursor, which is "" for the first and the Next of
// the page before for others. A cursor is opaque, holds no secret, and stays
// good in another process. Errors are those of package rest: a *rest.LimitError
// when the host wants to be left alone until a moment, a *rest.StatusError for
// any other answer that is no page.
type Lister interface {
	List(ctx context.Context, owner, cursor string) (ListPage, error)
}

// ListPage is one page of a listing.
type ListPage struct {
	Repositories []Listed
	Total        int    // in all pages as the host counts them; 0: it does not say
	Hides        bool   // Total may count what the host does not show to this credential
	Next         string // cursor of the next page; "" after the last
}

// Listed is a repository as its host lists it. All text is the host's own and
// may hold anything.
type Listed struct {
	Owner      string // as in [Repository]
	Name       string
	CloneURL   string // https, without credentials
	SSHURL     string
	Size       int64  // bytes, as far as the host knows; -1: it does not say
	Visibility string // public, internal or private; "" if the host does not say
	Language   string
	Topics     []string
	PushedAt   time.Time // of the last push, or the last activity; zero if the host does not say
	Archived   bool
	Fork       bool
	Empty      bool // nothing was ever pushed, as far as the host says
	Disabled   bool // by the host or its administrator: it cannot be cloned
}
