package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/importer"
	"github.com/specweave/specweave/workers/lazyregexp"
	"github.com/specweave/specweave/workers/profiles"
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
	Import *struct {
		Months int `json:"timeRangeMonths"`
	} `json:"externalImport"`
	Sync struct {
		syncTargets
		Profiles map[string]json.RawMessage `json:"profiles"` // see package profiles
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
	GitLab hostedTarget `json:"gitlab"`
	Gitea  hostedTarget `json:"gitea"`
}

// hostedTarget is on a server of its own; SpecWeave knows none of these.
type hostedTarget struct {
	Host  string `json:"host"`
	Owner string `json:"owner"`
	Repo  string `json:"repo"`
}

// maxTrackerConfig bounds what is read of a project's config.
const maxTrackerConfig = 16 << 20

func readTrackerConfig(project string) (c trackerConfig, s profiles.Sync, err error) {
	data, err := readConfig(project)
	if err != nil || data == nil {
		return c, s, err
	}
	if s, err = profiles.Parse(data); err != nil {
		return c, s, err
	}
	var odd *json.UnmarshalTypeError
	if err = json.Unmarshal(data, &c); errors.As(err, &odd) {
		err = nil
	}
	return c, s, err
}

const configFile = ".specweave/config.json"

// readConfig is a project's configuration, nil if it has none.
func readConfig(project string) ([]byte, error) {
	path := filepath.Join(project, filepath.FromSlash(configFile))
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err == nil && (!info.Mode().IsRegular() || info.Size() > maxTrackerConfig):
		err = errors.New("not a file, or larger than 16 MiB")
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", configFile, err)
	}
	return data, nil
}

// configured are the sources that a project's config.json names, or else
// SpecWeave's variables.
func configured(project string, hosts workers.Hosts, getenv func(string) string) ([]importer.Source, error) {
	c, sync, err := readTrackerConfig(project)
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
	for _, p := range sync.Profiles {
		if c.Sync.Profiles[p.Name] != nil {
			g.profile(p)
		}
	}
	if len(g.all) == 0 && g.err == nil {
		g.variables()
	}
	return g.all, g.err
}

var githubURL = lazyregexp.New(`^https://github\.com/([^/]+/[^/]+?)(?:\.git)?/?$`)

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
	host := ""
	if kind == "jira" {
		host = g.domain
	}
	g.addAt(host, kind, name)
}

// addAt adds a source of a host, if that is not given.
func (g *gatherer) addAt(host, kind, name string) {
	if g.err != nil || strings.Trim(name, "/") == "" || strings.HasPrefix(name, "/") || strings.HasSuffix(name, "/") {
		return
	}
	hosts := g.hosts
	hosts.Host = cmp.Or(hosts.Host, host)
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
	g.addAt(t.GitLab.Host, "gitlab", t.GitLab.Owner+"/"+t.GitLab.Repo)
	g.addAt(t.Gitea.Host, "gitea", t.Gitea.Owner+"/"+t.Gitea.Repo)
}

// profile adds what a profile is about, as far as it says that.
func (g *gatherer) profile(p profiles.Profile) {
	host := p.Host
	if p.Provider == "jira" {
		g.domain = cmp.Or(g.domain, host)
		host = cmp.Or(host, g.domain)
	}
	for _, name := range p.Sources {
		if p.Provider == "ado" && strings.HasPrefix(name, "/") {
			name = g.organization() + name
		}
		g.addAt(host, p.Provider, name)
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
