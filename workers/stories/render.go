package stories

import (
	"fmt"
	"strings"
	"time"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// spot is what a story's file says of the place where it lies.
type spot struct {
	number   int    // of the id
	home     string // folder of the project below specs
	feature  string // FS-001E or _orphans
	imported time.Time
}

// orphans is the folder for stories that lie below nothing, where others do.
const orphans = "_orphans"

// isoMillis is JavaScript's Date.toISOString.
const isoMillis = "2006-01-02T15:04:05.000Z"

func iso(t time.Time) string { return t.UTC().Format(isoMillis) }

var linkNumber = lazyregexp.New(`#(\d+)$`)

// origin is the badge with the link to an item.
func origin(d Draft) string {
	id := ExternalID(d.Item.Platform, d.Item.ID)
	shown := id
	if m := linkNumber.FindStringSubmatch(id); m != nil {
		shown = m[1]
	} else if before, after, ok := strings.Cut(id, "-"); ok && (before == "JIRA" || before == "ADO" || before == "GITHUB") {
		shown = after
	}
	return fmt.Sprintf("🔗 [%s #%s](%s)", platformName(d.Item.Platform), shown, linkTarget(d.Item.URL))
}

// webURL is the URL of a page, in which nothing is Markdown, HTML or MDX; "" if
// it is of something else, such as a script.
func webURL(url string) string {
	url = urlEscapes.Replace(oneLine(url))
	if lower := strings.ToLower(url); !strings.HasPrefix(lower, "https://") && !strings.HasPrefix(lower, "http://") {
		return ""
	}
	return url
}

// linkTarget is a URL inside the parentheses of a Markdown link.
func linkTarget(url string) string { return linkTargets.Replace(or(webURL(url), "#")) }

var (
	urlEscapes  = strings.NewReplacer(" ", "%20", "<", "%3C", ">", "%3E", "\\", "%5C", "{", "%7B", "}", "%7D", "`", "%60")
	linkTargets = strings.NewReplacer("(", "%28", ")", "%29")
)

// project is what a story says its project is.
func project(d Draft, s spot) string {
	if repository(d.Item.Platform) && d.Item.Source != "" {
		return oneLine(d.Item.Source)
	}
	return or(s.home[strings.LastIndex(s.home, "/")+1:], "unknown")
}

// title is an item's, or its number where it has none.
func title(d Draft) string {
	return or(oneLine(d.Title), or(oneLine(d.Item.Number), ExternalID(d.Item.Platform, d.Item.ID)))
}

// task is a line of the tasks.
type task struct {
	id, title string
	done      bool
}

const noTasks = "> **Note**: This User Story was imported from an external tool.\n" +
	"> Create an increment to implement this user story, then tasks will sync here."

func taskLines(tasks []task) string {
	if len(tasks) == 0 {
		return noTasks
	}
	var b strings.Builder
	for i, t := range tasks {
		mark := " "
		if t.done {
			mark = "x"
		}
		fmt.Fprintf(&b, "- [%s] **T-%03d**: %s\n", mark, i+1, or(oneLine(t.title), t.id))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func criterionLines(criteria []string, story int) string {
	var lines []string
	for _, text := range criteria {
		if text = oneLine(text); text != "" {
			lines = append(lines, fmt.Sprintf("- [ ] **AC-US-%03d-%02d**: %s", story, len(lines)+1, text))
		}
	}
	return strings.Join(lines, "\n")
}

// noBody stands where an item has no description.
const noBody = "No description provided."

// render is the story of d as the source has it, which text makes a file of.
func render(d Draft, s spot, tasks []task) []chunk {
	i := d.Item
	c := make([]chunk, 0, 32)
	raw := func(s string) { c = append(c, chunk{val: s}) }
	line := func(key, val string) { c = append(c, chunk{key, "**" + key + "**: ", val, "\n"}) }
	part := func(heading, val string) {
		c = append(c, chunk{"## " + heading, "## " + heading + "\n\n", val, "\n\n"})
	}
	c = append(c, chunk{titleKey, "# " + usID(s.number) + ": ", title(d), "\n"})
	raw("\n")
	line("Origin", origin(d))
	line("Project", project(d, s))
	raw("\n")
	line(statusKey, or(string(i.Status), "Open"))
	if i.Priority != "" {
		line(priorityKey, oneLine(i.Priority))
	}
	raw("\n")
	part("Description", or(guarded(d.Body, !d.Own), noBody))
	if list := criterionLines(d.Criteria, s.number); list != "" {
		part("Acceptance Criteria", list)
	}
	part("Tasks", taskLines(tasks))
	if text := guard(commentsText(d.Comments)); text != "" {
		part("Comments", text)
	}
	for _, more := range d.Sections {
		if text := guard(more.Text); text != "" {
			part(oneLine(more.Heading), text)
		}
	}
	raw("---\n\n" + metadataHead + "\n\n")
	c = append(c, facts(d, s)...)
	c[len(c)-1].after = "\n"
	return append(c, chunk{hashKey, "- **Content Hash**: ", hash(text(c)), ""})
}

// facts are the lines of metadata, but for the last.
func facts(d Draft, s spot) []chunk {
	i := d.Item
	var c []chunk
	add := func(key, val string) { // SpecWeave's readers want something after the colon
		if val != "" {
			c = append(c, chunk{"- " + key, "- **" + key + "**: ", val, "\n"})
		}
	}
	add("External ID", ExternalID(i.Platform, i.ID))
	add("External URL", webURL(i.URL))
	add("Platform", oneLine(i.Platform))
	add("Imported At", iso(s.imported))
	add("Created At", iso(i.Created))
	add("Updated At", iso(i.Updated))
	add("Labels", list(i.Labels))
	if repository(i.Platform) {
		add("Source Repository", oneLine(i.Source))
	}
	add("Feature ID", s.feature)
	add("Parent ID", ExternalID(i.Platform, i.Parent))
	if s.feature == orphans {
		add("Orphan", "true (no parent in external tool)")
	}
	if i.Platform == ado {
		add("ADO Work Item Type", oneLine(i.Type))
		add("ADO Area Path", oneLine(i.AreaPath))
	}
	add("Assignees", list(i.Assignees))
	add("Milestone", words(i.Milestone))
	return c
}

// list is names in a line.
func list(names []string) string {
	all := make([]string, 0, len(names))
	for _, n := range names {
		if n = words(n); n != "" {
			all = append(all, n)
		}
	}
	return strings.Join(all, ", ")
}

// words is a name that is no Markdown, as one line. What would begin a tag or an
// expression of MDX is written as a reference to the character: SpecWeave's
// documents become a site with MDX ("Extra syntax", mdxjs.com).
func words(name string) string { return noMDX.Replace(oneLine(name)) }

var noMDX = strings.NewReplacer("<", "&lt;", "{", "&#123;")
