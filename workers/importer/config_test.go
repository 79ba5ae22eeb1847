package importer

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/workers"
)

// What SpecWeave wrote is understood, and its tokens are dropped.
func TestParseSpecWeave(t *testing.T) {
	t.Parallel()
	now := epoch
	c, err := Parse(json.RawMessage(`{"coordinatorConfig":{
		"githubRepositories":[{"owner":"acme","repo":"web"},{"owner":"acme","repo":"api"}],"githubToken":"gh-s3cret",
		"github":{"owner":"acme","repo":"web","token":"gh-s3cret"},
		"jira":{"host":"acme.atlassian.net","email":"a@example.org","apiToken":"jira-s3cret","mode":"single","projectMappings":[{"projectKey":"PROJ"}]},
		"ado":{"orgUrl":"https://dev.azure.com/acme","project":"Shop","pat":"ado-s3cret"},
		"importConfig":{"timeRangeMonths":3,"includeClosed":true,"labels":["bug"],"pageSize":100}}}`), now)
	check(t, err)
	since := now.AddDate(0, -3, 0)
	want := []Source{
		{Platform: "github", Name: "acme/web", Server: "https://github.com", API: "https://api.github.com/", Since: since},
		{Platform: "github", Name: "acme/api", Server: "https://github.com", API: "https://api.github.com/", Since: since},
		{Platform: "jira", Name: "PROJ", Server: "https://acme.atlassian.net", API: "https://acme.atlassian.net/", Since: since},
		{Platform: "ado", Name: "acme/Shop", Server: "https://dev.azure.com", API: "https://dev.azure.com/", Since: since},
	}
	if diff := cmp.Diff(want, c.Sources); diff != "" || !c.Closed || c.Labels[0] != "bug" || c.Provider != "github" {
		t.Errorf("%+v\n%s", c, diff)
	}
	back, err := json.Marshal(c.ForSpecWeave(now))
	check(t, err)
	if strings.Contains(string(back), "s3cret") || !strings.Contains(string(back), `"timeRangeMonths":3`) ||
		!strings.Contains(string(back), `"githubRepositories":[{"owner":"acme","repo":"web"},`) {
		t.Errorf("%s", back)
	}
	again, err := Parse(back, now)
	check(t, err)
	if diff := cmp.Diff(want, again.Sources); diff != "" {
		t.Error(diff)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	ok := source("acme/web")
	for name, change := range map[string]func(*Config){
		"no source":     func(c *Config) { c.Sources = nil },
		"platform":      func(c *Config) { c.Sources[0].Platform = "bitbucket" },
		"no name":       func(c *Config) { c.Sources[0].Name = "" },
		"climbing name": func(c *Config) { c.Sources[0].Name = "../web" },
		"deep name":     func(c *Config) { c.Sources[0].Name = "a/b/c" },
		"query in name": func(c *Config) { c.Sources[0].Name = "acme/web?x" },
		"file":          func(c *Config) { c.Sources[0].API = "file:///etc" },
		"password":      func(c *Config) { c.Sources[0].Server = "https://a:b@example.org" },
		"its API":       func(c *Config) { c.Sources[0].API = "https://evil.example/api/v1/" },
		"clear text":    func(c *Config) { c.Sources[0].API = strings.Replace(c.Sources[0].API, "https:", "http:", 1) },
		"twice":         func(c *Config) { c.Sources = append(c.Sources, c.Sources[0]) },
		"limit":         func(c *Config) { c.Limit = -1 },
	} {
		c := Config{Sources: []Source{ok}}
		check(t, c.Check())
		change(&c)
		var bad *workers.InputError
		if err := c.Check(); !errors.As(err, &bad) || strings.Contains(err.Error(), "a:b@") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Parse(json.RawMessage(`{"sources":3}`), epoch); err == nil {
		t.Error("malformed config taken")
	}
}

func TestSince(t *testing.T) {
	t.Parallel()
	now := epoch
	l := LastImports{
		platforms: map[string]time.Time{"gitea": now.Add(-time.Hour), "jira": now.AddDate(0, -2, 0)},
		sources:   map[string]time.Time{"gitea://gitea.test/acme/web": now.Add(-24 * time.Hour)},
	}
	for _, c := range []struct {
		s     Source
		since time.Time
		again bool
	}{
		{source("acme/web"), now.Add(-24*time.Hour - skew), true},
		{source("acme/new"), now.AddDate(0, -1, 0), true}, // the platform's last import may have been another's
		{Source{Platform: "jira", Name: "PROJ"}, now.AddDate(0, -2, 0), true},
		{Source{Platform: "ado", Name: "a/b"}, now.AddDate(0, -1, 0), false},
	} {
		if since, again := l.Since(c.s, now); !since.Equal(c.since) || again != c.again {
			t.Errorf("%s: %v %v, want %v %v", c.s.Item(), since, again, c.since, c.again)
		}
	}
}

// Sources of one name on two servers are two sources.
func TestItem(t *testing.T) {
	t.Parallel()
	var all []Source
	for _, c := range []struct{ platform, name, server, number, want string }{
		{"github", "acme/web", "https://github.com", "", "github:acme/web"},
		{"github", "acme/web", "https://GitHub.com/", "7", "github:acme/web#7"},
		{"github", "acme/web", "https://github.acme.test", "", "github://github.acme.test/acme/web"},
		{"gitlab", "acme/team/web", "https://gitlab.com", "", "gitlab:acme/team/web"},
		{"gitlab", "acme/team/web", "https://git.acme.test:8443/gitlab/", "", "gitlab://git.acme.test:8443/gitlab/acme/team/web"},
		{"ado", "acme/Shop", "https://dev.azure.com", "12", "ado:acme/Shop#12"},
		{"ado", "acme/Shop", "https://tfs.acme.test/tfs", "", "ado://tfs.acme.test/tfs/acme/Shop"},
		{"jira", "PROJ", "https://acme.atlassian.net", "PROJ-7", "jira://acme.atlassian.net/PROJ#PROJ-7"},
		{"gitea", "acme/web", "https://a.test", "", "gitea://a.test/acme/web"},
		{"gitea", "acme/web", "https://b.test", "", "gitea://b.test/acme/web"},
	} {
		s := Source{Platform: c.platform, Name: c.name, Server: c.server, API: c.server, Number: c.number}
		if got := s.Item(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
		all = append(all, s)
	}
	check(t, Config{Sources: all}.Check())
}
