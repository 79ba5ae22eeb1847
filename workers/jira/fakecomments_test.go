package jira_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/specweave/specweave/workers/providertest"
)

// comment makes a comment, or changes the one with an id.
func (f *fake) comment(w http.ResponseWriter, r *http.Request, of, id string) {
	i, ok := f.find(w, of)
	var said struct {
		Body json.RawMessage `json:"body"`
		proposal
	}
	if !ok {
		return
	}
	var text string
	if json.NewDecoder(r.Body).Decode(&said) == nil {
		text, ok = f.plain(said.Body)
	}
	if !ok || text == "" {
		answer(w, http.StatusBadRequest, map[string]any{"errorMessages": []string{}, "errors": map[string]string{"comment": "Comment body can not be empty!"}})
		return
	}
	made := providertest.Comment{ID: f.NewID(), Author: f.Self, Created: f.Now(), Updated: f.Now(), Body: text, Mark: said.mark()}
	at := slices.IndexFunc(i.Comments, func(c providertest.Comment) bool { return c.ID == id })
	switch {
	case id != "" && at < 0:
		refuse(w, http.StatusNotFound, "Can not find a comment for the id: "+id+".")
		return
	case id != "":
		old := i.Comments[at]
		made.ID, made.Author, made.Created = old.ID, old.Author, old.Created
		f.Edit(i.Number, func(i *providertest.Issue) { i.Comments[at] = made })
	default:
		f.Edit(i.Number, func(i *providertest.Issue) { i.Comments = append(i.Comments, made) })
	}
	answer(w, map[bool]int{true: http.StatusCreated, false: http.StatusOK}[id == ""], f.told(made, false))
}

// told is a comment as answers have it. Its properties are told on request.
func (f *fake) told(c providertest.Comment, properties bool) map[string]any {
	m := map[string]any{"id": c.ID, "author": f.person(c.Author), "updateAuthor": f.person(c.Author), "body": f.text(c.Body), "created": c.Created.Format(stamp)}
	if m["updated"] = m["created"]; !c.Updated.IsZero() {
		m["updated"] = c.Updated.Format(stamp)
	}
	if c.Mark != "" {
		m["updateAuthor"] = f.person(f.Self)
	}
	if properties && c.Mark != "" {
		m["properties"] = []map[string]any{{"key": "other", "value": "x"}, {"key": "specweave", "value": c.Mark}}
	}
	return m
}

func (f *fake) marked(w http.ResponseWriter, r *http.Request) {
	var question struct {
		IDs []int64 `json:"ids"`
	}
	if json.NewDecoder(r.Body).Decode(&question) != nil || len(question.IDs) == 0 || len(question.IDs) > 1000 || r.FormValue("expand") != "properties" {
		refuse(w, http.StatusBadRequest, "ids cannot be empty.")
		return
	}
	values := []map[string]any{}
	for _, i := range f.Issues(nil) {
		for _, c := range i.Comments {
			if id, _ := strconv.ParseInt(c.ID, 10, 64); slices.Contains(question.IDs, id) {
				values = append(values, f.told(c, true))
			}
		}
	}
	answer(w, http.StatusOK, map[string]any{"values": values, "startAt": 0, "maxResults": 1000, "total": len(values), "isLast": true})
}
