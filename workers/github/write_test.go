package github_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/providertest"
)

// writer is a tracker that is written to.
func writer(how issues) providertest.Vendor {
	v := tracker(how)
	v.Asks = func(r *http.Request) bool { return r.URL.Path == "/graphql" }
	v.WriteScope = "repo"
	described := v.Describes
	v.Describes = func(r *http.Request) int {
		if strings.Contains(r.URL.Path, "/sub_issue") {
			return -1 // not in the part of the description that there is
		}
		return described(r)
	}
	if how.hides {
		v.WriteScope = "to write issues"
	}
	nobody, long := &[]string{"nobody"}, strings.Repeat("x", 257)
	v.Refusals = []providertest.Refusal{
		{Fields: workers.Fields{Title: new(string)}, Field: "title", Words: "missing_field"},
		{Number: "1", Fields: workers.Fields{Title: &long, Assignees: &[]string{"ann"}}, Field: "title", Words: "title is too long"},
		{Number: "1", Fields: workers.Fields{Title: new("Fine"), Assignees: nobody}, Field: "assignees", Words: "invalid nobody"},
		{Number: "1", Fields: workers.Fields{Parent: new("github#acme/app#404")}, Field: "parent", Words: "not found"},
		{Number: "1", Fields: workers.Fields{Parent: new("github#acme/app#1")}, Field: "parent", Words: "cannot be a sub-issue"},
		{Number: "1", Fields: workers.Fields{Parent: new("PROJ-1")}, Field: "parent", Words: "not the ID"},
		{Fields: workers.Fields{Title: new("Fine"), Priority: new("urgent")}, Field: "priority", Words: "no priority"},
	}
	return v
}

func TestWriter(t *testing.T) { providertest.RunWriter(t, writer(issues{})) }

// TestPlainWriter writes to a server that has no GraphQL and tells those who may
// only read that there is nothing to write to.
func TestPlainWriter(t *testing.T) {
	providertest.RunWriter(t, writer(issues{numbered: true, plain: true, hides: true}))
}

// write changes what is at the path below /issues ("REST API endpoints for
// issues", docs.github.com).
func (f *issues) write(w http.ResponseWriter, r *http.Request, path []string) {
	switch {
	case f.Reader && f.hides:
		say(w, http.StatusNotFound, "Not Found")
		return
	case f.Reader:
		w.Header().Set("X-Accepted-OAuth-Scopes", "public_repo, repo")
		say(w, http.StatusForbidden, "Resource not accessible by personal access token")
		return
	}
	var sent struct {
		Title     *string   `json:"title"`
		Body      *string   `json:"body"`
		State     string    `json:"state"`
		Labels    *[]string `json:"labels"`
		Assignees *[]string `json:"assignees"`

		SubIssueID    int64 `json:"sub_issue_id"`
		ReplaceParent bool  `json:"replace_parent"`
	}
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
		say(w, http.StatusBadRequest, "Problems parsing JSON")
		return
	}
	if len(path) == 2 && strings.HasPrefix(path[1], "sub_issue") {
		f.writeParent(w, r, path, sent.SubIssueID, sent.ReplaceParent)
		return
	}
	if len(path) == 2 {
		f.writeComment(w, r, path, sent.Body)
		return
	}
	if f.invalid(w, r.Method, sent.Title, sent.Assignees) {
		return
	}
	change := func(i *providertest.Issue) {
		if sent.Title != nil {
			i.Title = *sent.Title
		}
		if sent.Body != nil {
			i.Body = *sent.Body
		}
		if sent.State != "" {
			i.Close(sent.State == "closed", f.Now())
		}
		if sent.Labels != nil {
			i.Label(*sent.Labels)
		}
		if sent.Assignees != nil {
			i.Assignees = *sent.Assignees
		}
	}
	if r.Method == http.MethodPost {
		reply(w, http.StatusCreated, issue(f.Make(func(i *providertest.Issue) {
			sent.State = "" // is no parameter of a new one
			change(i)
		})))
		return
	}
	number, _ := strconv.ParseInt(path[0], 10, 64)
	i, ok := f.Edit(number, change)
	if !ok {
		say(w, http.StatusGone, "This issue was deleted")
		return
	}
	reply(w, http.StatusOK, issue(i))
}

func (f *issues) invalid(w http.ResponseWriter, method string, title *string, assignees *[]string) bool {
	problem := map[string]any{"resource": "Issue"}
	switch {
	case title == nil && method == http.MethodPost, title != nil && *title == "":
		problem["field"], problem["code"] = "title", "missing_field"
	case title != nil && utf8.RuneCountInString(*title) > 256:
		problem["field"], problem["code"], problem["message"] = "title", "custom", "title is too long (maximum is 256 characters)"
	case assignees != nil:
		name, ok := f.Stranger(*assignees)
		if !ok {
			return false
		}
		problem["field"], problem["code"], problem["value"] = "assignees", "invalid", name
	default:
		return false
	}
	reply(w, http.StatusUnprocessableEntity, map[string]any{
		"message": "Validation Failed", "errors": []any{problem}, "documentation_url": "https://docs.github.com/rest/issues/issues", "status": "422",
	})
	return true
}

func (f *issues) writeComment(w http.ResponseWriter, r *http.Request, path []string, body *string) {
	if body == nil || *body == "" {
		say(w, http.StatusUnprocessableEntity, "Body cannot be blank")
		return
	}
	var c providertest.Comment
	var ok bool
	status := http.StatusOK
	if r.Method == http.MethodPost {
		number, _ := strconv.ParseInt(path[0], 10, 64)
		status = http.StatusCreated
		c, ok = f.Say(number, *body)
	} else {
		c, ok = f.Correct(path[1], *body)
	}
	if !ok {
		say(w, http.StatusNotFound, "Not Found")
		return
	}
	reply(w, status, comment(c))
}
