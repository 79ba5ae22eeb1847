package gitlab_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/providertest"
)

// writer is the tracker as it is written to.
func writer() providertest.Vendor {
	v := tracker(current)
	describes := v.Describes
	v.Describes = func(r *http.Request) int {
		if r.URL.Path == "/api/v4/users" {
			return -1 // not in the part of the description that there is
		}
		return describes(r)
	}
	v.Text = func(s string) workers.Text { // of a line that would be carried out
		return workers.Text{Raw: strings.ReplaceAll(s, `\/label`, "/label"), Markup: workers.Markdown}
	}
	v.WriteScope = "api"
	v.Grain = time.Millisecond
	long := strings.Repeat("ж", 256)
	v.Refusals = []providertest.Refusal{
		{Fields: workers.Fields{Title: new(""), Status: new(workers.StatusCompleted)}, Field: "title", Words: "can't be blank"},
		{Number: "1", Fields: workers.Fields{Title: &long, Labels: &[]string{"x"}}, Field: "title", Words: "is too long (maximum is 255 characters)"},
		{Number: "1", Fields: workers.Fields{Title: new("Fine"), Assignees: &[]string{"ann", "nobody"}}, Field: "assignees", Words: "no such user"},
		{Number: "1", Fields: workers.Fields{Labels: &[]string{"a,b"}}, Field: "labels", Words: "comma"},
	}
	return v
}

func TestWriter(t *testing.T) { providertest.RunWriter(t, writer()) }

func (f *issues) people(w http.ResponseWriter, name string) {
	list := []map[string]any{}
	if slices.Contains(f.People, name) {
		list = append(list, user(name))
	}
	_ = json.NewEncoder(w).Encode(list)
}

// actions are lines that GitLab takes for something to do.
var actions = regexp.MustCompile(`(?m)^/(close|label).*\n?`)

// write changes what is at a path below /issues.
func (f *issues) write(w http.ResponseWriter, r *http.Request, path []string) {
	if f.Reader {
		refuse(w, http.StatusForbidden, `{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api"}`)
		return
	}
	var sent struct {
		Title       *string  `json:"title"`
		Description *string  `json:"description"`
		Body        *string  `json:"body"`
		Labels      []string `json:"labels"`
		Add         []string `json:"add_labels"`
		Remove      []string `json:"remove_labels"`
		Assignees   []int64  `json:"assignee_ids"`
		Event       string   `json:"state_event"`
	}
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
		refuse(w, http.StatusBadRequest, `{"error":"The provided content-type 'application/json' is invalid"}`)
		return
	}
	for _, text := range []*string{sent.Description, sent.Body} {
		if text != nil {
			*text = actions.ReplaceAllString(*text, "")
		}
	}
	if len(path) > 1 {
		f.writeNote(w, r.Method, path, sent.Body)
		return
	}
	switch {
	case sent.Title != nil && *sent.Title == "":
		refuse(w, http.StatusBadRequest, `{"message":{"title":["can't be blank"]}}`)
		return
	case sent.Title != nil && utf8.RuneCountInString(*sent.Title) > 255:
		refuse(w, http.StatusBadRequest, `{"message":{"title":["is too long (maximum is 255 characters)"]}}`)
		return
	}
	change := func(i *providertest.Issue) {
		if sent.Title != nil {
			i.Title = *sent.Title
		}
		if sent.Description != nil {
			i.Body = *sent.Description
		}
		labels := slices.DeleteFunc(i.Labels, func(l string) bool { return slices.Contains(sent.Remove, l) })
		i.Label(append(labels, append(sent.Labels, sent.Add...)...))
		if sent.Assignees != nil {
			i.Assignees = slices.DeleteFunc(slices.Clone(f.People), func(name string) bool {
				return !slices.Contains(sent.Assignees, int64(user(name)["id"].(uint32)))
			})
		}
		if sent.Event != "" {
			i.Close(sent.Event == "close", f.Now())
		}
	}
	if len(path) == 0 {
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(issue(f.Make(change)))
		return
	}
	number, _ := strconv.ParseInt(path[0], 10, 64)
	i, ok := f.Edit(number, change)
	if !ok {
		refuse(w, http.StatusNotFound, `{"message":"404 Issue Not Found"}`)
		return
	}
	_ = json.NewEncoder(w).Encode(issue(i))
}

func (f *issues) writeNote(w http.ResponseWriter, method string, path []string, body *string) {
	var c providertest.Comment
	ok := false
	switch number, _ := strconv.ParseInt(path[0], 10, 64); {
	case body == nil || *body == "":
		refuse(w, http.StatusBadRequest, `{"message":"400 Bad request - Note {:note=>[\"can't be blank\"]}"}`)
		return
	case method == http.MethodPost:
		c, ok = f.Say(number, *body)
	default:
		c, ok = f.Correct(path[2], *body)
	}
	if !ok {
		refuse(w, http.StatusNotFound, `{"message":"404 Note Not Found"}`)
		return
	}
	if method == http.MethodPost {
		w.WriteHeader(http.StatusCreated)
	}
	_, number, _ := f.Comment(c.ID)
	for _, i := range f.Issues(func(i providertest.Issue) bool { return i.Number == number }) {
		_ = json.NewEncoder(w).Encode(remark(i, c))
	}
}
