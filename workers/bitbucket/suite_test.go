package bitbucket_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/bitbucket"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/rest"
)

func TestLister(t *testing.T) {
	listertest.Run(t, listertest.Vendor{
		Root:      "/2.0/",
		New:       func(c *rest.Client) (workers.Lister, error) { return bitbucket.New(c), nil },
		Authorize: bitbucket.Authorize,
		Serve:     func(w *listertest.World) http.Handler { return fake{w} },
		Said: func(l workers.Listed) workers.Listed {
			if l.Visibility == "internal" {
				l.Visibility = "private"
			}
			l.Topics, l.Archived, l.Empty, l.Disabled = nil, false, false, false
			return l
		},
		Scope: "repository",
	})
}

// fake answers like Bitbucket Cloud.
type fake struct{ *listertest.World }

func (f fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if _, password, _ := r.BasicAuth(); password != f.Login.Password {
		refuse(w, http.StatusUnauthorized, `{"type": "error", "error": {"message": "Access token expired."}}`)
		return
	}
	if f.Lacking {
		refuse(w, http.StatusForbidden, `{"type": "error", "error": {"message": "Your credentials lack one or more required privilege scopes.", "detail": {"granted": ["account"], "required": ["repository"]}}}`)
		return
	}
	segment, ok := strings.CutPrefix(r.URL.EscapedPath(), "/2.0/repositories/")
	name, err := url.PathUnescape(segment)
	owner, known := f.Owners[name]
	if !ok || err != nil || !known {
		refuse(w, http.StatusNotFound, `{"type": "error", "error": {"message": "No workspace with identifier 'x'."}}`)
		return
	}
	query := r.URL.Query()
	num, _ := strconv.Atoi(query.Get("page"))
	num = max(num, 1)
	list, more := f.Page(owner.Repositories, num)
	values := make([]map[string]any, len(list))
	for i, l := range list {
		values[i] = repository(l)
	}
	answer := map[string]any{"pagelen": f.PageSize, "page": num, "size": len(owner.Repositories), "values": values}
	if more {
		query.Set("page", strconv.Itoa(num+1))
		answer["next"] = f.URL + r.URL.EscapedPath() + "?" + query.Encode()
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func refuse(w http.ResponseWriter, status int, body string) {
	w.WriteHeader(status)
	fmt.Fprint(w, body)
}

func repository(l workers.Listed) map[string]any {
	r := map[string]any{
		"type": "repository", "full_name": l.Owner + "/" + l.Name, "name": strings.ToTitle(l.Name), "scm": "git",
		"size": l.Size, "is_private": l.Visibility != "public", "language": l.Language, "parent": nil, "updated_on": nil,
		"links": map[string]any{"clone": []map[string]any{
			{"name": "https", "href": strings.Replace(l.CloneURL, "://", "://somebody@", 1)},
			{"name": "ssh", "href": l.SSHURL},
		}},
	}
	if l.Fork {
		r["parent"] = map[string]any{"type": "repository", "full_name": "upstream/name"}
	}
	if !l.PushedAt.IsZero() {
		r["updated_on"] = l.PushedAt.Format("2006-01-02T15:04:05.000000-07:00")
	}
	return r
}
