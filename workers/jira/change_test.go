package jira

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

func ptr[T any](v T) *T { return &v }

func TestChange(t *testing.T) {
	p := NewProvider(rest.New(rest.Options{Base: &url.URL{Scheme: "https", Host: "jira.acme.test", Path: "/"}}))
	const line, first, second, epic = "customfield_1", "customfield_2", "customfield_3", "customfield_4"
	cloud := site{cloud: true, criteria: []string{line, first, second}, areas: []string{first, second}}
	server := site{criteria: []string{line, first, second}, areas: []string{first, second}, epic: []string{epic}}
	doc := &workers.Text{Raw: `{"type":"doc","version":1}`, Markup: workers.ADF}
	wiki := &workers.Text{Raw: "h1. x", Markup: workers.Wiki}
	for name, test := range map[string]struct {
		s       site
		now     string
		f       workers.Fields
		subtask bool
		want    string
		refused string
	}{
		"nothing": {s: cloud, now: `{}`, want: `{}`},
		"the same": {
			s: server, now: `{"summary":"x","description":"h1. x","labels":["b","a"],"priority":{"name":"Blocker"},"assignee":{"displayName":"Ann"},"customfield_4":"APP-1"}`,
			f:    workers.Fields{Title: ptr("x"), Body: wiki, Labels: &[]string{"a", "b"}, Priority: ptr("P0"), Assignees: &[]string{"Ann"}, Parent: ptr("APP-1"), Criteria: &workers.Text{}},
			want: `{}`,
		},
		"emptied": {
			s: server, now: `{"description":"h1. x","labels":["b"],"priority":{"name":"Blocker"},"assignee":{"displayName":"Ann"},"customfield_4":"APP-1"}`,
			f:    workers.Fields{Body: &workers.Text{}, Labels: &[]string{}, Priority: ptr(""), Assignees: &[]string{}, Parent: ptr("")},
			want: `{"fields":{"assignee":null,"customfield_4":null,"description":null,"labels":[],"priority":null}}`,
		},
		"a document":      {s: cloud, now: `{}`, f: workers.Fields{Body: doc}, want: `{"fields":{"description":{"type":"doc","version":1}}}`},
		"wiki":            {s: server, now: `{}`, f: workers.Fields{Body: wiki}, want: `{"fields":{"description":"h1. x"}}`},
		"wiki on Cloud":   {s: cloud, now: `{}`, f: workers.Fields{Body: wiki}, refused: "input"},
		"half a document": {s: cloud, now: `{}`, f: workers.Fields{Body: &workers.Text{Raw: `{`, Markup: workers.ADF}}, refused: "input"},
		"criteria":        {s: server, now: `{}`, f: workers.Fields{Criteria: wiki}, want: `{"fields":{"customfield_2":"h1. x"}}`},
		"their field":     {s: server, now: `{"customfield_3":"x"}`, f: workers.Fields{Criteria: wiki}, want: `{"fields":{"customfield_3":"h1. x"}}`},
		"nowhere":         {s: site{criteria: []string{line}}, now: `{}`, f: workers.Fields{Criteria: wiki}, refused: "criteria"},
		"parent":          {s: cloud, now: `{}`, f: workers.Fields{Parent: ptr("APP-1")}, want: `{"fields":{"parent":{"key":"APP-1"}}}`},
		"no parent":       {s: cloud, now: `{"parent":{"key":"APP-1"}}`, f: workers.Fields{Parent: ptr("")}, want: `{"update":{"parent":[{"set":{"none":true}}]}}`},
		"epic":            {s: server, now: `{}`, f: workers.Fields{Parent: ptr("APP-1")}, want: `{"fields":{"customfield_4":"APP-1"}}`},
		"sub-task":        {s: server, now: `{}`, f: workers.Fields{Parent: ptr("APP-1")}, subtask: true, want: `{"fields":{"parent":{"key":"APP-1"}}}`},
		"no epics":        {s: site{}, now: `{}`, f: workers.Fields{Parent: ptr("APP-1")}, refused: "parent"},
		"two assignees":   {s: server, now: `{}`, f: workers.Fields{Assignees: &[]string{"ann", "bob"}}, refused: "assignees"},
	} {
		t.Run(name, func(t *testing.T) {
			var now issue
			if err := json.Unmarshal([]byte(test.now), &now.Fields); err != nil {
				t.Fatal(err)
			}
			c, err := p.change(t.Context(), test.s, test.f, now, test.subtask)
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
			got, _ := json.Marshal(c)
			if diff := cmp.Diff(test.want, string(got)); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestChoose(t *testing.T) {
	way := func(name, category string) transition {
		w := transition{ID: name, To: status{Name: name}}
		w.To.Category.Key = category
		return w
	}
	list := []transition{way("Won't Do", "done"), way("Backlog", "new"), way("In Review", "indeterminate"), way("Fertig", "done"), way("Done", "done"), way("To Do", "new"), way("Closed", "done")}
	for _, test := range []struct {
		list []transition
		f    workers.Fields
		want string
	}{
		{list, workers.Fields{Status: ptr(workers.StatusCompleted)}, "Done"},
		{list, workers.Fields{Status: ptr(workers.StatusOpen)}, "To Do"},
		{list, workers.Fields{Status: ptr(workers.StatusInProgress)}, "In Review"},
		{list, workers.Fields{Status: ptr(workers.StatusCompleted), State: "fertig"}, "Fertig"},
		{list, workers.Fields{State: "Resolved"}, ""},
		{list[:1], workers.Fields{Status: ptr(workers.StatusCompleted)}, "Won't Do"},
		{list[:1], workers.Fields{Status: ptr(workers.StatusOpen)}, ""},
		{nil, workers.Fields{Status: ptr(workers.StatusOpen)}, ""},
	} {
		if got, ok := choose(test.list, test.f); got.ID != test.want || ok != (test.want != "") {
			t.Errorf("%+v of %d: %q, %v", test.f, len(test.list), got.ID, ok)
		}
	}
}

func TestFill(t *testing.T) {
	for screen, want := range map[string]string{
		`{}`: `null`, `{"resolution":{"required":false,"allowedValues":[{"name":"Done"}]}}`: `null`,
		`{"resolution":{"required":true,"hasDefaultValue":true}}`:                                              `null`,
		`{"resolution":{"required":true,"allowedValues":["x",{"name":"Fixed"},{"name":"done"}]}}`:              `{"resolution":{"name":"done"}}`,
		`{"resolution":{"required":true,"allowedValues":[{"name":"Fixed"}]}}`:                                  "there is no Done",
		`{"customfield_1":{"name":"Root cause","required":true},"resolution":{"required":true}}`:               `"Root cause"`,
		`{"customfield_1":{"name":"Root cause","required":true,"hasDefaultValue":true},"comment":{"name":""}}`: `null`,
	} {
		var way transition
		if err := json.Unmarshal([]byte(screen), &way.Fields); err != nil {
			t.Fatal(err)
		}
		fields, err := way.fill("Completed")
		got, _ := json.Marshal(fields)
		if refused, ok := errors.AsType[*workers.RefusedError](err); ok {
			if got = []byte(refused.Reason); refused.Field != "status" {
				t.Error(refused)
			}
		}
		if !bytes.HasSuffix(got, []byte(want)) {
			t.Errorf("%s: %s, want %s", screen, got, want)
		}
	}
}

func TestPick(t *testing.T) {
	found := []user{
		{person{Account: "1:a", Display: "Ann"}, "ann@acme.test"},
		{person{Account: "1:b", Display: "Bob"}, ""},
		{person{Account: "1:c", Display: "bob"}, ""},
		{person{Name: "bob", Display: "Robert"}, ""},
		{},
	}
	for name, want := range map[string]string{"ann": "1:a", "ANN@acme.test": "1:a", "1:b": "1:b", "Robert": "bob", "bob": "bob", "BOB": "refused", "nobody": "", "": ""} {
		got, err := pick(found, name)
		if refused, ok := errors.AsType[*workers.RefusedError](err); ok && len(refused.Allowed) == 3 {
			got = "refused"
		}
		if got != want {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
}

func TestRefusedFields(t *testing.T) {
	s := site{criteria: []string{"customfield_1"}, epic: []string{"customfield_2"}, names: map[string]string{"customfield_1": "AC", "customfield_3": "Team", "labels": "Labels", "summary": "Summary"}}
	for id, want := range map[string]string{
		"summary": "title", "description": "body", "customfield_1": "criteria", "customfield_2": "parent", "customfield_3": "Team", "customfield_9": "customfield_9",
		"labels": "labels", "assignee": "assignees", "issuetype": "type", "priority": "priority",
	} {
		if got := s.field(id); got != want {
			t.Errorf("%s: %s", id, got)
		}
	}
	err := s.refused(&rest.StatusError{Status: http.StatusBadRequest, Message: "x", Fields: map[string]string{"summary": "too long", "customfield_3": "missing"}})
	if err == nil || err.Error() != "Team: missing; title: too long" {
		t.Error(err)
	}
	if err := s.refused(&rest.StatusError{Status: http.StatusConflict, Message: "x"}); !errors.Is(err, workers.ErrChanged) {
		t.Error(err)
	}
}

func TestVersion(t *testing.T) {
	document := func(raw string) string {
		return version(workers.Item{Body: workers.Text{Raw: raw, Markup: workers.ADF}})
	}
	one := document(`{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"a"}]}]}`)
	if got := document(`{"version": 1, "type": "doc", "content": [{"attrs": {"localId": "7"}, "content": [{"text": "a", "type": "text"}], "type": "paragraph"}]}`); got != one {
		t.Error("the same document has another version")
	}
	for _, other := range []string{
		`{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"b"}]}]}`,
		`{"type":"doc","version":1,"content":[{"type":"heading","attrs":{"level":1},"content":[{"type":"text","text":"a"}]}]}`,
		`{`, ``,
	} {
		if document(other) == one {
			t.Errorf("%s has the same version", other)
		}
	}
}
