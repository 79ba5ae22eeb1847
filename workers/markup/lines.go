package markup

import (
	"slices"
	"strings"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// spaces is n spaces.
func spaces(n int) string { return strings.Repeat(" ", n) }

// cutIndent is the column in which the text of a line begins, and the text with
// the white space after it; "" of an empty line. Tabs stop at every 4th column.
func cutIndent(line string) (column int, text string) {
	for i := range len(line) {
		switch line[i] {
		case ' ':
			column++
		case '\t':
			column += 4 - column%4
		default:
			return column, line[i:]
		}
	}
	return 0, ""
}

// cutQuote is a line of a quote without its mark.
func cutQuote(text string) string {
	text = text[1:]
	if strings.HasPrefix(text, "\t") {
		return "  " + text[1:]
	}
	return strings.TrimPrefix(text, " ")
}

// isRule reports whether text is a thematic break, or what makes a heading of
// the paragraph above.
func isRule(text string) bool {
	c := text[0]
	if c != '-' && c != '*' && c != '_' {
		return false
	}
	n := 0
	for i := range len(text) {
		switch text[i] {
		case c:
			n++
		case ' ', '\t':
		default:
			return false
		}
	}
	return n >= 3
}

// isFence reports whether text begins a fenced block of code.
func isFence(text string) bool {
	rest := strings.TrimLeft(text, text[:1])
	switch n := len(text) - len(rest); text[0] {
	case '`':
		return n >= 3 && !strings.Contains(rest, "`")
	case '~':
		return n >= 3
	}
	return false
}

// cutHeading is the level and the text of a heading; 0 of another text.
func cutHeading(text string) (level int, rest string) {
	rest = strings.TrimLeft(text, "#")
	level = len(text) - len(rest)
	if level > 6 || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
		return 0, text
	}
	return level, rest
}

// cutMarker is the mark of an item of a list and what follows it; "" of another
// text.
func cutMarker(text string) (marker, rest string) {
	n := 0
	switch c := text[0]; {
	case c == '-', c == '+', c == '*':
		n = 1
	case '0' <= c && c <= '9':
		for n < len(text) && n < 10 && '0' <= text[n] && text[n] <= '9' {
			n++
		}
		if n == 10 || n == len(text) || text[n] != '.' && text[n] != ')' {
			return "", text
		}
		n++
	default:
		return "", text
	}
	if n < len(text) && text[n] != ' ' && text[n] != '\t' {
		return "", text
	}
	if rest = text[n:]; strings.TrimLeft(rest, " \t") == "" {
		rest = ""
	}
	return text[:n], strings.ReplaceAll(rest, "\t", "    ")
}

// isDelimiter reports whether text is the row below the header of a table
// ("Tables", github.github.com/gfm).
func isDelimiter(text string) bool {
	return strings.Trim(text, "|:- \t") == "" && strings.Contains(text, "-") && strings.ContainsAny(text, "|:")
}

// startsBlock reports whether a line of a paragraph would not be one where it
// stands first.
func startsBlock(text string) bool {
	if level, _ := cutHeading(text); level > 0 {
		return true
	}
	if marker, _ := cutMarker(text); marker != "" {
		return true
	}
	return text[0] == '>' || isRule(text) || isFence(text) ||
		strings.HasPrefix(text, "~~~") || strings.HasPrefix(text, ":::") || strings.Trim(text, "-") == ""
}

// escapeMarker escapes what is special at the start of a text.
func escapeMarker(text string) string {
	if marker, _ := cutMarker(text); len(marker) > 1 {
		at := len(marker) - 1
		return text[:at] + `\` + text[at:]
	}
	return `\` + text
}

var (
	// fields are the names of a story's own lines that readers look for
	// anywhere in its file (importers/duplicate-detector.js and others of
	// SpecWeave 1.0.593).
	fields = lazyregexp.New(`(?i)\*\*(Origin|Project|Status|Priority|External(?: ID| URL)?|Platform|(?:Imported|Created|Updated) At|Labels|` +
		`Source Repository|Feature ID|Parent ID|Parent Epic|Orphan|ADO (?:Work Item Type|Area Path|Feature)|Content Hash|` +
		`User Story|Feature|Epic|JIRA Epic|GitHub Project|Board|ACs?|Satisfies ACs?|Acceptance Criteria|Implements)\*\*:`)
	idStarts  = []string{"**AC", "**US", "**FS", "**EP", "**T"}
	ids       = lazyregexp.New(`\*\*((?:AC|US|FS|EP|T)[A-Z0-9]*)-`)
	headingID = lazyregexp.New(`^((?:AC|US|FS|EP|T))-(\d)`)
	codeHead  = lazyregexp.New(`^#{1,6}[ \t]*(?:External Metadata|Description|Acceptance Criteria|Tasks|Import Conflicts|(?:US|FS|EP)-\d)`)
)

// defuse is a line of Markdown outside of blocks of code that does not read as
// one of a story's own.
func defuse(text string) string {
	return disguise(text, `**$1**\:`, `**$1\-`)
}

// defuseCode is likewise a line of a block of code, where nothing can be
// escaped.
func defuseCode(line string) string {
	if codeHead.MatchString(line) {
		return " " + line
	}
	return disguise(line, `**$1** :`, `** $1-`)
}

// disguise replaces the names of fields and the ids in a line. Most have none, and
// to look for the little that they have in common takes no time.
func disguise(line, field, id string) string {
	if strings.Contains(line, "**:") {
		line = fields.ReplaceAllString(line, field)
	}
	if slices.ContainsFunc(idStarts, func(s string) bool { return strings.Contains(line, s) }) {
		line = ids.ReplaceAllString(line, id)
	}
	return line
}

// guardHeading is the text of a heading that does not begin with an id of a
// story.
func guardHeading(text string) string {
	return headingID.ReplaceAllString(text, `$1\-$2`)
}
