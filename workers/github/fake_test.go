package github_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/listertest"
)

// fake answers like api.github.com.
type fake struct{ *listertest.World }

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-RateLimit-Limit", "5000")
	w.Header().Set("X-RateLimit-Remaining", "4987")
	w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10))
	if r.Header.Get("Authorization") != "Bearer "+f.Login.Password {
		say(w, http.StatusUnauthorized, "Bad credentials")
		return
	}
	w.Header().Set("X-OAuth-Scopes", "gist, workflow")
	if f.Lacking {
		w.Header().Set("X-Accepted-OAuth-Scopes", "read:org, repo")
		say(w, http.StatusForbidden, "Resource not accessible by personal access token")
		return
	}
	if r.URL.Path == "/user" {
		reply(w, http.StatusOK, user(f.Self))
		return
	}
	name, ok := f.owner(r.URL.Path)
	if !ok {
		say(w, http.StatusNotFound, "Not Found")
		return
	}
	num := max(number(r, "page"), 1)
	list := f.Owners[name].Repositories
	if r.URL.Path == "/users/"+f.Self+"/repos" {
		list = slices.DeleteFunc(slices.Clone(list), func(l workers.Listed) bool { return l.Visibility != "public" })
	}
	page, more := f.Page(list, num)
	if more {
		w.Header().Set("Link", f.link(f.path(r.URL.Path, name), num+1, "next")+", "+f.link(f.path(r.URL.Path, name), 99, "last"))
	}
	answers := make([]map[string]any, len(page))
	for i, l := range page {
		answers[i] = repository(l)
	}
	reply(w, http.StatusOK, answers)
}

// owner finds out whose repositories path lists.
func (f *fake) owner(path string) (name string, ok bool) {
	if path == "/user/repos" {
		return f.Self, true
	}
	segments := strings.Split(strings.Trim(path, "/"), "/")
	if len(segments) != 3 || segments[2] != "repos" {
		return "", false
	}
	for i, name := range slices.Sorted(maps.Keys(f.Owners)) {
		owner, id := f.Owners[name], strconv.Itoa(firstID+i)
		switch segments[0] + "/" + segments[1] {
		case "orgs/" + name, "organizations/" + id:
			return name, !owner.User
		case "users/" + name, "user/" + id:
			return name, owner.User
		}
	}
	return "", false
}

const firstID = 1000

// path is how GitHub's links name a list: by number.
func (f *fake) path(path, name string) string {
	id := firstID + slices.Index(slices.Sorted(maps.Keys(f.Owners)), name)
	switch {
	case path == "/user/repos":
		return path
	case f.Owners[name].User:
		return fmt.Sprintf("/user/%d/repos", id)
	}
	return fmt.Sprintf("/organizations/%d/repos", id)
}

// described gives the paths in GitHub's links, which its description lacks, the
// names it has.
func described(path string) string {
	segments := strings.Split(path, "/")
	switch {
	case len(segments) == 4 && segments[1] == "organizations":
		return "/orgs/acme/repos"
	case len(segments) == 4 && segments[1] == "user":
		return "/users/alice/repos"
	}
	return path
}

func (f *fake) link(path string, page int, rel string) string {
	return fmt.Sprintf(`<%s%s?direction=asc&per_page=%d&sort=created&page=%d>; rel="%s"`, f.URL, path, f.PageSize, page, rel)
}

func number(r *http.Request, name string) int {
	n, _ := strconv.Atoi(r.FormValue(name))
	return n
}

// repository fills in what the description requires and the lister leaves.
func repository(l workers.Listed) map[string]any {
	r := map[string]any{
		"id": 7, "node_id": "R_7", "name": l.Name, "full_name": l.Owner + "/" + l.Name, "owner": account(l.Owner),
		"private": l.Visibility != "public", "visibility": l.Visibility, "description": nil, "fork": l.Fork,
		"archived": l.Archived, "disabled": l.Disabled, "language": l.Language, "topics": l.Topics, "size": l.Size >> 10,
		"pushed_at": l.PushedAt, "created_at": l.PushedAt, "updated_at": l.PushedAt,
		"default_branch": "main", "homepage": nil, "license": nil, "has_downloads": true, "has_issues": true,
		"has_projects": true, "has_wiki": true, "has_pages": false,
	}
	if l.PushedAt.IsZero() {
		r["pushed_at"] = nil
	}
	if l.Topics == nil {
		r["topics"] = []string{}
	}
	for _, n := range []string{"forks", "forks_count", "open_issues", "open_issues_count", "stargazers_count", "watchers", "watchers_count"} {
		r[n] = 0
	}
	urls(r, `url archive_url assignees_url blobs_url branches_url collaborators_url comments_url commits_url compare_url
		contents_url contributors_url deployments_url downloads_url events_url forks_url git_commits_url git_refs_url git_tags_url
		hooks_url html_url issue_comment_url issue_events_url issues_url keys_url labels_url languages_url merges_url
		milestones_url notifications_url pulls_url releases_url stargazers_url statuses_url subscribers_url subscription_url
		tags_url teams_url trees_url git_url mirror_url svn_url`)
	r["clone_url"], r["ssh_url"] = l.CloneURL, l.SSHURL
	return r
}

func account(login string) map[string]any {
	a := map[string]any{"id": 3, "node_id": "U_3", "login": login, "gravatar_id": "", "site_admin": false, "type": "User"}
	urls(a, `url avatar_url events_url followers_url following_url gists_url html_url organizations_url received_events_url
		repos_url starred_url subscriptions_url`)
	return a
}

func user(login string) map[string]any {
	u := account(login)
	for _, n := range []string{"bio", "company", "email", "hireable", "location", "name"} {
		u[n] = nil
	}
	for _, n := range []string{"followers", "following", "public_gists", "public_repos"} {
		u[n] = 0
	}
	u["blog"], u["created_at"], u["updated_at"], u["user_view_type"] = "", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z", "public"
	return u
}

func urls(into map[string]any, names string) {
	for name := range strings.FieldsSeq(names) {
		into[name] = "https://host.test/" + name
	}
}

func say(w http.ResponseWriter, status int, message string) {
	reply(w, status, map[string]string{"message": message, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(status)})
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
