package stories

import "strings"

// CriteriaText is acceptance criteria as the text of a tracker's own field for
// them, of which [Criteria] makes them again.
func CriteriaText(criteria []string) string {
	var b strings.Builder
	for _, c := range criteria {
		if c = oneLine(c); c != "" {
			b.WriteString("- " + c + "\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}
