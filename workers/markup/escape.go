package markup

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// entity is a character reference at the start of a text.
var entity = lazyregexp.New(`^&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});`)

// escape is a plain text as Markdown of one line, to stand within one. What is
// special only at the start of a line is left to [escapeStart].
func escape(s string) string {
	s = strings.ReplaceAll(s, "\n", " ")
	if !strings.ContainsAny(s, "\\`*_<{]~&") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i := range len(s) {
		c := s[i]
		isSpecial := false
		switch c {
		case '`', '*', '<', '{':
			isSpecial = true
		case '\\':
			isSpecial = i+1 == len(s) || isPunct(s[i+1])
		case '_':
			isSpecial = !isInWord(s, i)
		case ']':
			isSpecial = i+1 == len(s) || strings.IndexByte("([:", s[i+1]) >= 0
		case '~':
			isSpecial = i == 0 || s[i-1] == '~' || i+1 == len(s) || s[i+1] == '~'
		case '&':
			isSpecial = entity.MatchString(s[i:min(i+40, len(s))])
		}
		if isSpecial {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}

// isInWord reports whether the byte at i has letters or digits on both sides.
func isInWord(s string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, _ := utf8.DecodeRuneInString(s[i+1:])
	return isWord(before) && isWord(after)
}

func isWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

var (
	blockStart   = lazyregexp.New(`^(#{1,6}(\s|$)|>|[-+](\s|$)|[-=]+\s*$|:::|~~~)`)
	orderedStart = lazyregexp.New(`^\d{1,9}[.)](\s|$)`)
)

// escapeStart is line, which is Markdown of one line, as a line of a paragraph:
// its start means nothing.
func escapeStart(line string) string {
	line = strings.TrimLeft(line, " \t")
	switch {
	case line == "":
		return line
	case strings.IndexByte("#>-+=:~|", line[0]) >= 0:
		if blockStart.MatchString(line) || isDelimiter(line) {
			return `\` + line
		}
	case '0' <= line[0] && line[0] <= '9':
		if orderedStart.MatchString(line) {
			at := strings.IndexAny(line, ".)")
			return line[:at] + `\` + line[at:]
		}
	}
	return line
}

// beforeBreak is white space that a line break makes nothing of.
var beforeBreak = lazyregexp.New(` +\\\n`)

// trimBreaks is a Markdown text with line breaks in it without those at its ends.
func trimBreaks(text string) string {
	text = beforeBreak.ReplaceAllString(text, "\\\n")
	for strings.HasSuffix(text, "\\\n") {
		text = strings.TrimRight(text[:len(text)-2], " ")
	}
	for {
		text = strings.TrimSpace(strings.TrimPrefix(text, "\\\n"))
		if !strings.HasPrefix(text, "\\\n") {
			break
		}
	}
	return text
}

// paragraph is a Markdown text with line breaks in it as a paragraph.
func paragraph(text string) string {
	text = trimBreaks(text)
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = escapeStart(l)
	}
	return strings.Join(lines, "\n")
}

// codeSpan is a plain text as inline code.
func codeSpan(s string) string {
	s = strings.ReplaceAll(s, "\n", " ")
	if strings.TrimSpace(s) == "" {
		return s
	}
	mark := strings.Repeat("`", 1+longest(s, '`', 0))
	if len(mark) > 1 && (s[0] == '`' || s[len(s)-1] == '`') {
		s = " " + s + " "
	}
	return mark + s + mark
}

// codeBlock is a plain text as a fenced block.
func codeBlock(lang, s string) string {
	mark := strings.Repeat("`", max(3, 1+longest(s, '`', 0)))
	return mark + infoWord(lang) + "\n" + strings.TrimRight(s, "\n") + "\n" + mark
}

// longest is the length of the longest run of c in s that is longer than n, or n.
func longest(s string, c byte, n int) int {
	for i := strings.IndexByte(s, c); i >= 0 && i < len(s); i++ {
		run := 0
		for i < len(s) && s[i] == c {
			run++
			i++
		}
		n = max(n, run)
	}
	return n
}

// wrap puts marks such as ** around a Markdown text, within its white space:
// they mean nothing beside white space.
func wrap(text, mark string) string {
	inner := strings.TrimSpace(text)
	if inner == "" {
		return text
	}
	at := strings.Index(text, inner)
	return text[:at] + mark + inner + mark + text[at+len(inner):]
}

// indent is text with first before its first line and rest before the others
// that are not empty.
func indent(text, first, rest string) string {
	var b strings.Builder
	b.Grow(len(text) + len(text)/16)
	b.WriteString(first)
	isFirst := true
	for line := range strings.Lines(text) {
		switch {
		case isFirst:
		case line == "\n":
			b.WriteString(strings.TrimRight(rest, " "))
		default:
			b.WriteString(rest)
		}
		isFirst = false
		b.WriteString(line)
	}
	return b.String()
}

// quote is text as a block quote.
func quote(text string) string { return indent(text, "> ", "> ") }

// parens escapes what could end a destination.
var parens = strings.NewReplacer("(", "%28", ")", "%29", `\`, "%5C")

// plainCell is Markdown of a cell of a table.
var plainCell = strings.NewReplacer("\n\n", "<br />", "\\\n", "<br />", "\n", "<br />", "|", `\|`)

// cell is a Markdown text as a cell of a table.
func cell(text string) string {
	return plainCell.Replace(strings.ReplaceAll(strings.TrimSpace(text), `\|`, "|"))
}

// maxPadding is how many cells a short row is filled up to.
const maxPadding = 64

// rowsOf is rows of cells as a table. Rows get as many cells as the longest;
// without a header it is empty, for a table must have one. Columns are aligned
// "center", "end" or not.
func rowsOf(header []string, rows [][]string, aligned []string) string {
	width := len(header)
	for _, r := range rows {
		width = max(width, len(r))
	}
	if width == 0 {
		return ""
	}
	for len(header) > 0 && len(header) < min(width, maxPadding) {
		header = append(header, "")
	}
	var b strings.Builder
	line := func(cells []string, n int) {
		b.WriteByte('|')
		for i := range max(n, len(cells)) {
			if i < len(cells) {
				b.WriteString(" " + cells[i])
			}
			b.WriteString(" |")
		}
		b.WriteByte('\n')
	}
	line(header, width)
	b.WriteByte('|')
	for i := range width {
		switch {
		case i < len(aligned) && aligned[i] == "center":
			b.WriteString(" :---: |")
		case i < len(aligned) && aligned[i] == "end":
			b.WriteString(" ---: |")
		default:
			b.WriteString(" --- |")
		}
	}
	b.WriteByte('\n')
	for _, r := range rows {
		line(r, min(width, maxPadding))
	}
	return strings.TrimRight(b.String(), "\n")
}
