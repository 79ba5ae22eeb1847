package gitlab_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/gitlab"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/providertest"
	"github.com/specweave/specweave/workers/rest"
)

// tracker is a server of one version.
func tracker(v version) providertest.Vendor {
	return providertest.Vendor{
		Descriptions: []listertest.Description{{Name: "gitlab", Described: func(path string) string {
			if i := strings.Index(path, "/issues"); i > 0 {
				return "/api/v4/projects/7" + path[i:] // its slash is escaped on the way
			}
			return path
		}}},
		Describes: func(r *http.Request) int {
			if strings.HasSuffix(r.URL.Path, "/issues_statistics") || v != current && r.FormValue("pagination") != "" {
				return -1 // not described, or not by this version
			}
			return 0
		},
		Root: "/api/v4/", Platform: "gitlab",
		New:       func(c *rest.Client) (workers.Provider, error) { return gitlab.NewProvider(c), nil },
		Authorize: gitlab.Authorize,
		Serve:     func(w *providertest.World) http.Handler { return &issues{w, v} },
		Source:    "acme/app", Hollow: "acme/none", Unknown: "acme/no repo?#%",
		ID: func(source string, n int64) (id, number string) {
			return fmt.Sprintf("gitlab#%s#%d", source, n), strconv.FormatInt(n, 10)
		},
		Scope:   "read_api",
		Counted: true, Milestones: true,
		Rejects: v == current,
	}
}

func TestProvider(t *testing.T) { providertest.Run(t, tracker(current)) }

// TestIgnores and TestRefuses read from servers without keyset pagination.
func TestIgnores(t *testing.T) { providertest.Run(t, tracker(ignoring)) }
func TestRefuses(t *testing.T) { providertest.Run(t, tracker(refusing)) }

// Issues as gitlab.com answered them.
func TestRecordedIssues(t *testing.T) {
	page := providertest.Recorded(t, tracker(current), workers.ItemQuery{Source: "gitea/test_repo", Closed: true}, "gitlab-recorded-gitea.cases.json", map[string]string{
		"/issues": "/api/v4/projects/15578026/issues?page=1&per_page=2&sort=asc&state=all",
	})
	if len(page.Items) != 2 || page.Next == "" {
		t.Fatalf("%d items, next %q", len(page.Items), page.Next)
	}
	want := workers.Item{
		Platform: "gitlab", Source: "gitea/test_repo", ID: "gitlab#gitea/test_repo#1", Number: "1", URL: "https://gitlab.com/gitea/test_repo/-/work_items/1",
		Title: "Please add an animated gif icon to the merge button",
		Body:  workers.Text{Raw: "I just want the merge button to hurt my eyes a little. :stuck_out_tongue_closed_eyes:", Markup: workers.Markdown},
		Type:  "Bug", State: "closed", Status: workers.StatusCompleted, Labels: []string{"bug", "discussion"}, Milestone: "1.0.0",
		Created: time.Date(2019, 11, 28, 8, 43, 35, 459e6, time.UTC), Updated: time.Date(2019, 11, 28, 8, 46, 23, 304e6, time.UTC), Closed: time.Date(2019, 11, 28, 8, 46, 23, 275e6, time.UTC),
	}
	if diff := cmp.Diff(want, page.Items[0], cmpopts.IgnoreFields(workers.Item{}, "Version")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Notes as gitlab.com answered them: what it writes itself is no comment.
func TestRecordedNotes(t *testing.T) {
	v := tracker(current)
	replay := listertest.Replay(t, "gitlab-notes-from-discussions.cases.json", "/api/v4/projects/15578026/issues/2/notes?per_page=100")
	v.Serve = func(*providertest.World) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case strings.HasSuffix(r.URL.Path, "/notes"):
				replay(w, r)
			case strings.HasSuffix(r.URL.Path, "/issues"):
				fmt.Fprint(w, `[{"id":1,"iid":2,"user_notes_count":2,"state":"opened"}]`)
			default:
				http.NotFound(w, r)
			}
		})
	}
	page := providertest.First(t, v, workers.ItemQuery{Source: "gitea/test_repo", Comments: true})
	if len(page.Items) != 1 || len(page.Items[0].Comments) != 2 || page.Items[0].Comments[1].Body.Raw != "A second comment" {
		t.Errorf("%+v", page)
	}
}
