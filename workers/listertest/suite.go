package listertest

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// Run runs the suite.
func Run(t *testing.T, v Vendor) {
	t.Helper()
	t.Run("lists", func(t *testing.T) { v.lists(t) })
	t.Run("refusals", func(t *testing.T) { v.refusals(t) })
	t.Run("faults", func(t *testing.T) { v.faults(t) })
	t.Run("heals", func(t *testing.T) { v.heals(t) })
	t.Run("cancel", func(t *testing.T) { v.cancel(t) })
	if v.Name != "" {
		t.Run("contract", func(t *testing.T) { v.contract(t) })
	}
}

func (v *Vendor) lists(t *testing.T) {
	t.Helper()
	for _, owner := range []string{"acme", "alice", "me", "hollow"} {
		v.bubble(t, owner, func(r *rig) {
			got, sum, err := r.list(r.Context(), r.lister(nil), owner)
			if err != nil {
				r.Fatal(err)
			}
			held := r.world.Owners[v.owner(owner)].Repositories
			r.equal(got, held)
			if v.Paging == Counted && sum.Total != len(held) {
				r.Errorf("%d in all, want %d", sum.Total, len(held))
			}
			if sum.Next != "" || sum.Repeated != 0 {
				r.Errorf("%+v", sum)
			}
		})
	}
	v.bubble(t, "one that moved is listed once", func(r *rig) {
		got, sum, err := r.list(r.Context(), r.lister(nil), "moving")
		if err != nil {
			r.Fatal(err)
		}
		held := r.world.Owners[v.owner("moving")].Repositories
		r.equal(got, slices.Delete(slices.Clone(held), 3, 4))
		if sum.Repeated != 1 {
			r.Errorf("%+v", sum)
		}
	})
	if v.Paging == Whole {
		return
	}
	v.bubble(t, "cursor in another process", func(r *rig) {
		owner := v.owner("acme")
		page, err := r.lister(nil).List(r.Context(), owner, "")
		if err != nil {
			r.Fatal(err)
		}
		next, err := r.another().List(r.Context(), owner, page.Next)
		if err != nil {
			r.Fatal(err)
		}
		r.equal(slices.Concat(page.Repositories, next.Repositories), r.world.Owners[owner].Repositories[:2*r.world.PageSize])
		if strings.Contains(page.Next, r.login.Password) {
			r.Errorf("the cursor holds the token: %s", page.Next)
		}
	})
}

func (v *Vendor) refusals(t *testing.T) {
	t.Helper()
	refused := func(r *rig, owner, class string, status int, need string) {
		r.Helper()
		got, _, err := r.list(r.Context(), r.lister(nil), owner)
		refusal, ok := errors.AsType[*rest.StatusError](err)
		if !ok || workers.ClassOf(err) != class || len(got) > 0 {
			r.Fatalf("%d listed, class %s: %v; want class %s", len(got), workers.ClassOf(err), err, class)
		}
		if status != 0 && refusal.Status != status || !strings.Contains(refusal.Need, need) {
			r.Errorf("status %d, needs %q, want %d, %q: %v", refusal.Status, refusal.Need, status, need, err)
		}
	}
	v.bubble(t, "unknown owner", func(r *rig) { refused(r, "nobody", workers.ClassNotFound, http.StatusNotFound, "") })
	v.bubble(t, "owner in need of escaping", func(r *rig) { refused(r, "no body?x=#%", workers.ClassNotFound, http.StatusNotFound, "") })
	v.bubble(t, "expired token", func(r *rig) {
		r.login.Password += "-expired"
		refused(r, "acme", workers.ClassAuth, http.StatusUnauthorized, "")
	})
	v.bubble(t, "missing scope", func(r *rig) {
		r.world.Lacking = true
		refused(r, "acme", workers.ClassAuth, 0, v.Scope)
	})
}

// contract holds the server to the vendor's description.
func (v *Vendor) contract(t *testing.T) {
	t.Helper()
	c := NewContract(t, Description{v.Name, v.Server, v.Described, v.Amend})
	for _, owner := range []string{"acme", "alice", "me", "hollow", "nobody"} {
		v.bubble(t, owner, func(r *rig) {
			if _, _, err := r.list(r.Context(), r.lister(c.Watch), owner); err != nil && owner != "nobody" {
				r.Error(err)
			}
		})
	}
	c.Report(t)
}
