package azure

import (
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

func TestItem(t *testing.T) {
	at := project{
		client:       rest.New(rest.Options{Base: &url.URL{Scheme: "https", Host: "dev.azure.com", Path: "/"}}),
		organisation: "acme", name: "Big Project", source: "acme/Big Project",
	}
	moment := func(hour int) time.Time { return time.Date(2026, 1, 2, hour, 4, 5, 60e6, time.UTC) }
	for name, test := range map[string]struct {
		answer string
		change func(*workers.Item)
	}{
		"nothing":     {`{"fields":{}}`, func(*workers.Item) {}},
		"no fields":   {`{}`, func(*workers.Item) {}},
		"other kinds": {`{"fields":{"System.Title":5,"System.Tags":[],"System.Parent":"x","System.AssignedTo":5,"System.CreatedDate":{},"Microsoft.VSTS.Common.Priority":"high","System.Description":null}}`, func(*workers.Item) {}},
		"html":        {`{"fields":{"System.Description":"<p>x</p>"}}`, func(i *workers.Item) { i.Body = workers.Text{Raw: "<p>x</p>", Markup: workers.HTML} }},
		"markdown": {`{"fields":{"System.Description":"*x*","Microsoft.VSTS.Common.AcceptanceCriteria":"<li>x"},"multilineFieldsFormat":{"System.Description":"Markdown","Microsoft.VSTS.Common.AcceptanceCriteria":"html"}}`, func(i *workers.Item) {
			i.Body, i.Criteria = workers.Text{Raw: "*x*", Markup: workers.Markdown}, workers.Text{Raw: "<li>x", Markup: workers.HTML}
		}},
		"steps": {`{"fields":{"Microsoft.VSTS.TCM.ReproSteps":"1. x"},"multilineFieldsFormat":{"Microsoft.VSTS.TCM.ReproSteps":"markdown"}}`, func(i *workers.Item) {
			i.Body = workers.Text{Raw: "1. x", Markup: workers.Markdown}
		}},
		"description and steps": {`{"fields":{"System.Description":"a","Microsoft.VSTS.TCM.ReproSteps":"b"}}`, func(i *workers.Item) {
			i.Body = workers.Text{Raw: "a\n<h2>Repro Steps</h2>\nb", Markup: workers.HTML}
		}},
		"both in markdown": {`{"fields":{"System.Description":"a","Microsoft.VSTS.TCM.ReproSteps":"b"},"multilineFieldsFormat":{"System.Description":"markdown","Microsoft.VSTS.TCM.ReproSteps":"markdown"}}`, func(i *workers.Item) {
			i.Body = workers.Text{Raw: "a\n\n## Repro Steps\n\nb", Markup: workers.Markdown}
		}},
		"in two languages": {`{"fields":{"System.Description":"<b>","Microsoft.VSTS.TCM.ReproSteps":"<b>"},"multilineFieldsFormat":{"Microsoft.VSTS.TCM.ReproSteps":"markdown"}}`, func(i *workers.Item) {
			i.Body = workers.Text{Raw: "<b>\n<h2>Repro Steps</h2>\n<pre>&lt;b&gt;</pre>", Markup: workers.HTML}
		}},
		"done": {`{"fields":{"System.State":"Done","Microsoft.VSTS.Common.ClosedDate":"2026-01-02T03:04:05.06Z","Microsoft.VSTS.Common.StateChangeDate":"2026-01-02T04:04:05.06Z"}}`, func(i *workers.Item) {
			i.State, i.Status, i.Closed = "Done", workers.StatusCompleted, moment(3)
		}},
		"resolved": {`{"fields":{"System.State":"Resolved","Microsoft.VSTS.Common.StateChangeDate":"2026-01-02T04:04:05.06Z"}}`, func(i *workers.Item) {
			i.State, i.Status, i.Closed = "Resolved", workers.StatusCompleted, moment(4)
		}},
		"reopened": {`{"fields":{"System.State":"Active","Microsoft.VSTS.Common.ClosedDate":"2026-01-02T03:04:05.06Z"}}`, func(i *workers.Item) {
			i.State, i.Status = "Active", workers.StatusInProgress
		}},
		"places":        {`{"fields":{"System.AreaPath":"Big Project\\Web","System.IterationPath":"Big Project\\2026\\Sprint 1"}}`, func(i *workers.Item) { i.AreaPath, i.Milestone = `Big Project\Web`, `2026\Sprint 1` }},
		"tags":          {`{"fields":{"System.Tags":"a; b c;;"}}`, func(i *workers.Item) { i.Labels = []string{"a", "b c"} }},
		"parent":        {`{"fields":{"System.Parent":4294967296}}`, func(i *workers.Item) { i.Parent = "ADO-4294967296" }},
		"parent linked": {`{"relations":[{"rel":"System.LinkTypes.Hierarchy-Reverse","url":"https://dev.azure.com/acme/_apis/wit/workItems/2"}]}`, func(i *workers.Item) { i.Parent = "ADO-2" }},
		"priority":      {`{"fields":{"Microsoft.VSTS.Common.Priority":1}}`, func(i *workers.Item) { i.Priority = "P0" }},
		"low priority":  {`{"fields":{"Microsoft.VSTS.Common.Priority":99}}`, func(i *workers.Item) { i.Priority = "P4" }},
		"old server":    {`{"fields":{"System.AssignedTo":"Ann Other <ann@acme.test>"}}`, func(i *workers.Item) { i.Assignees = []string{"Ann Other"} }},
		"no name":       {`{"fields":{"System.AssignedTo":{"uniqueName":"ann@acme.test"}}}`, func(i *workers.Item) { i.Assignees = []string{"ann@acme.test"} }},
		"links": {`{"relations":[
			{"rel":"AttachedFile","url":"https://dev.azure.com/acme/_apis/wit/attachments/1","attributes":{"name":"a.png","comment":"shows it"}},
			{"rel":"Hyperlink","url":"https://example.test/x","attributes":{"comment":"see there"}},
			{"rel":"Hyperlink","url":"https://example.test/y?z","attributes":{"name":7}},
			{"rel":"System.LinkTypes.Related","url":"https://dev.azure.com/acme/_apis/wit/workItems/3"}]}`, func(i *workers.Item) {
			i.Links = []workers.Link{
				{Title: "a.png", URL: "https://dev.azure.com/acme/_apis/wit/attachments/1"},
				{Title: "see there", URL: "https://example.test/x"},
				{Title: "y", URL: "https://example.test/y?z"},
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := workItem{ID: 7}
			if err := json.Unmarshal([]byte(test.answer), &w); err != nil {
				t.Fatal(err)
			}
			want := workers.Item{
				Platform: "ado", Source: "acme/Big Project", ID: "ADO-7", Number: "7",
				URL: "https://dev.azure.com/acme/Big%20Project/_workitems/edit/7", Status: workers.StatusOpen,
			}
			test.change(&want)
			if diff := cmp.Diff(want, w.item(at)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
