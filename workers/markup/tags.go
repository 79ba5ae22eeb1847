package markup

import (
	"strings"

	"golang.org/x/net/html"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// maxTag is how long a tag, a destination or an element of inline code is at
// most that is taken for one.
const maxTag = 2048

// tag is a tag of HTML in a Markdown text.
type tag struct {
	name   string // in lower case
	source string // all of it
	size   int
	isEnd  bool
	isCode bool
}

// attributes is what may follow the name of a tag ("Raw HTML",
// spec.commonmark.org): a<b && c>d has none.
var attributes = lazyregexp.New(`^([ \t]+[A-Za-z_:][\w.:-]*([ \t]*=[ \t]*([^ \t"'=<>` + "`" + `]+|"[^"]*"|'[^']*'))?)*[ \t]*/?$`)

// cutTag is the tag at the start of text, if it is one of HTML: a generic type
// such as <T> is none.
func cutTag(text string) (tag, bool) {
	if len(text) < 3 || text[1] != '/' && (text[1]|0x20 < 'a' || text[1]|0x20 > 'z') {
		return tag{}, false
	}
	end := strings.IndexByte(head(text, maxTag), '>')
	if end < 2 || strings.IndexByte(text[1:end], '<') >= 0 {
		return tag{}, false
	}
	t := tag{source: text[:end+1], size: end + 1}
	name := text[1:end]
	if name[0] == '/' {
		t.isEnd, name = true, name[1:]
	}
	n := 0
	for n < len(name) && (name[n]|0x20 >= 'a' && name[n]|0x20 <= 'z' || n > 0 && name[n] >= '0' && name[n] <= '9') {
		n++
	}
	if n == 0 || !attributes.MatchString(name[n:]) {
		return tag{}, false
	}
	t.name = strings.ToLower(name[:n])
	switch t.name {
	case "code", "kbd", "samp", "tt":
		t.isCode = true
	case "a", "abbr", "b", "big", "blockquote", "br", "caption", "center", "cite", "dd", "del",
		"details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font", "footer",
		"h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "iframe", "img", "input",
		"ins", "label", "li", "main", "mark", "nav", "ol", "p", "picture", "pre", "q", "s",
		"script", "section", "small", "source", "span", "strike", "strong", "style", "sub",
		"summary", "sup", "svg", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u",
		"ul", "var", "video", "wbr":
	default:
		return tag{}, false
	}
	return t, true
}

// isDropped reports whether a tag means nothing in Markdown.
func (t tag) isDropped() bool {
	return t.name != "br" && t.name != "img" && (t.name != "a" || t.isEnd) && (!t.isCode || t.isEnd)
}

// isBlock reports whether words before and after a tag stand apart.
func (t tag) isBlock() bool {
	switch t.name {
	case "blockquote", "caption", "center", "dd", "details", "div", "dl", "dt", "figcaption",
		"figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
		"section", "summary", "table", "td", "th", "tr", "ul":
		return true
	}
	return false
}

// attr is the value of an attribute.
func (t tag) attr(name string) string {
	z := html.NewTokenizer(strings.NewReader(t.source))
	z.Next()
	for _, a := range z.Token().Attr {
		if a.Key == name {
			return clean(strings.Join(strings.Fields(a.Val), " "))
		}
	}
	return ""
}

// cutAutolink is the destination of an autolink at the start of text, and its
// size; 0 if there is none.
func cutAutolink(text string) (dest string, size int) {
	end := strings.IndexByte(head(text, maxTag), '>')
	if end < 2 {
		return "", 0
	}
	dest = text[1:end]
	lower := strings.ToLower(head(dest, 8))
	switch {
	case strings.ContainsAny(dest, " \t<`\\[]()"):
	case strings.HasPrefix(lower, "http://"), strings.HasPrefix(lower, "https://"), strings.HasPrefix(lower, "mailto:"):
		return dest, end + 1
	case strings.Count(dest, "@") == 1 && !strings.ContainsAny(dest, "/:\"'=") && dest[0] != '@':
		return "mailto:" + dest, end + 1
	}
	return "", 0
}
