package jira_test

import (
	"encoding/json"
	"strings"

	"github.com/specweave/specweave/workers/providertest"
)

// text is a text that is held as answers have it. Of Cloud's documents those of
// mere text are held as that, and others as they are, whose keys come in another
// order than they were sent in.
func (f *fake) text(s string) any {
	var doc map[string]any
	switch {
	case s == "":
		return nil
	case !f.cloud:
		return s
	case strings.HasPrefix(s, "{") && json.Unmarshal([]byte(s), &doc) == nil:
		return doc
	}
	return json.RawMessage(document(s))
}

// plain reads a text that is sent, for it to be held.
func (f *fake) plain(raw json.RawMessage) (s string, ok bool) {
	if string(raw) == "null" {
		return "", true
	}
	if !f.cloud {
		return s, json.Unmarshal(raw, &s) == nil
	}
	var doc struct {
		Type    string `json:"type"`
		Content []struct {
			Content []struct {
				Text string `json:"text"`
			} `json:"content"`
		} `json:"content"`
	}
	if json.Unmarshal(raw, &doc) != nil || doc.Type != "doc" {
		return "", false
	}
	if len(doc.Content) == 1 && len(doc.Content[0].Content) == 1 {
		if s = doc.Content[0].Content[0].Text; string(raw) == document(s) {
			return s, true
		}
	}
	return string(raw), true
}

// above puts an issue below another one; "" is none.
func (f *fake) above(i *providertest.Issue, wanted string) (wrong string) {
	i.Parent = 0
	for _, o := range f.Issues(func(o providertest.Issue) bool { return !o.Pull && key(o.Number) == wanted }) {
		i.Parent = o.Number
	}
	if wanted != "" && (i.Parent == 0 || i.Parent == i.Number) {
		return "Could not find issue by id or key."
	}
	return ""
}
