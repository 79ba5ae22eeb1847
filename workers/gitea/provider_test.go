package gitea_test

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/gitea"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/providertest"
	"github.com/specweave/specweave/workers/rest"
)

var tracker = providertest.Vendor{
	Descriptions: []listertest.Description{{Name: "gitea", Server: "/api/v1"}},
	Root:         "/api/v1/", Platform: "gitea",
	New:       func(c *rest.Client) (workers.Provider, error) { return gitea.NewProvider(c), nil },
	Authorize: gitea.Authorize,
	Serve:     func(w *providertest.World) http.Handler { return &issues{World: w} },
	Source:    "acme/app", Hollow: "acme/none", Unknown: "acme/no repo?#%",
	ID: func(source string, n int64) (id, number string) {
		return fmt.Sprintf("gitea#%s#%d", source, n), strconv.FormatInt(n, 10)
	},
	Scope:   "read:issue",
	Counted: true, Milestones: true, Pulls: true,
}

func TestProvider(t *testing.T) { providertest.Run(t, tracker) }

// issues answers like Gitea 1.27 (routers/api/v1/repo/issue.go).
type issues struct {
	*providertest.World
	mu     sync.Mutex // one request at a time
	labels []string   // of the repository; ids are places in it
}

func (f *issues) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	name, password, _ := r.BasicAuth()
	if (workers.Login{Username: name, Password: password}) != f.Login {
		say(w, http.StatusUnauthorized, "user does not exist [uid: 0, name: ]")
		return
	}
	if f.Lacking {
		say(w, http.StatusForbidden, "token does not have at least one of required scope(s), required=[read:issue], token scope=read:user")
		return
	}
	if r.URL.Path == "/api/v1/orgs/acme/labels" {
		reply(w, http.StatusOK, []map[string]any{{"id": shared, "name": "shared"}})
		return
	}
	segments := strings.Split(strings.TrimPrefix(r.URL.Path, "/api/v1/repos/"), "/")
	source := strings.Join(segments[:min(2, len(segments))], "/")
	list, ok := f.Of(source, chosen(r.URL.Query()))
	switch {
	case !ok || len(segments) < 3:
		say(w, http.StatusNotFound, "The target couldn't be found.")
	case segments[2] == "assignees":
		f.people(w)
	case segments[2] == "labels" && r.Method == http.MethodGet:
		f.listLabels(w, r)
	case r.Method != http.MethodGet:
		f.write(w, r, segments[2:])
	case len(segments) == 5 && segments[4] == "comments":
		number, _ := strconv.ParseInt(segments[3], 10, 64)
		f.comments(w, number)
	case len(segments) == 4 && segments[3] == "comments":
		f.remarks(w, r)
	case len(segments) == 4:
		f.one(w, segments[3])
	default:
		f.page(w, r, list)
	}
}

// one answers with an issue, or with a pull request.
func (f *issues) one(w http.ResponseWriter, number string) {
	list := f.Issues(func(i providertest.Issue) bool { return strconv.FormatInt(i.Number, 10) == number })
	if len(list) == 0 {
		say(w, http.StatusNotFound, "issue does not exist")
		return
	}
	a := f.described(list[0])
	if list[0].Pull {
		a["pull_request"] = map[string]any{"merged": false, "draft": false}
	}
	reply(w, http.StatusOK, a)
}

// chosen is what a query asks for. Labels and milestones that are not
// there are ignored.
func chosen(q url.Values) func(providertest.Issue) bool {
	labels := slices.DeleteFunc(strings.Split(q.Get("labels"), ","), func(l string) bool { return l == "" || l == "no such" })
	since, _ := time.Parse(time.RFC3339, q.Get("since"))
	return func(i providertest.Issue) bool {
		return (q.Get("type") != "issues" || !i.Pull) && (q.Get("state") == "all" || i.Open()) && i.Has(labels) && !i.Updated.Before(since) &&
			(q.Get("milestones") == "" || q.Get("milestones") == "no such" || i.Milestone == q.Get("milestones"))
	}
}

func (f *issues) page(w http.ResponseWriter, r *http.Request, list []providertest.Issue) {
	slices.Reverse(list)
	number, _ := strconv.Atoi(r.FormValue("page"))
	limit, _ := strconv.Atoi(r.FormValue("limit"))
	limit = min(limit, f.PageSize)
	page, more := providertest.Cut(f.World, list, (number-1)*limit, limit)
	if more {
		w.Header().Set("Link", fmt.Sprintf(`<http://localhost:3000%s?page=%d>; rel="next",<http://localhost:3000%s?page=9>; rel="last"`, r.URL.Path, number+1, r.URL.Path))
	}
	w.Header().Set("X-Total-Count", strconv.Itoa(len(list)))
	answer := make([]map[string]any, len(page))
	for n, i := range page {
		answer[n] = f.described(i)
	}
	reply(w, http.StatusOK, answer)
}

func (f *issues) comments(w http.ResponseWriter, number int64) {
	answer := []map[string]any{}
	for _, i := range f.Issues(func(i providertest.Issue) bool { return i.Number == number }) {
		for _, c := range i.Comments {
			answer = append(answer, comment(c))
		}
	}
	reply(w, http.StatusOK, answer)
}

// remarks lists the comments that were changed since a time, two a page.
func (f *issues) remarks(w http.ResponseWriter, r *http.Request) {
	since, _ := time.Parse(time.RFC3339, r.FormValue("since"))
	number, _ := strconv.Atoi(r.FormValue("page"))
	all := []map[string]any{}
	for _, i := range f.Issues(nil) {
		for _, c := range i.Comments {
			a := comment(c)
			if a["issue_url"] = ""; !i.Pull {
				a["issue_url"] = fmt.Sprintf("http://localhost:3000/acme/app/issues/%d", i.Number)
			}
			if updated, ok := a["updated_at"].(time.Time); ok && !updated.Before(since) {
				all = append(all, a)
			}
		}
	}
	w.Header().Set("X-Total-Count", strconv.Itoa(len(all)))
	reply(w, http.StatusOK, all[min((number-1)*2, len(all)):min(number*2, len(all))])
}

func comment(c providertest.Comment) map[string]any {
	if c.Updated.IsZero() {
		c.Updated = c.Created
	}
	return map[string]any{
		"id": json.Number(c.ID), "user": map[string]any{"id": 3, "login": c.Author}, "body": c.Body, "created_at": c.Created, "updated_at": c.Updated,
	}
}

func (f *issues) described(i providertest.Issue) map[string]any {
	a := map[string]any{
		"id": i.ID, "number": i.Number, "html_url": fmt.Sprintf("http://localhost:3000/acme/app/issues/%d", i.Number),
		"title": i.Title, "body": i.Body, "state": "open", "created_at": i.Created, "updated_at": i.Updated, "comments": len(i.Comments),
	}
	a["content_version"] = crc32.ChecksumIEEE([]byte(i.Body))
	a["labels"] = f.labelled(i.Labels)
	if !i.Open() {
		a["state"], a["closed_at"] = "closed", i.Closed
	}
	if i.Milestone != "" {
		a["milestone"] = map[string]any{"id": 5, "title": i.Milestone}
	}
	people := []map[string]any{}
	for n, name := range i.Assignees {
		people = append(people, map[string]any{"id": n, "login": name})
	}
	a["assignees"] = people
	return a
}
