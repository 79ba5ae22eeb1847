package workers_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

func TestRelabel(t *testing.T) {
	for _, c := range []struct {
		f       workers.Fields
		labels  string
		want    string
		refused string
	}{
		{workers.Fields{}, "a P1 in-progress", "a P1 in-progress", ""},
		{workers.Fields{Labels: &[]string{"b"}}, "a P1 in-progress", "b", ""},
		{workers.Fields{Status: new(workers.StatusInProgress)}, "a", "a in-progress", ""},
		{workers.Fields{Status: new(workers.StatusInProgress)}, "a In-Progress", "a In-Progress", ""},
		{workers.Fields{Status: new(workers.StatusOpen)}, "In-Progress a in-progress", "a", ""},
		{workers.Fields{Status: new(workers.StatusCompleted)}, "in-progress", "", ""},
		{workers.Fields{Status: new(workers.StatusCompleted), Labels: &[]string{"in-progress", "b"}}, "a", "b", ""},
		{workers.Fields{Status: new(workers.ItemStatus("Blocked"))}, "", "", "status"},
		{workers.Fields{Priority: new("P2")}, "a", "a p2", ""},
		{workers.Fields{Priority: new("P2")}, "P1 a p3", "a P2", ""},
		{workers.Fields{Priority: new("P2")}, "p1 a", "a p2", ""},
		{workers.Fields{Priority: new("P2")}, "p2 a P0", "p2 a P0", ""}, // the first counts
		{workers.Fields{Priority: new("")}, "p1 a P3", "a", ""},
		{workers.Fields{Priority: new("P0"), Labels: &[]string{"b", "p4"}}, "a", "b p0", ""},
		{workers.Fields{Priority: new("high")}, "", "", "priority"},
	} {
		labels := strings.Fields(c.labels)
		got, err := c.f.Relabel(labels)
		refused, ok := errors.AsType[*workers.RefusedError](err)
		if strings.Join(got, " ") != c.want || ok != (c.refused != "") || ok && (refused.Field != c.refused || len(refused.Allowed) == 0) {
			t.Errorf("%+v of %s: %q, %v; want %q", c.f, c.labels, got, err, c.want)
		}
		if again, _ := c.f.Relabel(got); err == nil && !slices.Equal(again, got) {
			t.Errorf("%+v of %s: %q, and then %q", c.f, c.labels, got, again)
		}
		if strings.Join(labels, " ") != c.labels {
			t.Errorf("what was given became %q", labels)
		}
	}
}

func TestEdit(t *testing.T) {
	now := workers.Item{
		ID: "x#1", Number: "1", Title: "Title", Body: workers.Text{Raw: "Text"}, Status: workers.StatusCompleted, State: "closed",
		Labels: []string{"a", "b"}, Assignees: []string{"ann", "bob"}, Mark: "m1", Version: "7",
	}
	same := workers.Fields{
		Title: &now.Title, Body: &now.Body, Status: &now.Status, Labels: &[]string{"b", "a", "b"}, Assignees: &[]string{"bob", "ann"}, Priority: new(""),
	}
	change := func(f workers.Fields) workers.Write {
		return workers.Write{Number: "1", Mark: "m2", Version: "7", Fields: f}
	}
	for name, c := range map[string]struct {
		w    workers.Write
		now  workers.Item
		want workers.Edit
		err  error
	}{
		"nothing":   {change(workers.Fields{}), now, workers.Edit{}, nil},
		"the same":  {change(same), now, workers.Edit{}, nil},
		"title":     {change(workers.Fields{Title: new("")}), now, workers.Edit{Title: new("")}, nil},
		"its mark":  {change(workers.Fields{Body: &workers.Text{}}), now, workers.Edit{Body: new("\n\n<!-- specweave:m1 -->")}, nil},
		"reopen":    {change(workers.Fields{Status: new(workers.StatusOpen)}), now, workers.Edit{Closed: new(false)}, nil},
		"in words":  {change(workers.Fields{Status: new(workers.StatusInProgress), State: "Closed"}), now, workers.Edit{Labels: &[]string{"a", "b", "in-progress"}}, nil},
		"nobody":    {change(workers.Fields{Assignees: &[]string{}}), now, workers.Edit{Assignees: &[]string{}}, nil},
		"labels":    {change(workers.Fields{Labels: &[]string{}}), now, workers.Edit{Labels: &[]string{}}, nil},
		"none":      {change(workers.Fields{Assignees: new([]string), Labels: new([]string)}), now, workers.Edit{Assignees: &[]string{}, Labels: &[]string{}}, nil}, // JSON has null for them
		"changed":   {workers.Write{Number: "1", Version: "6"}, now, workers.Edit{}, workers.ErrChanged},
		"whatever":  {workers.Write{Number: "1", Fields: workers.Fields{Title: new("New")}}, now, workers.Edit{Title: new("New")}, nil},
		"a new one": {workers.Write{Mark: "m2", Fields: workers.Fields{Title: new("")}}, workers.Item{}, workers.Edit{Title: new(""), Body: new("\n\n<!-- specweave:m2 -->")}, nil},
		"a closed one": {
			workers.Write{Fields: workers.Fields{Body: &workers.Text{Raw: "x"}, Status: new(workers.StatusCompleted)}},
			workers.Item{},
			workers.Edit{Body: new("x"), Closed: new(true)},
			nil,
		},
	} {
		got, err := c.w.Edit(c.now)
		if diff := cmp.Diff(c.want, got); diff != "" || !errors.Is(err, c.err) {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	if _, err := change(workers.Fields{State: "Resolved"}).Edit(now); err == nil || err.Error() != `status "Resolved": no state of this tracker; allowed: "open", "closed"` {
		t.Error(err)
	}
}

func TestEditRefuses(t *testing.T) {
	for field, f := range map[string]workers.Fields{
		"criteria": {Criteria: &workers.Text{}}, "parent": {Parent: new("x#2")}, "status": {State: "Resolved"}, "priority": {Priority: new("P5")},
	} {
		_, err := workers.Write{Fields: f}.Edit(workers.Item{})
		if refused, ok := errors.AsType[*workers.RefusedError](err); !ok || refused.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestVersionOf tells apart what happened within a second, and nothing else.
func TestVersionOf(t *testing.T) {
	now := workers.Item{Title: "a", Labels: []string{"x", "y"}, Updated: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	v := workers.VersionOf(now)
	for name, edit := range map[string]func(*workers.Item){
		"time":      func(i *workers.Item) { i.Updated = i.Updated.Add(time.Millisecond) },
		"title":     func(i *workers.Item) { i.Title = "b" },
		"body":      func(i *workers.Item) { i.Body.Raw = "b" },
		"state":     func(i *workers.Item) { i.State = "closed" },
		"labels":    func(i *workers.Item) { i.Labels = []string{"x"} },
		"assignees": func(i *workers.Item) { i.Assignees = []string{"y"} },
	} {
		other := now
		if edit(&other); workers.VersionOf(other) == v {
			t.Errorf("%s: the same version", name)
		}
	}
	now.Labels, now.Assignees, now.Updated = []string{"y", "x"}, []string{}, now.Updated.In(time.FixedZone("", 3600))
	now.Comments, now.Mark = []workers.Comment{{}}, "m"
	if got := workers.VersionOf(now); got != v {
		t.Errorf("%s, want %s", got, v)
	}
}

func TestRefused(t *testing.T) {
	ours := map[string]string{"description": "body", "assignee_ids": "assignees"}
	title := workers.Write{Fields: workers.Fields{Title: new("x")}}
	both := workers.Write{Fields: workers.Fields{Title: new("x"), Status: new(workers.StatusOpen)}}
	comment := workers.Write{Comment: &workers.CommentWrite{}}
	said := func(status int, fields map[string]string) error {
		return &rest.StatusError{Status: status, Message: "no", Fields: fields}
	}
	for name, c := range map[string]struct {
		w     workers.Write
		err   error
		field string
	}{
		"named":        {title, said(http.StatusUnprocessableEntity, map[string]string{"x": "", "description": "too long"}), "body"},
		"the only one": {title, said(http.StatusBadRequest, map[string]string{"x": ""}), "title"},
		"one of two":   {both, said(http.StatusPreconditionFailed, nil), "item"},
		"comment":      {comment, said(http.StatusUnprocessableEntity, nil), "comment"},
		"permission":   {title, said(http.StatusForbidden, nil), ""},
		"fault":        {title, said(http.StatusInternalServerError, nil), ""},
		"after a part": {title, rest.Doubt(said(http.StatusUnprocessableEntity, nil)), ""},
	} {
		got, ok := errors.AsType[*workers.RefusedError](c.w.Refused(c.err, ours))
		if ok != (c.field != "") || ok && (got.Field != c.field || got.Reason != "no" || !errors.Is(got, c.err)) {
			t.Errorf("%s: %+v, want %s", name, got, c.field)
		}
	}
}

func TestMark(t *testing.T) {
	for _, text := range []string{"", "text", "a\n\nb", "<!-- specweave:x -->", "<!-- specweave:x --> more", "<!--", "```\ncode", "a\r\nb"} {
		if bare, mark := workers.CutMark(workers.WithMark(text, "m1")); bare != text || mark != "m1" {
			t.Errorf("%q became %q, %q", text, bare, mark)
		}
		if got := workers.WithMark(text, ""); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	for _, text := range []string{"", "text", "<!-- specweave:X -->", "<!-- specweave: -->", "<!-- specweave:x", "<!-- specweave:x --> more", "<!-- other -->"} {
		if bare, mark := workers.CutMark(text); bare != text || mark != "" {
			t.Errorf("%q became %q, %q", text, bare, mark)
		}
	}
	if bare, mark := workers.CutMark("text\r\n\r\n<!-- specweave:m1 -->\r\n"); bare != "text" || mark != "m1" {
		t.Errorf("%q, %q", bare, mark)
	}
}
