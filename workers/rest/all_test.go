package rest_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/specweave/specweave/workers/rest"
)

func TestAll(t *testing.T) {
	asked := 0
	o := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/endless":
			asked++
			w.Header().Set("Link", fmt.Sprintf(`</endless?page=%d>; rel="next"`, asked))
		case "/one":
			w.Header().Set("Link", `</two>; rel="next"`)
		case "/round":
			w.Header().Set("Link", `</round>; rel="next"`)
		}
		fmt.Fprintf(w, "[%q]", r.URL.Path)
	})
	if got, err := rest.All[string](t.Context(), rest.New(o), "one", nil); err != nil || !slices.Equal(got, []string{"/one", "/two"}) {
		t.Errorf("%q, %v", got, err)
	}
	for path, want := range map[string]string{"round": "circle", "endless": "more than 1000 pages"} {
		_, err := rest.All[string](t.Context(), rest.New(o), path, nil)
		if _, ok := errors.AsType[*rest.FormatError](err); !ok || !strings.Contains(err.Error(), "/"+path+": a list ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if asked != 1000 {
		t.Errorf("asked for %d pages", asked)
	}
}
