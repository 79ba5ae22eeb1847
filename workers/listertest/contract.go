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
	if dir == "none" {
		t.Skip("the vendors' descriptions are not here")
	}
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

// Description is a vendor's published description of its API.
type Description struct {
	// Name is the vendor's, as its description is named: Name.json. Empty: it
	// publishes none.
	Name string
	// Server is the path that the description's paths are below, as "/api/v1".
	Server string
	// Described maps a path of the server that the description lacks to the one
	// that it is another name of. Nil: none is.
	Described func(path string) string
	// Amend corrects what the description says and no server does. Nil: nothing.
	Amend func(*openapi3.T)
}

// Contract holds what a server answers to a description.
type Contract struct {
	router    routers.Router
	described func(string) string

	mu    sync.Mutex
	wrong []string
	held  int
}

// NewContract loads a description from the folder that [Contracts] returns.
func NewContract(t *testing.T, d Description) *Contract {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile(filepath.Join(Contracts(t), d.Name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if d.Amend != nil {
		d.Amend(doc)
	}
	doc.Servers = openapi3.Servers{{URL: "http://" + host + d.Server}}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	described := d.Described
	if described == nil {
		described = func(path string) string { return path }
	}
	return &Contract{router: router, described: described}
}

// Watch validates what h answers.
func (c *Contract) Watch(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client has gone
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		h.ServeHTTP(rec, r)
		r.Body = io.NopCloser(bytes.NewReader(body)) // h has read the other
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

func (c *Contract) hold(r *http.Request, rec *httptest.ResponseRecorder) error {
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

// Report fails the test for every answer that is not as described.
func (c *Contract) Report(t *testing.T) {
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
