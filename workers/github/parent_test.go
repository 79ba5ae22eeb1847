package github_test

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/listertest"
	"github.com/specweave/specweave/workers/providertest"
)

// writeParent puts an issue below another, or takes it from there ("REST API
// endpoints for sub-issues", docs.github.com).
func (f *issues) writeParent(w http.ResponseWriter, r *http.Request, path []string, id int64, replace bool) {
	above, _ := strconv.ParseInt(path[0], 10, 64)
	list := f.Issues(func(i providertest.Issue) bool { return i.ID == id })
	if len(f.Issues(func(i providertest.Issue) bool { return i.Number == above })) == 0 || len(list) == 0 {
		say(w, http.StatusNotFound, "Not Found")
		return
	}
	below := list[0]
	parent, status := above, http.StatusCreated
	if r.Method == http.MethodDelete {
		parent, status = 0, http.StatusOK
	}
	switch {
	case r.Method == http.MethodDelete && below.Parent != above:
		say(w, http.StatusNotFound, "Not Found")
		return
	case r.Method != http.MethodDelete && below.Number == above:
		say(w, http.StatusUnprocessableEntity, "An issue cannot be a sub-issue of itself")
		return
	case r.Method != http.MethodDelete && below.Parent != 0 && (!replace || below.Parent == above):
		say(w, http.StatusUnprocessableEntity, "Issue may not contain duplicate sub-issues")
		return
	}
	f.Edit(below.Number, func(i *providertest.Issue) { i.Parent = parent })
	reply(w, status, map[string]any{"id": id, "number": above})
}

// TestParent puts an issue below another, below the next with a new title, and
// below none; a new one goes below one at once.
func TestParent(t *testing.T) {
	var world *providertest.World
	for _, step := range []struct {
		number, title, parent string
		was, want             int64
		calls                 int
	}{
		{"1", "", "github#acme/app#2", 0, 2, 4},
		{"1", "", "github#Acme/App#2", 2, 2, 1},
		{"1", "Moved", "github#acme/app#3", 2, 3, 5},
		{"1", "", "", 3, 0, 4},
		{"", "Made", "github#acme/app#3", 0, 3, 4},
	} {
		calls := 0
		fields := workers.Fields{Parent: &step.parent}
		if step.title != "" {
			fields.Title = &step.title
		}
		item, err := providertest.Write(t, writer(issues{}), func(w *providertest.World) listertest.Fault {
			world = w
			w.Edit(1, func(i *providertest.Issue) { i.Parent = step.was })
			return func(good http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					calls++
					good.ServeHTTP(w, r)
				})
			}
		}, workers.Write{Source: "acme/app", Number: step.number, Mark: "m1", Fields: fields})
		if err != nil || calls != step.calls || step.title != "" && item.Title != step.title {
			t.Errorf("%+v: %+v, %v, %d calls", step, item, err, calls)
		}
		want := ""
		if step.want > 0 {
			want = "github#acme/app#" + strconv.FormatInt(step.want, 10)
		}
		there := world.Issues(func(i providertest.Issue) bool { return strconv.FormatInt(i.Number, 10) == item.Number })
		if item.Parent != want || len(there) != 1 || there[0].Parent != step.want {
			t.Errorf("%+v: %q, %+v", step, item.Parent, there)
		}
	}
}
