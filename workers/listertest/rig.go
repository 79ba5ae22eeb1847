package listertest

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
)

const (
	host      = "host.test"
	elsewhere = "elsewhere.test"
)

// rig is a server and what was asked of it, in a bubble.
type rig struct {
	*testing.T
	vendor *Vendor
	world  *World
	net    *Network
	login  workers.Login
	asked  atomic.Int64
	late   atomic.Bool // faults that wait until something was listed may begin
}

// bubble runs test with a server of its own.
func (v *Vendor) bubble(t *testing.T, name string, test func(*rig)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := v.world()
			test(&rig{T: t, vendor: v, world: w, net: NewNetwork(t), login: w.Login})
		})
	})
}

// lister serves the world, spoilt by f, and returns a lister for it.
func (r *rig) lister(f Fault) workers.Lister {
	r.Helper()
	h := r.vendor.Serve(r.world)
	if f != nil {
		h = f(h)
	}
	r.net.Serve(host, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.asked.Add(1)
		h.ServeHTTP(w, q)
	}))
	return r.another()
}

// another returns a lister for the same server as another process has it.
func (r *rig) another() workers.Lister {
	r.Helper()
	l, err := r.vendor.New(r.net.Client(r.world.URL+r.vendor.Root, r.login, r.vendor.Authorize))
	if err != nil {
		r.Fatal(err)
	}
	return l
}

// list lists all repositories of an owner.
func (r *rig) list(ctx context.Context, l workers.Lister, owner string) ([]workers.Listed, workers.Listing, error) {
	r.Helper()
	var got []workers.Listed
	sum, err := workers.ListAll(ctx, l, r.vendor.owner(owner), func(one workers.Listed) error {
		r.late.Store(true)
		got = append(got, one)
		return nil
	})
	if sum.Listed != len(got) {
		r.Errorf("%d were listed and %d are counted", len(got), sum.Listed)
	}
	if err != nil && strings.Contains(err.Error(), r.login.Password) {
		r.Errorf("the error shows the token: %v", err)
	}
	return got, sum, err
}

// equal compares with what the vendor tells of the repositories of an owner.
func (r *rig) equal(got, held []workers.Listed) {
	r.Helper()
	var want []workers.Listed
	for _, l := range held {
		want = append(want, r.vendor.said(l))
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		r.Errorf("listed (-want +got):\n%s", diff)
	}
}
