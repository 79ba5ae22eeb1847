package azure_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/azure"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/rest"
)

// organisation answers for the resources of a project, by their names. They get
// what was asked for.
func organisation(t *testing.T, routes string, answers map[string]func(question string) string) *azure.Provider {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodOptions {
			fmt.Fprint(w, routes)
			return
		}
		_, resource, _ := strings.Cut(r.URL.Path, "/_apis/wit/")
		answer, ok := answers[resource]
		if !ok {
			refuse(w, http.StatusNotFound, "nothing")
			return
		}
		question, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		fmt.Fprint(w, answer(r.URL.Query().Get("ids")+strings.ReplaceAll(string(question), `\u003e`, ">")))
	}))
	t.Cleanup(s.Close)
	base, err := url.Parse(s.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	return azure.NewProvider(rest.New(rest.Options{Base: base}))
}

// A query answers 20,000 ids at most, so that more are counted in steps.
func TestCount(t *testing.T) {
	queries := 0
	p := organisation(t, routes, map[string]func(string) string{
		"wiql": func(question string) string {
			queries++
			first, n := 1, 20_000
			if strings.Contains(question, "[System.Id] > 40000") {
				first, n = 50_001, 7
			} else if strings.Contains(question, "[System.Id] > 20000") {
				first = 20_001
			}
			list := make([]string, n)
			for i := range list {
				list[i] = fmt.Sprintf(`{"id": %d}`, first+i)
			}
			return `{"workItems": [` + strings.Join(list, ",") + `]}`
		},
		"workItemsBatch": func(question string) string {
			if !strings.Contains(question, `"ids":[1,2,3,`) || strings.Contains(question, ",201") {
				t.Errorf("asked for %.500s", question)
			}
			return `{"count": 2, "value": [null, {"id": 2, "fields": {"System.Title": "two"}}]}`
		},
	})
	page, err := p.Page(t.Context(), workers.ItemQuery{Source: "acme/project"}, "")
	if err != nil || page.Total != 40_007 || page.Next != "200" || len(page.Items) != 1 || queries != 3 {
		t.Errorf("%d in all, next %s, %d items, %d queries: %v", page.Total, page.Next, len(page.Items), queries, err)
	}
}

// Comments that a server has always more of are no comments of an item.
func TestEndlessComments(t *testing.T) {
	asked := 0
	p := organisation(t, routes, map[string]func(string) string{
		"wiql":           func(string) string { return `{"workItems": [{"id": 1}]}` },
		"workItemsBatch": func(string) string { return `{"value": [{"id": 1, "fields": {"System.CommentCount": 1}}]}` },
		"workItems/1/comments": func(string) string {
			asked++
			return fmt.Sprintf(`{"comments": [{"id": %d}], "continuationToken": "%d"}`, asked, asked)
		},
	})
	page, err := p.Page(t.Context(), workers.ItemQuery{Source: "acme/project", Comments: true}, "")
	if workers.ClassOf(err) != workers.ClassServer || !strings.Contains(err.Error(), "more than 1000 pages") || asked != 1000 {
		t.Errorf("asked %d times: %d items: %v", asked, len(page.Items), err)
	}
}

// What lies in the recycle bin comes last.
func TestDeleted(t *testing.T) {
	p := organisation(t, routes, map[string]func(string) string{
		"wiql": func(string) string { return `{"workItems": []}` },
		"recyclebin": func(question string) string {
			switch question {
			case "3,5":
				return `{"count": 2, "value": [{"id": 3, "name": "three", "type": "Bug", "deletedDate": "2026-02-03T04:05:06.7Z"}, {"id": 5, "name": "five", "type": "Task", "deletedDate": "2/3/2026 4:05:06 AM"}]}`
			case "8":
				return `{"count": 1, "value": [{"id": 8, "name": "eight", "deletedDate": "2025-01-01T00:00:00Z"}, {"id": 9}]}`
			}
			return `{"count": 3, "value": [{"id": 8}, {"id": 3}, {"id": 5}]}`
		},
	})
	q := workers.ItemQuery{Source: "acme/project", Size: 2, Since: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	var got []workers.Item
	var cursors []string
	for cursor := ""; len(cursors) < 5; {
		page, err := p.Page(t.Context(), q, cursor)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, page.Items...)
		if cursor = page.Next; cursor == "" {
			break
		}
		cursors = append(cursors, cursor)
	}
	if diff := cmp.Diff([]string{"deleted:0", "deleted:5"}, cursors); diff != "" {
		t.Error(diff)
	}
	if len(got) != 2 || got[0].ID != "ADO-3" || got[0].Title != "three" || !got[0].Deleted || got[0].Updated.Month() != time.February ||
		got[1].ID != "ADO-5" || !got[1].Deleted || !got[1].Updated.IsZero() {
		t.Errorf("%+v", got)
	}
	for name, q := range map[string]workers.ItemQuery{
		"labels": {Labels: []string{"x"}}, "milestone": {Milestone: "x"}, "area": {AreaPath: "x"}, "search": {Search: "x"},
	} {
		q.Source = "acme/project"
		if page, err := p.Page(t.Context(), q, ""); err != nil || page.Next != "" {
			t.Errorf("%s: next %q: %v", name, page.Next, err)
		}
	}
}

// Links come with all fields, and not with some.
func TestLinks(t *testing.T) {
	for links, want := range map[bool]string{true: `"$expand":"relations"`, false: `"fields":["System.Title"`} {
		asked := ""
		p := organisation(t, routes, map[string]func(string) string{
			"wiql":           func(string) string { return `{"workItems": [{"id": 1}]}` },
			"workItemsBatch": func(question string) string { asked = question; return `{"value": []}` },
		})
		if _, err := p.Page(t.Context(), workers.ItemQuery{Source: "acme/project", Links: links}, ""); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(asked, `"errorPolicy":"omit"`) { // of what was deleted meanwhile
			t.Errorf("asked for %s", asked)
		}
		if !strings.Contains(asked, want) || strings.Contains(asked, "$expand") == strings.Contains(asked, "fields") {
			t.Errorf("links %v: asked for %s", links, asked)
		}
	}
}

// Questions are asked again though they are sent by POST.
func TestAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := make(map[string]int)
		network := listertest.NewNetwork(t)
		network.Serve("host.test", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if asked[r.URL.Path]++; r.Method == http.MethodPost && asked[r.URL.Path] == 1 {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			switch path.Base(r.URL.Path) {
			case "_apis":
				fmt.Fprint(w, routes)
			case "wiql":
				fmt.Fprint(w, `{"workItems": [{"id": 1}]}`)
			default:
				fmt.Fprint(w, `{"value": [{"id": 1}]}`)
			}
		}))
		p := azure.NewProvider(rest.New(rest.Options{Base: &url.URL{Scheme: "http", Host: "host.test", Path: "/"}, Transport: network.Transport()}))
		page, err := p.Page(t.Context(), workers.ItemQuery{Source: "acme/project", Search: "x"}, "")
		if err != nil || len(page.Items) != 1 {
			t.Errorf("%+v, %v", page, err)
		}
	})
}

// Items and comments of Microsoft's published examples, at the routes that
// dev.azure.com answered.
func TestRecordedItems(t *testing.T) {
	dir := filepath.Join(listertest.Contracts(t), "recorded")
	discovery, err := os.ReadFile(filepath.Join(dir, "ado-discovery-locations.json"))
	if err != nil {
		t.Fatal(err)
	}
	example := func(name string) func(string) string {
		data, err := os.ReadFile(filepath.Join(dir, "ado-published-examples.cases.json"))
		if err != nil {
			t.Fatal(err)
		}
		var cases []struct {
			Name string          `json:"Name"`
			Body json.RawMessage `json:"Body"`
		}
		if err := json.Unmarshal(data, &cases); err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			if c.Name == name {
				// It has no count of comments, but another number.
				return func(string) string {
					return strings.ReplaceAll(string(c.Body), `"System.Watermark"`, `"System.CommentCount"`)
				}
			}
		}
		t.Fatalf("no example %s", name)
		return nil
	}
	p := organisation(t, string(discovery), map[string]func(string) string{
		"wiql":                   func(string) string { return `{"workItems": [{"id": 297}, {"id": 299}, {"id": 300}]}` },
		"workItemsBatch":         example("GET__wit_WorkItems_ids-_ids___expand-all.json"),
		"workItems/299/comments": example("GET__wit_workitems__issueId__comments_3.json"),
	})
	page, err := p.Page(t.Context(), workers.ItemQuery{Source: "fabrikam/Fabrikam-Fiber-Git", Comments: true, Links: true}, "")
	if err != nil || page.Total != 3 || page.Next != "" || len(page.Items) != 3 {
		t.Fatalf("%d items of %d, next %q: %v", len(page.Items), page.Total, page.Next, err)
	}
	want := workers.Item{
		Platform: "ado", Source: "fabrikam/Fabrikam-Fiber-Git", ID: "ADO-299", Number: "299", URL: page.Items[1].URL,
		Title: "JavaScript implementation for Microsoft Account", Body: workers.Text{Raw: "Follow the code samples from MSDN", Markup: workers.HTML},
		Type: "Task", State: "To Do", Status: workers.StatusOpen, Labels: []string{"Tag1", "Tag2"}, Assignees: []string{"Johnnie McLeod"},
		AreaPath: `Fabrikam-Fiber-Git\Website`, Parent: "ADO-297",
		Version: "7", Created: time.Date(2014, 12, 29, 20, 49, 21, 617e6, time.UTC), Updated: time.Date(2014, 12, 29, 20, 49, 28, 74e7, time.UTC),
		Comments: []workers.Comment{
			{ID: "42", Author: "Jamal Hartnett", Created: time.Date(2019, 1, 16, 3, 3, 28, 97e7, time.UTC), Updated: time.Date(2019, 1, 16, 3, 3, 28, 97e7, time.UTC), Body: workers.Text{Raw: "Moving to the right area path", Markup: workers.HTML}},
			{ID: "43", Author: "Jamal Hartnett", Created: time.Date(2019, 1, 17, 2, 3, 12, 88e7, time.UTC), Updated: time.Date(2019, 1, 17, 2, 3, 12, 88e7, time.UTC), Body: workers.Text{Raw: "Johnnie is going to take this work over.", Markup: workers.HTML}},
		},
		Links: []workers.Link{{Title: "a-new-api-for-visual-studio-online.aspx", URL: "http://blogs.msdn.com/b/bharry/archive/2014/05/12/a-new-api-for-visual-studio-online.aspx"}},
	}
	if diff := cmp.Diff(want, page.Items[1]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
