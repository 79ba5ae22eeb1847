package workers

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// Whoever answers every request with a page is no git server, though git takes
// a page of one line for an empty list of refs.
func TestCloneEmpty(t *testing.T) {
	t.Parallel()
	remotes := t.TempDir()
	git(t, "", "init", "-q", "--bare", "-b", "trunk", filepath.Join(remotes, "acme/empty.git"))
	empty := serve(t, remotes, nil) + "/acme/empty.git"
	page := func(kind, body string) string {
		return serve(t, remotes, func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Type", kind)
			_, _ = io.WriteString(w, body)
			return true
		}) + "/acme/page"
	}
	login, json := page("text/html", "<html># service=git-upload-pack</html>"), page("application/json", `{"error":"no"}`)
	for name, tt := range map[string]struct {
		url, protocol string
		mirror        bool
		class         string
	}{
		"smart":       {url: empty, protocol: "2"},
		"smart 1":     {url: empty, protocol: "1"},
		"smart 0":     {url: empty, protocol: "0", mirror: true},
		"nothing":     {url: page("text/plain", ""), class: ClassServer},
		"login":       {url: login, class: ClassServer},
		"login 0":     {url: login, protocol: "0", class: ClassServer},
		"JSON mirror": {url: json, mirror: true, class: ClassServer},
		"trace": {
			url:   page("text/plain", "12:00:00.000000 pkt-line.c:80 packet:          git< # service=git-upload-pack"),
			class: ClassServer,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := of(t, tt.url)
			c.Tries, c.Mirror = 1, tt.mirror
			r := newRun(t, c)
			if tt.protocol != "" {
				write(t, filepath.Join(lookup(r.opts.Environ, "HOME"), ".gitconfig"), "[protocol]\n\tversion = "+tt.protocol+"\n")
			}
			s := r.must(t)
			if tt.class == "" {
				counts(t, s, 1, 0, 0)
				return
			}
			counts(t, s, 0, 0, 1)
			if f := s.Failures()[0]; f.Class != tt.class || !strings.Contains(f.Error, errNoGit.Error()) {
				t.Errorf("%+v; want class %s", f, tt.class)
			}
			noPartials(t, r.project)
		})
	}
}
