package providertest

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/listertest"
)

const (
	host      = "host.test"
	elsewhere = "elsewhere.test"
)

// tooMany is more pages than anything in the suite has: who asks for them goes
// in circles.
const tooMany = 200

// rig is a server and what was asked of it, in a bubble.
type rig struct {
	*testing.T
	vendor *Vendor
	world  *World
	net    *listertest.Network
	login  workers.Login
	asked  atomic.Int64
	sent   atomic.Int64 // those of asked that may change something
	late   atomic.Bool  // faults that wait until a page was read may begin
}

// bubble runs test with a server of its own.
func (v *Vendor) bubble(t *testing.T, name string, test func(*rig)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := v.world()
			test(&rig{T: t, vendor: v, world: w, net: listertest.NewNetwork(t), login: w.Login})
		})
	})
}

// provider serves the world, spoilt by f, and returns a provider for it.
func (r *rig) provider(f listertest.Fault) workers.Provider {
	r.Helper()
	h := r.vendor.Serve(r.world)
	if f != nil {
		h = f(h)
	}
	r.net.Serve(host, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.asked.Add(1)
		if r.vendor.changes(q) {
			r.sent.Add(1)
		}
		h.ServeHTTP(w, q)
	}))
	return r.another()
}

// another returns a provider for the same server as another process has it.
func (r *rig) another() workers.Provider {
	r.Helper()
	p, err := r.vendor.New(r.net.Client(r.world.URL+r.vendor.Root, r.login, r.vendor.Authorize))
	if err != nil {
		r.Fatal(err)
	}
	return p
}

// reading is what came of reading the pages of a query.
type reading struct {
	items []workers.Item
	pages int
	total int // as the first page has it
}

// read reads all pages of q, and calls between after each of them.
func (r *rig) read(ctx context.Context, p workers.Provider, q workers.ItemQuery, between func(reading)) (reading, error) {
	r.Helper()
	var got reading
	cursor := ""
	for {
		page, err := p.Page(ctx, q, cursor)
		if err != nil {
			if strings.Contains(err.Error(), r.login.Password) {
				r.Errorf("the error shows the token: %v", err)
			}
			return got, err
		}
		if q.Size > 0 && len(page.Items) > q.Size {
			r.Errorf("%d items on a page of %d", len(page.Items), q.Size)
		}
		if got.pages == 0 {
			got.total = page.Total
		}
		got.items = append(got.items, page.Items...)
		got.pages++
		r.late.Store(true)
		if strings.Contains(page.Next, r.login.Password) {
			r.Errorf("the cursor holds the token: %s", page.Next)
		}
		switch {
		case page.Next == "":
			return got, nil
		case got.pages == tooMany:
			r.Fatalf("%d pages read and no end", got.pages)
		}
		cursor = page.Next
		if between != nil {
			between(got)
		}
	}
}

// query asks for the issues of the world.
func (r *rig) query() workers.ItemQuery { return workers.ItemQuery{Source: r.world.Source} }

// equal compares with what the vendor tells of issues, in any order.
func (r *rig) equal(got []workers.Item, held []Issue, q workers.ItemQuery) {
	r.Helper()
	var want []workers.Item
	for _, i := range held {
		want = append(want, r.vendor.item(q.Source, i, q.Comments))
	}
	opts := []cmp.Option{
		cmpopts.EquateEmpty(),
		cmpopts.IgnoreFields(workers.Item{}, "URL", "Type", "State", "Criteria", "AreaPath", "Parent", "Links", "Version"),
		cmpopts.IgnoreFields(workers.Comment{}, "Updated"),
		cmpopts.SortSlices(func(a, b workers.Item) bool { return a.ID < b.ID }),
	}
	if diff := cmp.Diff(want, got, opts...); diff != "" {
		r.Errorf("items (-want +got):\n%s", diff)
	}
}
