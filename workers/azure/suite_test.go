package azure_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/azure"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/rest"
)

const project = "project"

func TestLister(t *testing.T) {
	listertest.Run(t, listertest.Vendor{
		Name:      "azure-devops",
		Root:      "/",
		New:       func(c *rest.Client) (workers.Lister, error) { return azure.New(c), nil },
		Authorize: azure.Authorize,
		Serve:     func(w *listertest.World) http.Handler { return fake{w} },
		Said: func(l workers.Listed) workers.Listed {
			l.Language, l.Topics, l.PushedAt, l.Archived = "", nil, time.Time{}, false
			if l.Empty {
				l.Size = 0
			}
			return l
		},
		Owner:  func(name string) string { return name + "/" + project },
		Scope:  "vso.code",
		Paging: listertest.Whole,
	})
}

// fake answers like Azure DevOps.
type fake struct{ *listertest.World }

func (f fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if r.Method == http.MethodOptions { // to anybody
		fmt.Fprint(w, routes)
		return
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(":"+f.Login.Password))
	if r.Header.Get("Authorization") != basic {
		refuse(w, http.StatusUnauthorized, "TF400813: The user '' is not authorized to access this resource.")
		return
	}
	if f.Lacking {
		refuse(w, http.StatusForbidden, "TF400813: The user 'somebody' is not authorized to access this resource.")
		return
	}
	name, ok := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/"), "/_apis/git/repositories")
	owner, known := f.Owners[name]
	if !ok || !known {
		refuse(w, http.StatusNotFound, "TF200016: The following project does not exist: x. Verify that the name of the project is correct and that the project exists on the specified Azure DevOps Server.")
		return
	}
	values := make([]map[string]any, len(owner.Repositories))
	for i, l := range owner.Repositories {
		values[i] = repository(l)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"count": len(values), "value": values})
}

func refuse(w http.ResponseWriter, status int, message string) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"$id": "1", "innerException": nil, "message": message, "errorCode": 0, "eventId": 3000})
}

func repository(l workers.Listed) map[string]any {
	visibility := l.Visibility
	if visibility == "internal" {
		visibility = "organization"
	}
	r := map[string]any{
		"id": "5febef5a-833d-4e14-b9c0-14cb638f91e6", "name": l.Name, "size": l.Size, "defaultBranch": "refs/heads/main",
		"remoteUrl": strings.Replace(l.CloneURL, "://", "://org@", 1), "sshUrl": l.SSHURL,
		"project": map[string]any{
			"id": "6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c", "name": project, "state": "wellFormed",
			"revision": 7, "visibility": visibility, "lastUpdateTime": "2026-01-02T03:04:05.67Z",
		},
		"isDisabled": l.Disabled, "isFork": l.Fork, "isInMaintenance": false,
	}
	if l.Empty {
		delete(r, "defaultBranch")
		r["size"] = 0
	}
	return r
}
