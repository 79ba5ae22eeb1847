package stories

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// An item of another server that has the same id is not merged into a story. One
// whose server got another name is.
func TestOtherServer(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	l := library(t, project)
	ours := of("gitea", "acme/web", "gitea#acme/web#1", "", "")
	ours.Item.URL = "https://one.example/acme/web/issues/1"
	put(t, l, ours)
	before := tree(t, project)
	theirs := ours
	theirs.Item.URL, theirs.Item.Created, theirs.Title = "https://two.example/acme/web/issues/1", clock.Add(-time.Hour), "Another"
	r := put(t, l, theirs)
	if r[0].Outcome != Skipped || !strings.Contains(r[0].Note, "one.example") {
		t.Errorf("%+v", r)
	}
	if d := cmp.Diff(before, tree(t, project)); d != "" {
		t.Error(d)
	}
	theirs.Item.Created = ours.Item.Created
	r = put(t, l, theirs)
	if was := l.Origin(ours.Item.ID); r[0].Outcome != Refreshed || was.URL != theirs.Item.URL || !was.Created.Equal(ours.Item.Created) {
		t.Errorf("%+v, %+v", r, was)
	}
	if was := l.Origin("gitea#acme/web#2"); was != (Origin{}) {
		t.Errorf("%+v", was)
	}
}

func TestItemNumber(t *testing.T) {
	for id, want := range map[string]string{
		"github#acme/web#1": "1", "gh:acme/web#1": "1", "JIRA-APP-1": "APP-1", "ado-12": "12", "GH-#7": "7", "GITHUB-7": "7", "gh-7": "7", "": "",
	} {
		if got := ItemNumber(id); got != want {
			t.Errorf("%q: %q", id, got)
		}
	}
}
