package github_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/specweave/specweave/workers/providertest"
)

// issues answers like api.github.com.
type issues struct {
	*providertest.World
	numbered bool // pages are linked by number
	plain    bool // there is no GraphQL
	hides    bool // who may not write is told that there is nothing
}

func (f *issues) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-RateLimit-Limit", "5000")
	w.Header().Set("X-RateLimit-Remaining", "4987")
	w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10))
	if r.Header.Get("Authorization") != "Bearer "+f.Login.Password {
		say(w, http.StatusUnauthorized, "Bad credentials")
		return
	}
	if f.plain && r.URL.Path == "/graphql" {
		say(w, http.StatusNotFound, "Not Found")
		return
	}
	if r.URL.Path == "/graphql" {
		f.graphql(w, r)
		return
	}
	w.Header().Set("X-OAuth-Scopes", "gist, workflow")
	if f.Lacking {
		w.Header().Set("X-Accepted-OAuth-Scopes", "repo")
		say(w, http.StatusForbidden, "Resource not accessible by personal access token")
		return
	}
	if r.URL.Path == "/search/issues" {
		f.search(w, r)
		return
	}
	segments := strings.Split(strings.TrimPrefix(named(r.URL.Path), "/repos/"), "/")
	list, ok := f.Of(strings.Join(segments[:min(2, len(segments))], "/"), chosen(r.URL.Query()))
	switch {
	case !ok || len(segments) < 3:
		say(w, http.StatusNotFound, "Not Found")
	case r.Method != http.MethodGet:
		f.write(w, r, segments[3:])
	case len(segments) == 5 && segments[3] == "comments":
		if c, _, ok := f.Comment(segments[4]); ok {
			reply(w, http.StatusOK, comment(c))
			return
		}
		say(w, http.StatusNotFound, "Not Found")
	case len(segments) == 5 && segments[4] == "comments":
		f.comments(w, r, segments[3])
	case len(segments) == 4:
		f.one(w, segments[3])
	default:
		f.page(w, r, list)
	}
}

// one answers with an issue, or with a pull request.
func (f *issues) one(w http.ResponseWriter, number string) {
	for _, i := range f.Issues(func(i providertest.Issue) bool { return strconv.FormatInt(i.Number, 10) == number }) {
		reply(w, http.StatusOK, issue(i))
		return
	}
	say(w, http.StatusNotFound, "Not Found")
}

// chosen is what the list's parameters ask for.
func chosen(q url.Values) func(providertest.Issue) bool {
	since, _ := time.Parse(time.RFC3339, q.Get("since"))
	var labels []string
	if q.Get("labels") != "" {
		labels = strings.Split(q.Get("labels"), ",")
	}
	return func(i providertest.Issue) bool {
		return (q.Get("state") == "all" || i.Open()) && i.Has(labels) && !i.Updated.Before(since)
	}
}

func (f *issues) page(w http.ResponseWriter, r *http.Request, list []providertest.Issue) {
	q := r.URL.Query()
	size := number(r, "per_page")
	var page []providertest.Issue
	var more bool
	if f.numbered {
		num := max(number(r, "page"), 1)
		size = min(size, f.PageSize)
		page, more = providertest.Cut(f.World, list, (num-1)*size, size)
		q.Set("page", strconv.Itoa(num+1))
	} else {
		rest, ok := f.after(list, q.Get("after"))
		if !ok {
			say(w, http.StatusUnprocessableEntity, "The cursor is not valid.")
			return
		}
		if page, more = providertest.Cut(f.World, rest, 0, size); more {
			q.Set("after", f.place(page[len(page)-1]))
		}
	}
	if more {
		w.Header().Set("Link", fmt.Sprintf(`<%s/repositories/7/issues?%s>; rel="next"`, f.URL, q.Encode()))
	}
	answer := make([]map[string]any, len(page))
	for n, i := range page {
		answer[n] = issue(i)
	}
	text, _ := json.Marshal(answer)
	tag := fmt.Sprintf(`W/"%x"`, sha256.Sum256(text))
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	reply(w, http.StatusOK, answer)
}

// place is an opaque cursor behind an issue.
func (f *issues) place(i providertest.Issue) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%d %s %d", f.Cursors, i.Created.Format(time.RFC3339), i.ID))
}

// after returns what follows a cursor, if it is one.
func (f *issues) after(list []providertest.Issue, cursor string) ([]providertest.Issue, bool) {
	if cursor == "" {
		return list, true
	}
	text, err := base64.StdEncoding.DecodeString(cursor)
	gen, rest, _ := strings.Cut(string(text), " ")
	at, id, _ := strings.Cut(rest, " ")
	created, _ := time.Parse(time.RFC3339, at)
	n, idErr := strconv.ParseInt(id, 10, 64)
	if err != nil || idErr != nil || gen != strconv.Itoa(f.Cursors) {
		return nil, false
	}
	start := slices.IndexFunc(list, func(i providertest.Issue) bool {
		return i.Created.After(created) || i.Created.Equal(created) && i.ID > n
	})
	if start < 0 {
		return nil, true
	}
	return list[start:], true
}

func (f *issues) comments(w http.ResponseWriter, r *http.Request, number string) {
	var all []providertest.Comment
	for _, i := range f.Issues(func(i providertest.Issue) bool { return strconv.FormatInt(i.Number, 10) == number }) {
		all = i.Comments
	}
	num, _ := strconv.Atoi(r.FormValue("page"))
	num = max(num, 1)
	page, more := providertest.Cut(f.World, all, (num-1)*f.PageSize, 0)
	if more {
		w.Header().Set("Link", fmt.Sprintf(`<%s/repositories/7/issues/%s/comments?per_page=100&page=%d>; rel="next"`, f.URL, number, num+1))
	}
	answer := make([]map[string]any, len(page))
	for n, c := range page {
		answer[n] = comment(c)
	}
	reply(w, http.StatusOK, answer)
}

func comment(c providertest.Comment) map[string]any {
	a := map[string]any{
		"id": json.Number(c.ID), "node_id": "C_" + c.ID, "user": account(c.Author), "body": c.Body,
		"created_at": c.Created, "updated_at": c.Created, "author_association": "NONE",
	}
	if !c.Updated.IsZero() {
		a["updated_at"] = c.Updated
	}
	urls(a, "html_url issue_url url")
	return a
}

// words are a qualifier with its value, quoted or not.
var words = regexp.MustCompile(`(\w+):(?:"((?:[^"\\]|\\.)*)"|(\S*))`)

// search knows what the provider writes, and finds as GitHub does: the first
// thousand, here forty.
func (f *issues) search(w http.ResponseWriter, r *http.Request) {
	const most = 40
	if strings.Contains(r.FormValue("q"), f.Search) {
		reply(w, http.StatusUnprocessableEntity, map[string]any{
			"message": "Validation Failed", "errors": []map[string]string{{"message": f.Refusal, "resource": "Search", "field": "q", "code": "invalid"}},
			"documentation_url": "https://docs.github.com/v3/search/", "status": "422",
		})
		return
	}
	var since, created time.Time
	var source string
	var labels []string
	state := "all"
	var milestone string
	for _, m := range words.FindAllStringSubmatch(r.FormValue("q"), -1) {
		name, value := m[1], strings.ReplaceAll(m[2]+m[3], `\"`, `"`)
		switch name {
		case "repo":
			source = value
		case "state":
			state = value
		case "label":
			labels = append(labels, value)
		case "milestone":
			milestone = value
		case "updated":
			since, _ = time.Parse(time.RFC3339, strings.TrimPrefix(value, ">="))
		case "created":
			created, _ = time.Parse(time.RFC3339, strings.TrimPrefix(value, ">="))
		}
	}
	list, ok := f.Of(source, func(i providertest.Issue) bool {
		return !i.Pull && (state == "all" || i.Open()) && i.Has(labels) && !i.Updated.Before(since) && !i.Created.Before(created) &&
			(milestone == "" || i.Milestone == milestone)
	})
	if !ok {
		reply(w, http.StatusNotFound, nil)
		return
	}
	total := len(list)
	list = list[:min(len(list), most)]
	num, size := max(number(r, "page"), 1), min(number(r, "per_page"), f.PageSize)
	page, more := providertest.Cut(f.World, list, (num-1)*size, size)
	if more {
		w.Header().Set("Link", fmt.Sprintf(`<%s/search/issues?page=%d>; rel="next"`, f.URL, num+1))
	}
	answer := make([]map[string]any, len(page))
	for n, i := range page {
		answer[n] = issue(i)
		answer[n]["score"], answer[n]["body"] = 1.0, i.Body
	}
	reply(w, http.StatusOK, map[string]any{"total_count": total, "incomplete_results": false, "search_type": "lexical", "items": answer})
}

// address is where people see an issue.
func address(number int64) string {
	return "https://host.test/acme/app/issues/" + strconv.FormatInt(number, 10)
}

// issue fills in what the description requires.
func issue(i providertest.Issue) map[string]any {
	a := map[string]any{
		"id": i.ID, "node_id": "I_1", "number": i.Number, "title": i.Title, "body": i.Body, "user": account("ann"), "state": "open",
		"assignee": nil, "assignees": []any{}, "milestone": nil, "labels": []any{}, "locked": false, "comments": len(i.Comments),
		"created_at": i.Created, "updated_at": i.Updated, "closed_at": nil, "author_association": "NONE",
	}
	urls(a, "comments_url events_url html_url labels_url repository_url url")
	a["html_url"] = address(i.Number)
	if i.Body == "" {
		a["body"] = nil
	}
	if i.Parent > 0 {
		a["parent_issue_url"] = fmt.Sprintf("https://host.test/api/v3/repos/acme/app/issues/%d", i.Parent)
	}
	if i.Pull {
		a["pull_request"] = map[string]any{"diff_url": nil, "html_url": nil, "patch_url": nil, "url": nil}
	}
	if !i.Open() {
		a["state"], a["closed_at"] = "closed", i.Closed
	}
	labels := []map[string]any{}
	for n, l := range i.Labels {
		labels = append(labels, map[string]any{"id": n, "node_id": "L", "url": "https://host.test/l", "name": l, "color": "d73a4a", "default": false, "description": nil})
	}
	a["labels"] = labels
	people := []map[string]any{}
	for _, p := range i.Assignees {
		people = append(people, account(p))
	}
	a["assignees"] = people
	if i.Milestone != "" {
		m := map[string]any{
			"id": 4, "node_id": "M", "number": 1, "title": i.Milestone, "description": nil, "state": "open", "creator": nil,
			"open_issues": 1, "closed_issues": 0, "created_at": i.Created, "updated_at": i.Created, "closed_at": nil, "due_on": nil,
		}
		urls(m, "url html_url labels_url")
		a["milestone"] = m
	}
	return a
}
