package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/importer"
)

// manyItems is from how many items on an import goes to the background.
const manyItems = 1000

type importCmd struct {
	Sources []string `arg:"" optional:"" name:"source" help:"github OWNER/REPO…, jira PROJECT…, ado ORG/PROJECT…, gitlab GROUP/PROJECT…, gitea OWNER/REPO…, or the URL of one item. Default: what .specweave/config.json has configured."`

	Since         string   `xor:"since" placeholder:"WHEN" help:"Items changed since: last (the last import; the first time, a month), 30d, 6w, 3m, 1y ago, a day such as 2026-01-02, or all. Default: last."`
	Months        int      `xor:"since" placeholder:"N" help:"Items changed in the last N months: --since Nm."`
	IncludeClosed bool     `help:"Closed items too. Without it those that were imported before are brought up to date."`
	Labels        []string `placeholder:"LABEL" help:"Only items with all of these labels."`
	Milestone     string   `placeholder:"NAME" help:"Only items of this milestone."`
	Query         string   `placeholder:"TEXT" help:"Only items that a search in the tracker's own language finds: JQL, a condition in WIQL, a search."`
	AreaPath      string   `placeholder:"PATH" help:"Only items of this area, on Azure DevOps."`
	Limit         int      `placeholder:"N" help:"At most N items of each source. Default: all."`
	With          []string `placeholder:"WHAT" help:"Also import: comments, attachments-links, hierarchy (the epics and features above the items, of Jira and Azure DevOps, though they are not asked for)."`
	Host          string   `placeholder:"HOST" help:"Server of the sources that are given: a host or URL. Default: what GH_HOST, GITHUB_API_URL, JIRA_DOMAIN, AZURE_DEVOPS_ORG_URL, GITLAB_HOST and GITEA_URL say, else the public one."`
	APIBudget     percent  `name:"api-budget" default:"80" placeholder:"PERCENT" help:"How much of the quota of a host's API may be used up; the rest is for people. Default: 80%."`

	GitHubOnly bool `name:"github-only" xor:"only" help:"Of the configured sources only those on GitHub."`
	JiraOnly   bool `name:"jira-only" xor:"only" help:"Only those on Jira."`
	ADOOnly    bool `name:"ado-only" xor:"only" help:"Only those on Azure DevOps."`

	Foreground bool `xor:"where" help:"Import now, whatever the number."`
	Background bool `xor:"where" help:"Hand over to the operating system, whatever the number."`
	NoService  bool `help:"Do not see to it that jobs go on after a reboot; see specweave service."`
	DryRun     bool `short:"n" help:"Say what would be imported, and do nothing."`
	JSON       bool `name:"json" help:"Print JSON."`
}

func (c importCmd) Run(ctx context.Context, e *env) error {
	project, err := e.project()
	if err != nil {
		return err
	}
	config, err := c.settings()
	if err != nil {
		return err
	}
	environ := os.Environ()
	creds := workers.NewCredentials(project, workers.Input{}, environ)
	if config.Sources, environ, err = c.sources(project, creds, environ); err != nil {
		return err
	}
	if err := c.fits(config.Sources); err != nil {
		return err
	}
	if err := c.since(project, config.Sources, e.now()); err != nil {
		return err
	}
	if err := config.Check(); err != nil {
		return err
	}
	a := access{
		creds: workers.NewCredentials(project, workers.Input{}, environ), environ: environ, budget: c.APIBudget.share(),
		findGit: func() (workers.Git, error) { return workers.FindGit(ctx, "") },
	}
	n, err := c.count(ctx, e, a, config)
	if err != nil {
		return err
	}
	if c.DryRun {
		return c.printCounts(e, project, n)
	}
	if err := n.hopeless(); err != nil {
		return err
	}
	servers := workers.ServersOf(pagesOf(config.Sources), environ)
	e.rememberServers(servers)
	in := handoverFor(project, config.Sources, servers, environ)
	config.Umask, config.Credentials = in.Umask, n.references()
	t := task{jobs.ImportIssues, config.ForSpecWeave(e.now()), in, n.what()}
	store := jobs.Open(project)
	if c.Foreground || !c.Background && n.most() < manyItems {
		return e.runHere(ctx, store, t, c.JSON)
	}
	l, err := e.launcher(ctx, store)
	if err != nil {
		return err
	}
	if err := e.handOver(ctx, l, handing{task: t, asJSON: c.JSON}); err != nil {
		return err
	}
	if !c.NoService {
		e.offerBoot(ctx, l)
	}
	return nil
}

// fits refuses sources that leave nothing to import, or more than was asked for.
func (c importCmd) fits(sources []importer.Source) error {
	switch {
	case len(sources) > 0:
	case c.GitHubOnly, c.JiraOnly, c.ADOOnly:
		return usage("none of the sources is on that tracker")
	default:
		return hint(usage("no source given, and none configured"), "specweave import github OWNER/REPO")
	}
	for _, s := range sources {
		if c.AreaPath != "" && s.Platform != "ado" {
			return usage("--area-path: %s has no areas, only Azure DevOps has", s.Item())
		}
	}
	return nil
}

// settings is what a job stores but for its sources.
func (c importCmd) settings() (importer.Config, error) {
	config := importer.Config{
		Closed: c.IncludeClosed, Labels: c.Labels, Milestone: c.Milestone, Query: c.Query, AreaPath: c.AreaPath, Limit: c.Limit,
		Budget: c.APIBudget.share(),
	}
	if c.Limit < 0 {
		return config, usage("--limit %d: not a number of items", c.Limit)
	}
	if err := c.APIBudget.check(); err != nil {
		return config, err
	}
	for _, what := range c.With {
		switch what {
		case "comments":
			config.Comments = true
		case "attachments-links":
			config.Links = true
		case "hierarchy":
			config.Hierarchy = true
		default:
			return config, usage("--with %s: not comments, attachments-links or hierarchy", what)
		}
	}
	return config, nil
}

// allTime is how many months SpecWeave says for all.
const allTime = 999

// since sets from when on the items of each source are wanted.
func (c importCmd) since(project string, sources []importer.Source, now time.Time) error {
	last, err := importer.ReadLastImports(project)
	if err != nil {
		return err
	}
	text := cmp.Or(c.Since, "last")
	switch {
	case c.Months < 0:
		return usage("--months %d: not a number of months", c.Months)
	case c.Months >= allTime:
		text = "all"
	case c.Months > 0:
		text = fmt.Sprintf("%dm", c.Months)
	}
	first, err := firstMonths(project)
	if err != nil {
		return err
	}
	var since time.Time
	if text != "last" && text != "all" {
		if since, err = parseSince("--since", text, now); err != nil {
			return err
		}
		since = since.UTC().Truncate(time.Second)
	}
	for i := range sources {
		s := &sources[i]
		s.Since, s.Again = last.Since(*s, now)
		switch {
		case s.Number != "":
			s.Since, s.Again = time.Time{}, false
		case text != "last":
			s.Since = since
		case s.Again || first == 0:
		case first >= allTime:
			s.Since = time.Time{}
		default:
			s.Since = now.AddDate(0, -first, 0).UTC().Truncate(time.Second)
		}
	}
	return nil
}

// firstMonths is how far back a first import goes by a project's configuration,
// 0 if that does not say.
func firstMonths(project string) (int, error) {
	c, _, err := readTrackerConfig(project)
	if err != nil || c.Import == nil {
		return 0, err
	}
	return max(c.Import.Months, 0), nil
}

// sources are those of the command line, or those that are configured. The
// environment comes back as if it named the servers that --host does.
func (c importCmd) sources(project string, creds *workers.Credentials, environ []string) ([]importer.Source, []string, error) {
	hosts := workers.Hosts{Host: c.Host, Getenv: creds.Variable}
	only := map[string]bool{"github": c.GitHubOnly, "jira": c.JiraOnly, "ado": c.ADOOnly}
	var all []importer.Source
	var err error
	if len(c.Sources) > 0 {
		all, err = parseSources(c.Sources, hosts)
	} else {
		all, err = configured(project, hosts, creds.Variable)
	}
	if err != nil {
		return nil, nil, err
	}
	if c.GitHubOnly || c.JiraOnly || c.ADOOnly {
		all = slices.DeleteFunc(all, func(s importer.Source) bool { return !only[s.Platform] })
	}
	var unique []importer.Source
	for _, s := range all {
		if slices.ContainsFunc(unique, func(u importer.Source) bool { return strings.EqualFold(u.Item(), s.Item()) }) {
			continue
		}
		unique = append(unique, s)
		if k, err := collectionOf(s); err == nil && c.Host != "" {
			environ = hosts.Environ(k, environ)
		}
	}
	return unique, environ, nil
}

func encodeInput(in workers.Input) ([]byte, error) { return json.Marshal(in) }
