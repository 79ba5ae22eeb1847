package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// gate DIR REPO VAR [TOKEN] serves the repositories below DIR over HTTP to
// everyone, or to whoever has the token, and sets VAR to host and port. Who asks
// for DIR/REPO waits until there is a file DIR/open. So a job stands still where
// a script wants it to.
func gate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || len(args) > 4 {
		ts.Fatalf("usage: gate DIR REPO VAR [TOKEN]")
	}
	git, open := gitHandler(ts, args[0]), filepath.Join(ts.MkAbs(args[0]), "open")
	if len(args) == 4 {
		git = guarded(git, args[3])
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for strings.HasPrefix(r.URL.Path, "/"+args[1]+"/") && missing(open) {
			select {
			case <-r.Context().Done():
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
		git.ServeHTTP(w, r)
	}))
	ts.Defer(func() {
		server.CloseClientConnections()
		server.Close()
	})
	ts.Setenv(args[2], strings.TrimPrefix(server.URL, "http://"))
}

func missing(path string) bool {
	_, err := os.Lstat(path)
	return err != nil
}
