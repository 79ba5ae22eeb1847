package providertest

import (
	"cmp"
	"net/http"
	"slices"
)

// What follows is for suites of what is made of providers.

// World returns what the vendor's server holds in the beginning. What it makes and
// changes from now on is later than all of that.
func (v *Vendor) World() *World { return v.world() }

// Changes reports whether a request may change something.
func (v *Vendor) Changes(q *http.Request) bool { return v.changes(q) }

// Last is the newest issue.
func (w *World) Last() Issue {
	return slices.MaxFunc(w.Issues(nil), func(a, b Issue) int { return cmp.Compare(a.Number, b.Number) })
}
