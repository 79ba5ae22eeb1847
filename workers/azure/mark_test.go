package azure

import (
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

func TestMark(t *testing.T) {
	for _, text := range []string{"", "x", "<div>x</div>", "<p>x</p>\n</div>", "a\r\nb", `<div data-specweave-mark="m1">x</div>`} {
		if bare, mark := cutMark(withMark(text, "m2")); bare != text || mark != "m2" {
			t.Errorf("%q: %q, %q", text, bare, mark)
		}
	}
	for text, want := range map[string]string{
		`<div style="" data-specweave-mark="m1" class=x>a</div> ` + "\n": "m1",
		`<p><div data-specweave-mark="m1">a</div></p>`:                   "",
		`<div data-specweave-mark="m1">a`:                                "",
		`<div data-specweave-mark="M 1">a</div>`:                         "",
		`<div title="<div data-specweave-mark="m1">a</div>`:              "",
	} {
		if bare, mark := cutMark(text); mark != want || want == "" && bare != text {
			t.Errorf("%q: %q, %q", text, bare, mark)
		}
	}
	w := workItem{Relations: []relation{
		{Rel: webLink, URL: maker}, {Rel: webLink, URL: maker + "A"}, {Rel: "AttachedFile", URL: maker + "m0"}, {Rel: webLink, URL: "https://x.test/#m0"}, {Rel: webLink, URL: maker + "m1"},
	}}
	if got := w.mark(); got != "m1" || len(w.links()) != 4 {
		t.Errorf("%q, %v", got, w.links())
	}
}

func TestRefused(t *testing.T) {
	k := kind{States: []state{{"New", proposed}, {"Closed", completed}}}
	two := workers.Write{Fields: workers.Fields{Title: ptr("x"), Status: ptr(workers.StatusOpen)}}
	said := func(status int, message string, fields map[string]string) error {
		return &rest.StatusError{Status: status, Message: message, Fields: fields}
	}
	for name, test := range map[string]struct {
		err     error
		changed bool
		field   string // "": it is no refusal
	}{
		"nothing":         {nil, false, ""},
		"fault":           {said(http.StatusInternalServerError, "TF26071", nil), false, ""},
		"forbidden":       {said(http.StatusForbidden, "no", nil), false, ""},
		"gone":            {said(http.StatusNotFound, "TF401232", nil), false, ""},
		"precondition":    {said(http.StatusPreconditionFailed, "no", nil), true, ""},
		"conflict":        {said(http.StatusConflict, "no", nil), true, ""},
		"stale":           {said(http.StatusBadRequest, "TF26071: This work item has been changed by someone else since you opened it.", nil), true, ""},
		"by name":         {said(http.StatusBadRequest, "no", map[string]string{"System.State": "no"}), false, "status"},
		"of a process":    {said(http.StatusBadRequest, "no", map[string]string{"Custom.Team": "no"}), false, "Custom.Team"},
		"in words":        {said(http.StatusBadRequest, "TF401320: Rule Error for field State. Error code: Required, InvalidEmpty.", nil), false, "status"},
		"quoted":          {said(http.StatusBadRequest, "The identity value 'x' for field 'Assigned To' is an unknown identity.", nil), false, "assignees"},
		"unknown words":   {said(http.StatusBadRequest, "TF401320: Rule Error for field Found In. Error code: x.", nil), false, "Found In"},
		"of none of them": {said(http.StatusBadRequest, "You must pass a valid patch document in the body of the request.", nil), false, "item"},
	} {
		err := k.refused(two, test.err)
		refused, ok := errors.AsType[*workers.RefusedError](err)
		if errors.Is(err, workers.ErrChanged) != test.changed || ok != (test.field != "") || ok && refused.Field != test.field || !errors.Is(err, test.err) {
			t.Errorf("%s: %#v", name, err)
		}
		if ok && (test.field == "status") != slices.Equal(refused.Allowed, []string{"New", "Closed"}) {
			t.Errorf("%s: allowed: %q", name, refused.Allowed)
		}
	}
}
