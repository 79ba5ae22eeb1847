// Package listertest is the suite that every [workers.Lister] passes, against a
// server that answers like its vendor's does. It meets the lister with all that
// a server may answer in place of a page.
//
// Those servers are held to the vendors' published descriptions, where the
// variable SPECWEAVE_CONTRACTS names the folder that holds them.
package listertest

import (
	"net/http"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// Vendor is a lister and a server that answers like its vendor's.
type Vendor struct {
	// Name is the vendor's, as its description is named: Name.json. Empty: it
	// publishes none.
	Name string
	// Root is the path of the API's root on the server, as "/api/v1/".
	Root string
	// Server is the path that the description's paths are below, as "/api/v1".
	Server string
	// Described maps a path of the server that the description lacks to the one
	// that it is another name of. Nil: none is.
	Described func(path string) string
	// Amend corrects what the description says and no server does. Nil: nothing.
	Amend func(*openapi3.T)
	// New returns the lister under test.
	New func(*rest.Client) (workers.Lister, error)
	// Authorize is the vendor package's.
	Authorize func(workers.Login) func(*http.Request)
	// Serve answers like the vendor's server that holds w.
	Serve func(w *World) http.Handler
	// Said is what the vendor's answers tell of a repository. Nil: all of it.
	Said func(workers.Listed) workers.Listed
	// Owner maps an owner's name to one of the vendor's kind. Nil: it is one.
	Owner func(string) string
	// Scope is what the server says is missing to a login that lacks it.
	Scope string
	// Paging is how it lists.
	Paging Paging
}

// Paging is how a vendor's server lists.
type Paging int

// The ways of listing.
const (
	Counted Paging = iota // in pages, and says how many repositories there are
	Linked                // in pages, and does not say it
	Whole                 // all at once
)

// World is what a server holds and whom it serves.
type World struct {
	URL      string // of the server, without a slash at the end
	Login    workers.Login
	Self     string           // the user that Login belongs to
	Owners   map[string]Owner // by name
	PageSize int
	Lacking  bool // Login lacks the scope that listing needs
}

// Owner is an organisation or a user.
type Owner struct {
	User         bool
	Repositories []workers.Listed // in the order of the pages
}

// Page cuts the numth page, the first being 1, of list, and reports whether
// another follows.
func (w *World) Page(list []workers.Listed, num int) (page []workers.Listed, more bool) {
	start := min(max(num-1, 0)*w.PageSize, len(list))
	end := min(start+w.PageSize, len(list))
	return list[start:end], end < len(list)
}

func (v *Vendor) owner(name string) string {
	if v.Owner == nil {
		return name
	}
	return v.Owner(name)
}

func (v *Vendor) said(l workers.Listed) workers.Listed {
	if v.Said == nil {
		return l
	}
	return v.Said(l)
}
