package rest_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/specweave/specweave/workers/rest"
)

func TestAll(t *testing.T) {
	o := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
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
	_, err := rest.All[string](t.Context(), rest.New(o), "round", nil)
	if _, ok := errors.AsType[*rest.FormatError](err); !ok {
		t.Error(err)
	}
}
