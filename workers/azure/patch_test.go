package azure

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

func ptr[T any](v T) *T { return &v }

var acme = project{
	client:       rest.New(rest.Options{Base: &url.URL{Scheme: "https", Host: "dev.azure.com", Path: "/"}}),
	organisation: "acme", name: "Big Project", source: "acme/Big Project",
}

func TestPatch(t *testing.T) {
	story := kind{Name: "User Story", Fields: []field{{criteria}, {description}}}
	bug := kind{Name: "Bug", Fields: []field{{description}, {steps}}}
	html := func(s string) *workers.Text { return &workers.Text{Raw: s, Markup: workers.HTML} }
	const (
		both   = `{"fields":{"System.Description":"a","Microsoft.VSTS.TCM.ReproSteps":"b"}}`
		child  = `{"fields":{"System.Parent":7},"relations":[{"rel":"Hyperlink","url":"x"},{"rel":"System.LinkTypes.Hierarchy-Reverse","url":"https://dev.azure.com/acme/_apis/wit/workItems/7"}]}`
		modern = `{"fields":{"System.Description":"a"},"multilineFieldsFormat":{"System.Description":"Markdown"}}`
	)
	for name, test := range map[string]struct {
		k       kind
		now     string
		f       workers.Fields
		want    string
		refused string
	}{
		"nothing": {story, `{}`, workers.Fields{}, ``, ""},
		"the same": {
			story, `{"fields":{"System.Title":"x","System.Description":"a","System.Tags":"b; a","Microsoft.VSTS.Common.Priority":2,"System.Parent":7,"System.AssignedTo":{"displayName":"Ann"}}}`,
			workers.Fields{
				Title: ptr("x"), Body: html("a"), Labels: &[]string{"a", "b"}, Priority: ptr("P1"), Parent: ptr("ADO-7"), Assignees: &[]string{"Ann"}, Criteria: &workers.Text{},
			},
			``, "",
		},
		"emptied": {
			story, `{"fields":{"System.Title":"x","System.Description":"a","System.Tags":"b","Microsoft.VSTS.Common.Priority":2,"System.AssignedTo":{"displayName":"Ann"}}}`,
			workers.Fields{Body: &workers.Text{}, Labels: &[]string{}, Priority: ptr(""), Assignees: &[]string{}},
			`add /fields/System.Description "";remove /fields/Microsoft.VSTS.Common.Priority;replace /fields/System.Tags "";add /fields/System.AssignedTo ""`, "",
		},
		"first tags":        {story, `{}`, workers.Fields{Labels: &[]string{"a", "b c"}}, `add /fields/System.Tags "a; b c"`, ""},
		"other tags":        {story, `{"fields":{"System.Tags":"a"}}`, workers.Fields{Labels: &[]string{"b"}}, `replace /fields/System.Tags "b"`, ""},
		"two tags in one":   {story, `{}`, workers.Fields{Labels: &[]string{"a,b"}}, ``, "labels"},
		"low priority":      {story, `{}`, workers.Fields{Priority: ptr("P4")}, `add /fields/Microsoft.VSTS.Common.Priority 5`, ""},
		"criteria":          {story, `{}`, workers.Fields{Criteria: html("<li>x")}, `add /fields/Microsoft.VSTS.Common.AcceptanceCriteria "\u003cli\u003ex"`, ""},
		"criteria of a bug": {bug, `{}`, workers.Fields{Criteria: html("x")}, ``, "criteria"},
		"unknown fields":    {kind{}, `{}`, workers.Fields{Criteria: html("x"), Body: html("a")}, `add /fields/System.Description "a";add /fields/Microsoft.VSTS.Common.AcceptanceCriteria "x"`, ""},
		"a new bug":         {bug, `{}`, workers.Fields{Body: html("a")}, `add /fields/Microsoft.VSTS.TCM.ReproSteps "a"`, ""},
		"steps":             {story, `{"fields":{"Microsoft.VSTS.TCM.ReproSteps":"b"}}`, workers.Fields{Body: html("c")}, `add /fields/Microsoft.VSTS.TCM.ReproSteps "c"`, ""},
		"a described bug":   {bug, `{"fields":{"System.Description":"b"}}`, workers.Fields{Body: html("c")}, `add /fields/System.Description "c"`, ""},
		"second of two": {
			bug, both, workers.Fields{Body: html("a\n<h2>Repro Steps</h2>\nc")}, `add /fields/Microsoft.VSTS.TCM.ReproSteps "c"`, "",
		},
		"both of two":      {bug, both, workers.Fields{Body: html("c\n<h2>Repro Steps</h2>d")}, `add /fields/System.Description "c";add /fields/Microsoft.VSTS.TCM.ReproSteps "d"`, ""},
		"one of two":       {bug, both, workers.Fields{Body: html("c")}, ``, "body"},
		"no parent":        {story, child, workers.Fields{Parent: ptr("")}, `remove /relations/1`, ""},
		"another parent":   {story, child, workers.Fields{Parent: ptr("ADO-8")}, `remove /relations/1;add /relations/- {"rel":"System.LinkTypes.Hierarchy-Reverse","url":"https://dev.azure.com/acme/_apis/wit/workItems/8"}`, ""},
		"a parent":         {story, `{}`, workers.Fields{Parent: ptr("ADO-8")}, `add /relations/- {"rel":"System.LinkTypes.Hierarchy-Reverse","url":"https://dev.azure.com/acme/_apis/wit/workItems/8"}`, ""},
		"any case":         {story, `{}`, workers.Fields{Parent: ptr("ado-8")}, `add /relations/- {"rel":"System.LinkTypes.Hierarchy-Reverse","url":"https://dev.azure.com/acme/_apis/wit/workItems/8"}`, ""},
		"the same parent":  {story, child, workers.Fields{Parent: ptr("ado-7")}, ``, ""},
		"a strange parent": {story, `{}`, workers.Fields{Parent: ptr("ADO-../8")}, ``, "parent"},
		"markdown":         {story, modern, workers.Fields{Body: &workers.Text{Raw: "*b*", Markup: workers.Markdown}}, `add /fields/System.Description "*b*"`, ""},
		"html in markdown": {story, modern, workers.Fields{Body: html("b")}, `add /fields/System.Description "b"`, ""},
		"markdown in html": {story, `{}`, workers.Fields{Body: &workers.Text{Raw: "*b*", Markup: workers.Markdown}}, ``, "input"},
	} {
		t.Run(name, func(t *testing.T) {
			var now workItem
			if err := json.Unmarshal([]byte(test.now), &now); err != nil {
				t.Fatal(err)
			}
			p, err := acme.patch(test.k, test.f, now)
			refused := ""
			if e, ok := errors.AsType[*workers.RefusedError](err); ok {
				refused = e.Field
			} else if _, ok := errors.AsType[*workers.InputError](err); ok {
				refused = "input"
			}
			if refused != test.refused {
				t.Errorf("refused %q, want %q: %v", refused, test.refused, err)
			}
			if refused != "" {
				return
			}
			var got []string
			for _, o := range p.operations {
				s := o.Op + " " + o.Path
				if o.Value != nil {
					value, _ := json.Marshal(o.Value)
					s += " " + string(value)
				}
				got = append(got, s)
			}
			if diff := cmp.Diff(test.want, strings.Join(got, ";")); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestKinds(t *testing.T) {
	at := acme
	for _, name := range []string{"Bug", "Issue", "Product Backlog Item"} {
		at.kinds = append(at.kinds, kind{Name: name})
	}
	for name, want := range map[string]string{"": "Product Backlog Item", "bug": "Bug", "Epic": ""} {
		k, err := at.kind(name)
		if refused, ok := errors.AsType[*workers.RefusedError](err); k.Name != want || ok != (want == "") || ok && len(refused.Allowed) != 3 {
			t.Errorf("%q: %q, %v", name, k.Name, err)
		}
	}
	if k, err := acme.kind(""); k.Name != "User Story" || err != nil { // they are not to be seen
		t.Error(k, err)
	}
}

func TestState(t *testing.T) {
	k := kind{Name: "Bug", States: []state{
		{"Neu", proposed}, {"Bereit", proposed}, {"Aktiv", inProgress}, {"Fertig", resolved}, {"Weg", removed}, {"Zu", completed},
	}}
	is := func(state string, status workers.ItemStatus) workers.Item {
		return workers.Item{State: state, Status: status}
	}
	const open, begun, done = workers.StatusOpen, workers.StatusInProgress, workers.StatusCompleted
	for _, test := range []struct {
		f    workers.Fields
		item workers.Item
		want string
	}{
		{workers.Fields{}, is("Neu", open), ""},
		{workers.Fields{Status: ptr(open)}, is("Bereit", open), ""},
		{workers.Fields{Status: ptr(open)}, is("Aktiv", begun), "Neu"},
		{workers.Fields{Status: ptr(begun)}, is("Neu", open), "Aktiv"},
		{workers.Fields{Status: ptr(done)}, is("Neu", open), "Zu"},
		{workers.Fields{Status: ptr(done)}, is("Weg", done), ""},
		{workers.Fields{Status: ptr(done), State: "fertig"}, is("Zu", done), "Fertig"},
		{workers.Fields{State: "bereit"}, is("Bereit", open), ""},
		{workers.Fields{State: "Closed"}, is("Neu", open), "refused"},
		{workers.Fields{Status: ptr(workers.ItemStatus("Blocked"))}, is("Neu", open), "refused"},
	} {
		got, err := k.state(test.f, test.item)
		if refused, ok := errors.AsType[*workers.RefusedError](err); ok && refused.Field == "status" && len(refused.Allowed) == 6 {
			got = "refused"
		}
		if got != test.want {
			t.Errorf("%+v of %+v: %q, %v; want %q", test.f, test.item, got, err, test.want)
		}
	}
	if got, err := (kind{}).state(workers.Fields{State: "Any"}, workers.Item{}); got != "Any" || err != nil { // they are not to be seen
		t.Error(got, err)
	}
}
