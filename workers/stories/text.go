package stories

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// oneLine is s as a part of one line: white space is one space, and what
// neither prints nor belongs to a script is left out.
func oneLine(s string) string {
	plain := func(r rune) bool { return r >= ' ' && r < 0x7f }
	if strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 && !strings.Contains(s, "  ") {
		return strings.TrimSpace(s)
	}
	clean := strings.Map(func(r rune) rune {
		switch {
		case r == '\u200c' || r == '\u200d': // joiners, which scripts and emoji need
			return r
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError, unicode.Is(unicode.C, r):
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(clean), " ")
}

// asIn is a text with the line ends of a file, if those are all of Windows.
func asIn(file, text string) string {
	if n := strings.Count(file, "\r\n"); n == 0 || n != strings.Count(file, "\n") {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
}

// metadata is a line that readers take for a story's own metadata, wherever in
// the file it stands. Other items of lists may begin as they like.
var metadata = lazyregexp.New(`(?i)^(\s*[-*+]\s+)\*\*((?:Origin|Project|Status|Priority|External(?: ID| URL)?|Platform|(?:Imported|Created|Updated) At|` +
	`Labels|Assignees|Milestone|Source Repository|Feature(?: ID)?|Parent ID|Parent Epic|Orphan|ADO (?:Work Item Type|Area Path|Feature)|Content Hash|` +
	`User Story|Epic|JIRA Epic|GitHub Project|Board|ACs?|Satisfies ACs?|Acceptance Criteria|Implements)\*\*:)`)

// guard makes of a Markdown text one that can stand in a section of a story: it
// has no heading of the first two levels, no unclosed fence of code, no line
// that looks like metadata and no control character. A text that is one already
// stays as it is.
func guard(text string) string { return guarded(text, true) }

// guarded is guard of a text of others, or likewise of a person's own, whose lines
// may look like what they want.
func guarded(text string, foreign bool) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n")
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r < ' ' && r != '\n' && r != '\t', r == 0x7f:
			return -1
		}
		return r
	}, text)
	text = strings.TrimLeft(strings.TrimRight(text, " \t\n"), "\n")
	var b strings.Builder
	b.Grow(len(text))
	var f fence
	for line := range strings.Lines(text) {
		inside := f.next(line)
		switch {
		case foreign && strings.Contains(line, "**") && metadata.MatchString(line):
			line = metadata.ReplaceAllString(line, `$1\*\*$2`)
		case inside:
		case strings.HasPrefix(line, "# "), line == "#", line == "#\n":
			line = "##" + line
		case strings.HasPrefix(line, "## "), line == "##", line == "##\n":
			line = "#" + line
		}
		b.WriteString(line)
	}
	if f.open() {
		b.WriteString("\n" + f.mark)
	}
	return b.String()
}

// fence follows the fenced blocks of code of a Markdown text line by line
// ("Fenced code blocks", spec.commonmark.org).
type fence struct{ mark string }

func (f *fence) open() bool { return f.mark != "" }

// next takes one more line and reports whether it is part of a block, its
// first and last lines included.
func (f *fence) next(line string) bool {
	text := strings.TrimLeft(line, " ")
	if len(line)-len(text) > 3 || text == "" || text[0] != '`' && text[0] != '~' {
		return f.open()
	}
	run := text[:len(text)-len(strings.TrimLeft(text, text[:1]))]
	rest := strings.TrimSpace(text[len(run):])
	switch {
	case f.open():
		if run[0] == f.mark[0] && len(run) >= len(f.mark) && rest == "" {
			f.mark = ""
		}
		return true
	case len(run) >= 3 && (run[0] == '~' || !strings.Contains(rest, "`")):
		f.mark = run
		return true
	}
	return false
}

// quote is text as a block quote.
func quote(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == "" {
			b.WriteString(">\n")
		} else {
			b.WriteString("> " + strings.TrimRight(line, "\n") + "\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}
