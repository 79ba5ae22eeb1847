package stories

import (
	"slices"
	"strings"
	"time"
)

// level is where in SpecWeave's hierarchy an item stands.
type level int

const (
	storyLevel level = iota
	taskLevel
	featureLevel
	epicLevel
)

// levelOf says where a type of items stands. SpecWeave's defaults have epics
// and features of Jira and Azure DevOps as features; what its epics are, a
// project says itself.
func levelOf(platform, kind string, epics []string) level {
	kind = strings.ToLower(strings.TrimSpace(kind))
	if slices.ContainsFunc(epics, func(e string) bool { return strings.EqualFold(e, kind) }) {
		return epicLevel
	}
	if repository(platform) {
		return storyLevel
	}
	switch kind {
	case "epic", "epics", "feature", "features":
		return featureLevel
	case "task", "tasks", "sub-task", "subtask":
		return taskLevel
	}
	return storyLevel
}

// feature is the folder of a feature, FS-001E, as its FEATURE.md has it.
type feature struct {
	number   int
	dir      string // below specs, with slashes
	source   string // github, jira, …
	repo     string // OWNER/NAME
	external string // normalized id of the item; "" where it is no item's
	created  time.Time
}

// featureDoc is what a FEATURE.md says.
type featureDoc struct {
	number   int
	d        Draft  // the item of the feature, or the first of a source
	isItem   bool   // the feature is an item of its own
	awaited  string // external id of an item that is known by its children only
	epic     string // EP-001E above it
	imported time.Time
}

func (f featureDoc) kind() string {
	if f.isItem {
		return or(oneLine(f.d.Item.Type), "Feature")
	}
	return "Feature"
}

func (f featureDoc) title() string {
	switch {
	case f.isItem:
		return f.kind() + ": " + title(f.d)
	case f.awaited != "":
		return "Feature: " + f.awaited
	case repository(f.d.Item.Platform):
		return "Feature: " + oneLine(f.d.Item.Source) + " External Items"
	}
	return "Feature: Imported from " + platformName(f.d.Item.Platform)
}

// String is FEATURE.md, with the blank lines that SpecWeave's has where a field
// is missing.
func (f featureDoc) String() string {
	i := f.d.Item
	from := platformName(i.Platform)
	name, kind, at := f.title(), f.kind(), iso(f.imported)
	repo, external, projectName := "", f.awaited, ""
	if repository(i.Platform) {
		repo = oneLine(i.Source)
	}
	if f.isItem {
		external = ExternalID(i.Platform, i.ID)
	}
	area := ""
	if i.Platform == ado {
		area, projectName = oneLine(i.AreaPath), oneLine(i.Source[strings.LastIndex(i.Source, "/")+1:])
	}
	text, link := "This feature folder contains User Stories imported from external tools.", "Imported from "+from
	if f.isItem {
		text = or(guard(f.d.Body), "This "+strings.ToLower(kind)+" was imported from "+from+".")
		link = "[" + kind + " in " + from + "](" + linkTarget(i.URL) + ")"
	}
	var b strings.Builder
	put := func(lines ...string) {
		for _, l := range lines {
			b.WriteString(l + "\n")
		}
	}
	field := func(prefix, val string) string {
		if val == "" {
			return ""
		}
		return prefix + val
	}
	scalarField := func(key, val string) string {
		if val == "" {
			return ""
		}
		return key + ": " + yaml(val)
	}
	put("---", "id: "+featureID(f.number), "title: "+quoted(name), "origin: external", "source: "+yaml(oneLine(i.Platform)),
		scalarField("source_repo", repo), scalarField("ado_project", projectName), scalarField("ado_area_path", area))
	if f.isItem {
		put("work_item_type: " + yaml(kind))
	} else {
		put("")
	}
	put(scalarField("external_id", external), scalarField("epic_id", f.epic), "", "created: "+at, "---", "",
		"# "+name, "", "**Origin**: 🔗 "+link)
	if f.epic != "" {
		put("", "**Parent Epic**: ["+f.epic+"](../_epics/"+f.epic+"/EPIC.md)")
	} else {
		put("")
	}
	put("", "## Description", "", text, "", field("**Source Repository**: ", repo), field("**Area Path**: ", area))
	if f.epic != "" {
		put("", "> **Hierarchy**: This feature belongs to Epic "+f.epic+".")
	} else {
		put("")
	}
	put("", "", "## User Stories", "", "User stories in this "+strings.ToLower(kind)+" will be listed here.", "",
		"## Status", "", "- **Created**: "+at, "- **Source**: "+from, field("- **External ID**: ", external), field("- **Epic ID**: ", f.epic), "")
	return b.String()
}

// epicDoc is EPIC.md.
func epicDoc(number int, d Draft, imported time.Time) string {
	i := d.Item
	kind, external := or(oneLine(i.Type), "Epic"), ExternalID(i.Platform, i.ID)
	lower := strings.ToLower(kind)
	return strings.Join([]string{
		"---", "id: " + epicID(number), "title: " + quoted(title(d)), "type: epic", "origin: external",
		"source: " + yaml(oneLine(i.Platform)), "external_id: " + yaml(external), "external_url: " + quoted(webURL(i.URL)),
		"work_item_type: " + yaml(kind), "created: " + iso(i.Created), "imported_at: " + iso(imported), "---", "",
		"# " + kind + ": " + title(d), "", "",
		"## Description", "", "This " + lower + " was imported from an external tool.", "",
		"## Features in This Epic", "", "Features belonging to this " + lower + " will be listed here.", "",
		"## Status", "", "- **Created**: " + iso(i.Created), "- **Imported**: " + iso(imported), "- **External ID**: " + external, "",
	}, "\n")
}

// orphansDoc is the README.md of the folder of orphans.
func orphansDoc(now time.Time) string {
	return `# Orphan Items

This folder contains items imported from external tools that have **no parent** in the hierarchy.

## Why are items here?

Items land here when:
1. **No parent in external tool** - The item has no Epic/Feature parent in ADO/JIRA/GitHub
2. **Parent not imported** - The parent exists but wasn't included in the import (different time range, project, or filter)
3. **Hierarchy mismatch** - The external tool's hierarchy doesn't map cleanly to SpecWeave's Epic→Feature→User Story structure

## What should I do?

1. **Review each item** - Determine which Feature it belongs to
2. **Move to correct folder** - Drag the ` + "`.md` file to the appropriate `FS-XXX/`" + ` folder
3. **Update FEATURE.md** - Add the user story to the feature's list
4. **Or create new Feature** - If no suitable feature exists, create a new increment

---
*Auto-generated by SpecWeave on ` + now.UTC().Format(time.DateOnly) + `*
`
}

// nextNumber is that of a new feature: in the order of creation where there is
// a gap, else behind the last. Features of people and imported ones are counted
// as one.
func nextNumber(features []feature, created time.Time) int {
	last := 0
	used := make(map[int]bool, len(features))
	for _, f := range features {
		last = max(last, f.number)
		used[f.number] = true
	}
	sorted := slices.Clone(features)
	slices.SortStableFunc(sorted, func(a, b feature) int { return a.created.Compare(b.created) })
	at := slices.IndexFunc(sorted, func(f feature) bool { return f.created.After(created) })
	if at > 0 {
		before := sorted[at-1].number
		if sorted[at].number-before > 1 && !used[before+1] {
			return before + 1
		}
	}
	return last + 1
}
