package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// fakeIssue is an issue as Gitea tells of it.
type fakeIssue struct {
	ID      int64     `json:"id"`
	Number  int64     `json:"number"`
	HTMLURL string    `json:"html_url"`
	Title   string    `json:"title"`
	Body    string    `json:"body"`
	State   string    `json:"state"`
	Created time.Time `json:"created_at"`
	Updated time.Time `json:"updated_at"`

	Pull json.RawMessage `json:"pull_request,omitempty"`
}

// issues FILE N writes N open issues, the newest of them two hours old and one
// more for each number below.
func makeIssues(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: issues FILE N")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	file := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(file), 0o700))
	ts.Check(writeIssues(file, fakeIssues(n, time.Now().Truncate(time.Second))))
}

func writeIssues(file string, all []fakeIssue) error {
	data, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o600)
}

func fakeIssues(n int, now time.Time) []fakeIssue {
	all := make([]fakeIssue, n)
	for i := range all {
		at := now.Add(-2*time.Hour - time.Duration(n-i)*time.Second).UTC()
		all[i] = fakeIssue{
			ID: int64(1000 + i), Number: int64(i + 1), Title: fmt.Sprintf("Issue %d", i+1), Body: fmt.Sprintf("Text of %d.", i+1),
			HTMLURL: fmt.Sprintf("https://gitea.test/acme/web/issues/%d", i+1), State: "open", Created: at, Updated: at,
		}
	}
	return all
}

// issues answers for the issues of a repository, which are in OWNER/NAME.issues,
// as Gitea does: the newest first. The names of some owners ask for trouble: see
// trouble.
func (g *giteaServer) issues(w http.ResponseWriter, r *http.Request, owner, name string, rest []string) {
	q := r.URL.Query()
	number, _ := strconv.Atoi(q.Get("page"))
	size, _ := strconv.Atoi(q.Get("limit"))
	number, size = max(number, 1), min(max(size, 1), 50)
	if g.trouble(w, r, owner, number) {
		return
	}
	all, err := g.held, error(nil)
	file := filepath.Join(g.dir, path.Base(owner), path.Base(name)+".issues")
	if all == nil {
		all, err = readIssues(file)
	}
	if err != nil {
		say(w, http.StatusNotFound, "The target couldn't be found.")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if len(rest) > 0 && rest[0] == "comments" { // of all issues
		_ = json.NewEncoder(w).Encode([]any{})
		return
	}
	if len(rest) > 0 {
		at := slices.IndexFunc(all, func(i fakeIssue) bool { return strconv.FormatInt(i.Number, 10) == rest[0] })
		if at < 0 {
			say(w, http.StatusNotFound, "The target couldn't be found.")
			return
		}
		if len(rest) > 1 { // comments
			_ = json.NewEncoder(w).Encode([]any{})
			return
		}
		if r.Method == http.MethodPatch {
			_ = json.NewDecoder(r.Body).Decode(&all[at])
			all[at].Updated = time.Now().UTC().Truncate(time.Second)
			_ = writeIssues(file, all)
		}
		_ = json.NewEncoder(w).Encode(all[at])
		return
	}
	if r.Method == http.MethodPost {
		one := fakeIssues(len(all)+1, time.Now().Add(2*time.Hour).Truncate(time.Second))[len(all)]
		_ = json.NewDecoder(r.Body).Decode(&one)
		_ = writeIssues(file, append(all, one))
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(one)
		return
	}
	since, _ := time.Parse(time.RFC3339, q.Get("since"))
	if g.held == nil {
		all = slices.DeleteFunc(all, func(i fakeIssue) bool {
			return i.Updated.Before(since) || q.Get("state") == "open" && i.State != "open"
		})
	}
	from := min((number-1)*size, len(all))
	to := min(from+size, len(all))
	w.Header().Set("X-Total-Count", strconv.Itoa(len(all)))
	if to < len(all) {
		q.Set("page", strconv.Itoa(number+1))
		w.Header().Set("Link", fmt.Sprintf(`<%s%s?%s>; rel="next"`, g.url, r.URL.Path, q.Encode()))
	}
	_ = json.NewEncoder(w).Encode(all[from:to])
}

// readIssues reads a file of them, the newest first.
func readIssues(file string) ([]fakeIssue, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var all []fakeIssue
	err = json.Unmarshal(data, &all)
	slices.SortFunc(all, func(a, b fakeIssue) int { return b.Created.Compare(a.Created) })
	return all, err
}

var timeLine = regexp.MustCompile(`(?m)^((created|imported): .*|- \*\*(Imported At|Content Hash|Created)\*\*: .*)$`)

// stories FILE writes the stories of the project here to FILE, one after the
// other, without the times of their import.
func tellStories(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: stories FILE")
	}
	var b strings.Builder
	root := ts.MkAbs(".specweave/docs/internal/specs")
	ts.Check(filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		b.WriteString("-- " + strings.TrimPrefix(path, root) + "\n" + timeLine.ReplaceAllString(string(data), "") + "\n")
		return err
	}))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o600))
}
