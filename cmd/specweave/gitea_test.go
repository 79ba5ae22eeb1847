package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// gitea DIR TOKEN VAR serves the organisations in DIR as Gitea does, to whoever
// has the token, and sets VAR to the URL. ORG.json is an array of what Gitea
// says of each repository, ORG/NAME the repository itself. The names of some
// organisations ask for trouble, see trouble. With a TOKEN of "tls" it serves
// everybody with a certificate that nobody trusts. GitHub's API answers alike.
func fakeGitea(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: gitea DIR TOKEN VAR")
	}
	g := &giteaServer{dir: ts.MkAbs(args[0]), token: args[1], git: gitHandler(ts, args[0])}
	server := httptest.NewUnstartedServer(g)
	g.url = "http://" + server.Listener.Addr().String()
	if g.token == "tls" {
		g.url = "https" + strings.TrimPrefix(g.url, "http")
		server.StartTLS()
	} else {
		server.Start()
	}
	ts.Defer(server.Close)
	ts.Setenv(args[2], server.URL)
}

type giteaServer struct {
	dir, token, url string
	git             http.Handler
	held            []fakeIssue // those of every repository, in the place of files; the newest first
}

// pageOf is how many repositories a page holds.
const pageOf = 2

func (g *giteaServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, password, ok := r.BasicAuth()
	if g.token != "tls" && g.token != "none" && (ok || !strings.HasPrefix(r.URL.Path, "/api/")) && password != g.token {
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
		say(w, http.StatusUnauthorized, "user does not exist [uid: 0, name: ]")
		return
	}
	rest, isAPI := strings.CutPrefix(r.URL.Path, "/api/v1/")
	if !isAPI {
		r.URL.Path = strings.Replace(r.URL.Path, ".git/", "/", 1)
		g.git.ServeHTTP(w, r)
		return
	}
	part := strings.Split(rest, "/")
	if len(part) >= 4 && part[0] == "repos" && part[3] == "issues" {
		g.issues(w, r, part[1], part[2], part[4:])
		return
	}
	if len(part) != 3 || part[0] != "orgs" {
		say(w, http.StatusNotFound, "The target couldn't be found.")
		return
	}
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	page = max(page, 1)
	if part[1] == "private" && !ok {
		say(w, http.StatusNotFound, "The target couldn't be found.")
		return
	}
	if !g.trouble(w, r, part[1], page) {
		g.list(w, part[1], page)
	}
}

// trouble answers for organisations whose names ask for it.
func (g *giteaServer) trouble(w http.ResponseWriter, r *http.Request, org string, page int) bool {
	switch {
	case org == "scope":
		say(w, http.StatusForbidden, "token does not have at least one of required scope(s), required=[read:organization], token scope=read:issue")
	case org == "limited":
		w.Header().Set("Retry-After", "3600")
		say(w, http.StatusTooManyRequests, "slow down")
	case org == "html":
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<html>please log in</html>")
	case org == "elsewhere":
		http.Redirect(w, r, "http://localhost:1/", http.StatusFound)
	case org == "broken" && page == 2:
		fmt.Fprint(w, "nonsense")
	default:
		return false
	}
	return true
}

func (g *giteaServer) list(w http.ResponseWriter, org string, page int) {
	data, err := os.ReadFile(filepath.Join(g.dir, path.Base(org)+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		say(w, http.StatusNotFound, "The target couldn't be found.")
		return
	}
	var all []map[string]any
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	if err != nil {
		say(w, http.StatusInternalServerError, err.Error())
		return
	}
	total := len(all)
	if org == "short" {
		total++
	}
	w.Header().Set("X-Total-Count", strconv.Itoa(total))
	start := min((page-1)*pageOf, len(all))
	end := min(start+pageOf, len(all))
	if end < len(all) {
		w.Header().Set("Link", fmt.Sprintf(`<%s/api/v1/orgs/%s/repos?page=%d>; rel="next"`, g.url, org, page+1))
	}
	for _, r := range all[start:end] {
		r["owner"] = map[string]any{"login": org}
		if r["clone_url"] == nil {
			r["clone_url"] = fmt.Sprintf("%s/%s/%s.git", g.url, org, r["name"])
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(all[start:end])
}

func say(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": message})
}
