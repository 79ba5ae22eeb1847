package azure_test

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/specweave/specweave/workers/providertest"
)

// kinds are the types of items. A bug needs a field that stories do not have.
const kinds = `{"count": 2, "value": [
	{"name": "Bug", "states": [{"name": "New", "category": "Proposed"}], "fields": [{"referenceName": "System.Title"}, {"referenceName": "Microsoft.VSTS.TCM.ReproSteps"}]},
	{"name": "User Story", "states": [
		{"name": "New", "color": "b2b2b2", "category": "Proposed"}, {"name": "Active", "color": "007acc", "category": "InProgress"},
		{"name": "Shipped", "color": "339933", "category": "Completed"}, {"name": "Reviewed", "color": "339933", "category": "InProgress"}],
		"fields": [{"referenceName": "System.Title"}, {"referenceName": "Microsoft.VSTS.Common.AcceptanceCriteria"}]}]}`

// rev is another number after each change, as a revision is. The world counts none.
func rev(i providertest.Issue) int {
	h := fnv.New32a()
	fmt.Fprintf(h, "%+v", i)
	return int(h.Sum32()&math.MaxInt32) | 1
}

var (
	itemPath    = regexp.MustCompile(`^workItems/(\d+)$`)
	commentPath = regexp.MustCompile(`^workItems/(\d+)/comments(?:/(\d+))?$`)
)

// write answers what single items and changes are asked for by. It reports whether
// it did.
func (f *items) write(w http.ResponseWriter, r *http.Request, source, resource string) bool {
	if r.Method == http.MethodGet && itemPath.MatchString(resource) {
		if i, ok := f.find(w, itemPath.FindStringSubmatch(resource)[1]); ok {
			answer(w, linked(i))
		}
		return true
	}
	kind, creates := strings.CutPrefix(resource, "workItems/$")
	change, comment := itemPath.FindStringSubmatch(resource), commentPath.FindStringSubmatch(resource)
	switch {
	case r.Method == http.MethodGet || !creates && change == nil && comment == nil:
		return false
	case source != f.Source:
		refuse(w, http.StatusNotFound, "TF200016: The following project does not exist: x.")
	case f.Reader:
		refuse(w, http.StatusForbidden, "TF237111: The current user does not have permissions to save work items under the specified area path.")
	case creates:
		f.create(w, r, kind)
	case change != nil:
		f.patch(w, r, change[1])
	default:
		f.comment(w, r, comment[1], comment[2])
	}
	return true
}

func (f *items) find(w http.ResponseWriter, number string) (providertest.Issue, bool) {
	for _, i := range f.Issues(func(i providertest.Issue) bool { return !i.Pull && strconv.FormatInt(i.Number, 10) == number }) {
		return i, true
	}
	refuse(w, http.StatusNotFound, "TF401232: Work item "+number+" does not exist, or you do not have permissions to read it.")
	return providertest.Issue{}, false
}

type operation struct {
	Op    string          `json:"op"`
	Path  string          `json:"path"`
	Value json.RawMessage `json:"value"`
}

// operations reads a patch.
func operations(w http.ResponseWriter, r *http.Request) (list []operation, ok bool) {
	data, err := io.ReadAll(r.Body)
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json-patch+json" || err != nil || json.Unmarshal(data, &list) != nil || len(list) == 0 {
		refuse(w, http.StatusBadRequest, "You must pass a valid patch document in the body of the request.")
		return nil, false
	}
	return list, true
}

func (f *items) create(w http.ResponseWriter, r *http.Request, kind string) {
	list, ok := operations(w, r)
	if !ok {
		return
	}
	try := providertest.Issue{}
	wrong, why := f.apply(&try, list)
	switch {
	case kind == "Bug" && wrong == "":
		wrong, why = "Custom.Severity", "TF401320: Rule Error for field Severity. Error code: Required, InvalidEmpty."
	case wrong == "" && (try.Started || !try.Open()):
		wrong, why = "System.State", "The field 'State' contains the value 'x' that is not in the list of supported values"
	case wrong == "" && try.Title == "":
		wrong, why = "Title", "TF401320: Rule Error for field Title. Error code: Required, InvalidEmpty."
	}
	if wrong != "" {
		complain(w, wrong, why)
		return
	}
	answer(w, linked(f.Make(func(i *providertest.Issue) { f.apply(i, list) })))
}

func (f *items) patch(w http.ResponseWriter, r *http.Request, number string) {
	list, ok := operations(w, r)
	if !ok {
		return
	}
	i, ok := f.find(w, number)
	if !ok {
		return
	}
	var tested int
	if list[0].Op != "test" || list[0].Path != "/rev" || json.Unmarshal(list[0].Value, &tested) != nil || tested != rev(i) {
		refuse(w, http.StatusPreconditionFailed, "VS403351: Test Operation for path /rev failed, value was not equal to test value.")
		return
	}
	try := i
	if wrong, why := f.apply(&try, list[1:]); wrong != "" {
		complain(w, wrong, why)
		return
	}
	i, _ = f.Edit(i.Number, func(i *providertest.Issue) { f.apply(i, list[1:]) })
	answer(w, linked(i))
}

// complain says which field breaks a rule: by the name that the API has for it, or
// in words.
func complain(w http.ResponseWriter, field, why string) {
	w.WriteHeader(http.StatusBadRequest)
	said := map[string]any{"$id": "1", "message": why, "typeKey": "RuleValidationException", "errorCode": 0, "eventId": 3200}
	if strings.Contains(field, ".") {
		said["customProperties"] = map[string]any{"ErrorMessage": why, "RuleValidationErrors": []any{map[string]any{"fieldReferenceName": field, "errorMessage": why}}}
	}
	_ = json.NewEncoder(w).Encode(said)
}

// apply makes the changes of a patch, or says which field they are wrong for.
func (f *items) apply(i *providertest.Issue, list []operation) (wrong, why string) {
	for _, o := range list {
		var s string
		_ = json.Unmarshal(o.Value, &s) // some are none
		field, ok := strings.CutPrefix(o.Path, "/fields/")
		switch {
		case strings.HasPrefix(o.Path, "/relations/"):
			if why = relate(i, o); why != "" {
				return "Parent", why
			}
		case !ok:
			return "x", "The path is wrong"
		case field == "System.Title":
			if i.Title = s; s == "" {
				return "Title", "TF401320: Rule Error for field Title. Error code: Required, InvalidEmpty."
			}
		case field == "System.Description":
			i.Body = s
		case field == "Microsoft.VSTS.Common.AcceptanceCriteria":
			i.Criteria = s
		case field == "System.State":
			i.Started, i.Closed = s == "Active", time.Time{}
			if s == "Shipped" {
				i.Closed = f.Now()
			}
			if s == "Reviewed" {
				return field, "The field 'State' contains the value 'Reviewed' that is not in the list of supported values"
			}
		case field == "System.Tags":
			tags := strings.Split(s, "; ")
			if o.Op == "add" {
				tags = append(i.Labels, tags...)
			}
			i.Labels = slices.DeleteFunc(tags, func(t string) bool { return t == "" })
		case field == "System.AssignedTo":
			if i.Assignees = nil; s != "" {
				i.Assignees = []string{s}
			}
			if s != "" && !slices.Contains(f.People, s) {
				return field, "The identity value '" + s + "' for field 'Assigned To' is an unknown identity."
			}
		case field == "Microsoft.VSTS.Common.Priority":
			var n int
			if i.Priority = ""; json.Unmarshal(o.Value, &n) == nil && o.Op != "remove" {
				i.Priority = "P" + strconv.Itoa(n-1)
			}
		default:
			return field, "TF51535: Cannot find field " + field + "."
		}
	}
	return "", ""
}

// comment makes a comment, or changes the one with an id.
func (f *items) comment(w http.ResponseWriter, r *http.Request, of, id string) {
	i, ok := f.find(w, of)
	var said struct {
		Text string `json:"text"`
	}
	switch {
	case !ok:
		return
	case json.NewDecoder(r.Body).Decode(&said) != nil || said.Text == "":
		refuse(w, http.StatusBadRequest, "The comment text must not be empty.")
		return
	}
	made := providertest.Comment{ID: f.NewID(), Author: f.Self, Created: f.Now(), Updated: f.Now(), Body: said.Text}
	if m := wrapper.FindStringSubmatch(said.Text); m != nil {
		made.Mark, made.Body = m[1], m[2]
	}
	at := slices.IndexFunc(i.Comments, func(c providertest.Comment) bool { return strconv.Itoa(commentID(c.ID)) == id })
	switch {
	case id != "" && at < 0:
		refuse(w, http.StatusNotFound, "The comment with id "+id+" does not exist.")
		return
	case id != "":
		old := i.Comments[at]
		made.ID, made.Author, made.Created = old.ID, old.Author, old.Created
		f.Edit(i.Number, func(i *providertest.Issue) { i.Comments[at] = made })
	default:
		f.Edit(i.Number, func(i *providertest.Issue) { i.Comments = append(i.Comments, made) })
	}
	answer(w, told(i.Number, made))
}

var wrapper = regexp.MustCompile(`(?s)^<div data-specweave-mark="(\w+)">(.*)</div>$`)

// told is a comment as answers have it.
func told(number int64, c providertest.Comment) map[string]any {
	if c.Mark != "" {
		c.Body = `<div data-specweave-mark="` + c.Mark + `">` + c.Body + `</div>`
	}
	if c.Updated.IsZero() {
		c.Updated = c.Created
	}
	return map[string]any{
		"workItemId": number, "id": commentID(c.ID), "version": 1, "text": c.Body, "isDeleted": false,
		"createdBy": map[string]any{"displayName": c.Author}, "createdDate": c.Created, "modifiedDate": c.Updated,
	}
}
