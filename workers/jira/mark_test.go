package jira_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/jira"
	"github.com/specweave/specweave/workers/rest"
)

// Marks that cost requests are read of what this user made since then, and of
// nothing else.
func TestMarks(t *testing.T) {
	since := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, test := range map[string]struct {
		since time.Time
		want  []string
	}{
		"never":      {time.Time{}, nil},
		"since then": {since, []string{"APP-3", "comment"}},
	} {
		var asked []string
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			switch end := path.Base(r.URL.Path); end {
			case "serverInfo":
				fmt.Fprint(w, `{"deploymentType": "Server"}`)
			case "field":
				fmt.Fprint(w, `[]`)
			case "myself":
				fmt.Fprint(w, `{"name": "me", "timeZone": "UTC"}`)
			case "search":
				issue := `{"key": "APP-%d", "fields": {"created": "%s", "creator": {"name": "%s"}, "comment": {"total": 1, "comments": [{"id": "1%[1]d", "created": "%[2]s", "author": {"name": "%[4]s"}}]}}}`
				fmt.Fprint(w, `{"total": 4, "issues": [`+strings.Join([]string{
					fmt.Sprintf(issue, 1, "2026-01-02T03:04:04.000+0000", "me", "me"), fmt.Sprintf(issue, 2, "2026-01-02T03:04:06.000+0000", "ann", "ann"),
					fmt.Sprintf(issue, 3, "2026-01-02T03:04:06.000+0000", "me", "ann"), fmt.Sprintf(issue, 4, "2026-01-02T03:04:06.000+0000", "ann", "me"),
				}, ",")+`]}`)
			case "comment":
				asked = append(asked, end)
				fmt.Fprint(w, `{"total": 1, "comments": [{"id": "14", "properties": [{"key": "specweave", "value": "m2"}]}]}`)
			default:
				asked = append(asked, end)
				fmt.Fprint(w, `{"key": "`+end+`", "properties": {"specweave": "m1"}}`)
			}
		}))
		defer s.Close()
		base, err := url.Parse(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		page, err := jira.NewProvider(rest.New(rest.Options{Base: base})).Page(t.Context(), workers.ItemQuery{Source: "APP", Comments: true, Since: test.since}, "")
		if diff := cmp.Diff(test.want, asked); diff != "" || err != nil || len(page.Items) != 4 {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
			continue
		}
		if found := len(test.want) > 0; found != (page.Items[2].Mark == "m1") || found != (page.Items[3].Comments[0].Mark == "m2") {
			t.Errorf("%s: %+v", name, page.Items)
		}
	}
}
