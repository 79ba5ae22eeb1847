package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/importer"
)

// What is imported is what the project syncs with, where that is.
func TestConfigured(t *testing.T) {
	t.Parallel()
	env := map[string]string{"ADO_ORG": "acme", "JIRA_DOMAIN": "env.atlassian.net", "GITHUB_REPOSITORY": "acme/env"}
	for name, c := range map[string]struct {
		config, host string
		want         []string // nil: an error
	}{
		"none":    {"", "", []string{"github acme/env https://github.com"}},
		"nothing": {`{"sync": {"profiles": {}}}`, "", []string{"github acme/env https://github.com"}},
		"odd":     {`{"sync": {"profiles": [1], "jira": 7, "ado": {"project": "Web"}}}`, "", []string{"ado acme/Web https://dev.azure.com"}},
		"no JSON": {`{`, "", nil},
		"profiles": {
			`{"sync": {"profiles": {
				"a": {"provider": "github", "config": {"owner": "acme", "repo": "web", "repos": ["web", "other/api", "-"]}},
				"b": {"provider": "jira", "config": {"domain": "b.atlassian.net", "projectKey": "PROJ", "projects": ["more"]}},
				"c": {"provider": "jira", "config": {"domain": "c.atlassian.net", "projectKey": "PROJ"}},
				"d": {"provider": "ado", "config": {"project": "Web", "projects": ["Api"]}},
				"e": {"provider": "ado", "config": {"organization": "other", "project": "Web"}},
				"f": {"provider": "gitlab", "config": {"host": "git.acme.test", "repo": "acme/team/web"}},
				"G": {"provider": "gitea", "config": {"host": "https://gitea.acme.test", "owner": "acme", "repo": "web"}},
				"h": {"provider": "github", "config": {"repo": "nobodys"}},
				"i": {"provider": 7}, "j": 7}}}`, "",
			[]string{
				"gitea acme/web https://gitea.acme.test", "github acme/web https://github.com", "github other/api https://github.com", "github acme/- https://github.com",
				"jira PROJ https://b.atlassian.net", "jira MORE https://b.atlassian.net", "jira PROJ https://c.atlassian.net",
				"ado acme/Web https://dev.azure.com", "ado acme/Api https://dev.azure.com", "ado other/Web https://dev.azure.com",
				"gitlab acme/team/web https://git.acme.test",
			},
		},
		"another host": {
			`{"sync": {"profiles": {"a": {"provider": "gitea", "config": {"host": "gitea.acme.test", "repo": "acme/web"}}}}}`, "https://other.test",
			[]string{"gitea acme/web https://other.test"},
		},
		"targets": {
			`{"issueTracker": {"provider": "jira", "domain": "acme.atlassian.net"},
			  "workspace": {"repos": [{"sync": {"github": {"owner": "acme", "repo": "web"}}}]},
			  "umbrella": {"childRepos": [{"githubUrl": "https://github.com/acme/api.git", "sync": {"jira": {"projectKey": "ONE"}}}]},
			  "sync": {"jira": {"projects": ["TWO"]}, "profiles": {"a": {"provider": "jira", "config": {"projectKey": "two"}}}}}`, "",
			[]string{
				"github acme/web https://github.com", "jira ONE https://acme.atlassian.net", "github acme/api https://github.com", "jira TWO https://acme.atlassian.net",
			},
		},
		"cloned": {
			`{"workspace": {"repos": [{"sync": {"gitlab": {"owner": "acme/team", "repo": "web"}}}, {"sync": {"gitlab": {"host": "https://git.acme.test", "owner": "acme", "repo": "web"}}},
			  {"sync": {"gitea": {"host": "http://gitea.acme.test:3000", "owner": "acme", "repo": "web"}}}, {"sync": {"gitea": {"owner": "acme"}}}, {"sync": {"gitea": 7}}]}}`, "",
			[]string{"gitlab acme/team/web https://gitlab.com", "gitlab acme/web https://git.acme.test", "gitea acme/web http://gitea.acme.test:3000"},
		},
		"no server": {`{"sync": {"profiles": {"a": {"provider": "gitea", "config": {"repo": "acme/web"}}}}}`, "", nil},
	} {
		project := t.TempDir()
		if c.config != "" {
			if err := os.Mkdir(filepath.Join(project, ".specweave"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(project, filepath.FromSlash(configFile)), []byte(c.config), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		getenv := func(name string) string { return env[name] }
		all, err := configured(project, workers.Hosts{Host: c.host, Getenv: getenv}, getenv)
		var got []string
		for _, s := range all {
			got = append(got, s.Platform+" "+s.Name+" "+s.Server)
		}
		if (err != nil) != (c.want == nil) || err == nil && !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// A first import goes back as far as the project says, unless the command line
// does.
func TestFirstImport(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 15, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct{ config, flag, want string }{
		{`{}`, "last", "2026-06-15"},
		{`{"externalImport":{"enabled":true,"timeRangeMonths":3}}`, "last", "2026-04-15"},
		{`{"externalImport":{"timeRangeMonths":3}}`, "1m", "2026-06-15"},
		{`{"externalImport":{"timeRangeMonths":999}}`, "last", "0001-01-01"},
		{`{"externalImport":{"timeRangeMonths":-3}}`, "last", "2026-06-15"},
		{`{"externalImport":7}`, "last", "2026-06-15"},
	} {
		project := t.TempDir()
		check(t, os.MkdirAll(filepath.Join(project, ".specweave"), 0o700))
		check(t, os.WriteFile(filepath.Join(project, ".specweave", "config.json"), []byte(tt.config), 0o600))
		sources := []importer.Source{{Platform: "github", Name: "acme/web"}}
		check(t, importCmd{Since: tt.flag}.since(project, sources, now))
		if got := sources[0].Since.Format(time.DateOnly); got != tt.want {
			t.Errorf("%s, %s: %s, want %s", tt.config, tt.flag, got, tt.want)
		}
	}
}
