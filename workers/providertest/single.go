package providertest

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/rest"
)

// missing is the number of no issue.
const missing = 4711

// reader is provider, as what reads one item.
func (r *rig) reader(f listertest.Fault) workers.ItemReader {
	r.Helper()
	reader, ok := r.provider(f).(workers.ItemReader)
	if !ok {
		r.Fatal("reads no single item")
	}
	return reader
}

// one reads items by their numbers.
func (v *Vendor) one(t *testing.T) {
	t.Helper()
	for name, comments := range map[string]bool{"each": false, "each with comments": true} {
		v.bubble(t, name, func(r *rig) {
			reader := r.reader(nil)
			// What else is asked for of pages does not count.
			q := workers.ItemQuery{Source: v.Source, Comments: comments, Labels: []string{"no such"}, Since: epoch.Add(5000 * time.Hour), Size: 1}
			for _, i := range r.wanted(func(Issue) bool { return true }) {
				_, number := v.ID(v.Source, i.Number)
				item, err := reader.Item(r.Context(), q, number)
				if err != nil {
					r.Errorf("%s: %v", number, err)
					continue
				}
				r.equal([]workers.Item{item}, []Issue{i}, q)
			}
		})
	}
	fails := func(name string, n int64, spoil func(*rig) listertest.Fault, classes ...string) {
		v.bubble(t, name, func(r *rig) {
			_, number := v.ID(v.Source, n)
			var f listertest.Fault
			if spoil != nil {
				f = spoil(r)
			}
			item, err := r.reader(f).Item(r.Context(), workers.ItemQuery{Source: v.Source, Comments: true}, number)
			if err == nil || !slices.Contains(classes, workers.ClassOf(err)) || strings.Contains(err.Error(), r.world.Login.Password) {
				r.Errorf("%+v, class %s: %v; want class %s", item, workers.ClassOf(err), err, classes)
			}
			if e, ok := errors.AsType[*rest.StatusError](err); r.world.Lacking && (!ok || !strings.Contains(e.Need, v.Scope)) {
				r.Errorf("%v, want what it needs: %s", err, v.Scope)
			}
		})
	}
	answers := func(body string) func(*rig) listertest.Fault {
		return func(*rig) listertest.Fault { return listertest.Answer(http.StatusOK, "application/json", body) }
	}
	fails("unknown", missing, nil, workers.ClassNotFound)
	fails("expired token", 1, func(r *rig) listertest.Fault { r.login.Password += "-expired"; return nil }, workers.ClassAuth)
	fails("missing scope", 1, func(r *rig) listertest.Fault { r.world.Lacking = true; return nil }, workers.ClassAuth)
	fails("nothing in it", 1, answers("{}"), workers.ClassServer, workers.ClassNotFound)
	fails("a list", 1, answers("[]"), workers.ClassServer)
	fails("garbage", 1, answers("}{"), workers.ClassServer)
	v.bubble(t, "pull request", func(r *rig) {
		for _, i := range r.world.Issues(func(i Issue) bool { return i.Pull }) {
			_, number := v.ID(v.Source, i.Number)
			_, err := r.reader(nil).Item(r.Context(), r.query(), number)
			refused, ok := errors.AsType[*workers.InputError](err)
			if v.Pulls != ok || ok && !strings.Contains(refused.Reason, "pull request") || !ok && workers.ClassOf(err) != workers.ClassNotFound {
				r.Errorf("%s: %v", number, err)
			}
		}
	})
}
