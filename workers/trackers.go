package workers

import (
	"maps"
	"slices"
)

// Tracker is where items of repositories are: a server, and names as an import
// calls its sources.
type Tracker struct {
	Kind  Kind
	Host  string // URL
	Names []string
}

// Trackers returns where the items of a job's repositories are, by kind and host,
// as far as is known of which kind these are. Bitbucket has none that are
// imported, and those of Azure DevOps belong to projects.
func (c CloneConfig) Trackers() []Tracker {
	all := make(map[string]*Tracker)
	for _, r := range c.Repositories {
		e, ok := parseEndpoint(r.CloneURL)
		if !ok {
			continue
		}
		kind, told := c.Servers[e.host]
		if !told {
			_, kind, _ = Hosts{}.page(r.CloneURL)
		}
		name := r.Owner + "/" + r.Name
		switch kind {
		case GitHub, GitLab, Gitea:
		case Azure:
			name = r.Owner
		case Bitbucket, Jira, "":
			continue
		}
		host := e.scheme + "://" + e.host
		t := all[host]
		if t == nil {
			t = &Tracker{Kind: kind, Host: host}
			all[host] = t
		}
		if !slices.Contains(t.Names, name) {
			t.Names = append(t.Names, name)
		}
	}
	var list []Tracker
	for _, host := range slices.Sorted(maps.Keys(all)) {
		list = append(list, *all[host])
	}
	return list
}
