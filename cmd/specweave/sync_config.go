package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/profiles"
	"github.com/specweave/specweave/workers/stories"
	"github.com/specweave/specweave/workers/syncer"
)

// config is what a job for a profile stores, with what the command line says
// otherwise. The error says what is wrong with either, or not allowed.
func (c syncRunCmd) config(s profiles.Sync, p profiles.Profile, hosts workers.Hosts, now time.Time) (syncer.Config, error) {
	config := syncer.Config{
		Provider: p.Provider, Direction: syncer.Direction(p.Direction), Profile: p.Name,
		Permissions: syncer.Permissions(p.Permissions), Statuses: syncer.StatusMap(p.Statuses), Type: p.StoryType,
		Query: p.Query, Limit: p.Limit, Budget: c.APIBudget.share(),
	}
	switch c.Direction {
	case "":
	case "import", "export", "bidirectional":
		config.Direction = syncer.Direction(c.Direction)
	default:
		return config, usage("--direction %s: not import, export or bidirectional", c.Direction)
	}
	conflict := p.Conflict
	if c.Conflict != "" {
		conflict = profiles.Conflict(c.Conflict)
	}
	switch conflict {
	case profiles.Mark:
	case profiles.Local, profiles.Remote, profiles.Newer:
		config.Rule = stories.Rule(conflict)
	default:
		return config, usage("--conflict %s: not local, remote, newer or mark", c.Conflict)
	}
	switch {
	case c.Limit < 0:
		return config, usage("--limit %d: not a number of items", c.Limit)
	case c.Limit > 0:
		config.Limit = c.Limit
	}
	switch c.Since {
	case "", "last":
	case "all":
		config.All = true
	default:
		since, err := parseSince("--since", c.Since, now)
		if err != nil {
			return config, err
		}
		config.Since = since.UTC().Truncate(time.Second)
	}
	limitAreas(&config, p.AreaPaths)
	hosts.Host = p.Host
	for _, name := range p.Sources {
		source, err := newSource(p.Provider, name, hosts)
		if err != nil {
			return config, fmt.Errorf("profile %s: %w", p.Name, err)
		}
		source.Since = p.Range.Since(now).UTC().Truncate(time.Second)
		config.Sources = append(config.Sources, source)
	}
	if home(s) == p.Name {
		config.Home = config.Sources[0].Name
	}
	if err := c.allowed(p, config); err != nil {
		return config, err
	}
	return config, config.Check()
}

// home is the profile that new stories become items of: the default one, or the
// only one. Of several nobody could say which.
func home(s profiles.Sync) string {
	if s.Default == "" && len(s.Profiles) == 1 {
		return s.Profiles[0].Name
	}
	return s.Default
}

// limitAreas has only items of these areas looked at.
func limitAreas(config *syncer.Config, areas []string) {
	switch len(areas) {
	case 0:
	case 1:
		config.AreaPath = areas[0]
	default:
		var under []string
		for _, a := range areas {
			under = append(under, "[System.AreaPath] UNDER '"+strings.ReplaceAll(a, "'", "''")+"'")
		}
		query := strings.Join(under, " OR ")
		if config.Query != "" {
			query = "(" + config.Query + ") AND (" + query + ")"
		}
		config.Query = query
	}
}

// allowed is an error where the permissions leave nothing to do.
func (c syncRunCmd) allowed(p profiles.Profile, config syncer.Config) error {
	at := "sync.permissions." + p.Provider
	reads, writes := p.Permissions.Read, p.Permissions.UpdateStatus || p.Permissions.Upsert
	switch {
	case config.Direction != syncer.Import && writes, config.Direction != syncer.Export && reads:
		return nil
	case config.Direction == syncer.Export:
		return hint(usage("profile %s: may write nothing outside", p.Name), "set %s.canUpsert and canUpdateStatus in %s to true", at, configFile)
	case config.Direction == syncer.Import:
		return hint(usage("profile %s: may not read", p.Name), "set %s.canRead in %s to true", at, configFile)
	}
	return hint(usage("profile %s: may neither read nor write", p.Name), "set %s.canRead in %s to true, or canUpsert and canUpdateStatus", at, configFile)
}
