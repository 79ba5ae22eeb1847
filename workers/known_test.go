package workers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestServersOf(t *testing.T) {
	t.Parallel()
	repos := []Repository{
		{CloneURL: "https://git.corp/acme/web.git"},
		{CloneURL: "https://lab.corp:8443/a/b"},
		{CloneURL: "git@tea.corp:a/b"},
		{CloneURL: "/srv/a"},
		{CloneURL: "https://api.corp/a/b"},
	}
	for _, tt := range []struct {
		environ string
		want    map[string]Kind
	}{
		{"", map[string]Kind{}},
		{"GH_HOST=git.corp", map[string]Kind{"git.corp": GitHub}},
		{"GITHUB_API_URL=https://api.git.corp", map[string]Kind{"git.corp": GitHub}},
		{"GITLAB_HOST=https://Lab.corp:8443/git", map[string]Kind{"lab.corp:8443": GitLab}},
		{"GITEA_URL=https://git.corp:443/", map[string]Kind{"git.corp": Gitea}},
		{"AZURE_DEVOPS_ORG_URL=https://git.corp/tfs/c JIRA_DOMAIN=elsewhere.corp GITEA_URL=tea.corp GITLAB_HOST=lab.corp", map[string]Kind{"git.corp": Azure}},
	} {
		if diff := cmp.Diff(tt.want, ServersOf(repos, strings.Fields(tt.environ))); diff != "" {
			t.Errorf("%s: %s", tt.environ, diff)
		}
	}
}

func TestKnownServers(t *testing.T) {
	t.Parallel()
	k := KnownServers(filepath.Join(t.TempDir(), "state", "servers"))
	all := map[string]Kind{"git.corp": GitHub, "lab.corp:8443": GitLab}
	if got := k.Of(all); len(got) != 0 {
		t.Error(got)
	}
	if err := k.Remember(all); err != nil {
		t.Fatal(err)
	}
	if err := k.Remember(map[string]Kind{"lab.corp:8443": Gitea}); err != nil { // it has become another
		t.Fatal(err)
	}
	want := map[string]Kind{"git.corp": GitHub}
	if diff := cmp.Diff(want, k.Of(map[string]Kind{"git.corp": GitHub, "lab.corp:8443": GitLab, "evil.example": GitHub, "": "", "git.corp ": GitHub})); diff != "" {
		t.Error(diff)
	}
	info, err := os.Stat(k.path("git.corp"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Error(info.Mode())
	}
	// What cannot be read, or is of another, is not known.
	write(t, k.path("evil.example"), "github git.corp\n")
	if err := os.MkdirAll(k.path("dir.example"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got := k.Of(map[string]Kind{"evil.example": GitHub, "dir.example": GitHub}); len(got) != 0 {
		t.Error(got)
	}
	if got := KnownServers("").Of(all); len(got) != 0 {
		t.Error(got)
	}
}

// Whose word sends which token where: that of the user, and never that of a
// project's files alone.
func TestTokensAndServers(t *testing.T) {
	t.Parallel()
	known := KnownServers(t.TempDir())
	if err := known.Remember(map[string]Kind{"tea.corp": Gitea, "git.corp": GitHub}); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		dotenv, environ string
		servers         map[string]Kind // in the job's config
		host, want      string          // reference
		withheld        string
	}{
		"named by the shell":          {"", "GITEA_URL=tea.corp GITEA_TOKEN=x", nil, "tea.corp", "env:GITEA_TOKEN", ""},
		"all in .env":                 {"GITEA_URL=tea.corp\nGITEA_TOKEN=x", "", nil, "tea.corp", "dotenv:GITEA_TOKEN", ""},
		"token in .env":               {"GITEA_TOKEN=x", "GITEA_URL=tea.corp", nil, "tea.corp", "dotenv:GITEA_TOKEN", ""},
		"only .env names it":          {"GITEA_URL=evil.example", "GITEA_TOKEN=x", nil, "evil.example", "git", "GITEA_TOKEN"},
		"only .env names GitHub":      {"GH_HOST=evil.example", "GITHUB_TOKEN=x", nil, "evil.example", "git", "GITHUB_TOKEN"},
		"nor by its API":              {"GITHUB_API_URL=https://api.evil.example", "GITHUB_TOKEN=x", nil, "evil.example", "git", "GITHUB_TOKEN"},
		"only .env names Jira":        {"JIRA_DOMAIN=evil.example\nJIRA_EMAIL=me", "JIRA_API_TOKEN=x", nil, "evil.example", "git", "JIRA_API_TOKEN"},
		".env in place of the public": {"GITLAB_HOST=lab.corp", "GITLAB_TOKEN=x", nil, "gitlab.com", "git", ""},
		"the shell against .env":      {"GITEA_URL=evil.example\nGITEA_TOKEN=y", "GITEA_URL=tea.corp GITEA_TOKEN=x", nil, "tea.corp", "env:GITEA_TOKEN", ""},
		"both name one, .env's token": {"GITEA_URL=tea.corp\nGITEA_TOKEN=y", "GITEA_URL=tea.corp GITEA_TOKEN=x", nil, "tea.corp", "dotenv:GITEA_TOKEN", ""},
		"a job, and the user":         {"", "GITEA_TOKEN=x", map[string]Kind{"tea.corp": Gitea}, "tea.corp", "env:GITEA_TOKEN", ""},
		"a job, and .env":             {"GITEA_TOKEN=x", "", map[string]Kind{"tea.corp": Gitea}, "tea.corp", "dotenv:GITEA_TOKEN", ""},
		"a job of GitHub":             {"", "GH_ENTERPRISE_TOKEN=x GITHUB_TOKEN=y", map[string]Kind{"git.corp": GitHub}, "git.corp", "env:GH_ENTERPRISE_TOKEN", ""},
		"a job alone":                 {"", "GITEA_TOKEN=x", map[string]Kind{"evil.example": Gitea}, "evil.example", "git", ""},
		"a job alone, and .env":       {"GITEA_TOKEN=x", "", map[string]Kind{"evil.example": Gitea}, "evil.example", "git", ""},
		"a job of another kind":       {"", "GITLAB_TOKEN=x", map[string]Kind{"tea.corp": GitLab}, "tea.corp", "git", ""},
		"the user alone":              {"", "GITEA_TOKEN=x", nil, "tea.corp", "git", ""},
		"the shell names another":     {"", "GITEA_TOKEN=x GITEA_URL=other.corp", map[string]Kind{"tea.corp": Gitea}, "tea.corp", "git", ""},
		"and so does .env":            {"GITEA_URL=other.corp\nGITEA_TOKEN=x", "", map[string]Kind{"tea.corp": Gitea}, "tea.corp", "git", ""},
		"known, and the public one":   {"", "GITLAB_TOKEN=x GITEA_TOKEN=y", map[string]Kind{"tea.corp": Gitea}, "gitlab.com", "env:GITLAB_TOKEN", ""},
	} {
		project := t.TempDir()
		write(t, filepath.Join(project, ".env"), tt.dotenv)
		c := NewCredentials(project, Input{Servers: known.Of(tt.servers)}, append(strings.Fields(tt.environ), "HOME="+project))
		c.gh = ""
		url := "https://" + tt.host + "/acme/web.git"
		if got := c.Reference(url); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
		if _, ok := c.Login(t.Context(), "https", tt.host, "acme/web.git"); ok != (tt.want != "git") {
			t.Errorf("%s: login %v", name, ok)
		}
		if got := c.Withheld(url); got != tt.withheld {
			t.Errorf("%s: withheld %q, want %q", name, got, tt.withheld)
		}
	}
}
