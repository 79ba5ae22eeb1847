package markup

import (
	"html"
	"strings"
	"unicode"
)

// maxScheme is where in a destination its scheme ends at the latest.
const maxScheme = 256

// isSafe reports whether a link may lead to dest: to the web, to a mailbox or
// to a relative place. dest may be escaped as Markdown or HTML. Browsers leave
// out white space and controls when they look for the scheme (URL Standard,
// "basic URL parser").
func isSafe(dest string) bool {
	isWhole := len(dest) < maxScheme
	dest = head(dest, maxScheme)
	end := strings.IndexFunc(dest, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`:/?#&\`, r) })
	switch {
	case end < 0 && isWhole, end >= 0 && strings.IndexByte("/?#", dest[end]) >= 0:
		return true
	case end >= 0 && dest[end] == ':':
		return isSafeScheme(strings.ToLower(dest[:end]))
	}
	dest = unescape(html.UnescapeString(dest))
	dest = strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f || unicode.Is(unicode.C, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, dest)
	end = strings.IndexAny(dest, ":/?#")
	if end < 0 {
		return isWhole
	}
	return dest[end] != ':' || isSafeScheme(dest[:end])
}

func isSafeScheme(s string) bool { return s == "http" || s == "https" || s == "mailto" }

// unescape takes the backslashes out that escape in Markdown.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && isPunct(s[i+1]) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// isPunct reports whether a backslash escapes c ("Backslash escapes",
// spec.commonmark.org).
func isPunct(c byte) bool {
	return '!' <= c && c <= '/' || ':' <= c && c <= '@' || '[' <= c && c <= '`' || '{' <= c && c <= '~'
}

// encode is a destination as it can stand in the parentheses of a link.
func encode(dest string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(dest) {
		switch c := dest[i]; {
		case c <= ' ', strings.IndexByte("<>{}`|\"^", c) >= 0:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// link is a link with a text that is Markdown already; only the text where dest
// is not safe.
func link(text, dest string) string {
	dest = strings.TrimSpace(dest)
	switch {
	case dest == "" || !isSafe(dest):
		return text
	case text == "":
		text = escape(dest)
	}
	return "[" + label(text) + "](" + parens.Replace(encode(dest)) + ")"
}

// image is an image with a text that is plain; only the text where src is not
// safe.
func image(alt, src string) string {
	alt, src = strings.TrimSpace(alt), strings.TrimSpace(src)
	if src == "" || !isSafe(src) {
		if alt == "" {
			return "(image)"
		}
		return "(image: " + escape(alt) + ")"
	}
	return "![" + label(escape(alt)) + "](" + parens.Replace(encode(src)) + ")"
}

// titledLink is a link with a title that is plain, if it has one.
func titledLink(text, dest, title string) string {
	s := link(text, dest)
	if title = strings.Join(strings.Fields(title), " "); title == "" || !strings.HasSuffix(s, ")") {
		return s
	}
	return s[:len(s)-1] + ` "` + quotes.Replace(escape(title)) + `")`
}

var quotes = strings.NewReplacer(`"`, `\"`)

// label is a Markdown text as that of a link: no bracket in it opens another.
func label(text string) string {
	if !strings.Contains(text, "[") {
		return text
	}
	var b strings.Builder
	last := lastRuns(text)
	for i := 0; i < len(text); {
		n := 1
		switch {
		case text[i] == '\\' && i+1 < len(text):
			n = 2
		case text[i] == '`':
			if n = runLength(text[i:]); last[n] > i {
				n = codeLength(text[i:], n)
			}
		case text[i] == '[' && (i == 0 || text[i-1] != '!'):
			b.WriteByte('\\')
		}
		b.WriteString(text[i : i+n])
		i += n
	}
	return b.String()
}

// codeLength is the length of the inline code at the start of s, which n
// backticks begin and end.
func codeLength(s string, n int) int {
	for at := n; at < len(s); {
		at += strings.IndexByte(s[at:], '`')
		m := runLength(s[at:])
		if at += m; m == n {
			return at
		}
	}
	return len(s)
}
