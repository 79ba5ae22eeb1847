package profiles

import (
	"slices"
	"strings"
)

// placeholder is what SpecWeave writes where it found no owner.
const placeholder = "YOUR_GITHUB_USERNAME"

// sources reads what a profile is about.
func (d defaults) sources(p *Profile, config object) {
	for _, key := range []string{"token", "apiToken", "pat"} {
		if v := config.at(key); v.is != nil {
			v.warn("a credential in a file; it is not used, and had better go into .env")
		}
	}
	p.Query = config.at("customQuery").text()
	p.Host = config.at("host").text()
	switch p.Provider {
	case "jira":
		d.jiraProjects(p, config)
	case "ado":
		adoProjects(p, config)
	default:
		d.repositories(p, config)
	}
	var unique []string
	for _, s := range p.Sources {
		if !slices.ContainsFunc(unique, func(u string) bool { return strings.EqualFold(u, s) }) {
			unique = append(unique, s)
		}
	}
	p.Sources = unique
}

// repositories are OWNER/REPO; the owner may stand in the repository's own name.
func (d defaults) repositories(p *Profile, config object) {
	owner := config.at("owner")
	var names []value
	for _, key := range []string{"masterRepo", "repo"} {
		if v := config.at(key); v.text() != "" {
			names = append(names, v)
		}
	}
	for _, v := range config.at("repos").list() {
		if v.text() != "" {
			names = append(names, v)
		}
	}
	if len(names) == 0 {
		config.at("repo").fault("missing")
	}
	for _, v := range names {
		name := strings.Trim(v.text(), "/")
		if !strings.Contains(name, "/") {
			by := owner.text()
			if by == "" || by == placeholder {
				by = d.ownerOf(p.Name, name)
			}
			if by == "" {
				if owner.is == placeholder {
					owner.fault("%s is a placeholder", placeholder)
				} else {
					owner.fault("missing")
				}
				return
			}
			name = strings.Trim(by, "/") + "/" + name
		}
		if segments := strings.Count(name, "/") + 1; p.Provider != "gitlab" && segments != 2 {
			v.fault("%q is not OWNER/REPO", v.text())
			continue
		}
		p.Sources = append(p.Sources, name)
	}
}

// ownerOf is the owner that the workspace knows of a repository, as SpecWeave
// looks for one.
func (d defaults) ownerOf(profile, repo string) string {
	for _, r := range d.repos.list() {
		o := r.object()
		at := o.at("sync").object().at("github").object()
		owner := at.at("owner").text()
		if owner != "" && (o.at("id").text() == profile || at.at("repo").text() == repo || o.at("name").text() == repo) {
			return owner
		}
	}
	return ""
}

func (d defaults) jiraProjects(p *Profile, config object) {
	if domain := config.at("domain").text(); domain != "" {
		p.Host = domain
	}
	if p.Host == "" {
		p.Host = d.jira
	}
	names := append([]string{config.at("projectKey").text()}, config.at("projects").texts()...)
	board := config.at("boardMapping").object()
	if board.is != nil && board.at("projectKey").text() == "" && names[0] == "" {
		board.at("projectKey").fault("missing")
	}
	names = append(names, board.at("projectKey").text())
	if p.Sources = filled(names); len(p.Sources) == 0 && board.is == nil {
		config.at("projectKey").fault("missing")
	}
	for i, key := range p.Sources {
		p.Sources[i] = strings.ToUpper(key)
	}
	p.StoryType = config.at("itemTypeMapping").object().at("story").text()
}

func adoProjects(p *Profile, config object) {
	org := config.at("organization")
	if org.text() == "" {
		org.fault("missing")
	}
	names := append([]string{config.at("project").text()}, config.at("projects").texts()...)
	areas := config.at("areaPathMapping").object()
	names = filled(append(names, areas.at("project").text()))
	if len(names) == 0 {
		config.at("project").fault("missing")
	}
	for _, name := range names {
		p.Sources = append(p.Sources, strings.Trim(org.text(), "/")+"/"+name)
	}
	p.AreaPaths = areaPaths(config.at("areaPaths"))
	if areas.is != nil {
		mappings := areas.at("mappings")
		if len(mappings.list()) == 0 {
			mappings.fault("missing")
		}
		for _, m := range mappings.list() {
			at := m.object().at("areaPath")
			if at.text() == "" {
				at.fault("missing")
				continue
			}
			p.AreaPaths = append(p.AreaPaths, at.text())
		}
	}
	slices.Sort(p.AreaPaths)
	p.AreaPaths = slices.Compact(p.AreaPaths)
	p.StoryType = config.at("workItemTypes").object().at("story").text()
}

// areaPaths are strings, or objects that have the path in one of their keys.
func areaPaths(v value) []string {
	var all []string
	for _, one := range v.list() {
		if _, ok := one.is.(map[string]any); !ok {
			all = append(all, one.text())
			continue
		}
		o := one.object()
		all = append(all, slices.Concat(filled([]string{o.at("path").text(), o.at("id").text(), o.at("name").text()}), []string{""})[0])
	}
	return filled(all)
}

func filled(all []string) []string {
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}
