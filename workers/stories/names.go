package stories

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/lazyregexp"
)

var (
	githubID = lazyregexp.New(`^github#([^#]+)#(\d+)$`)
	jiraID   = lazyregexp.New(`^JIRA-.+-\d+$`)
)

// Normalize is the form of an external id in which SpecWeave compares them.
func Normalize(id string) string {
	id = strings.ToLower(strings.TrimSpace(id))
	switch {
	case strings.HasPrefix(id, "github#"):
		return githubID.ReplaceAllString(id, "gh:$1#$2")
	case strings.HasPrefix(id, "github-"):
		return "gh-" + strings.TrimPrefix(strings.TrimPrefix(id, "github-"), "#")
	case strings.HasPrefix(id, "gh-#"):
		return "gh-" + id[len("gh-#"):]
	}
	return id
}

// ExternalID is how SpecWeave writes the id of an item: those of Jira begin
// with JIRA-.
func ExternalID(platform, id string) string {
	id = oneLine(id)
	if platform == jira && id != "" && !jiraID.MatchString(id) {
		return "JIRA-" + id
	}
	return id
}

// ItemID is the id of an item that SpecWeave writes as external: the reverse of
// [ExternalID].
func ItemID(platform, external string) string {
	if key := strings.ToUpper(external); platform == jira && jiraID.MatchString(key) {
		return strings.TrimPrefix(key, "JIRA-")
	}
	return external
}

const (
	github = "github"
	jira   = "jira"
	ado    = "ado"
)

// platformName is how people call a tracker.
func platformName(platform string) string {
	switch platform {
	case github:
		return "GitHub"
	case jira:
		return "JIRA"
	case ado:
		return "Azure DevOps"
	case "gitlab":
		return "GitLab"
	case "gitea":
		return "Gitea"
	}
	return oneLine(platform)
}

// repository reports whether a platform's sources are repositories, each of
// which has one feature folder. The sources of the others have one for each
// item that others lie below.
func repository(platform string) bool { return platform != jira && platform != ado }

var (
	otherRuns = lazyregexp.New(`[^a-z0-9]+`)
	slugOther = lazyregexp.New(`[^a-z0-9\s-]`)
	slugSpace = lazyregexp.New(`\s+`)
	slugRuns  = lazyregexp.New(`-+`)
)

// folder is name as SpecWeave calls the folder of a project.
func folder(name string) string {
	name = strings.Trim(otherRuns.ReplaceAllString(strings.ToLower(name), "-"), "-")
	return name[:min(len(name), 100)]
}

// slug is what SpecWeave makes of a title in a file name; "" of one without
// Latin letters and digits.
func slug(title string) string {
	s := slugOther.ReplaceAllString(strings.ToLower(title), "")
	s = slugRuns.ReplaceAllString(slugSpace.ReplaceAllString(s, "-"), "-")
	s = s[:min(len(s), 50)]
	if strings.Trim(s, "-") == "" {
		return ""
	}
	return s
}

func usID(n int) string      { return fmt.Sprintf("US-%03dE", n) }
func featureID(n int) string { return fmt.Sprintf("FS-%03dE", n) }
func epicID(n int) string    { return fmt.Sprintf("EP-%03dE", n) }

// fileName is the name of a story's file.
func fileName(n int, d Draft) string {
	s := slug(d.Slug)
	if s == "" {
		s = slug(d.Title)
	}
	if s == "" {
		s = "item"
	}
	return strings.ToLower(usID(n)) + "-" + s + ".md"
}

var (
	storyName   = lazyregexp.New(`(?i)^us-(\d{3,9})e?(?:[^0-9a-z].*)?\.md$`)
	featureName = lazyregexp.New(`^FS-(\d{3,9})E?$`)
	epicName    = lazyregexp.New(`^EP-(\d{3,9})E?$`)
)

// number is the one in a name of that pattern; 0 if it is of another.
func number(pattern *lazyregexp.Regexp, name string) int {
	m := pattern.FindStringSubmatch(name)
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 0
	}
	return n
}

// home is the folder below specs for the stories of an item.
func home(i workers.Item) string {
	switch i.Platform {
	case jira:
		return or(folder(i.Source), "_default")
	case ado:
		_, project, ok := strings.Cut(i.Source, "/")
		if !ok {
			project = i.Source
		}
		leaf := ""
		if area := strings.Split(i.AreaPath, `\`); area[0] != "" {
			project, leaf = area[0], area[len(area)-1]
		}
		return or(folder(project), "default") + "/" + or(folder(leaf), "default")
	}
	return or(folder(i.Source[strings.LastIndex(i.Source, "/")+1:]), "_default")
}

// Archived reports whether the path of a folder or story is in an archive.
func Archived(dir string) bool { return slices.Contains(strings.Split(dir, "/"), "_archive") }

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
