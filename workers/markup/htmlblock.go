package markup

import (
	"strings"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// maxHTMLBlocks is how many blocks of HTML in a Markdown text are converted; of
// others the tags go.
const maxHTMLBlocks = 100

// structured is the start of an element that is more than its text.
var structured = lazyregexp.New(`(?i)<(?:table|ul|ol|dl|pre|blockquote|h[1-6])[\s>]`)

// fromMarkdown is a Markdown text with Markdown for the tables, lists and other
// blocks of HTML in it. A block of HTML begins with a line that begins with a
// tag and ends before an empty line ("HTML blocks", spec.commonmark.org).
func fromMarkdown(source string) string {
	if !structured.MatchString(source) {
		return source
	}
	lines := strings.Split(source, "\n")
	out := make([]string, 0, len(lines))
	fence, count, checked := "", 0, 0
	for i := 0; i < len(lines); i++ {
		col, text := cutIndent(lines[i])
		switch {
		case text == "":
		case fence != "":
			if closes(text, fence) {
				fence = ""
			}
		case isFence(text):
			fence = text[:len(text)-len(strings.TrimLeft(text, text[:1]))]
		case text[0] == '<' && col < 4 && i >= checked && count < maxHTMLBlocks:
			if t, ok := cutTag(text); !ok || !t.isBlock() {
				break
			}
			end := htmlEnd(lines, i)
			block := strings.Join(lines[i:end], "\n")
			if !structured.MatchString(block) {
				checked = end
				break
			}
			count++
			out = append(out, "", fromHTML(block), "")
			i = end - 1
			continue
		}
		out = append(out, lines[i])
	}
	return strings.Join(out, "\n")
}

// htmlEnd is where a block of HTML ends that begins with line i: before an empty
// line that is not in a <pre>.
func htmlEnd(lines []string, i int) int {
	inPre := false
	for ; i < len(lines); i++ {
		if strings.TrimSpace(lines[i]) == "" && !inPre {
			break
		}
		switch lower := strings.ToLower(lines[i]); {
		case strings.Contains(lower, "</pre>"):
			inPre = false
		case strings.Contains(lower, "<pre"):
			inPre = true
		}
	}
	return i
}
