package gitlab_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/gitlab"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/rest"
)

var vendor = listertest.Vendor{
	Name: "gitlab",
	Root: "/api/v4/",
	Described: func(path string) string {
		// The projects of a user are listed like all projects, which alone is
		// described.
		if strings.HasPrefix(path, "/api/v4/users/") {
			return "/api/v4/projects"
		}
		return path
	},
	Amend: func(doc *openapi3.T) {
		// A list of lists: GitLab lists projects ("List projects",
		// docs.gitlab.com/api/groups and docs.gitlab.com/api/projects).
		for _, path := range []string{"/api/v4/groups/{id}/projects", "/api/v4/projects"} {
			page := doc.Paths.Value(path).Get.Responses.Value("200").Value.Content["application/json"]
			if page.Schema.Value.Items.Value.Type.Is("array") {
				page.Schema = page.Schema.Value.Items
			}
		}
	},
	New:       func(c *rest.Client) (workers.Lister, error) { return gitlab.New(c), nil },
	Authorize: gitlab.Authorize,
	Serve:     func(w *listertest.World) http.Handler { return fake{w} },
	Said: func(l workers.Listed) workers.Listed {
		l.Language = ""
		if l.Owner != "alice" && l.Owner != "me" {
			l.Size = -1
		}
		return l
	},
	Scope: "api read_api",
}

func TestLister(t *testing.T) { listertest.Run(t, vendor) }

// fake answers like GitLab.
type fake struct{ *listertest.World }

func (f fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if r.Header.Get("Authorization") != "Bearer "+f.Login.Password {
		f.refuse(w, http.StatusUnauthorized, `{"message":"401 Unauthorized"}`)
		return
	}
	if f.Lacking {
		f.refuse(w, http.StatusForbidden, `{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api read_api"}`)
		return
	}
	if r.URL.Path == "/api/v4/projects" { // of those that the caller works on
		fmt.Fprint(w, "[]")
		return
	}
	kind, name, rest := cut(strings.TrimPrefix(r.URL.EscapedPath(), "/api/v4/"))
	owner, ok := f.Owners[name]
	if !ok || rest != "projects" || owner.User != (kind == "users") {
		f.refuse(w, http.StatusNotFound, `{"message":"404 Not Found"}`)
		return
	}
	f.page(w, r, owner)
}

func (fake) refuse(w http.ResponseWriter, status int, body string) {
	w.WriteHeader(status)
	fmt.Fprint(w, body)
}

// cut takes "groups/NAME/projects" apart.
func cut(path string) (kind, name, rest string) {
	segments := strings.Split(path, "/")
	if len(segments) != 3 {
		return "", "", ""
	}
	name, _ = url.PathUnescape(segments[1])
	return segments[0], name, segments[2]
}

func (f fake) page(w http.ResponseWriter, r *http.Request, owner listertest.Owner) {
	query := r.URL.Query()
	num := max(1, atoi(query.Get("page")))
	list, more := f.Page(owner.Repositories, num)
	w.Header().Set("X-Total", strconv.Itoa(len(owner.Repositories)))
	link := func(num int, rel string) {
		query.Set("page", strconv.Itoa(num))
		w.Header().Add("Link", fmt.Sprintf(`<https://gitlab.internal%s?%s>; rel="%s"`, r.URL.EscapedPath(), query.Encode(), rel))
	}
	link(1, "first")
	if more {
		link(num+1, "next")
	}
	answer := make([]map[string]any, len(list))
	for i, l := range list {
		answer[i] = project(l)
		if query.Get("statistics") == "true" {
			answer[i]["statistics"] = map[string]any{"commit_count": 1, "repository_size": l.Size}
		}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

func project(l workers.Listed) map[string]any {
	p := map[string]any{
		"id": 1, "name": strings.ToTitle(l.Name), "path": l.Name, "path_with_namespace": l.Owner + "/" + l.Name,
		"namespace":        map[string]any{"id": 2, "name": "A Name", "path": l.Owner, "kind": "group", "full_path": l.Owner},
		"http_url_to_repo": l.CloneURL, "ssh_url_to_repo": l.SSHURL, "visibility": l.Visibility,
		"topics": l.Topics, "archived": l.Archived, "empty_repo": l.Empty,
		"last_activity_at": nil, "forked_from_project": nil, "repository_access_level": "enabled",
	}
	if !l.PushedAt.IsZero() {
		p["last_activity_at"] = l.PushedAt
	}
	if l.Fork {
		p["forked_from_project"] = map[string]any{"id": 7, "path": "upstream"}
	}
	if l.Disabled {
		p["repository_access_level"] = "disabled"
	}
	return p
}
