package stories

import (
	"regexp"
	"slices"
	"strings"

	"github.com/specweave/specweave/workers"
)

// Draft is a work item whose texts have become Markdown.
type Draft struct {
	Item     workers.Item
	Title    string    // one line; "": the item's number stands in
	Slug     string    // of the title, for file names; "": made of Title
	Body     string    // description, in Markdown
	Criteria []string  // acceptance criteria, one line each; see [Criteria]
	Sections []Section // more, such as comments, after the tasks
}

// Section is a part of a story under a heading of its own. The heading must
// differ from those that every story has.
type Section struct {
	Heading string
	Text    string
}

var (
	checkedCriterion = regexp.MustCompile(`(?im)^[\s-]*\[[ x]\]\s+(AC[-:]?\s*\d+:?\s*.+)$`)
	criteriaHeading  = regexp.MustCompile(`(?im)^#{1,6}[ \t]*Acceptance Criteria:?[ \t]*$`)
	anyHeading       = regexp.MustCompile(`(?m)^(#{1,6} |---)`)
	listed           = regexp.MustCompile(`^\s*(?:[-*+•]|\d+[.)])\s+(?:\[[ xX]\]\s*)?(.+)$`)
)

// Criteria finds the acceptance criteria of an item, one line each: in field,
// the text of the tracker's own field for them, or without one in body, where
// SpecWeave's importers look: checkboxes that begin with AC and a number, and
// the list below a heading "Acceptance Criteria". Both are Markdown.
func Criteria(body, field string) []string {
	var all []string
	if strings.TrimSpace(field) != "" {
		for line := range strings.SplitSeq(field, "\n") {
			if m := listed.FindStringSubmatch(line); m != nil {
				line = m[1]
			}
			if line = oneLine(line); line != "" {
				all = append(all, line)
			}
		}
		return all
	}
	for _, m := range checkedCriterion.FindAllStringSubmatch(body, -1) {
		if text := oneLine(m[1]); !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	at := criteriaHeading.FindStringIndex(body)
	if at == nil {
		return all
	}
	section := body[at[1]:]
	if end := anyHeading.FindStringIndex(section); end != nil {
		section = section[:end[0]]
	}
	checked := strings.Join(all, "\n")
	for line := range strings.SplitSeq(section, "\n") {
		if m := listed.FindStringSubmatch(line); m != nil {
			if text := oneLine(m[1]); text != "" && !strings.Contains(checked, text) {
				all = append(all, text)
			}
		}
	}
	return all
}
