package jira_test

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/providertest"
)

// fake answers like Jira, Cloud or Data Center.
type fake struct {
	*providertest.World
	cloud bool
	areas bool // criteria have a field of several lines
}

// criteriaField is the field for them, and epicField the one of Data Center that
// has the issue above.
const criteriaField, epicField = "customfield_10100", "customfield_10014"

// zone is that of the user: fifteen minutes from any other.
const zone = "Asia/Kathmandu"

const stamp = "2006-01-02T15:04:05.000-0700"

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	resource := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/jira"), "/rest/api/")
	if resource == "2/serverInfo" { // to anybody
		kind := map[bool]string{true: "Cloud", false: "Server"}[f.cloud]
		answer(w, http.StatusOK, map[string]any{"baseUrl": f.URL, "version": "9.12.0", "versionNumbers": []int{9, 12, 0}, "deploymentType": kind})
		return
	}
	version, resource, _ := strings.Cut(resource, "/")
	name, password, _ := r.BasicAuth()
	switch {
	case f.cloud != (version == "3"):
		refuse(w, http.StatusGone, "The requested API has been removed.")
	case (workers.Login{Username: name, Password: password}) != f.Login:
		w.Header().Set("Content-Type", "text/plain")
		http.Error(w, "Client must be authenticated to access this resource.", http.StatusUnauthorized)
	case f.Lacking && f.cloud:
		answer(w, http.StatusUnauthorized, map[string]any{"code": 401, "message": "Unauthorized; scope does not match"})
	case f.Lacking:
		refuse(w, http.StatusForbidden, "You do not have permission to view this.")
	case resource == "myself":
		me := f.person(f.Self)
		me["timeZone"] = zone
		answer(w, http.StatusOK, me)
	case resource == "field":
		criteria := map[string]any{"id": criteriaField, "name": "acceptance criteria", "custom": true}
		if f.areas {
			criteria["schema"] = map[string]any{"type": "string", "custom": "com.atlassian.jira.plugin.system.customfieldtypes:textarea", "customId": 10100}
		}
		answer(w, http.StatusOK, []map[string]any{
			criteria,
			{"id": "summary", "name": "Summary", "custom": false, "schema": map[string]any{"type": "string", "system": "summary"}},
			{"id": epicField, "name": "Epic Link", "custom": true, "schema": map[string]any{"type": "any", "custom": "com.pyxis.greenhopper.jira:gh-epic-link", "customId": 10014}},
			{"id": severity, "name": "Severity", "custom": true},
		})
	case f.write(w, r, resource):
	case strings.HasPrefix(resource, "project/"):
		f.project(w, strings.TrimPrefix(resource, "project/"))
	case strings.HasSuffix(resource, "/comment"):
		f.comments(w, r, strings.Split(resource, "/")[1])
	case strings.HasPrefix(resource, "issue/"):
		f.one(w, r, strings.TrimPrefix(resource, "issue/"))
	case r.Method == http.MethodPost && (resource == "search" || strings.HasPrefix(resource, "search/")):
		f.search(w, r, resource)
	default:
		refuse(w, http.StatusNotFound, "dead link")
	}
}

func (f *fake) project(w http.ResponseWriter, source string) {
	if _, ok := f.Of(source, nil); !ok {
		refuse(w, http.StatusNotFound, "No project could be found with key '"+source+"'.")
		return
	}
	answer(w, http.StatusOK, map[string]any{"id": "10000", "key": source})
}

var (
	projectCondition = regexp.MustCompile(`^project = "((?:[^"\\]|\\.)*)"`)
	sinceCondition   = regexp.MustCompile(`updated >= "([^"]+)"`)
	keyCondition     = regexp.MustCompile(`AND key > "APP-([0-9]+)"`)
	labelCondition   = regexp.MustCompile(`labels = "([^"]+)"`)
)

// choose returns the issues of a query in the order of their keys, or why there
// are none.
func (f *fake) choose(jql string) (list []providertest.Issue, refusal string) {
	m := projectCondition.FindStringSubmatch(jql)
	if m == nil {
		return nil, "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
	}
	if strings.Contains(jql, "("+f.Search+")") {
		return nil, f.Refusal
	}
	since := time.Time{}
	if m := sinceCondition.FindStringSubmatch(jql); m != nil {
		at, err := time.LoadLocation(zone)
		if err != nil {
			return nil, err.Error()
		}
		if since, err = time.ParseInLocation("2006-01-02 15:04", m[1], at); err != nil {
			return nil, "Date value '" + m[1] + "' for field 'updated' is invalid."
		}
	}
	var labels []string
	for _, l := range labelCondition.FindAllStringSubmatch(jql, -1) {
		labels = append(labels, l[1])
	}
	above := int64(0)
	if m := keyCondition.FindStringSubmatch(jql); m != nil {
		above, _ = strconv.ParseInt(m[1], 10, 64)
		if len(f.Issues(func(i providertest.Issue) bool { return i.Number == above && !i.Pull })) == 0 {
			return nil, "An issue with key 'APP-" + m[1] + "' does not exist for field 'key'."
		}
	}
	source := strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(m[1])
	list, ok := f.Of(source, func(i providertest.Issue) bool {
		return !i.Pull && i.Number > above && !i.Updated.Before(since) && i.Has(labels) && (i.Open() || !strings.Contains(jql, "statusCategory != Done"))
	})
	if !ok {
		return nil, "The value '" + source + "' does not exist for the field 'project'."
	}
	slices.SortFunc(list, func(a, b providertest.Issue) int { return int(a.Number - b.Number) })
	return list, ""
}

func (f *fake) search(w http.ResponseWriter, r *http.Request, resource string) {
	var question struct {
		JQL        string   `json:"jql"`
		Start      int      `json:"startAt"`
		Size       int      `json:"maxResults"`
		Token      string   `json:"nextPageToken"`
		Fields     []string `json:"fields"`
		Properties []string `json:"properties"`
	}
	if err := json.NewDecoder(r.Body).Decode(&question); err != nil {
		refuse(w, http.StatusBadRequest, "Invalid request payload. Refer to the REST API documentation and try again.")
		return
	}
	list, refusal := f.choose(question.JQL)
	if refusal != "" {
		refuse(w, http.StatusBadRequest, refusal)
		return
	}
	switch {
	case f.cloud && resource == "search/jql":
		f.byToken(w, list, question.JQL, question.Token, question.Size, question.Fields, question.Properties)
	case f.cloud && resource == "search/approximate-count":
		answer(w, http.StatusOK, map[string]any{"count": len(list)})
	case !f.cloud && resource == "search":
		page, _ := providertest.Cut(f.World, list, question.Start, question.Size)
		answer(w, http.StatusOK, map[string]any{
			"startAt": question.Start, "maxResults": question.Size, "total": len(list), "issues": f.described(page, question.Fields, nil),
		})
	default:
		refuse(w, http.StatusGone, "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API.")
	}
}

// byToken pages by a token that remembers its search and the last key.
func (f *fake) byToken(w http.ResponseWriter, list []providertest.Issue, jql, token string, size int, fields, properties []string) {
	of := fmt.Sprintf("%d/%x/", f.Cursors, crc32.ChecksumIEEE([]byte(jql)))
	if token != "" {
		digits, ok := strings.CutPrefix(token, of)
		last, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || !ok {
			refuse(w, http.StatusBadRequest, "The provided next page token is invalid or expired.")
			return
		}
		list = slices.DeleteFunc(list, func(i providertest.Issue) bool { return i.Number <= last })
	}
	page, more := providertest.Cut(f.World, list, 0, size)
	a := map[string]any{"issues": f.described(page, fields, properties), "isLast": !more}
	if more {
		a["nextPageToken"] = of + strconv.FormatInt(page[len(page)-1].Number, 10)
	}
	answer(w, http.StatusOK, a)
}

func (f *fake) described(list []providertest.Issue, named, properties []string) []map[string]any {
	issues := make([]map[string]any, len(list))
	for n, i := range list {
		all, fields := f.fields(i), make(map[string]any)
		for _, name := range named {
			fields[name] = all[name]
		}
		issues[n] = map[string]any{"id": strconv.FormatInt(i.ID, 10), "key": key(i.Number), "self": f.URL + "/rest/api/2/issue/10000", "fields": fields}
		if slices.Contains(properties, "specweave") {
			issues[n]["properties"] = map[string]any{}
			if i.Mark != "" {
				issues[n]["properties"] = map[string]any{"specweave": i.Mark}
			}
		}
	}
	return issues
}

func (f *fake) fields(i providertest.Issue) map[string]any {
	state, category := "To Do", "new"
	if i.Started {
		state, category = "In Progress", "indeterminate"
	}
	all := map[string]any{
		"summary": i.Title, "description": f.text(i.Body), "labels": i.Labels, "created": i.Created.Format(stamp), "updated": i.Updated.Format(stamp),
		"issuetype": map[string]any{"name": "Story"}, "creator": f.person("ann"), "comment": f.discussion(i, 0, false),
	}
	if !i.Open() {
		state, category = "Done", "done"
		all["resolutiondate"] = i.Closed.Format(stamp)
	}
	all["status"] = map[string]any{"name": state, "statusCategory": map[string]any{"key": category}}
	if i.Mark != "" {
		all["creator"] = f.person(f.Self)
	}
	if i.Priority != "" {
		all["priority"] = map[string]any{"name": priorities[i.Priority[1]-'0']}
	}
	if len(i.Assignees) > 0 {
		all["assignee"] = map[string]any{"displayName": i.Assignees[0], "name": "x"}
	}
	if i.Milestone != "" {
		all["fixVersions"] = []map[string]any{{"name": i.Milestone}}
	}
	if i.Has([]string{"epic"}) {
		all["issuetype"] = map[string]any{"name": "Epic"}
	}
	if i.Criteria != "" {
		all[criteriaField] = f.text(i.Criteria)
	}
	switch {
	case i.Parent > 0 && f.cloud:
		all["parent"] = map[string]any{"key": key(i.Parent)}
	case i.Parent > 0:
		all[epicField] = key(i.Parent)
	}
	return all
}

func (f *fake) discussion(i providertest.Issue, start int, properties bool) map[string]any {
	page, _ := providertest.Cut(f.World, i.Comments, start, 0)
	list := make([]map[string]any, len(page))
	for n, c := range page {
		list[n] = f.told(c, properties)
	}
	return map[string]any{"comments": list, "startAt": start, "maxResults": f.PageSize, "total": len(i.Comments)}
}

func (f *fake) comments(w http.ResponseWriter, r *http.Request, of string) {
	start, _ := strconv.Atoi(r.FormValue("startAt"))
	for _, i := range f.Issues(func(i providertest.Issue) bool { return key(i.Number) == of }) {
		answer(w, http.StatusOK, f.discussion(i, start, r.FormValue("expand") == "properties" && !f.cloud))
		return
	}
	refuse(w, http.StatusNotFound, "Issue does not exist or you do not have permission to see it.")
}

func (f *fake) one(w http.ResponseWriter, r *http.Request, wanted string) {
	for _, i := range f.Issues(func(i providertest.Issue) bool { return !i.Pull && key(i.Number) == wanted }) {
		answer(w, http.StatusOK, f.described([]providertest.Issue{i}, strings.Split(r.FormValue("fields"), ","), strings.Split(r.FormValue("properties"), ","))[0])
		return
	}
	refuse(w, http.StatusNotFound, "Issue Does Not Exist")
}

func refuse(w http.ResponseWriter, status int, message string) {
	answer(w, status, map[string]any{"errorMessages": []string{message}, "errors": map[string]any{}})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
