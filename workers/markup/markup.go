package markup

import (
	"strings"
	"unicode/utf8"

	"github.com/specweave/specweave/workers"
)

// Max is how many bytes a result has at most.
const Max = 1 << 20

// maxRaw is how much of a text is converted: markup takes more room than what
// it says, and an ampersand in HTML five times as much.
const maxRaw = 6 * Max

// cutNote ends a text that was cut. A story names the URL of its item above and
// below.
const cutNote = "\n\n> **Note**: This text is too long, its rest is left out. The external URL has all of it."

// Markdown is t as Markdown that can stand in a section of a story's file; the
// documentation of the package says what holds of it. Of a text that is longer
// than [Max] the first part is kept, and a note at its end says so.
func Markdown(t workers.Text) string {
	raw := t.Raw
	isCut := len(raw) > maxRaw
	if isCut {
		raw = head(raw, maxRaw)
	}
	if isCut && t.Markup == workers.ADF { // a part of JSON says nothing
		raw = ""
	}
	raw = convert(clean(raw), t.Markup)
	limit := Max
	if len(raw) > limit {
		raw, isCut = head(raw, limit), true
	}
	text := settle(raw)
	for limit -= len(cutNote); len(text) > Max || isCut && len(text) > Max-len(cutNote); limit /= 2 {
		text, isCut = settle(head(text, limit)), true
	}
	if isCut {
		text = strings.TrimLeft(text+cutNote, "\n")
	}
	return text
}

// convert is a text as Markdown that is not settled.
func convert(raw string, from workers.Markup) string {
	switch from {
	case workers.HTML:
		return fromHTML(raw)
	case workers.ADF:
		return fromADF(raw)
	case workers.Wiki:
		return fromWiki(raw)
	case workers.Markdown, "":
		return fromMarkdown(raw)
	}
	return raw
}

// head is the first n bytes of s at most, without a part of a character.
func head(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
