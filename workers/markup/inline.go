package markup

import (
	"html"
	"strings"
)

// inliner makes the inline constructs of a line harmless.
type inliner struct {
	out      strings.Builder
	last     byte        // of out; a backslash for what it escapes
	isTable  bool        // code does not reach beyond a cell
	comments bool        // comments may end on a later line
	plain    bool        // the text has no HTML: what looks like it are words
	runs     map[int]int // where in the text the last run of so many backticks is
	href     string      // of the link that is open in HTML
	bare     int         // where in out the last bare angle bracket ends
	word     int         // where in out the last run without a space begins
	seen     int         // how much of out was searched for addresses
	address  int         // the word that was found last to be one, plus 1
}

func (in *inliner) write(s string) {
	if s == "" {
		return
	}
	if space := strings.LastIndexAny(s, " \t"); space >= 0 {
		in.word = in.out.Len() + space + 1
	}
	in.out.WriteString(s)
	in.last = s[len(s)-1]
}

// text is all that was taken. At its end a bare angle bracket is none.
func (in *inliner) text() string {
	text := strings.TrimRight(in.out.String(), " \t")
	if in.bare > 0 && len(text) == in.bare {
		text = text[:len(text)-1] + `\<`
	}
	return text
}

// scan takes text. It stops after the start of a comment that does not end in
// it, and returns what follows.
func (in *inliner) scan(text string) (rest string, isOpen bool) {
	in.runs = nil
	lastClose := strings.LastIndex(text, "-->")
	for i := 0; i < len(text); {
		next := strings.IndexAny(text[i:], "\\`<{(:")
		if next < 0 {
			in.write(text[i:])
			break
		}
		in.write(text[i : i+next])
		i += next
		switch c := text[i]; c {
		case '\\':
			n := 1
			if i+1 < len(text) && isPunct(text[i+1]) {
				n = 2
			}
			if text[i:i+n] == `\<` {
				in.bracket()
			} else {
				in.write(text[i : i+n])
			}
			in.last = '\\'
			i += n
		case '`':
			i += in.code(text, i)
		case '<':
			if !in.plain && strings.HasPrefix(text[i:], "<!--") {
				if lastClose >= i+4 {
					i += 4 + strings.Index(text[i+4:], "-->") + 3
					continue
				}
				if in.comments {
					return text[i+4:], true
				}
			}
			i += in.angle(text, i)
		case '{':
			in.write(`\{`)
			i++
		case '(':
			i += in.destination(text, i)
		case ':':
			i += in.colon(text, i)
		}
	}
	return "", false
}

// code takes a run of backticks, with the code up to the next run that is as
// long, if there is one. It returns how many bytes those are.
func (in *inliner) code(text string, at int) int {
	n := runLength(text[at:])
	end := at + n
	if in.isTable {
		end = cellEnd(text, end)
	} else {
		end = len(text)
	}
	if in.runs == nil {
		in.runs = lastRuns(text)
	}
	for i := at + n; in.runs[n] > at && i < end; {
		next := strings.IndexByte(text[i:end], '`')
		if next < 0 {
			break
		}
		i += next
		m := runLength(text[i:])
		i += m
		if m == n {
			in.space()
			in.write(text[at:i])
			return i - at
		}
	}
	in.write(strings.Repeat("\\`", n))
	return n
}

func runLength(s string) int { return len(s) - len(strings.TrimLeft(s, "`")) }

// lastRuns is where the last run of backticks of each length begins.
func lastRuns(text string) map[int]int {
	runs := make(map[int]int)
	for i := 0; i < len(text); i++ {
		if text[i] == '`' {
			n := runLength(text[i:])
			runs[n] = i
			i += n
		}
	}
	return runs
}

// cellEnd is where the cell of a table ends in which at lies.
func cellEnd(text string, at int) int {
	for i := at; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '|':
			return i
		}
	}
	return len(text)
}

// angle takes what begins with an angle bracket: an autolink, a tag or just the
// bracket. It returns how many bytes that is.
func (in *inliner) angle(text string, at int) int {
	if dest, size := cutAutolink(text[at:]); size > 0 && !in.plain {
		in.write(link(escape(strings.TrimPrefix(dest, "mailto:")), dest))
		return size
	}
	if t, ok := cutTag(text[at:]); ok && !in.plain {
		return in.tag(text, at, t)
	}
	rest := text[at+1:]
	if strings.HasPrefix(rest, " ") && strings.TrimSpace(rest) != "" {
		in.write("<")
		in.bare = in.out.Len()
	} else {
		in.bracket()
	}
	return 1
}

// bracket puts an angle bracket out that means nothing. Within an address a
// backslash would be a part of it and escape nothing ("Autolinks",
// github.github.com/gfm).
func (in *inliner) bracket() {
	if in.inAddress() {
		in.write("&lt;")
		return
	}
	in.write(`\<`)
}

// space sets code apart from what an address or more backticks would take in.
func (in *inliner) space() {
	if in.last == '`' || in.inAddress() {
		in.write(" ")
	}
}

// inAddress reports whether what is put out next belongs to an address.
func (in *inliner) inAddress() bool {
	text := in.out.String()
	start := max(in.word, in.seen-len("www.")+1)
	if in.address != in.word+1 {
		if run := strings.ToLower(text[start:]); strings.Contains(run, "://") || strings.Contains(run, "www.") {
			in.address = in.word + 1
		}
	}
	in.seen = len(text)
	return in.address == in.word+1
}

// tag takes a tag of HTML: what it means in Markdown, or nothing. It returns
// how many bytes that took.
func (in *inliner) tag(text string, at int, t tag) int {
	after := text[at+t.size:]
	switch {
	case t.name == "br":
		if strings.TrimSpace(in.out.String()) != "" {
			in.write("<br />")
		}
	case t.name == "img":
		in.write(image(t.attr("alt"), t.attr("src")))
	case t.name == "a" && t.isEnd && in.href != "":
		in.write("](" + in.href + ")")
		in.href = ""
	case t.name == "a" && !t.isEnd && in.href == "":
		href := strings.TrimSpace(t.attr("href"))
		if href != "" && isSafe(href) && strings.Contains(head(after, maxTag), "</a>") {
			in.href = parens.Replace(encode(href))
			in.write("[")
		}
	case t.isCode && !t.isEnd:
		source, _, isWhole := strings.Cut(head(after, maxTag), "</"+t.name+">")
		body := html.UnescapeString(source)
		if isWhole && strings.TrimSpace(body) != "" && !strings.ContainsAny(body, "`|\n") && body == clean(body) {
			in.space()
			in.write("`" + body + "`")
			return t.size + len(source)
		}
	case t.isBlock() && in.last != 0 && in.last != ' ':
		in.write(" ")
	}
	return t.size
}

// destination takes a parenthesis, with the destination after it if it may be
// that of a link. It returns how many bytes that is.
func (in *inliner) destination(text string, at int) int {
	rest := text[at+1:]
	switch {
	case in.last != ']':
		in.write("(")
		return 1
	case strings.Trim(rest, " \t") == "": // what follows is on the next line
		in.write(`\(`)
		return 1
	}
	if strings.EqualFold(head(rest, 5), "data:") {
		in.write(`\(data:…`)
		if end := strings.IndexAny(rest, " )"); end >= 0 {
			return 1 + end
		}
		return 1 + len(rest)
	}
	dest, size := cutDestination(head(rest, maxTag))
	if 0 <= size && size < maxTag && isSafe(dest) {
		in.write("(" + dest)
		return 1 + size
	}
	in.write(`\(`)
	return 1
}

// cutDestination is the destination at the start of what is in the parentheses
// of a link, encoded, and how many bytes it takes; -1 if it is none.
func cutDestination(text string) (dest string, size int) {
	start := len(text) - len(strings.TrimLeft(text, " \t"))
	if strings.HasPrefix(text[start:], "<") {
		dest, rest, _ := strings.Cut(text[start+1:], ">")
		if dest == "" || strings.Contains(dest, "<") || rest == "" || strings.IndexByte(" \t)", rest[0]) < 0 {
			return "", -1
		}
		return parens.Replace(encode(dest)), len(text) - len(rest)
	}
	depth := 0
	for i := start; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case ' ', '\t':
			return encode(text[start:i]), i
		case '(':
			if depth++; depth > maxParens {
				return "", -1
			}
		case ')':
			if depth == 0 {
				return encode(text[start:i]), i
			}
			depth--
		}
	}
	return encode(text[start:]), len(text)
}

// maxParens is how deep parentheses may be nested in a destination ("Links",
// spec.commonmark.org).
const maxParens = 32

// colon takes a colon, which may begin the destination of a definition. It
// returns how many bytes that took.
func (in *inliner) colon(text string, at int) int {
	rest := text[at+1:]
	if in.last != ']' {
		in.write(":")
		return 1
	}
	start := len(rest) - len(strings.TrimLeft(rest, " \t"))
	if strings.HasPrefix(rest[start:], "<") {
		if dest, size := cutAutolink(rest[start:]); size > 0 {
			in.write(": " + encode(dest))
			return 1 + start + size
		}
	}
	dest := head(rest[start:], maxScheme)
	if end := strings.IndexAny(dest, " \t"); end >= 0 {
		dest = dest[:end]
	}
	if dest == "" || strings.Contains(dest, "<") || !isSafe(dest) {
		in.write(`\`)
	}
	in.write(":")
	return 1
}
