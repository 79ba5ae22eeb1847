package providertest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/listertest"
)

// Recorded returns what the provider makes of the answer to each url that stands
// in file below recorded/ of [listertest.Contracts]. answers holds the urls by the
// end of the path that they answer; everything else is not found.
func Recorded(t *testing.T, v Vendor, q workers.ItemQuery, file string, answers map[string]string) (page workers.ItemPage) {
	t.Helper()
	replays := make(map[string]http.HandlerFunc, len(answers))
	for end, url := range answers {
		replays[end] = listertest.Replay(t, file, url)
	}
	v.Serve = func(*World) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			for end, replay := range replays {
				if strings.HasSuffix(q.URL.Path, end) {
					replay(w, q)
					return
				}
			}
			http.NotFound(w, q)
		})
	}
	return First(t, v, q)
}

// First returns the first page of q.
func First(t *testing.T, v Vendor, q workers.ItemQuery) (page workers.ItemPage) {
	t.Helper()
	v.bubble(t, "first page", func(r *rig) {
		var err error
		if page, err = r.provider(nil).Page(r.Context(), q, ""); err != nil {
			r.Fatal(err)
		}
	})
	return page
}

// Write has the provider make a change at a server that is spoilt by f, and
// returns what came of it.
func Write(t *testing.T, v Vendor, f func(*World) listertest.Fault, w workers.Write) (item workers.Item, err error) {
	t.Helper()
	v.bubble(t, "write", func(r *rig) {
		item, err = r.writer(f(r.world)).Write(r.Context(), w)
	})
	return item, err
}
