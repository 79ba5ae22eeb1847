package listertest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// contractsVariable names the folder of the vendors' descriptions and of the
// answers that were recorded.
const contractsVariable = "SPECWEAVE_CONTRACTS"

// Contracts returns the folder that holds the vendors' descriptions, Name.json,
// and below recorded/ their recorded answers. Without it the test is skipped,
// or fails where CI is set: there it must not go missing.
func Contracts(t *testing.T) string {
	t.Helper()
	dir := os.Getenv(contractsVariable)
	if dir == "" {
		missing(t, contractsVariable+" names no folder with the vendors' descriptions")
	}
	if _, err := os.Stat(dir); err != nil {
		missing(t, fmt.Sprintf("%s: %v", contractsVariable, err))
	}
	return dir
}

func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// contract holds what a server answers to a description.
type contract struct {
	router    routers.Router
	described func(string) string

	mu    sync.Mutex
	wrong []string
	held  int
}

func newContract(t *testing.T, v *Vendor) *contract {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile(filepath.Join(Contracts(t), v.Name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if v.Amend != nil {
		v.Amend(doc)
	}
	doc.Servers = openapi3.Servers{{URL: "http://" + host + v.Server}}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	described := v.Described
	if described == nil {
		described = func(path string) string { return path }
	}
	return &contract{router: router, described: described}
}

// watch validates what h answers.
func (c *contract) watch(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		if err := c.hold(r, rec); err != nil {
			c.mu.Lock()
			c.wrong = append(c.wrong, fmt.Sprintf("%s %s: %v", r.Method, r.URL, err))
			c.mu.Unlock()
		}
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	})
}

func (c *contract) hold(r *http.Request, rec *httptest.ResponseRecorder) error {
	if r.Method == http.MethodOptions {
		return nil // no description has how Azure DevOps tells its routes
	}
	c.mu.Lock()
	c.held++
	c.mu.Unlock()
	asked := r.Clone(r.Context())
	asked.URL.Scheme, asked.URL.Host = "http", host
	asked.URL.Path = c.described(r.URL.Path)
	asked.URL.RawPath = ""
	route, params, err := c.router.FindRoute(asked)
	if err != nil {
		return err
	}
	if err := declared(asked, route); err != nil {
		return err
	}
	request := &openapi3filter.RequestValidationInput{
		Request: asked, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	if err := openapi3filter.ValidateRequest(r.Context(), request); err != nil {
		return err
	}
	if rec.Code != http.StatusOK && !strings.Contains(rec.Header().Get("Content-Type"), "json") {
		return nil // limits come as text
	}
	response := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: request, Status: rec.Code, Header: rec.Header(),
		Body: io.NopCloser(bytes.NewReader(rec.Body.Bytes())),
	}
	return openapi3filter.ValidateResponse(r.Context(), response)
}

// declared refuses what the vendor would ignore: a query parameter that its
// description does not have. Package openapi3filter lets them pass.
func declared(r *http.Request, route *routers.Route) error {
	known := make(map[string]bool)
	for _, list := range []openapi3.Parameters{route.PathItem.Parameters, route.Operation.Parameters} {
		for _, p := range list {
			known[p.Value.Name] = p.Value.In == openapi3.ParameterInQuery || known[p.Value.Name]
		}
	}
	for name := range r.URL.Query() {
		if !known[name] {
			return fmt.Errorf("the description has no parameter %s", name)
		}
	}
	return nil
}

// report fails the test for every answer that is not as described.
func (c *contract) report(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == 0 {
		t.Error("nothing was held to the description")
	}
	for _, w := range c.wrong {
		t.Error(w)
	}
}
