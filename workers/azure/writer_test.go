package azure_test

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/providertest"
	"github.com/specweave/specweave/workers/rest"
)

func TestWriter(t *testing.T) { providertest.RunWriter(t, writer()) }

// writer is the tracker as it is written to.
func writer() providertest.Vendor {
	v := tracker
	v.Descriptions = append(v.Descriptions, listertest.Description{
		Name: "azure-devops", Described: lower, Amend: func(doc *openapi3.T) { amend(doc, changing) },
	})
	v.Describes = func(r *http.Request) int {
		if strings.Contains(r.URL.Path, "/$") {
			return 1
		}
		return 0
	}
	v.Asks = func(r *http.Request) bool {
		return strings.HasSuffix(r.URL.Path, "/wiql") || strings.HasSuffix(r.URL.Path, "/workItemsBatch")
	}
	v.WriteScope, v.Grain = "vso.work_write", time.Millisecond
	v.Refusals = []providertest.Refusal{
		{Number: "1", Fields: workers.Fields{Title: ptr("")}, Field: "title", Words: "TF401320"},
		{Number: "1", Fields: workers.Fields{Title: ptr("x"), State: "Nowhere"}, Field: "status", Words: "no such state"},
		{Number: "1", Fields: workers.Fields{Title: ptr("x"), State: "reviewed"}, Field: "status", Words: "not in the list"},
		{Number: "1", Fields: workers.Fields{Title: ptr("x"), Labels: &[]string{"a;b"}}, Field: "labels", Words: "semicolon"},
		{Number: "1", Fields: workers.Fields{Title: ptr("x"), Assignees: &[]string{"nobody"}}, Field: "assignees", Words: "unknown identity"},
		{Number: "1", Fields: workers.Fields{Assignees: &[]string{"ann", "bob"}}, Field: "assignees", Words: "one assignee"},
		{Number: "1", Fields: workers.Fields{Priority: ptr("high")}, Field: "priority", Words: "none of ours"},
		{Number: "1", Fields: workers.Fields{Parent: ptr("ADO-1")}, Field: "parent", Words: "circular"},
		{Number: "1", Fields: workers.Fields{Parent: ptr("PROJ-2")}, Field: "parent", Words: "not the ID"},
		{Fields: workers.Fields{Title: ptr("x"), Type: "Dream"}, Field: "type", Words: "no such type"},
		{Fields: workers.Fields{Title: ptr("x"), Type: "bug"}, Field: "Custom.Severity", Words: "Required"},
		{Fields: workers.Fields{Title: ptr("x"), Type: "bug", Criteria: &workers.Text{Raw: "x", Markup: workers.HTML}}, Field: "criteria", Words: "no field"},
		{Fields: workers.Fields{Title: ptr("x"), State: "Nowhere"}, Field: "status", Words: "no such state"},
	}
	return v
}

func ptr[T any](v T) *T { return &v }

var itemOf = regexp.MustCompile(`/workItems/([^/]+)$`)

// lower writes paths as the description has them: they vary in case.
func lower(path string) string {
	path = strings.NewReplacer("/workItemsBatch", "/workitemsbatch", "/workItemTypes", "/workitemtypes").Replace(path)
	return itemOf.ReplaceAllString(path, "/workitems/$1")
}

// A router lets one of these hide the other.
const (
	creating = "/{organization}/{project}/_apis/wit/workitems/${type}"
	changing = "/{organization}/{project}/_apis/wit/workitems/{id}"
)

// amend leaves a path out, and lets a patch be a list, which it is and the
// description has as an object besides.
func amend(doc *openapi3.T, path string) {
	doc.Paths.Delete(path)
	for _, item := range doc.Paths.Map() {
		for _, o := range item.Operations() {
			if o.RequestBody == nil {
				continue
			}
			if patch := o.RequestBody.Value.Content.Get("application/json-patch+json"); patch != nil {
				patch.Schema = patch.Schema.Value.AllOf[0]
			}
		}
	}
}

// An item that was moved is of another project, and is left alone.
func TestMoved(t *testing.T) {
	for source, moved := range map[string]bool{"acme/project": true, "acme/ELSEWHERE": false, "acme/6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c": false} {
		p := organisation(t, routes, map[string]func(string) string{
			"workItems/7":   func(string) string { return `{"id": 7, "rev": 3, "fields": {"System.TeamProject": "Elsewhere"}}` },
			"workItemTypes": func(string) string { return `{"value": []}` },
		})
		item, err := p.Write(t.Context(), workers.Write{Source: source, Number: "7"})
		if refused, ok := errors.AsType[*workers.InputError](err); ok != moved || ok && refused.Reason != `moved to the project "Elsewhere"` || !moved && item.Version != "3" {
			t.Errorf("%s: %+v, %v", source, item, err)
		}
	}
}

func TestWrongNumbers(t *testing.T) {
	p := organisation(t, routes, map[string]func(string) string{
		"workItems/7":   func(string) string { return `{"id": 7, "rev": 3}` },
		"workItemTypes": func(string) string { return `{"value": []}` },
	})
	for _, w := range []workers.Write{
		{Number: "../7"},
		{Number: "-7"},
		{Number: "7", Comment: &workers.CommentWrite{ID: "..", Body: workers.Text{Raw: "x", Markup: workers.HTML}}},
		{Number: "7", Comment: &workers.CommentWrite{Body: workers.Text{Raw: "x", Markup: workers.Markdown}}},
	} {
		w.Source = "acme/project"
		if _, err := p.Write(t.Context(), w); err == nil || rest.InDoubt(err) {
			t.Errorf("%+v: %v", w, err)
		} else if _, ok := errors.AsType[*workers.InputError](err); !ok {
			t.Errorf("%+v: %v", w, err)
		}
	}
}

// What the stories of a process have is known as soon as a project was read from.
func TestAbilities(t *testing.T) {
	for fields, want := range map[string]bool{
		`{"referenceName": "System.Title"}`: false, `{"referenceName": "System.Title"}, {"referenceName": "Microsoft.VSTS.Common.AcceptanceCriteria"}`: true, ``: true,
	} {
		p := organisation(t, routes, map[string]func(string) string{
			"wiql": func(string) string { return `{"workItems": []}` },
			"workItemTypes": func(string) string {
				return `{"value": [{"name": "Task"}, {"name": "Issue", "fields": [` + fields + `]}]}`
			},
		})
		if can := p.Abilities(); !can.Criteria || can.Markup != workers.HTML {
			t.Errorf("%+v", can)
		}
		if _, err := p.Page(t.Context(), workers.ItemQuery{Source: "acme/project", Search: "x"}, ""); err != nil {
			t.Fatal(err)
		}
		if can := p.Abilities(); can.Criteria != want {
			t.Errorf("%s: %+v", fields, can)
		}
	}
}

// An answer about another comment leaves doubt.
func TestOtherComment(t *testing.T) {
	for id, doubt := range map[string]bool{"7": false, "8": true} {
		p := organisation(t, routes, map[string]func(string) string{
			"workItems/7":            func(string) string { return `{"id": 7, "rev": 3}` },
			"workItems/7/comments/7": func(string) string { return `{"id": ` + id + `, "text": "x"}` },
			"workItemTypes":          func(string) string { return `{"value": []}` },
		})
		_, err := p.Write(t.Context(), workers.Write{
			Source: "acme/project", Number: "7", Comment: &workers.CommentWrite{ID: "7", Body: workers.Text{Raw: "x", Markup: workers.HTML}},
		})
		if (err != nil) != doubt || rest.InDoubt(err) != doubt {
			t.Errorf("%s: %v", id, err)
		}
	}
}
