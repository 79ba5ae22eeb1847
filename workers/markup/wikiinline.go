package markup

import (
	"html"
	"strings"
	"unicode/utf8"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// wikiChar is a character that is written as its number.
var wikiChar = lazyregexp.New(`&#(?:38|46|92);`)

const maxMarks = 6 // marks in each other

// wikiMark is what the marks of the wiki are in Markdown. Underlines, and small
// letters above and below the line are none.
func wikiMark(c byte) string {
	switch c {
	case '*':
		return "**"
	case '_', '?':
		return "*"
	case '-':
		return "~~"
	}
	return ""
}

// wikiInline is a line of wiki markup as Markdown, with backslashes for breaks.
func wikiInline(s string, depth int) string {
	var out, plain strings.Builder // plain: what comes before what is not written yet
	start := 0                     // of what is not written yet
	isMissing := map[byte]bool{}
	write := func(at int, text string, next int) int {
		plain.WriteString(s[start:at])
		if text != "" || next == len(s) {
			out.WriteString(escape(wikiChar.ReplaceAllStringFunc(plain.String(), html.UnescapeString)))
			plain.Reset()
		}
		out.WriteString(text)
		start = next
		return next
	}
	for i := 0; i < len(s); {
		switch c := s[i]; c {
		case '\\':
			switch {
			case strings.HasPrefix(s[i:], `\\`):
				i = write(i, "\\\n", i+2)
			case i+1 < len(s) && isPunct(s[i+1]):
				write(i, "", i+1)
				i += 2
			default:
				i++
			}
		case '{', '[', '!':
			unit := wikiUnit(s[i:])
			text, ok := wikiUnitText(unit, depth)
			if !ok {
				i++
				continue
			}
			i = write(i, text, i+len(unit))
		case '*', '_', '-', '+', '^', '~', '?':
			end, n := -1, 1
			if !isMissing[c] && opensMark(s, i) {
				end, n = markEnd(s, i)
				isMissing[c] = end < 0
			}
			if end < 0 || depth >= maxMarks {
				i++
				continue
			}
			i = write(i, wrap(wikiInline(s[i+n:end], depth+1), wikiMark(c)), end+n)
		case 'h':
			url := wikiURL(s, i)
			if url == "" {
				i++
				continue
			}
			text := url
			if escape(url) != url {
				text = link(escape(url), url)
			}
			i = write(i, text, i+len(url))
		default:
			i++
		}
	}
	write(len(s), "", len(s))
	if depth == 0 {
		return trimBreaks(out.String())
	}
	return out.String()
}

// opensMark reports whether a mark may begin at i: not within a word, and not
// before a space.
func opensMark(s string, i int) bool {
	n := 1
	if s[i] == '?' {
		if n = 2; !strings.HasPrefix(s[i:], "??") {
			return false
		}
	}
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	return !isWord(before) && before != rune(s[i]) && i+n < len(s) && s[i+n] != ' ' && s[i+n] != s[i]
}

// markEnd is where the mark ends that begins at i, -1 if nowhere, and how long
// the mark is.
func markEnd(s string, i int) (end, size int) {
	mark := s[i : i+1]
	if mark == "?" {
		mark = "??"
	}
	size = len(mark)
	for at := i + size + 1; at < len(s); at++ {
		next := strings.Index(s[at:], mark)
		if next < 0 {
			break
		}
		at += next
		after, _ := utf8.DecodeRuneInString(s[at+size:])
		if s[at-1] != ' ' && s[at-1] != '\\' && !isWord(after) {
			return at, size
		}
	}
	return -1, size
}

var bareURL = lazyregexp.New(`^https?://[^\s|\[\]{}()"'<>\\^` + "`" + `]+`)

// wikiURL is the address that begins at i, if one does.
func wikiURL(s string, i int) string {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	if !strings.HasPrefix(s[i:], "http") || isWord(before) {
		return ""
	}
	return strings.TrimRight(bareURL.FindString(s[i:]), ".,;:!?*_")
}

var wikiNothing = lazyregexp.New(`^\{(?:color(?::[^}]*)?|anchor:[^}]*|[*_+^~-])\}`)

// bracketed is what is in brackets.
var bracketed = lazyregexp.New(`^\[(?:[^\\\]]|\\.)*\]`)

// wikiUnit is the code, link, image or macro at the start of s, or what could be
// one.
func wikiUnit(s string) string {
	s = head(s, maxTag)
	var end int
	switch {
	case s[0] == '[':
		end = len(bracketed.FindString(s))
	case strings.HasPrefix(s, "! "):
		return ""
	case s[0] == '!':
		if end = strings.IndexByte(s[1:], '!') + 2; strings.ContainsAny(s[:end], "[]") {
			return ""
		}
	case strings.HasPrefix(s, "{{"):
		end = strings.Index(s, "}}") + 2
		for 4 < end && end < len(s) && s[end] == '}' {
			end++
		}
		if end <= 4 {
			return ""
		}
	default:
		return wikiNothing.FindString(head(s, 64))
	}
	if end < 3 || strings.Contains(s[:end], "\n") {
		return ""
	}
	return s[:end]
}

// wikiUnitText is a unit as Markdown. It is not ok if unit is just text.
func wikiUnitText(unit string, depth int) (text string, ok bool) {
	switch {
	case unit == "":
		return "", false
	case strings.HasPrefix(unit, "{{"):
		return codeSpan(unit[2 : len(unit)-2]), true
	case unit[0] == '{':
		return "", true
	case unit[0] == '[':
		return wikiLinkText(unit[1:len(unit)-1], depth)
	}
	name, params, _ := strings.Cut(unit[1:len(unit)-1], "|")
	if name != strings.TrimSpace(name) {
		return "", false
	}
	switch {
	case strings.Contains(name, "://"):
		_, alt, _ := strings.Cut(params, "alt=")
		alt, _, _ = strings.Cut(alt, ",")
		return image(strings.Trim(alt, `"`), name), true
	case strings.Contains(name, ".") && !strings.HasSuffix(name, ".") && !strings.Contains(name, ". "):
		return "(attachment: " + escape(name) + ")", true
	}
	return "", false
}

// bar is a text up to a bar that is not escaped.
var bar = lazyregexp.New(`^(?:[^\\|]|\\.)*\|`)

// wikiLinkText is what is between the brackets of a link as Markdown.
func wikiLinkText(body string, depth int) (text string, ok bool) {
	text, dest, isNamed := body, "", false
	if at := bar.FindStringIndex(body); at != nil {
		text, dest, isNamed = body[:at[1]-1], body[at[1]:], true
	}
	if !isNamed {
		dest = body
	}
	dest, title, _ := strings.Cut(dest, "|")
	if strings.HasPrefix(title, "smart-") {
		title = ""
	}
	dest = strings.TrimSpace(dest)
	name := escape(dest)
	if isNamed && depth < maxMarks {
		name = wikiInline(strings.TrimSpace(text), depth+1)
	}
	isURL := strings.Contains(dest, "://") || strings.HasPrefix(dest, "mailto:")
	switch {
	case dest == "":
		return "", false
	case dest[0] == '~':
		return escape(mention(strings.TrimPrefix(dest[1:], "accountid:"))), true
	case dest[0] == '^':
		return "(attachment: " + escape(dest[1:]) + ")", true
	case isURL && isSafe(dest):
		return titledLink(name, dest, title), true
	case dest[0] == '#' || isURL || strings.Contains(dest, ":"):
		return name, true
	case isNamed:
		return name + " (" + escape(dest) + ")", true
	}
	return "", false
}
