package markup

import (
	"strings"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// toWiki is nodes of [tree] as Jira's wiki markup.
func toWiki(nodes []node) string {
	parts := make([]string, 0, len(nodes))
	var last node
	for _, n := range nodes {
		if n.isList() && n.Type == last.Type { // the wiki has one mark only
			n.isSecond = true
			n = node{Type: asMarkdown, Text: adfBlock(n, 0)}
		}
		last = n
		if s := wikiBlock(n); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, "\n\n")
}

func wikiBlock(n node) string {
	switch n.Type {
	case asMarkdown:
		return "{noformat}\n" + keepNoformat(asCode(n.Text)) + "\n{noformat}"
	case "codeBlock":
		return wikiCode(n.attr("language"), adfText(n))
	case "paragraph":
		return wikiLines(wikiRuns(n.Content))
	case "heading":
		return "h" + n.attr("level") + ". " + wikiRuns(n.Content)
	case "rule":
		return "----"
	case "blockquote":
		return "{quote}\n" + toWiki(n.Content) + "\n{quote}"
	case "bulletList", "orderedList":
		return strings.Join(wikiItems(n, ""), "\n")
	case "table":
		return wikiRows(n)
	}
	return ""
}

// wikiLanguages are those that Jira colours; of others it says that it does not
// know them ("Code", Jira's help on text formatting).
var wikiLanguages = " actionscript ada applescript bash c c# c++ cpp css erlang go groovy haskell html java javascript js json lua none " +
	"nyan objc perl php python r rainbow ruby scala sh sql swift visualbasic xml yaml "

func wikiCode(lang, text string) string {
	macro, params := "code", ""
	switch {
	case lang != "" && strings.Contains(wikiLanguages, " "+lang+" ") && !strings.Contains(text, "{code}"):
		params = ":" + lang
	case lang != "" || strings.Contains(text, "{code}"):
		macro = "noformat"
		if lang != "" {
			params = ":language=" + lang
		}
	}
	return "{" + macro + params + "}\n" + text + "\n{" + macro + "}"
}

var (
	noformat = lazyregexp.New(`\{(~*)noformat`)
	kept     = lazyregexp.New(`\{~(~*)noformat`)
)

// keepNoformat is a text that does not end the macro that it stands in;
// [giveNoformat] undoes that.
func keepNoformat(s string) string { return noformat.ReplaceAllString(s, "{~${1}noformat") }

func giveNoformat(s string) string { return kept.ReplaceAllString(s, "{${1}noformat") }

// wikiLines is a text as a paragraph: the start of its line means nothing.
func wikiLines(s string) string {
	if m := wikiLineStart.FindStringIndex(s); m != nil {
		if c := s[0]; c == 'h' || c == 'b' {
			return strings.Replace(s, ".", "&#46;", 1)
		}
		return `\` + s
	}
	return s
}

// wikiItems is the lines of a list.
func wikiItems(list node, marks string) []string {
	if list.Type == "orderedList" {
		marks += "#"
	} else {
		marks += "*"
	}
	var lines []string
	for _, it := range list.Content {
		content := withBox(it).Content
		text := ""
		if len(content) > 0 && content[0].Type == "paragraph" {
			text, content = wikiRuns(content[0].Content), content[1:]
		}
		lines = append(lines, marks+" "+text)
		for _, c := range content {
			if c.isList() {
				lines = append(lines, wikiItems(c, marks)...)
			} else { // no item holds such a block: what it is read as is seen to be another
				lines = append(lines, "", wikiBlock(c), "")
			}
		}
	}
	return lines
}

// wikiRows is a table, of which a header without text is left out.
func wikiRows(n node) string {
	rows := n.Content
	if len(rows) > 1 && len(cellRuns(rows[0])) == 0 {
		rows = rows[1:]
	}
	lines := make([]string, 0, len(rows))
	for _, r := range rows {
		var b strings.Builder
		bar := "|"
		for _, c := range r.Content {
			bar = "|"
			if c.Type == "tableHeader" {
				bar = "||"
			}
			text := ""
			for _, p := range c.Content {
				text += wikiRuns(p.Content)
			}
			if text == "" || strings.HasSuffix(text, "!") { // a bar after it would begin an image
				text += " "
			}
			b.WriteString(bar + text)
		}
		lines = append(lines, b.String()+bar)
	}
	return strings.Join(lines, "\n")
}

func wikiRuns(runs []node) string { return spans(runs, wikiLeaf, wikiAround) }

func wikiLeaf(n node) string {
	switch {
	case n.Type == "hardBreak":
		return `\\`
	case n.Type == "media":
		if alt := n.attr("alt"); alt != "" {
			return "!" + n.attr("url") + `|alt="` + alt + `"!`
		}
		return "!" + n.attr("url") + "!"
	case hasMark(n, "code"):
		return "{{" + n.Text + "}}"
	case len(n.Marks) > 0 && n.Marks[0].Type == "link":
		if n.Text == attrText(n.Marks[0].Attrs, "href") {
			return n.Text
		}
		return strings.ReplaceAll(wikiText(n.Text), "]", `\]`)
	}
	return wikiText(n.Text)
}

func wikiAround(m mark, inner string) string {
	switch m.Type {
	case "strong":
		return wrap(inner, "*")
	case "em":
		return wrap(inner, "_")
	case "strike":
		return wrap(inner, "-")
	case "link":
		href := attrText(m.Attrs, "href")
		switch {
		case inner == href && m.Attrs["auto"] == true:
			return inner
		case inner == href:
			return "[" + href + "]"
		case attrText(m.Attrs, "title") != "":
			return "[" + inner + "|" + href + "|" + attrText(m.Attrs, "title") + "]"
		}
		return "[" + inner + "|" + href + "]"
	}
	return inner
}

var (
	// smiley is what the wiki draws a picture for ("Misc" of its help).
	smiley = lazyregexp.New(`^(?:\((?:[xyni/!+?]|\*[rgby]?|-|on|off|flag|flagoff)\)|[:;][()PD])`)

	wikiLineStart = lazyregexp.New(`^(?:h[1-6]\.|bq\.|[#*-]+\s|----+$)`)
)

// wikiText is a plain text that stands in a line.
func wikiText(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c, isSpecial := s[i], false
		next := byte(0)
		if i+1 < len(s) {
			next = s[i+1]
		}
		switch c {
		case '\\':
			b.WriteString("&#92;")
			continue
		case '{', '[', '|':
			isSpecial = true
		case '!':
			isSpecial = next != ' ' && next != 0
		case '*', '_', '+', '^', '~':
			isSpecial = !isInWord(s, i)
		case '-', '?':
			isSpecial = next == c || i > 0 && s[i-1] == c || c == '-' && !isInWord(s, i) && (next != ' ' || i > 0 && s[i-1] != ' ')
		case '(', ':', ';':
			isSpecial = smiley.MatchString(s[i:min(i+16, len(s))])
		case '&':
			if at := wikiChar.FindStringIndex(s[i:min(i+5, len(s))]); at != nil && at[0] == 0 {
				b.WriteString("&#38;")
				continue
			}
		}
		if isSpecial {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}
