package gitea_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/gitea"
	"github.com/specweave/specweave/workers/rest"
)

// boss is the administrator that listertest/with-gitea makes.
var boss = workers.Login{Username: "boss", Password: "boss-password"}

// do asks the Gitea for something as its administrator.
func do(t *testing.T, method, path string, body any) {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, os.Getenv("GITEA_URL")+"/api/v1/"+path, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	gitea.Authorize(boss)(req)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode >= http.StatusMultipleChoices {
		t.Fatalf("%s %s: %s", method, path, res.Status)
	}
}

// TestServerIssues reads the issues of a real Gitea while some are closed,
// deleted and made.
func TestServerIssues(t *testing.T) {
	if os.Getenv("RIG_REPOSITORIES") == "" {
		t.Skip("needs a Gitea (make hosts)")
	}
	const n = 260
	repo := fmt.Sprintf("issues%d", time.Now().UnixNano())
	source := "boss/" + repo
	do(t, http.MethodPost, "user/repos", map[string]any{"name": repo})
	defer do(t, http.MethodDelete, "repos/"+source, nil) // others count what this user has
	for i := range n {
		do(t, http.MethodPost, "repos/"+source+"/issues", map[string]any{"title": fmt.Sprintf("issue %d", i+1), "body": "text"})
	}
	do(t, http.MethodPost, "repos/"+source+"/issues/7/comments", map[string]any{"body": "a comment"})
	base, err := url.Parse(os.Getenv("GITEA_URL") + "/api/v1/")
	if err != nil {
		t.Fatal(err)
	}
	client := rest.New(rest.Options{Base: base, Authorize: gitea.Authorize(boss)})
	q := workers.ItemQuery{Source: source, Comments: true}
	gone := make(map[string]bool)
	got := make(map[string]int)
	cursor := ""
	for pages := 0; ; pages++ {
		page, err := gitea.NewProvider(client).Page(t.Context(), q, cursor)
		if err != nil {
			t.Fatal(err)
		}
		if pages == 0 && page.Total != n {
			t.Errorf("%d in all, want %d", page.Total, n)
		}
		for _, i := range page.Items {
			got[i.ID]++
			if want := i.Number == "7"; want != (len(i.Comments) == 1) {
				t.Errorf("%+v", i)
			}
		}
		if cursor = page.Next; cursor == "" {
			t.Logf("%d pages, %d requests for %d issues", pages+1, client.Calls(), n)
			break
		}
		// Of those read and of those that are not yet: the newest come first.
		for _, number := range []int{n - 3*pages, 10 + pages} {
			do(t, http.MethodPatch, fmt.Sprintf("repos/%s/issues/%d", source, number), map[string]any{"state": "closed"})
			do(t, http.MethodDelete, fmt.Sprintf("repos/%s/issues/%d", source, number-1), nil)
			gone[fmt.Sprintf("gitea#%s#%d", source, number)], gone[fmt.Sprintf("gitea#%s#%d", source, number-1)] = true, true
		}
		do(t, http.MethodPost, "repos/"+source+"/issues", map[string]any{"title": "another"})
	}
	for i := range n {
		id := fmt.Sprintf("gitea#%s#%d", source, i+1)
		if got[id] == 0 && !gone[id] || got[id] > 1 {
			t.Errorf("%s came %d times", id, got[id])
		}
	}
}
