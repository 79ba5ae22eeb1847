package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/importer"
)

// trackerConfig is what is read of .specweave/config.json: the places where
// SpecWeave keeps what it imports from. Values of another shape are as if they
// were not there.
type trackerConfig struct {
	Workspace struct {
		Repos []struct {
			Sync syncTargets `json:"sync"`
		} `json:"repos"`
	} `json:"workspace"`
	Umbrella struct {
		ChildRepos []struct {
			Sync      syncTargets `json:"sync"`
			GitHubURL string      `json:"githubUrl"`
		} `json:"childRepos"`
	} `json:"umbrella"`
	IssueTracker struct {
		Provider string `json:"provider"`
		Domain   string `json:"domain"`
	} `json:"issueTracker"`
	Sync struct {
		syncTargets
		Profiles map[string]syncProfile `json:"profiles"`
	} `json:"sync"`
}

type syncTargets struct {
	GitHub struct {
		Owner string `json:"owner"`
		Repo  string `json:"repo"`
	} `json:"github"`
	Jira struct {
		ProjectKey string   `json:"projectKey"`
		Projects   []string `json:"projects"`
	} `json:"jira"`
	ADO struct {
		Organization string `json:"organization"`
		Project      string `json:"project"`
	} `json:"ado"`
}

// syncProfile is one of SpecWeave's; it has no word for GitLab and Gitea.
type syncProfile struct {
	Provider string `json:"provider"`
	Config   struct {
		Owner        string   `json:"owner"`
		Repo         string   `json:"repo"`
		Repos        []string `json:"repos"`
		Domain       string   `json:"domain"`
		ProjectKey   string   `json:"projectKey"`
		Organization string   `json:"organization"`
		Project      string   `json:"project"`
		Projects     []string `json:"projects"`
	} `json:"config"`
}

// maxTrackerConfig bounds what is read of a project's config.
const maxTrackerConfig = 16 << 20

func readTrackerConfig(project string) (trackerConfig, error) {
	const name = ".specweave/config.json"
	var c trackerConfig
	path := filepath.Join(project, filepath.FromSlash(name))
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return c, nil
	case err == nil && (!info.Mode().IsRegular() || info.Size() > maxTrackerConfig):
		err = errors.New("not a file, or larger than 16 MiB")
	}
	if err != nil {
		return c, fmt.Errorf("%s: %w", name, err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return c, fmt.Errorf("%s: %w", name, err)
	}
	var odd *json.UnmarshalTypeError
	if err := json.Unmarshal(data, &c); err != nil && !errors.As(err, &odd) {
		return c, &workers.InputError{Input: name, Reason: "malformed JSON: " + err.Error()}
	}
	return c, nil
}

// configured are the sources that a project's config.json names, or else
// SpecWeave's variables.
func configured(project string, hosts workers.Hosts, getenv func(string) string) ([]importer.Source, error) {
	c, err := readTrackerConfig(project)
	if err != nil {
		return nil, err
	}
	g := gatherer{hosts: hosts, domain: c.IssueTracker.Domain, getenv: getenv}
	for _, r := range c.Workspace.Repos {
		g.targets(r.Sync)
	}
	for _, r := range c.Umbrella.ChildRepos {
		g.targets(r.Sync)
		if m := githubURL.FindStringSubmatch(r.GitHubURL); m != nil {
			g.add("github", m[1])
		}
	}
	g.targets(c.Sync.syncTargets)
	for _, name := range slices.Sorted(maps.Keys(c.Sync.Profiles)) {
		g.profile(c.Sync.Profiles[name])
	}
	if len(g.all) == 0 && g.err == nil {
		g.variables()
	}
	return g.all, g.err
}

var githubURL = regexp.MustCompile(`^https://github\.com/([^/]+/[^/]+?)(?:\.git)?/?$`)

// gatherer collects sources. Its error is the first.
type gatherer struct {
	hosts  workers.Hosts
	domain string // of Jira
	getenv func(string) string
	all    []importer.Source
	err    error
}

// add adds a source, if it has a name at all.
func (g *gatherer) add(kind, name string) {
	hosts := g.hosts
	if kind == "jira" && hosts.Host == "" {
		hosts.Host = g.domain
	}
	if g.err != nil || strings.Trim(name, "/") == "" || strings.HasPrefix(name, "/") || strings.HasSuffix(name, "/") {
		return
	}
	var s importer.Source
	if s, g.err = newSource(kind, name, hosts); g.err == nil {
		g.all = addOnce(g.all, s)
	}
}

func (g *gatherer) targets(t syncTargets) {
	g.add("github", t.GitHub.Owner+"/"+t.GitHub.Repo)
	g.add("jira", t.Jira.ProjectKey)
	for _, key := range t.Jira.Projects {
		g.add("jira", key)
	}
	if t.ADO.Project != "" {
		g.add("ado", cmp.Or(t.ADO.Organization, g.organization())+"/"+t.ADO.Project)
	}
}

func (g *gatherer) profile(p syncProfile) {
	if g.domain == "" {
		g.domain = p.Config.Domain
	}
	names := append([]string{p.Config.Repo}, p.Config.Repos...)
	switch p.Provider {
	case "github", "gitlab", "gitea":
		for _, name := range names {
			if name != "" && !strings.Contains(name, "/") {
				name = p.Config.Owner + "/" + name
			}
			g.add(p.Provider, name)
		}
	case "jira":
		for _, key := range append([]string{p.Config.ProjectKey}, p.Config.Projects...) {
			g.add("jira", key)
		}
	case "ado":
		for _, name := range append([]string{p.Config.Project}, p.Config.Projects...) {
			if name != "" {
				g.add("ado", cmp.Or(p.Config.Organization, g.organization())+"/"+name)
			}
		}
	}
}

func (g *gatherer) first(names ...string) string {
	for _, name := range names {
		if v := g.getenv(name); v != "" {
			return v
		}
	}
	return ""
}

func (g *gatherer) organization() string {
	return g.first("AZURE_DEVOPS_ORG", "ADO_ORG", "ADO_ORGANIZATION")
}

// variables adds what SpecWeave's variables name.
func (g *gatherer) variables() {
	g.add("github", cmp.Or(g.getenv("GITHUB_REPOSITORY"), g.getenv("GITHUB_OWNER")+"/"+g.getenv("GITHUB_REPO")))
	projects := g.first("AZURE_DEVOPS_PROJECTS", "AZURE_DEVOPS_PROJECT", "ADO_PROJECT")
	for name := range strings.SplitSeq(projects, ",") {
		if name = strings.TrimSpace(name); name != "" {
			g.add("ado", g.organization()+"/"+name)
		}
	}
	for key := range strings.SplitSeq(g.first("JIRA_PROJECTS", "JIRA_PROJECT", "JIRA_PROJECT_KEY"), ",") {
		g.add("jira", strings.TrimSpace(key))
	}
}
