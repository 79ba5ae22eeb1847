package github_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/github"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/rest"
)

// More issues than a page holds may have been made within a second, as by an
// import, and GitHub does not say in what order it finds them.
func TestSearchAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		created := func(n int) string {
			switch {
			case n < 50:
				return "2026-01-02T03:04:04Z"
			case n < 300:
				return "2026-01-02T03:04:05Z"
			}
			return "2026-01-02T03:04:06Z"
		}
		network := listertest.NewNetwork(t)
		network.Serve("host.test", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, since, _ := strings.Cut(r.FormValue("q"), "created:>=")
			var found []map[string]any
			for n := range 350 {
				if created(n) >= since {
					found = append(found, map[string]any{"id": (n * 3) % 350, "number": n, "created_at": created(n), "state": "open"})
				}
			}
			num := number(r, "page")
			start, end := min((num-1)*100, len(found)), min(num*100, len(found))
			if end < len(found) {
				w.Header().Set("Link", `<http://host.test/next>; rel="next"`)
			}
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(map[string]any{"total_count": len(found), "items": found[start:end]})
		}))
		p := github.NewProvider(rest.New(rest.Options{Base: mustParse(t, "http://host.test/"), Transport: network.Transport()}))
		for _, size := range []int{0, 7} {
			q := workers.ItemQuery{Source: "acme/app", Milestone: "1.0", Size: size}
			got := make(map[string]int)
			cursor := ""
			for range 100 {
				page, err := p.Page(t.Context(), q, cursor)
				if err != nil {
					t.Fatal(err)
				}
				for _, i := range page.Items {
					got[i.Number]++
				}
				if cursor = page.Next; cursor == "" {
					break
				}
			}
			for n := range 350 {
				if got[strconv.Itoa(n)] != 1 {
					t.Fatalf("size %d: %d came %d times; next %q", size, n, got[strconv.Itoa(n)], cursor)
				}
			}
		}
	})
}

// What GitHub's search found in the time that it had is not all there is.
func TestSearchIncomplete(t *testing.T) {
	page(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"total_count":1,"incomplete_results":true,"items":[]}`)
	}, workers.ItemQuery{Source: "acme/app", Search: "any"}, "", func(t *testing.T, got workers.ItemPage, err error) {
		t.Helper()
		if workers.ClassOf(err) != workers.ClassServer {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
