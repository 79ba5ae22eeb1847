package workers

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestStoryLinks(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	jira := Item{Platform: "jira", Number: "PROJ-7", URL: "https://jira.test/browse/PROJ-7"}
	ado := Item{Platform: "ado", Number: "12", URL: "https://dev.azure.test/12"}
	github := Item{Platform: "github", Number: "5", URL: "https://github.test/5"}
	for name, c := range map[string]struct {
		was, want string
		item      Item
	}{
		"none yet": {"{\n  \"id\": \"0043-login\"\n}\n", "{\n  \"id\": \"0043-login\",\n  \"externalLinks\": {\n    \"jira\": {\n      \"userStories\": {\n        \"US-001\": {\n          \"issueKey\": \"PROJ-7\",\n          \"issueUrl\": \"https://jira.test/browse/PROJ-7\",\n          \"syncedAt\": \"2026-01-02T03:04:05.000Z\"\n        }\n      }\n    }\n  }\n}\n", jira},
		"beside others": {
			`{"externalLinks":{"jira":{"epicKey":"PROJ-1","userStories":{"US-002":{"issueKey":"PROJ-2"}}}},"odd":[1, 2]}`,
			`{"externalLinks":{"jira":{"epicKey":"PROJ-1","userStories":{"US-002":{"issueKey":"PROJ-2"}}},"ado":{"userStories":{"US-001":{"syncedAt":"2026-01-02T03:04:05.000Z","workItemId":12,"workItemUrl":"https://dev.azure.test/12"}}}},"odd":[1, 2]}`, ado,
		},
		"again": {
			`{"externalLinks":{"github":{"issues":{"US-001":{"issueNumber":4}}}}}`,
			`{"externalLinks":{"github":{"issues":{"US-001":{"issueNumber":5,"issueUrl":"https://github.test/5","syncedAt":"2026-01-02T03:04:05.000Z"}}}}}`, github,
		},
		"of no such kind": {`{"a":1}`, `{"a":1}`, Item{Platform: "gitea", Number: "1"}},
		"null":            {`{"externalLinks":null}`, `{"externalLinks":{"github":{"issues":{"US-001":{"issueNumber":5,"issueUrl":"https://github.test/5","syncedAt":"2026-01-02T03:04:05.000Z"}}}}}`, github},
	} {
		project := t.TempDir()
		file := filepath.Join(project, ".specweave", "increments", "0043-login", "metadata.json")
		write := func(text string) {
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write(c.was)
		if err := LinkStory(project, "FS-043", "US-001", c.item, day); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got, err := os.ReadFile(file)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, c.want)
		}
		if number := ReadStoryLinks(project).Of(c.item.Platform, "FS-043", "US-001"); number != c.item.Number && c.item.Platform != "gitea" {
			t.Errorf("%s: found %q", name, number)
		}
		for _, rubbish := range []string{"", "[]", `{"externalLinks":[]}`, `{"externalLinks":{"github":7,"jira":7,"ado":7}}`, `{"externalLinks":{"jira":{"userStories":[]}}}`} {
			write(rubbish)
			_ = LinkStory(project, "FS-043", "US-001", c.item, day)
			if got, err := os.ReadFile(file); err != nil || c.item.Platform == "jira" && string(got) != rubbish {
				t.Errorf("%s: %q has become %q, %v", name, rubbish, got, err)
			}
			if links := ReadStoryLinks(project); c.item.Platform == "gitea" && len(links) > 0 {
				t.Errorf("%s: %v", name, links)
			}
		}
	}
	for name, want := range map[string]string{"0043-login": "FS-043", "1000-big": "FS-1000", "0111E-old": "FS-111E", "7": "FS-007", "notes": "", "12x": ""} {
		if got := featureOf(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// Without increments there is nothing to tell and nobody to tell it to.
func TestStoryLinksWithoutIncrements(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	err := LinkStory(project, "FS-001", "US-001", Item{Platform: "jira", Number: "P-1"}, time.Now())
	if err != nil || len(ReadStoryLinks(project)) != 0 {
		t.Error(err)
	}
	if entries, err := os.ReadDir(project); err != nil || len(entries) > 0 {
		t.Errorf("%v, %v", entries, err)
	}
}
