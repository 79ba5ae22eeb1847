package syncer

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/stories"
)

var (
	everything = Permissions{Read: true, UpdateStatus: true, Upsert: true, Delete: true}
	able       = workers.Abilities{Markup: workers.Markdown, Criteria: true, Parent: true, Assignees: true, Priority: true, Labels: true}
)

// said is a plan in a line for each write and each note.
func said(t *testing.T, p planned) string {
	t.Helper()
	var b strings.Builder
	for _, c := range p.writes {
		data, err := json.Marshal(c.write) //nolint:musttag // texts have no tags
		check(t, err)
		b.WriteString(string(data) + " " + strings.Join(c.keys, ",") + "\n")
	}
	for _, n := range p.notes {
		b.WriteString(string(n.outcome) + ": " + n.detail + "\n")
	}
	return b.String()
}

func TestPlan(t *testing.T) {
	t.Parallel()
	base := stories.Story{
		ID: "gitea#acme/web#7", Path: "p", Title: `Use \<T\> &amp; more`, Body: "Text.", Criteria: []string{"one"}, Status: "done",
		Priority: "p1", Labels: []string{"a"}, Assignees: []string{"ann"}, Parent: "gitea#acme/web#1", Version: "3",
	}
	with := func(keys ...string) stories.Story {
		s := base
		s.Changed = keys
		return s
	}
	all := terms{permissions: everything, abilities: able}
	inBody := all
	inBody.abilities.Criteria = false
	for _, c := range []struct {
		name   string
		story  stories.Story
		number string
		terms  terms
		want   string
	}{
		{"nothing", with(), "7", all, ""},
		{"title", with(stories.KeyTitle), "7", all, `{"source":"acme/web","number":"7","mark":"","version":"3","fields":{"title":"Use \u003cT\u003e \u0026 more"}} Title` + "\n"},
		{"criteria of their own", with(stories.KeyCriteria), "7", all, `{"source":"acme/web","number":"7","mark":"","version":"3","fields":{"criteria":{"Raw":"- one","Markup":"markdown"}}} ## Acceptance Criteria` + "\n"},
		{"criteria in the body", with(stories.KeyCriteria), "7", inBody, `{"source":"acme/web","number":"7","mark":"","version":"3","fields":{"body":{"Raw":"Text.\n\n## Acceptance Criteria\n\n- [ ] one","Markup":"markdown"}}} ## Acceptance Criteria` + "\n"},
		{"body alone", with(stories.KeyBody), "7", inBody, `{"source":"acme/web","number":"7","mark":"","version":"3","fields":{"body":{"Raw":"Text.\n\n## Acceptance Criteria\n\n- [ ] one","Markup":"markdown"}}} ` + "\n"},
		{"body alone of a tracker with both", with(stories.KeyBody), "7", all, `{"source":"acme/web","number":"7","mark":"","version":"3","fields":{"body":{"Raw":"Text.","Markup":"markdown"}}} ## Description` + "\n"},
		{"two sets of criteria", func() stories.Story {
			s := with(stories.KeyBody)
			s.Body = "### Acceptance Criteria\n\n- other"
			return s
		}(), "7", inBody, "conflict: the description has other acceptance criteria than the section Acceptance Criteria, and the tracker has one place for both: make them the same\n"},
		{"status and its word", with(stories.KeyStatus), "7", terms{permissions: everything, abilities: able, statuses: StatusMap{Out: map[workers.ItemStatus]string{workers.StatusCompleted: "Done"}}}, `{"source":"acme/web","number":"7","mark":"","version":"3","fields":{"status":"Completed","state":"Done"}} Status` + "\n"},
		{"status alone is allowed", with(stories.KeyStatus, stories.KeyTitle), "7", terms{permissions: Permissions{UpdateStatus: true}, abilities: able}, `{"source":"acme/web","number":"7","mark":"","version":"3","fields":{"status":"Completed"}} Status` + "\nskipped: not allowed by the profile: title\n"},
		{"nothing is allowed", with(stories.KeyStatus, stories.KeyTitle), "7", terms{abilities: able}, "skipped: not allowed by the profile: title, status\n"},
		{"no place", with(stories.KeyParent, stories.KeyLabels), "7", terms{permissions: everything, abilities: workers.Abilities{Labels: true}}, `{"source":"acme/web","number":"7","mark":"","version":"3","fields":{"status":"Completed","labels":["a"]}} - Labels` + "\nskipped: the tracker has no place for: Parent ID\n"},
		{"parent on Jira", func() stories.Story {
			s := with(stories.KeyParent)
			s.Parent = "jira-APP-1"
			return s
		}(), "7", terms{platform: "jira", permissions: everything, abilities: able}, `{"source":"acme/web","number":"7","mark":"","version":"3","fields":{"parent":"APP-1"}} - Parent ID` + "\n"},
		{"conflict", func() stories.Story {
			s := with(stories.KeyTitle)
			s.Conflicts = []string{stories.KeyBody}
			return s
		}(), "7", all, "conflict: changed here and at the source: Description; the story shows the source's in its section Import Conflicts, which has to be settled and removed\n"},
		{"refused before", with(stories.KeyTitle, stories.KeyPriority), "7", terms{permissions: everything, abilities: able, refused: []refusal{{"title", valueOf("Use <T> & more"), "3", "not here", false}}}, `{"source":"acme/web","number":"7","mark":"","version":"3","fields":{"priority":"P1"}} Priority` + "\nrefused: not here\n"},
		{"refused of another version", with(stories.KeyTitle), "7", terms{permissions: everything, abilities: able, refused: []refusal{{"title", valueOf("Use <T> & more"), "2", "not here", false}}}, `{"source":"acme/web","number":"7","mark":"","version":"3","fields":{"title":"Use \u003cT\u003e \u0026 more"}} Title` + "\n"},
		{"made", stories.Story{Path: "p", Title: "New", Body: "Text.", Status: "Open"}, "", terms{permissions: everything, abilities: able, itemType: "Task"}, `{"source":"acme/web","mark":"","fields":{"type":"Task","title":"New","body":{"Raw":"Text.","Markup":"markdown"},"status":"Open"}} Title,## Description,Status` + "\n"},
		{"not to be made", stories.Story{Path: "p", Title: "New"}, "", terms{permissions: Permissions{UpdateStatus: true}, abilities: able}, "skipped: not allowed by the profile: new items\n"},
		{"odd words", func() stories.Story {
			s := with(stories.KeyStatus, stories.KeyPriority)
			s.Status, s.Priority = "soon", "high"
			return s
		}(), "7", all, "skipped: status \"soon\": not Open, In Progress or Completed\nskipped: priority \"high\": not P0 to P4\n"},
		{"comments", func() stories.Story {
			s := with(stories.KeyComments)
			s.Comments = []stories.Comment{{ID: "1", Text: "theirs"}, {Text: "mine", Sum: "s", Changed: true}, {ID: "2", Text: "changed", Changed: true}}
			return s
		}(), "7", all, `{"source":"acme/web","number":"7","mark":"","comment":{"body":{"Raw":"mine","Markup":"markdown"}}} ` + "\n" + `{"source":"acme/web","number":"7","mark":"","version":"3","comment":{"id":"2","body":{"Raw":"changed","Markup":"markdown"}}} ` + "\n"},
	} {
		if got := said(t, plan(c.story, testSource, c.number, c.terms)); got != c.want {
			t.Errorf("%s:\n%s\nnot\n%s", c.name, got, c.want)
		}
	}
}

// What a person changed is said, in the order of a story, and what else is written
// because of it.
func TestSaid(t *testing.T) {
	t.Parallel()
	for want, keys := range map[string][]string{
		"description":                             {stories.KeyBody},
		"acceptance criteria":                     {stories.KeyCriteria},
		"title, description, acceptance criteria": {stories.KeyTitle, stories.KeyBody, stories.KeyCriteria},
		"title, description, labels":              {stories.KeyTitle, stories.KeyBody, stories.KeyLabels},
	} {
		s := stories.Story{ID: "github#acme/web#7", Title: "One", Body: "Text.", Criteria: []string{"one"}, Labels: []string{"a"}, Changed: keys}
		inBody := able
		inBody.Criteria = false
		if p := plan(s, "acme/web", "7", terms{permissions: everything, abilities: inBody}); len(p.writes) != 1 || p.writes[0].said() != want {
			t.Errorf("%+v, want %s", p, want)
		}
	}
}

func TestStatusMap(t *testing.T) {
	t.Parallel()
	m := StatusMap{In: map[string]workers.ItemStatus{"open": workers.StatusOpen, "closed": workers.StatusCompleted, "review": workers.StatusOpen}}
	begun := []string{"In-Progress"}
	for _, c := range []struct {
		item workers.Item
		want workers.ItemStatus
	}{
		{workers.Item{State: "Open", Status: workers.StatusOpen}, workers.StatusOpen},
		{workers.Item{State: "open", Status: workers.StatusInProgress, Labels: begun}, workers.StatusInProgress},
		{workers.Item{State: "closed", Status: workers.StatusCompleted, Labels: begun}, workers.StatusCompleted},
		{workers.Item{State: "Review", Status: workers.StatusInProgress}, workers.StatusOpen},
		{workers.Item{State: "Doing", Status: workers.StatusInProgress}, workers.StatusInProgress},
	} {
		if got := m.status(c.item); got != c.want {
			t.Errorf("%+v is %s, want %s", c.item, got, c.want)
		}
	}
}
