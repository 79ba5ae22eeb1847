package gitlab_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/specweave/specweave/workers/providertest"
)

// issues answers like a version of GitLab.
type issues struct {
	*providertest.World
	version
}

type version int

const (
	current  version = iota // with keyset pagination of issues
	ignoring                // does not know it
	refusing                // knows it and not of issues
)

func (f *issues) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if r.Header.Get("Authorization") != "Bearer "+f.Login.Password {
		refuse(w, http.StatusUnauthorized, `{"message":"401 Unauthorized"}`)
		return
	}
	if f.Lacking {
		refuse(w, http.StatusForbidden, `{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api read_api"}`)
		return
	}
	if r.URL.Path == "/api/v4/users" {
		f.people(w, r.FormValue("username"))
		return
	}
	segments := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/api/v4/projects/"), "/")
	source, _ := url.PathUnescape(segments[0])
	list, ok := f.Of(source, chosen(r.URL.Query()))
	switch {
	case !ok || len(segments) < 2:
		refuse(w, http.StatusNotFound, `{"message":"404 Project Not Found"}`)
	case r.Method != http.MethodGet:
		f.write(w, r, segments[2:])
	case segments[1] == "issues_statistics":
		f.statistics(w, list)
	case len(segments) == 4 && segments[3] == "notes":
		f.notes(w, r, segments[2])
	case len(segments) == 3:
		f.one(w, segments[2])
	default:
		f.issues(w, r, list)
	}
}

func (f *issues) one(w http.ResponseWriter, number string) {
	for _, i := range f.Issues(func(i providertest.Issue) bool { return !i.Pull && strconv.FormatInt(i.Number, 10) == number }) {
		_ = json.NewEncoder(w).Encode(issue(i))
		return
	}
	refuse(w, http.StatusNotFound, `{"message":"404 Not found"}`)
}

func refuse(w http.ResponseWriter, status int, body string) {
	w.WriteHeader(status)
	fmt.Fprint(w, body)
}

func chosen(q url.Values) func(providertest.Issue) bool {
	since, _ := time.Parse(time.RFC3339, q.Get("updated_after"))
	var labels []string
	if q.Get("labels") != "" {
		labels = strings.Split(q.Get("labels"), ",")
	}
	return func(i providertest.Issue) bool {
		return !i.Pull && (q.Get("state") != "opened" || i.Open()) && i.Has(labels) && !i.Updated.Before(since) &&
			(q.Get("milestone") == "" || i.Milestone == q.Get("milestone"))
	}
}

func (f *issues) statistics(w http.ResponseWriter, list []providertest.Issue) {
	open := 0
	for _, i := range list {
		if i.Open() {
			open++
		}
	}
	fmt.Fprintf(w, `{"statistics":{"counts":{"all":%d,"closed":%d,"opened":%d}}}`, len(list), len(list)-open, open)
}

// issues lists them by id, as GitLab does where it is asked for created_at.
func (f *issues) issues(w http.ResponseWriter, r *http.Request, list []providertest.Issue) {
	slices.SortFunc(list, func(a, b providertest.Issue) int { return int(a.ID - b.ID) })
	q := r.URL.Query()
	keyset := q.Get("pagination") == "keyset" && f.version != ignoring
	if keyset && f.version == refusing {
		refuse(w, http.StatusMethodNotAllowed, `{"error":"Keyset pagination is not yet available for this type of request"}`)
		return
	}
	size := min(atoi(q.Get("per_page")), f.PageSize)
	var page []providertest.Issue
	var more bool
	if keyset {
		after, ok := f.after(q.Get("cursor"))
		if !ok {
			refuse(w, http.StatusBadRequest, `{"error":"cursor is invalid"}`)
			return
		}
		list = slices.DeleteFunc(list, func(i providertest.Issue) bool { return i.ID <= after })
		if page, more = providertest.Cut(f.World, list, 0, size); more {
			q.Set("cursor", base64.URLEncoding.EncodeToString(fmt.Appendf(nil, `{"id":"%d","_kd":"n","of":%d}`, page[len(page)-1].ID, f.Cursors)))
		}
	} else {
		num := max(1, atoi(q.Get("page")))
		page, more = providertest.Cut(f.World, list, (num-1)*size, size)
		q.Set("page", strconv.Itoa(num+1))
	}
	if more {
		w.Header().Add("Link", fmt.Sprintf(`<https://gitlab.internal%s?%s>; rel="next"`, r.URL.EscapedPath(), q.Encode()))
	}
	answer := make([]map[string]any, len(page))
	for n, i := range page {
		answer[n] = issue(i)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (f *issues) after(cursor string) (id int64, ok bool) {
	if cursor == "" {
		return 0, true
	}
	text, err := base64.URLEncoding.DecodeString(cursor)
	var at struct {
		ID int64 `json:"id,string"`
		Of int   `json:"of"`
	}
	if err != nil || json.Unmarshal(text, &at) != nil || at.Of != f.Cursors {
		return 0, false
	}
	return at.ID, true
}

func (f *issues) notes(w http.ResponseWriter, r *http.Request, number string) {
	answer := []map[string]any{}
	for _, i := range f.Issues(func(i providertest.Issue) bool { return strconv.FormatInt(i.Number, 10) == number }) {
		for _, c := range i.Comments {
			answer = append(answer, remark(i, c))
		}
	}
	num := max(1, atoi(r.FormValue("page")))
	page, more := providertest.Cut(f.World, answer, (num-1)*f.PageSize, 0)
	if more {
		q := r.URL.Query()
		q.Set("page", strconv.Itoa(num+1))
		w.Header().Add("Link", fmt.Sprintf(`<https://gitlab.internal%s?%s>; rel="next"`, r.URL.EscapedPath(), q.Encode()))
	}
	_ = json.NewEncoder(w).Encode(page)
}

func remark(i providertest.Issue, c providertest.Comment) map[string]any {
	if c.Updated.IsZero() {
		c.Updated = c.Created
	}
	return map[string]any{
		"id": json.Number(c.ID), "type": nil, "body": c.Body, "author": user(c.Author), "created_at": c.Created, "updated_at": c.Updated,
		"system": false, "project_id": 7, "resolvable": false, "confidential": false, "internal": false,
		"noteable_id": i.ID, "noteable_type": "Issue", "noteable_iid": i.Number, //nolint:misspell // GitLab's word
	}
}

func user(name string) map[string]any {
	return map[string]any{"id": crc32.ChecksumIEEE([]byte(name)), "username": name, "name": name, "state": "active", "locked": false, "avatar_url": "https://host.test/a", "web_url": "https://host.test/u"}
}

func issue(i providertest.Issue) map[string]any {
	a := map[string]any{
		"id": i.ID, "iid": i.Number, "project_id": 7, "title": i.Title, "description": i.Body, "state": "opened",
		"created_at": i.Created.Format("2006-01-02T15:04:05.000Z07:00"), "updated_at": i.Updated, "closed_at": nil,
		"labels": i.Labels, "milestone": nil, "author": user("ann"), "issue_type": "issue", "user_notes_count": len(i.Comments),
		"web_url": fmt.Sprintf("https://host.test/acme/app/-/issues/%d", i.Number), "weight": nil,
	}
	if i.Labels == nil {
		a["labels"] = []string{}
	}
	if i.Body == "" {
		a["description"] = nil
	}
	if !i.Open() {
		a["state"], a["closed_at"] = "closed", i.Closed
	}
	if i.Milestone != "" {
		a["milestone"] = map[string]any{"id": 5, "iid": 1, "project_id": 7, "title": i.Milestone, "state": "active"}
	}
	people := []map[string]any{}
	for _, p := range i.Assignees {
		people = append(people, user(p))
	}
	a["assignees"] = people
	return a
}
