package rest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/rest"
)

const secret = "correct-horse-battery"

func options(t *testing.T, base string) rest.Options {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	return rest.Options{
		Base:      u,
		Authorize: func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+secret) },
		Redact:    func(s string) string { return strings.ReplaceAll(s, secret, "***") },
		Logf:      t.Logf,
	}
}

// serve serves h at a real address.
func serve(t *testing.T, h http.HandlerFunc) rest.Options {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return options(t, server.URL)
}

// bubble runs test where waits take no time, with h at host.test.
func bubble(t *testing.T, h http.HandlerFunc, test func(inside)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := listertest.NewNetwork(t)
		network.Serve("host.test", h)
		o := options(t, "http://host.test")
		o.Transport = network.Transport()
		test(inside{t, o})
	})
}

// inside is a test in a bubble.
type inside struct {
	*testing.T
	options rest.Options
}

func good(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"name":"good"}`) }

// get returns the name in the answer to ref.
func get(ctx context.Context, c *rest.Client, ref string) (string, error) {
	var into struct {
		Name string `json:"name"`
	}
	_, err := c.Get(ctx, ref, &into)
	return into.Name, err
}

func TestGet(t *testing.T) {
	o := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept") != "application/json" || r.Header.Get("User-Agent") != "specweave" || r.Header.Get("Authorization") != "Bearer "+secret {
			t.Errorf("headers: %v", r.Header)
		}
		if r.Header.Get("Accept-Encoding") != "gzip" {
			t.Errorf("encoding: %v", r.Header)
		}
		w.Header().Set("X-RateLimit-Limit", "60")
		w.Header().Set("X-RateLimit-Remaining", "59")
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10))
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_ = json.NewEncoder(z).Encode(map[string]string{"name": r.URL.RequestURI()})
		_ = z.Close()
	})
	o.Base.Path = "/api/v1"
	o.Base.User = url.UserPassword("somebody", secret) // as a person may write it
	c := rest.New(o)
	for ref, want := range map[string]string{
		"a/b?x=1": "/api/v1/a/b?x=1",
		"/other":  "/other",
		o.Base.Scheme + ":" + "//" + o.Base.Host + "/abs?after=Y%3D": "/abs?after=Y%3D",
		rest.Path("orgs", "a/../b", "repos"):                         "/api/v1/orgs/a%2F..%2Fb/repos",
	} {
		if got, err := get(t.Context(), c, ref); got != want || err != nil {
			t.Errorf("%s: %q, %v, want %q", ref, got, err, want)
		}
	}
	if c.Base().String() != "http://"+o.Base.Host+"/api/v1/" {
		t.Errorf("base %s", c.Base())
	}
	if q := c.Quota(); c.Calls() != 4 || q.Limit != 60 || q.Remaining != 59 || time.Until(q.Reset) < 58*time.Minute {
		t.Errorf("%d calls, %v", c.Calls(), q)
	}
}

// TestOrigin asks for what is not the API's: nothing is sent there.
func TestOrigin(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s was asked, with %q", r.URL, r.Header.Get("Authorization"))
	}))
	defer other.Close()
	api := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+r.URL.Path+"?token="+secret, http.StatusTemporaryRedirect)
	})
	c := rest.New(api)
	for ref, want := range map[string]string{
		other.URL + "/x": "not on " + api.Base.Host,
		"//" + strings.TrimPrefix(other.URL, "http://") + "/x": "not on " + api.Base.Host,
		"https://" + api.Base.Host:                             "not on " + api.Base.Host,
		"file:///etc/passwd":                                   "not on " + api.Base.Host,
		"redirected":                                           "redirected to " + other.URL + ",",
	} {
		_, err := get(t.Context(), c, ref)
		if _, ok := errors.AsType[*rest.FormatError](err); !ok || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", ref, err)
		}
	}
	res, err := c.HTTP().Post(api.Base.String(), "application/json", strings.NewReader("{}"))
	if err == nil {
		res.Body.Close()
		t.Error("a POST was redirected")
	}
}

func TestRedirect(t *testing.T) {
	o := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/old":
			http.Redirect(w, r, "/new", http.StatusMovedPermanently)
		case "/nowhere":
			w.WriteHeader(http.StatusFound)
		default:
			_, _ = fmt.Fprintf(w, `{"name":%q}`, r.Header.Get("Authorization"))
		}
	})
	c := rest.New(o)
	if got, err := get(t.Context(), c, "old"); got != "Bearer "+secret {
		t.Errorf("%q, %v", got, err)
	}
	var status *rest.StatusError
	if _, err := get(t.Context(), c, "nowhere"); !errors.As(err, &status) || status.Status != http.StatusFound {
		t.Error(err)
	}
}

func TestCertificate(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	server.Config.ErrorLog = nil
	defer server.Close()
	c := rest.New(options(t, server.URL))
	_, err := get(t.Context(), c, "x")
	if e, ok := errors.AsType[*rest.CertificateError](err); !ok || c.Calls() != 1 || asked.Load() != 0 {
		t.Errorf("%v after %d calls: %v", e, c.Calls(), err)
	}
}

// TestPlainServer speaks http to whoever wants https.
func TestPlainServer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	c := rest.New(options(t, "https"+strings.TrimPrefix(server.URL, "http")))
	if _, err := get(t.Context(), c, "x"); !errors.Is(err, rest.ErrPlain) || rest.InDoubt(err) || c.Calls() != 1 {
		t.Errorf("%v after %d calls", err, c.Calls())
	}
}

// TestGiantBody sends 65 MiB as 65 KiB.
func TestGiantBody(t *testing.T) {
	var body bytes.Buffer
	z := gzip.NewWriter(&body)
	chunk := make([]byte, 1<<20)
	for range 65 {
		_, _ = z.Write(chunk)
	}
	_ = z.Close()
	o := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(body.Bytes())
	})
	c := rest.New(o)
	_, err := get(t.Context(), c, "x")
	if format, ok := errors.AsType[*rest.FormatError](err); !ok || !strings.Contains(format.Reason, "64 MiB") || c.Calls() != 1 {
		t.Error(err)
	}
}

// TestPost is sent again after a limit, with its body, and after nothing else.
func TestPost(t *testing.T) {
	for status, want := range map[int][]string{
		http.StatusTooManyRequests:     {"{}", "{}"},
		http.StatusInternalServerError: {"{}"},
	} {
		var bodies []string
		bubble(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if bodies = append(bodies, string(body)); len(bodies) == 1 {
				w.WriteHeader(status)
				return
			}
			good(w, r)
		}, func(t inside) {
			res, err := rest.New(t.options).HTTP().Post("http://host.test/x", "application/json", strings.NewReader("{}"))
			if err == nil {
				res.Body.Close()
			}
			if !slices.Equal(bodies, want) || (err == nil) != (len(want) == 2) {
				t.Errorf("%d: %q: %v", status, bodies, err)
			}
		})
	}
}

// TestSecrets echoes the credential wherever an error could show it.
func TestSecrets(t *testing.T) {
	var logged strings.Builder
	for _, status := range []int{200, 302, 400, 403, 429, 500} {
		bubble(t, func(w http.ResponseWriter, r *http.Request) {
			echo := r.Header.Get("Authorization")
			w.Header().Set("Location", "http://elsewhere.test/"+secret)
			w.Header().Set("X-Accepted-OAuth-Scopes", secret)
			w.WriteHeader(status)
			_, _ = fmt.Fprintf(w, "%s\n", echo)
		}, func(t inside) {
			t.options.Logf = func(format string, args ...any) { fmt.Fprintf(&logged, format, args...) }
			_, err := get(t.Context(), rest.New(t.options), secret+"?token="+secret)
			if err == nil || strings.Contains(err.Error(), secret) {
				t.Errorf("%d: %v", status, err)
			}
		})
	}
	if strings.Contains(logged.String(), secret) {
		t.Error(logged.String())
	}
}

// TestAsk sends a question again, with its body, as a GET would be.
func TestAsk(t *testing.T) {
	for _, status := range []int{http.StatusTooManyRequests, http.StatusBadGateway} {
		var bodies []string
		bubble(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if bodies = append(bodies, r.Method+string(body)+r.Header.Get("Content-Type")); len(bodies) == 1 {
				w.WriteHeader(status)
				return
			}
			good(w, r)
		}, func(t inside) {
			var into struct{ Name string }
			_, err := rest.New(t.options).Ask(t.Context(), "x", map[string]int{"a": 1}, &into)
			want := `POST{"a":1}application/json`
			if err != nil || into.Name != "good" || !slices.Equal(bodies, []string{want, want}) {
				t.Errorf("%d: %q, %q: %v", status, into.Name, bodies, err)
			}
		})
	}
}
