package gitea_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/providertest"
	"github.com/specweave/specweave/workers/rest"
)

// writer is the tracker as it is written to.
func writer() providertest.Vendor {
	v := tracker
	v.WriteScope = "write:issue"
	v.Quiet = true
	v.Describes = func(r *http.Request) int {
		if strings.HasSuffix(r.URL.Path, "/assignees") || strings.HasPrefix(r.URL.Path, "/api/v1/orgs/") {
			return -1 // not in the part of the description that there is
		}
		return 0
	}
	v.Refusals = []providertest.Refusal{
		{Fields: workers.Fields{Title: new("")}, Field: "title", Words: "[Title]: Required"},
		{Number: "1", Fields: workers.Fields{Title: new("Fine"), Assignees: &[]string{"nobody"}}, Field: "assignees", Words: "nobody who can be assigned"},
		{Number: blocked, Fields: workers.Fields{Status: new(workers.StatusCompleted)}, Field: "status", Words: "open dependencies"},
		{Number: "1", Fields: workers.Fields{State: "Resolved"}, Field: "status", Words: "no state"},
	}
	return v
}

func TestWriter(t *testing.T) { providertest.RunWriter(t, writer()) }

// TestContentVersion changes the text between the writer's look at it and its
// change.
func TestContentVersion(t *testing.T) {
	item, err := providertest.Write(t, writer(), func(world *providertest.World) listertest.Fault {
		return func(good http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPatch {
					world.Edit(1, func(i *providertest.Issue) { i.Body = "Somebody was faster" })
				}
				good.ServeHTTP(w, r)
			})
		}
	}, workers.Write{Source: tracker.Source, Number: "1", Mark: "m1", Fields: workers.Fields{Body: &workers.Text{Raw: "Ours"}}})
	if !errors.Is(err, workers.ErrChanged) || rest.InDoubt(err) {
		t.Errorf("%+v, %v", item, err)
	}
}

// TestSharedLabel makes no label that the organisation has.
func TestSharedLabel(t *testing.T) {
	item, err := providertest.Write(t, writer(), func(*providertest.World) listertest.Fault {
		return func(good http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/labels") {
					t.Errorf("%s %s", r.Method, r.URL)
				}
				good.ServeHTTP(w, r)
			})
		}
	}, workers.Write{Source: tracker.Source, Number: "3", Mark: "m1", Fields: workers.Fields{Labels: &[]string{"shared", "bug"}}})
	if err != nil || !slices.Equal(item.Labels, []string{"shared", "bug"}) {
		t.Errorf("%q, %v", item.Labels, err)
	}
}

const (
	blocked = "12" // depends on others that are open
	shared  = 9000 // the organisation's label
)

// known returns the id of a label.
func (f *issues) known(name string) (id int64, ok bool) {
	if name == "shared" {
		return shared, true
	}
	for _, i := range f.Issues(nil) { // somebody may have made some
		for _, l := range i.Labels {
			if l != "shared" && !slices.Contains(f.labels, l) {
				f.labels = append(f.labels, l)
			}
		}
	}
	at := slices.Index(f.labels, name)
	return int64(at + 1), at >= 0
}

func (f *issues) labelled(names []string) []map[string]any {
	labels := []map[string]any{}
	for _, name := range names {
		id, _ := f.known(name)
		labels = append(labels, map[string]any{"id": id, "name": name, "color": "ededed"})
	}
	return labels
}

// names are those of labels by their ids. Others are left out.
func (f *issues) names(ids []int64) []string {
	var names []string
	for _, id := range ids {
		switch {
		case id == shared:
			names = append(names, "shared")
		case id > 0 && id <= int64(len(f.labels)):
			names = append(names, f.labels[id-1])
		}
	}
	return names
}

// listLabels lists those of the repository, two a page.
func (f *issues) listLabels(w http.ResponseWriter, r *http.Request) {
	f.known("")
	number, _ := strconv.Atoi(r.FormValue("page"))
	all := f.labelled(f.labels)
	page := all[min((number-1)*2, len(all)):min(number*2, len(all))]
	if number*2 < len(all) {
		w.Header().Set("Link", fmt.Sprintf(`<http://localhost:3000%s?page=%d>; rel="next"`, r.URL.Path, number+1))
	}
	reply(w, http.StatusOK, page)
}

func (f *issues) people(w http.ResponseWriter) {
	list := []map[string]any{}
	for i, name := range f.People {
		list = append(list, map[string]any{"id": i + 1, "login": name})
	}
	reply(w, http.StatusOK, list)
}

// write changes what is at a path below a repository.
func (f *issues) write(w http.ResponseWriter, r *http.Request, path []string) {
	if f.Reader {
		say(w, http.StatusForbidden, "token does not have at least one of required scope(s), required=[write:issue], token scope=read:issue")
		return
	}
	var sent struct {
		Name      string    `json:"name"`
		Title     *string   `json:"title"`
		Body      *string   `json:"body"`
		State     string    `json:"state"`
		Closed    bool      `json:"closed"`
		Labels    *[]int64  `json:"labels"`
		Assignees *[]string `json:"assignees"`
		Content   *uint32   `json:"content_version"`
	}
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
		say(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	number := int64(0)
	if len(path) > 1 {
		number, _ = strconv.ParseInt(path[1], 10, 64)
	}
	change := func(i *providertest.Issue) {
		if sent.Title != nil && *sent.Title != "" {
			i.Title = *sent.Title
		}
		if sent.Body != nil {
			i.Body = *sent.Body
		}
		if sent.State != "" {
			i.Close(sent.State == "closed", f.Now())
		}
		if sent.Assignees != nil {
			i.Assignees = *sent.Assignees
		}
		if sent.Labels != nil {
			i.Label(f.names(*sent.Labels))
		}
	}
	switch route := r.Method + " " + path[0] + strconv.Itoa(len(path)); {
	case route == "POST labels1":
		f.labels = append(f.labels, sent.Name)
		reply(w, http.StatusCreated, f.labelled([]string{sent.Name})[0])
	case route == "POST issues1" && (sent.Title == nil || *sent.Title == ""):
		say(w, http.StatusUnprocessableEntity, "[Title]: Required")
	case route == "POST issues1":
		reply(w, http.StatusCreated, f.described(f.Make(func(i *providertest.Issue) {
			change(i)
			i.Close(sent.Closed, f.Now())
		})))
	case len(path) == 3 && (path[2] == "comments" || path[1] == "comments"):
		f.writeComment(w, path, number, sent.Body)
	case route == "PUT issues3" && path[2] == "labels":
		i, ok := f.Edit(number, change)
		f.found(w, ok, http.StatusOK, f.labelled(i.Labels))
	case sent.Content != nil && !slices.ContainsFunc(f.Issues(nil), func(i providertest.Issue) bool {
		return i.Number == number && crc32.ChecksumIEEE([]byte(i.Body)) == *sent.Content
	}):
		say(w, http.StatusConflict, "issue is already changed")
	case sent.State == "closed" && path[1] == blocked:
		say(w, http.StatusPreconditionFailed, "cannot close this issue or pull request because it still has open dependencies")
	default:
		sent.Labels = nil // is no parameter of a change
		i, ok := f.Edit(number, change)
		f.found(w, ok, http.StatusCreated, f.described(i))
	}
}

func (f *issues) writeComment(w http.ResponseWriter, path []string, number int64, body *string) {
	if body == nil || *body == "" {
		say(w, http.StatusUnprocessableEntity, "[Body]: Required")
		return
	}
	if path[2] == "comments" {
		c, ok := f.Say(number, *body)
		f.found(w, ok, http.StatusCreated, comment(c))
		return
	}
	c, ok := f.Correct(path[2], *body)
	f.found(w, ok, http.StatusOK, comment(c))
}

func (*issues) found(w http.ResponseWriter, ok bool, status int, v any) {
	if !ok {
		say(w, http.StatusNotFound, "The target couldn't be found.")
		return
	}
	reply(w, status, v)
}
