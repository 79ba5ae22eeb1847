package importer

import (
	"cmp"
	"strings"
	"time"
)

// coordinator is an import in the words of SpecWeave 1.0.593, whose tokens are
// neither read nor written.
type coordinator struct {
	GitHub             *repository   `json:"github,omitempty"`
	GitHubRepositories []repository  `json:"githubRepositories,omitempty"`
	Jira               *jira         `json:"jira,omitempty"`
	ADO                *ado          `json:"ado,omitempty"`
	Import             importOptions `json:"importConfig"`
}

type repository struct {
	Owner string `json:"owner"`
	Repo  string `json:"repo"`
}

type jira struct {
	Host     string        `json:"host"`
	Mode     string        `json:"mode,omitempty"`
	Projects []jiraProject `json:"projectMappings,omitempty"`
}

type jiraProject struct {
	Key string `json:"projectKey"`
}

type ado struct {
	OrgURL   string       `json:"orgUrl"`
	Project  string       `json:"project,omitempty"`
	Mode     string       `json:"mode,omitempty"`
	Projects []adoProject `json:"projectMappings,omitempty"`
}

type adoProject struct {
	Name string `json:"projectName"`
}

type importOptions struct {
	TimeRangeMonths int      `json:"timeRangeMonths,omitempty"`
	IncludeClosed   bool     `json:"includeClosed,omitempty"`
	Labels          []string `json:"labels,omitempty"`
	Milestone       string   `json:"milestone,omitempty"`
	MaxItems        int      `json:"maxItems,omitempty"`
	PageSize        int      `json:"pageSize,omitempty"`
}

// config is what SpecWeave asked for. It looks a month back if it does not say.
func (c *coordinator) config(now time.Time) Config {
	o := c.Import
	var since time.Time
	if n := cmp.Or(o.TimeRangeMonths, 1); n < allMonths {
		since = now.AddDate(0, -n, 0).UTC().Truncate(time.Second)
	}
	all := Config{
		TimeRangeMonths: o.TimeRangeMonths, Closed: o.IncludeClosed, Labels: o.Labels, Milestone: o.Milestone,
		Limit: max(o.MaxItems, 0), Size: min(max(o.PageSize, 0), 100),
	}
	seen := make(map[string]bool)
	add := func(s Source) {
		s.Since = since
		if !seen[s.Item()] {
			seen[s.Item()] = true
			all.Sources = append(all.Sources, s)
		}
	}
	repos := c.GitHubRepositories
	if c.GitHub != nil && len(repos) == 0 {
		repos = []repository{*c.GitHub}
	}
	for _, r := range repos {
		add(Source{Platform: "github", Name: r.Owner + "/" + r.Repo, Server: "https://github.com", API: "https://api.github.com/"})
	}
	if c.Jira != nil {
		server := withScheme(c.Jira.Host)
		for _, p := range c.Jira.Projects {
			add(Source{Platform: "jira", Name: p.Key, Server: server, API: server + "/"})
		}
	}
	if c.ADO != nil {
		server := withScheme(c.ADO.OrgURL)
		root, org := server[:max(strings.LastIndexByte(server, '/'), 0)], server[strings.LastIndexByte(server, '/')+1:]
		projects := c.ADO.Projects
		if len(projects) == 0 {
			projects = []adoProject{{c.ADO.Project}}
		}
		for _, p := range projects {
			add(Source{Platform: "ado", Name: org + "/" + p.Name, Server: root, API: root + "/"})
		}
	}
	if len(all.Sources) > 0 {
		all.Provider = all.Sources[0].Platform
	}
	return all
}

// withScheme is a host or URL as a URL without a slash at its end.
func withScheme(s string) string {
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	return strings.TrimRight(s, "/")
}

// ForSpecWeave adds to c what SpecWeave reads of an import job.
func (c Config) ForSpecWeave(now time.Time) Config {
	words := coordinator{Import: importOptions{
		IncludeClosed: c.Closed, Labels: c.Labels, Milestone: c.Milestone, MaxItems: c.Limit, PageSize: c.Size,
	}}
	for i, s := range c.Sources {
		if i == 0 {
			c.Provider = s.Platform
			c.TimeRangeMonths = months(s.Since, now)
			words.Import.TimeRangeMonths = c.TimeRangeMonths
		}
		switch s.Platform {
		case "github":
			owner, repo, _ := strings.Cut(s.Name, "/")
			words.GitHubRepositories = append(words.GitHubRepositories, repository{owner, repo})
		case "jira":
			if words.Jira == nil {
				words.Jira = &jira{Host: hostOf(s.Server)}
			}
			words.Jira.Projects = append(words.Jira.Projects, jiraProject{s.Name})
		case "ado":
			org, project, _ := strings.Cut(s.Name, "/")
			if words.ADO == nil {
				words.ADO = &ado{OrgURL: strings.TrimRight(s.Server, "/") + "/" + org, Project: project}
			}
			words.ADO.Projects = append(words.ADO.Projects, adoProject{project})
		}
	}
	c.Coordinator = &words
	return c
}

func hostOf(server string) string {
	_, host, _ := strings.Cut(server, "://")
	return strings.TrimRight(host, "/")
}
