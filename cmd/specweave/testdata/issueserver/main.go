// Command issueserver answers as Gitea does when asked for the issues of a
// repository, whatever its name: N of them, 50 a page, the newest first, each
// with some 2 KiB of Markdown. Every answer takes DELAY. It prints its URL and
// runs until its standard input ends.
//
//	issueserver N DELAY
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
	delay, err := time.ParseDuration(os.Args[2])
	if err != nil {
		panic(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	base := "http://" + l.Addr().String()
	fmt.Println(base)
	http.HandleFunc("GET /api/v1/repos/{owner}/{name}/issues", func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		page, _ := strconv.Atoi(r.FormValue("page"))
		limit, _ := strconv.Atoi(r.FormValue("limit"))
		page = max(page, 1)
		if limit < 1 || limit > most {
			limit = most
		}
		first, last := min((page-1)*limit, n), min(page*limit, n)
		issues := []map[string]any{}
		for i := first; i < last; i++ {
			issues = append(issues, issue(base+"/"+r.PathValue("owner")+"/"+r.PathValue("name"), n-i))
		}
		w.Header().Set("Content-Type", "application/json;charset=utf-8")
		w.Header().Set("X-Total-Count", strconv.Itoa(n))
		if last < n {
			w.Header().Set("Link", fmt.Sprintf(`<%s%s?limit=%d&page=%d>; rel="next"`, base, r.URL.Path, limit, page+1))
		}
		time.Sleep(delay - time.Since(begun))
		_ = json.NewEncoder(w).Encode(issues)
	})
	server := &http.Server{ReadHeaderTimeout: time.Minute}
	go func() { panic(server.Serve(l)) }()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

var newest = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// text is of what people write into issues.
var text = "## Steps\n\n1. Open `<form>`\n2. Wait for *it*\n\n```go\nif a < b {\n}\n```\n\n| a | b |\n|---|---|\n| 1 | {2} |\n\n" +
	strings.Repeat("Some words of a [description](https://example.org/a?b=c) that **goes on**.\n", 20) + "\n- [ ] it works\n- [x] it is fast\n"

// issue is the i-th as Gitea 1.26 shows it, as far as anybody reads it.
func issue(repository string, i int) map[string]any {
	at := newest.Add(time.Duration(i-1_000_000) * time.Second)
	return map[string]any{
		"id": 1000 + i, "number": i, "html_url": fmt.Sprintf("%s/issues/%d", repository, i), "state": "open",
		"title": fmt.Sprintf("Issue %d of many", i), "body": fmt.Sprintf("As a person I want %d of these.\n\n%s", i, text),
		"labels":    []map[string]any{{"id": 1, "name": "bug"}, {"id": 2, "name": "p1"}},
		"assignees": []map[string]any{{"id": 1, "login": "somebody"}}, "milestone": nil, "comments": 3,
		"created_at": at, "updated_at": at, "closed_at": nil,
	}
}
