package azure_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/azure"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/providertest"
	"github.com/specweave/specweave/workers/rest"
)

var tracker = providertest.Vendor{
	Descriptions: []listertest.Description{{Name: "azure-devops", Described: lower, Amend: func(doc *openapi3.T) { amend(doc, creating) }}},
	Root:         "/", Platform: "ado",
	New:       func(c *rest.Client) (workers.Provider, error) { return small{azure.NewProvider(c)}, nil },
	Authorize: azure.Authorize,
	Serve:     func(w *providertest.World) http.Handler { return &items{w} },
	Source:    "acme/Big Project", Hollow: "acme/none", Unknown: "acme/no project?#%",
	ID: func(_ string, n int64) (id, number string) {
		return fmt.Sprintf("ADO-%d", n), strconv.FormatInt(n, 10)
	},
	Text: func(s string) workers.Text {
		if s == "" {
			return workers.Text{}
		}
		return workers.Text{Raw: s, Markup: workers.HTML}
	},
	Said: func(i workers.Item) workers.Item {
		i.Assignees = i.Assignees[:min(1, len(i.Assignees))]
		for n := range i.Comments {
			i.Comments[n].ID = strconv.Itoa(commentID(i.Comments[n].ID))
		}
		return i
	},
	Scope:   "vso.work",
	Search:  "[No.Such] = 1",
	Refusal: "TF51005: The query references a field that does not exist. The error is caused by «[No.Such]».",
	Counted: true,
}

// commentID makes of an id one of Azure DevOps, which have 32 bits.
func commentID(id string) int {
	n, _ := strconv.Atoi(id)
	return n&(1<<31-1) + n>>41*1000
}

func TestProvider(t *testing.T) { providertest.Run(t, tracker) }

// small asks for less items a page than the 200 that it would.
type small struct{ *azure.Provider }

func (s small) Page(ctx context.Context, q workers.ItemQuery, cursor string) (workers.ItemPage, error) {
	if q.Size == 0 {
		q.Size = 5
	}
	return s.Provider.Page(ctx, q, cursor)
}

// items answers like Azure DevOps.
type items struct{ *providertest.World }

func (f *items) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if r.Method == http.MethodOptions { // to anybody
		fmt.Fprint(w, routes)
		return
	}
	if r.Header.Get("Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte(":"+f.Login.Password)) {
		refuse(w, http.StatusUnauthorized, "TF400813: The user '' is not authorized to access this resource.")
		return
	}
	if f.Lacking {
		refuse(w, http.StatusForbidden, "TF400813: The user 'somebody' is not authorized to access this resource.")
		return
	}
	source, resource, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/_apis/wit/")
	if f.write(w, r, source, resource) {
		return
	}
	all, ok := f.Of(source, func(i providertest.Issue) bool { return !i.Pull })
	if !ok {
		refuse(w, http.StatusNotFound, "TF200016: The following project does not exist: x. Verify that the name of the project is correct and that the project exists on the specified Azure DevOps Server.")
		return
	}
	switch {
	case resource == "wiql":
		f.query(w, r, all)
	case resource == "workItemsBatch":
		f.batch(w, r, all)
	case resource == "workItemTypes":
		answer(w, json.RawMessage(kinds))
	case resource == "recyclebin":
		f.bin(w, r, source)
	case strings.HasSuffix(resource, "/comments"):
		f.comments(w, r, all, resource)
	default:
		refuse(w, http.StatusNotFound, "The controller for path was not found.")
	}
}

var (
	idCondition      = regexp.MustCompile(`\(\[System\.Id\] = (\d+)\)`)
	aboveCondition   = regexp.MustCompile(`\[System\.Id\] > (\d+)`)
	changedCondition = regexp.MustCompile(`\[System\.ChangedDate\] >= '([^']+)'`)
	tagCondition     = regexp.MustCompile(`\[System\.Tags\] CONTAINS '([^']+)'`)
)

func (f *items) query(w http.ResponseWriter, r *http.Request, all []providertest.Issue) {
	var question struct {
		Query string `json:"query"`
	}
	if err := json.NewDecoder(r.Body).Decode(&question); err != nil || !strings.HasSuffix(question.Query, " ORDER BY [System.Id]") {
		refuse(w, http.StatusBadRequest, "TF51006: The query statement is missing a clause.")
		return
	}
	if f.Search != "" && strings.Contains(question.Query, "("+f.Search+")") {
		refuse(w, http.StatusBadRequest, f.Refusal)
		return
	}
	above, since := int64(0), time.Time{}
	if m := aboveCondition.FindStringSubmatch(question.Query); m != nil {
		above, _ = strconv.ParseInt(m[1], 10, 64)
	}
	var only string
	if m := idCondition.FindStringSubmatch(question.Query); m != nil {
		only = m[1]
	}
	if m := changedCondition.FindStringSubmatch(question.Query); m != nil {
		if r.FormValue("timePrecision") != "true" {
			refuse(w, http.StatusBadRequest, "TF51008: You cannot supply a time with the date when running a query using date precision.")
			return
		}
		since, _ = time.Parse(time.RFC3339, m[1])
	}
	found := []map[string]any{}
	slices.SortFunc(all, func(a, b providertest.Issue) int { return int(a.Number - b.Number) })
	for _, i := range all {
		has := i.Number > above && !i.Updated.Before(since) && (i.Open() || !strings.Contains(question.Query, "[System.State] NOT IN ('Shipped')"))
		for _, m := range tagCondition.FindAllStringSubmatch(question.Query, -1) {
			has = has && i.Has(m[1:])
		}
		if has && (only == "" || only == strconv.FormatInt(i.Number, 10)) {
			found = append(found, map[string]any{"id": i.Number, "url": "https://dev.azure.com/acme/_apis/wit/workItems/" + strconv.FormatInt(i.Number, 10)})
		}
	}
	if top, err := strconv.Atoi(r.FormValue("$top")); err == nil {
		found = found[:min(len(found), top)]
	}
	answer(w, map[string]any{"queryType": "flat", "queryResultType": "workItem", "asOf": "2026-05-01T00:00:00Z", "workItems": found})
}

func (f *items) batch(w http.ResponseWriter, r *http.Request, all []providertest.Issue) {
	var question struct {
		IDs    []int64  `json:"ids"`
		Fields []string `json:"fields"`
		Expand string   `json:"$expand"`
		Policy string   `json:"errorPolicy"`
	}
	switch err := json.NewDecoder(r.Body).Decode(&question); {
	case err != nil, len(question.IDs) == 0, len(question.IDs) > 200:
		refuse(w, http.StatusBadRequest, "VS403474: You requested a number of work items that exceeds the limit of 200.")
		return
	case len(question.Fields) > 0 && question.Expand != "":
		refuse(w, http.StatusBadRequest, "The expand parameter can not be used with the fields parameter.")
		return
	}
	values := []any{}
	for _, id := range question.IDs {
		at := slices.IndexFunc(all, func(i providertest.Issue) bool { return i.Number == id })
		switch {
		case at >= 0:
			item := described(all[at], question.Fields)
			if question.Expand == "relations" {
				item = linked(all[at])
			}
			values = append(values, item)
		case question.Policy == "omit":
			values = append(values, nil)
		default:
			refuse(w, http.StatusNotFound, fmt.Sprintf("TF401232: Work item %d does not exist, or you do not have permissions to read it.", id))
			return
		}
	}
	answer(w, map[string]any{"count": len(values), "value": values})
}

func described(i providertest.Issue, named []string) map[string]any {
	all := map[string]any{
		"System.AreaPath": "Big Project", "System.TeamProject": "Big Project", "System.IterationPath": "Big Project",
		"System.WorkItemType": typeOf(i), "System.State": "New", "System.Title": i.Title,
		"System.CreatedDate": i.Created, "System.ChangedDate": i.Updated, "System.CommentCount": len(i.Comments),
	}
	if i.Started {
		all["System.State"] = "Active"
	}
	if i.Mark != "" {
		all["System.HyperLinkCount"] = 1
	}
	if i.Body != "" {
		all["System.Description"] = i.Body
	}
	if i.Criteria != "" {
		all["Microsoft.VSTS.Common.AcceptanceCriteria"] = i.Criteria
	}
	if i.Parent > 0 {
		all["System.Parent"] = i.Parent
	}
	if !i.Open() {
		all["System.State"], all["Microsoft.VSTS.Common.ClosedDate"] = "Shipped", i.Closed
	}
	if n, err := strconv.Atoi(strings.TrimPrefix(i.Priority, "P")); err == nil {
		all["Microsoft.VSTS.Common.Priority"] = n + 1
	}
	if len(i.Labels) > 0 {
		all["System.Tags"] = strings.Join(i.Labels, "; ")
	}
	if len(i.Assignees) > 0 {
		all["System.AssignedTo"] = map[string]any{"displayName": i.Assignees[0], "uniqueName": "x@acme.test"}
	}
	if i.Milestone != "" {
		all["System.IterationPath"] = `Big Project\` + i.Milestone
	}
	fields := make(map[string]any)
	for name, value := range all {
		if len(named) == 0 || slices.Contains(named, name) {
			fields[name] = value
		}
	}
	return map[string]any{"id": i.Number, "rev": rev(i), "fields": fields, "url": "https://dev.azure.com/acme/_apis/wit/workItems/12"}
}

func (f *items) comments(w http.ResponseWriter, r *http.Request, all []providertest.Issue, resource string) {
	number, _ := strconv.ParseInt(strings.Split(resource, "/")[1], 10, 64)
	offset, _ := strconv.Atoi(r.FormValue("continuationToken"))
	for _, i := range all {
		if i.Number != number {
			continue
		}
		page, more := providertest.Cut(f.World, i.Comments, offset, 0)
		list := make([]map[string]any, len(page))
		for n, c := range page {
			list[n] = told(number, c)
		}
		list = append(list, map[string]any{"workItemId": number, "id": 99, "text": "regretted", "isDeleted": true})
		a := map[string]any{"totalCount": len(i.Comments), "count": len(list), "comments": list}
		if more {
			a["continuationToken"] = strconv.Itoa(offset + len(page))
		}
		answer(w, a)
		return
	}
	refuse(w, http.StatusNotFound, "TF401232: Work item does not exist, or you do not have permissions to read it.")
}

// bin holds what is missing among the numbers.
func (f *items) bin(w http.ResponseWriter, r *http.Request, source string) {
	there, _ := f.Of(source, nil)
	numbers, last := make(map[int64]bool), int64(0)
	for _, i := range there {
		numbers[i.Number], last = true, max(last, i.Number)
	}
	values := []map[string]any{}
	for n := int64(1); n <= last; n++ {
		id := strconv.FormatInt(n, 10)
		switch {
		case numbers[n], r.FormValue("ids") != "" && !slices.Contains(strings.Split(r.FormValue("ids"), ","), id):
		case r.FormValue("ids") == "":
			values = append(values, map[string]any{"id": n, "url": "https://dev.azure.com/acme/_apis/wit/recyclebin/" + id})
		default:
			values = append(values, map[string]any{"id": n, "name": "deleted " + id, "type": "Bug", "deletedDate": "2026-03-04T05:06:07.89Z", "code": 200})
		}
	}
	answer(w, map[string]any{"count": len(values), "value": values})
}

func answer(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }

func TestSource(t *testing.T) {
	for _, source := range []string{"", "acme", "acme/", "/x", "acme/a/b", "acme/.", "acme/.."} {
		_, err := azure.NewProvider(nil).Page(t.Context(), workers.ItemQuery{Source: source}, "")
		if _, ok := errors.AsType[*workers.InputError](err); !ok {
			t.Errorf("%q: %v", source, err)
		}
	}
}
