// Command listserver answers as Gitea does when asked for the repositories of
// an organisation, whatever its name: N of them, 50 a page, each of some 3 KiB
// of JSON. It prints its URL and runs until its standard input ends.
//
//	listserver N
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

const most = 50 // MAX_RESPONSE_ITEMS in Gitea's app.example.ini

func main() {
	n, err := strconv.Atoi(os.Args[1])
	if err != nil {
		panic(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	base := "http://" + l.Addr().String()
	fmt.Println(base)
	http.HandleFunc("GET /api/v1/orgs/{org}/repos", func(w http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.FormValue("page"))
		limit, _ := strconv.Atoi(r.FormValue("limit"))
		page = max(page, 1)
		if limit < 1 || limit > most {
			limit = most
		}
		first, last := min((page-1)*limit, n), min(page*limit, n)
		repositories := []map[string]any{}
		for i := first; i < last; i++ {
			repositories = append(repositories, repository(base, r.PathValue("org"), i+1))
		}
		w.Header().Set("Content-Type", "application/json;charset=utf-8")
		w.Header().Set("X-Total-Count", strconv.Itoa(n))
		if last < n {
			w.Header().Set("Link", fmt.Sprintf(`<%s%s?limit=%d&page=%d>; rel="next"`, base, r.URL.Path, limit, page+1))
		}
		_ = json.NewEncoder(w).Encode(repositories)
	})
	server := &http.Server{ReadHeaderTimeout: time.Minute}
	go func() { panic(server.Serve(l)) }()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// repository is the i-th as Gitea 1.26 shows it, as far as anybody reads it,
// with the length of the rest made up for.
func repository(base, org string, i int) map[string]any {
	name := fmt.Sprintf("r%05d", i)
	return map[string]any{
		"id": i, "name": name, "full_name": org + "/" + name,
		"owner":     map[string]any{"id": 1, "login": org, "username": org},
		"html_url":  base + "/" + org + "/" + name,
		"clone_url": base + "/" + org + "/" + name + ".git",
		"ssh_url":   "git@127.0.0.1:" + org + "/" + name + ".git",
		"size":      128, "default_branch": "main", "private": i%3 == 0, "internal": false,
		"archived": false, "fork": false, "empty": false, "mirror": false, "language": "Go",
		"topics": []string{"service"}, "updated_at": "2026-01-02T03:04:05Z",
		"description": strings.Repeat("what it is for ", 150),
	}
}
