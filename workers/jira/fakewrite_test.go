package jira_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/specweave/specweave/workers/providertest"
)

const (
	storyID, bugID = "10001", "10004"
	severity       = "customfield_10200"
)

var priorities = []string{"Highest", "High", "Medium", "Low", "Lowest"}

// write answers what changes issues, and what is asked for to do so. It reports
// whether it did.
func (f *fake) write(w http.ResponseWriter, r *http.Request, resource string) bool {
	parts := strings.Split(resource, "/")
	of := parts[min(1, len(parts)-1)]
	reads := r.Method == http.MethodGet || resource == "comment/list"
	switch {
	case !reads && f.Reader && !strings.HasPrefix(resource, "search"):
		if f.cloud {
			answer(w, http.StatusUnauthorized, map[string]any{"code": 401, "message": "Unauthorized; scope does not match"})
		} else {
			refuse(w, http.StatusForbidden, "You do not have permission to do this.")
		}
	case resource == "issue" && r.Method == http.MethodPost:
		f.create(w, r)
	case strings.HasPrefix(resource, "issue/createmeta/"):
		f.kinds(w, parts[2])
	case parts[0] == "issue" && len(parts) == 2 && r.Method == http.MethodPut:
		f.edit(w, r, of)
	case parts[len(parts)-1] == "transitions":
		f.transitions(w, r, of)
	case parts[0] == "issue" && len(parts) > 2 && parts[2] == "comment" && !reads:
		f.comment(w, r, of, strings.Join(parts[3:], "/"))
	case f.cloud && resource == "comment/list":
		f.marked(w, r)
	case f.cloud && resource == "priority/search":
		start, _ := strconv.Atoi(r.FormValue("startAt"))
		page := f.priorities()[start:min(start+3, len(priorities))]
		answer(w, http.StatusOK, map[string]any{"values": page, "startAt": start, "maxResults": 3, "total": len(priorities), "isLast": start+3 >= len(priorities)})
	case !f.cloud && resource == "priority":
		answer(w, http.StatusOK, f.priorities())
	case resource == "user/search":
		f.users(w, r)
	default:
		return false
	}
	return true
}

func (f *fake) priorities() (list []map[string]any) {
	for n, name := range priorities {
		list = append(list, map[string]any{"id": strconv.Itoa(n + 1), "name": name})
	}
	return list
}

func (f *fake) kinds(w http.ResponseWriter, project string) {
	if _, ok := f.Of(project, nil); !ok {
		refuse(w, http.StatusBadRequest, "No project could be found with key '"+project+"'.")
		return
	}
	list := map[bool]string{true: "issueTypes", false: "values"}[f.cloud]
	answer(w, http.StatusOK, map[string]any{"startAt": 0, "maxResults": 50, "total": 2, list: []map[string]any{
		{"id": bugID, "name": "Bug", "subtask": false}, {"id": storyID, "name": "Story", "subtask": false},
	}})
}

// account is what a name is called by in requests.
func (f *fake) account(name string) string {
	if f.cloud {
		return "712020:" + name
	}
	return name
}

// person is what is told of one.
func (f *fake) person(name string) map[string]any {
	id := map[bool]string{true: "accountId", false: "name"}[f.cloud]
	return map[string]any{id: f.account(name), "displayName": name, "active": true}
}

func (f *fake) users(w http.ResponseWriter, r *http.Request) {
	wanted := r.FormValue(map[bool]string{true: "query", false: "username"}[f.cloud])
	found := []map[string]any{}
	for _, name := range f.People {
		if wanted != "" && strings.HasPrefix(name, wanted) {
			found = append(found, f.person(name))
		}
	}
	answer(w, http.StatusOK, found)
}

// proposal is what a request says of an issue.
type proposal struct {
	Fields     map[string]json.RawMessage `json:"fields"`
	Update     map[string]json.RawMessage `json:"update"`
	Properties []struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	} `json:"properties"`
	Transition struct {
		ID string `json:"id"`
	} `json:"transition"`
}

func (p proposal) mark() string {
	for _, property := range p.Properties {
		if property.Key == "specweave" {
			return property.Value
		}
	}
	return ""
}

// apply makes the changes of a proposal to an issue, or says what is wrong with
// its fields.
func (f *fake) apply(i *providertest.Issue, p proposal) map[string]string {
	wrong := make(map[string]string)
	for name, raw := range p.Fields {
		var ref map[string]string
		_ = json.Unmarshal(raw, &ref) // of those that are none it is not read
		ok := true
		switch name {
		case "project", "issuetype", severity:
		case "summary":
			if ok = json.Unmarshal(raw, &i.Title) == nil; i.Title == "" {
				wrong[name] = "You must specify a summary of the issue."
			}
		case "description":
			i.Body, ok = f.plain(raw)
		case "labels":
			i.Labels = nil
			if ok = json.Unmarshal(raw, &i.Labels) == nil; slices.ContainsFunc(i.Labels, func(l string) bool { return strings.Contains(l, " ") }) {
				wrong[name] = "The label 'a b' contains spaces which is invalid."
			}
		case "priority":
			n, _ := strconv.Atoi(ref["id"])
			if i.Priority = ""; n > 0 {
				i.Priority = "P" + strconv.Itoa(n-1)
			}
		case criteriaField:
			if !f.areas {
				wrong[name] = "Operation value must be a string of one line."
			}
			i.Criteria, ok = f.plain(raw)
		case "parent", epicField:
			wanted := ref["key"]
			if !f.cloud {
				ok = json.Unmarshal(raw, &wanted) == nil
			}
			if why := f.above(i, wanted); why != "" || f.cloud != (name == "parent") {
				wrong[name] = why
			}
		case "assignee":
			i.Assignees = nil
			if id := ref["id"] + ref["name"]; id != "" {
				at := slices.IndexFunc(f.People, func(name string) bool { return f.account(name) == id })
				if ok = at >= 0; ok {
					i.Assignees = []string{f.People[at]}
				}
			}
		default:
			wrong[name] = fmt.Sprintf("Field '%s' cannot be set. It is not on the appropriate screen, or unknown.", name)
		}
		if !ok && wrong[name] == "" {
			wrong[name] = "Operation value must be of another kind."
		}
	}
	if p.Update["parent"] != nil {
		f.above(i, "")
	}
	return wrong
}

func (f *fake) create(w http.ResponseWriter, r *http.Request) {
	var p proposal
	if json.NewDecoder(r.Body).Decode(&p) != nil {
		refuse(w, http.StatusBadRequest, "Invalid request payload.")
		return
	}
	var project, kind map[string]string
	_, _ = json.Unmarshal(p.Fields["project"], &project), json.Unmarshal(p.Fields["issuetype"], &kind)
	var wrong map[string]string
	try := providertest.Issue{}
	switch wrong = f.apply(&try, p); {
	case project["key"] != f.Source:
		wrong["project"] = "valid project is required"
	case kind["id"] == bugID && p.Fields[severity] == nil:
		wrong[severity] = "Severity is required."
	case try.Title == "":
		wrong["summary"] = "You must specify a summary of the issue."
	}
	if len(wrong) > 0 {
		answer(w, http.StatusBadRequest, map[string]any{"errorMessages": []string{}, "errors": wrong})
		return
	}
	made := f.Make(func(i *providertest.Issue) {
		try.ID, try.Number, try.Created, try.Updated, try.Mark = i.ID, i.Number, i.Created, i.Updated, p.mark()
		*i = try
	})
	answer(w, http.StatusCreated, map[string]any{"id": strconv.FormatInt(made.ID, 10), "key": key(made.Number), "self": f.URL + "/rest/api/2/issue/10000"})
}

// find returns an issue, or answers that there is none.
func (f *fake) find(w http.ResponseWriter, wanted string) (providertest.Issue, bool) {
	for _, i := range f.Issues(func(i providertest.Issue) bool { return !i.Pull && key(i.Number) == wanted }) {
		return i, true
	}
	refuse(w, http.StatusNotFound, "Issue does not exist or you do not have permission to see it.")
	return providertest.Issue{}, false
}

func (f *fake) edit(w http.ResponseWriter, r *http.Request, wanted string) {
	i, ok := f.find(w, wanted)
	var p proposal
	switch {
	case !ok:
		return
	case json.NewDecoder(r.Body).Decode(&p) != nil:
		refuse(w, http.StatusBadRequest, "Invalid request payload.")
		return
	}
	if wrong := f.apply(&i, p); len(wrong) > 0 {
		answer(w, http.StatusBadRequest, map[string]any{"errorMessages": []string{}, "errors": wrong})
		return
	}
	f.Edit(i.Number, func(now *providertest.Issue) { *now = i })
	w.WriteHeader(http.StatusNoContent)
}

// ways are the transitions, by id: from any status to any other.
var ways = map[string]struct {
	name, category string
	make           func(i *providertest.Issue, now time.Time)
}{
	"11": {"To Do", "new", func(i *providertest.Issue, _ time.Time) { i.Started, i.Closed = false, time.Time{} }},
	"21": {"In Progress", "indeterminate", func(i *providertest.Issue, _ time.Time) { i.Started, i.Closed = true, time.Time{} }},
	"31": {"Cut", "done", func(i *providertest.Issue, now time.Time) { i.Closed = now }},
	"41": {"Done", "done", func(i *providertest.Issue, now time.Time) { i.Started, i.Closed = false, now }},
}

func (f *fake) transitions(w http.ResponseWriter, r *http.Request, wanted string) {
	i, ok := f.find(w, wanted)
	if !ok {
		return
	}
	if r.Method == http.MethodGet {
		list := []map[string]any{}
		for _, id := range slices.Sorted(maps.Keys(ways)) {
			way := ways[id]
			list = append(list, map[string]any{
				"id": id, "name": "To " + way.name, "to": map[string]any{"name": way.name, "statusCategory": map[string]any{"key": way.category}},
				"fields": map[string]any{"resolution": map[string]any{
					"name": "Resolution", "key": "resolution", "required": way.category == "done", "hasDefaultValue": false, "operations": []string{"set"},
					"schema": map[string]any{"type": "resolution"}, "allowedValues": []any{map[string]any{"name": "Won't do"}, map[string]any{"name": "Done"}},
				}},
			})
		}
		answer(w, http.StatusOK, map[string]any{"transitions": list})
		return
	}
	var p proposal
	_ = json.NewDecoder(r.Body).Decode(&p) // what is no proposal has no transition
	way, ok := ways[p.Transition.ID]
	switch {
	case !ok:
		refuse(w, http.StatusBadRequest, "Transition id '"+p.Transition.ID+"' is not valid for this issue.")
	case way.category == "done" && p.Fields["resolution"] == nil:
		answer(w, http.StatusBadRequest, map[string]any{"errorMessages": []string{}, "errors": map[string]string{"resolution": "Resolution is required."}})
	default:
		f.Edit(i.Number, func(i *providertest.Issue) { way.make(i, f.Now()) })
		w.WriteHeader(http.StatusNoContent)
	}
}
