package main

import (
	"encoding/json"
	"net/http"
	"os"
	"testing"
)

// TestSyncServerText edits a description and a criterion of an issue of a real
// Gitea in its story: the rest of the text stays as it is there.
func TestSyncServerText(t *testing.T) {
	if os.Getenv("GITEA_URL") == "" {
		t.Skip("needs a Gitea (make hosts)")
	}
	const (
		above = "# Intro\n\n"
		below = "\n\n<!-- keep this -->\n\n<details open>\n<summary>More</summary>\n\n<b>bold</b>, @nobody\n\n</details>\n\n## Steps\n\n* one\n* two\n\n## Acceptance Criteria\n\n"
	)
	s := newSyncing(t, 0)
	s.ask(t, http.MethodPost, "/issues", map[string]any{"title": "One", "body": above + "Before." + below + "- [x] it works\n- [ ] it lasts"})
	s.sync(t, exitOK, "web")
	s.edit(t, 1, "Before.", "After.")
	s.edit(t, 1, ": it lasts", ": it lasts long")
	s.says(t, s.sync(t, exitOK, "web"), "1 item changed")
	var issue struct {
		Body string `json:"body"`
	}
	check(t, json.Unmarshal(s.ask(t, http.MethodGet, "/issues/1", nil), &issue))
	if want := above + "After." + below + "- [x] it works\n- [ ] it lasts long"; issue.Body != want {
		t.Errorf("%q, not %q", issue.Body, want)
	}
	s.says(t, s.sync(t, exitOK, "web"), "1 unchanged")
}
