package gitea_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/gitea"
	"github.com/specweave/specweave/workers/rest"
)

// paged answers each request for the second page when the third is asked for as
// well. It counts requests.
type paged struct {
	total int
	third chan struct{}

	mu    sync.Mutex
	asked map[int]int // by page
}

func (p *paged) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	number, _ := strconv.Atoi(r.FormValue("page"))
	size, _ := strconv.Atoi(r.FormValue("limit"))
	p.mu.Lock()
	p.asked[number]++
	if number == 3 && p.asked[3] == 1 {
		close(p.third)
	}
	p.mu.Unlock()
	if number == 2 {
		<-p.third
	}
	last := min(number*size, p.total)
	w.Header().Set("X-Total-Count", strconv.Itoa(p.total))
	if last < p.total {
		w.Header().Set("Link", fmt.Sprintf(`<%s>; rel="next"`, r.URL))
	}
	issues := []map[string]any{}
	for i := (number - 1) * size; i < last; i++ {
		issues = append(issues, map[string]any{"id": 1000 - i, "number": 1000 - i, "created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T03:04:05Z"})
	}
	reply(w, http.StatusOK, issues)
}

func TestPagesBeside(t *testing.T) {
	t.Parallel()
	p := &paged{total: 120, third: make(chan struct{}), asked: make(map[int]int)}
	server := httptest.NewServer(p)
	defer server.Close()
	base, err := url.Parse(server.URL + "/api/v1/")
	if err != nil {
		t.Fatal(err)
	}
	provider := gitea.NewProvider(rest.New(rest.Options{Base: base}))
	seen := make(map[string]bool)
	for cursor := ""; ; {
		page, err := provider.Page(t.Context(), workers.ItemQuery{Source: "acme/web"}, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range page.Items {
			if seen[i.ID] {
				t.Errorf("%s comes twice", i.ID)
			}
			seen[i.ID] = true
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if len(seen) != p.total {
		t.Errorf("%d issues", len(seen))
	}
	for number, n := range p.asked {
		if n != 1 {
			t.Errorf("page %d was asked for %d times", number, n)
		}
	}
}
