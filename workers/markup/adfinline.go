package markup

import "strings"

// adfInline is nodes as Markdown of a paragraph, with backslashes for breaks.
func adfInline(nodes []node, depth int) string {
	return adfSpans(trimRuns(flank(adfRuns(nodes))), depth)
}

func adfSpans(runs []node, depth int) string {
	leaf := func(n node) string {
		if n.Type == "text" && hasMark(n, "code") {
			return codeSpan(n.Text)
		}
		return adfLeaf(n, depth)
	}
	return spans(runs, leaf, marked)
}

// trimRuns is runs without white space at the ends of lines.
func trimRuns(runs []node) []node {
	out := make([]node, 0, len(runs))
	for i, n := range runs {
		if n.Type == "text" && !hasMark(n, "code") {
			if i == 0 || runs[i-1].Type == "hardBreak" {
				n.Text = strings.TrimLeft(n.Text, " \t")
			}
			if i+1 == len(runs) || runs[i+1].Type == "hardBreak" {
				n.Text = strings.TrimRight(n.Text, " \t")
			}
			if n.Text == "" {
				continue
			}
		}
		out = append(out, n)
	}
	return out
}

// adfRuns is nodes as runs with those of their marks that Markdown knows, in the
// order of [markOrder]: colours, underlines, and small letters above and below
// the line are none.
func adfRuns(nodes []node) []node {
	var runs []node
	for _, n := range nodes {
		n.Marks = knownMarks(n)
		if image, ok := imageOf(n); ok {
			runs = append(runs, image)
			continue
		}
		if n.Type != "text" {
			runs = append(runs, n)
			continue
		}
		for j, line := range strings.Split(clean(n.Text), "\n") {
			if j > 0 {
				runs = append(runs, node{Type: "hardBreak"})
			}
			if line != "" {
				runs = addText(runs, withText(n, line))
			}
		}
	}
	runs = merge(runs)
	for i, n := range runs {
		if n.Type == "text" && len(n.Marks) == 1 && n.Text == attrText(n.Marks[0].Attrs, "href") && isBare(n.Text, around(runs, i-1), around(runs, i+1)) {
			runs[i].Marks = nil
		}
	}
	return runs
}

// addText adds a text to runs. Addresses in it that escapes would make others
// are links.
func addText(runs []node, n node) []node {
	for len(n.Marks) == 0 {
		before, url, after := cutAddress(n.Text, "")
		if url == "" {
			break
		}
		if before != "" {
			runs = append(runs, withText(n, before))
		}
		link := mark{Type: "link", Attrs: map[string]any{"href": url}}
		runs = append(runs, node{Type: "text", Text: url, Marks: []mark{link}})
		n.Text = after
	}
	if n.Text == "" {
		return runs
	}
	return append(runs, n)
}

// around is the text of a run, as far as it matters to a run beside it.
func around(runs []node, i int) string {
	switch {
	case i < 0, i >= len(runs), runs[i].Type == "hardBreak":
		return ""
	case len(runs[i].Marks) > 0 && (runs[i].Marks[0].Type == "strong" || runs[i].Marks[0].Type == "em"): // an asterisk
		return ""
	case runs[i].Type != "text", len(runs[i].Marks) > 0:
		return "x"
	}
	return runs[i].Text
}

// imageOf is the image that a link stands for, see [imageTitle].
func imageOf(n node) (node, bool) {
	if n.Type != "text" || len(n.Marks) == 0 || attrText(n.Marks[0].Attrs, "title") != imageTitle {
		return n, false
	}
	attrs := map[string]any{"type": "external", "url": attrText(n.Marks[0].Attrs, "href")}
	if n.Text != attrs["url"] {
		attrs["alt"] = n.Text
	}
	return node{Type: "media", Attrs: attrs}, true
}

func knownMarks(n node) []mark {
	var marks []mark
	if n.Type == "hardBreak" {
		return nil
	}
	for _, m := range n.Marks {
		switch m.Type {
		case "link":
			href := strings.TrimSpace(attrText(m.Attrs, "href"))
			if href == "" || !isSafe(href) {
				continue
			}
			known := mark{Type: "link", Attrs: map[string]any{"href": href}}
			if title := attrText(m.Attrs, "title"); title != "" && title != href && title != n.Text {
				known.Attrs["title"] = title
			}
			marks = with(marks, known)
		case "em", "strong", "strike":
			marks = with(marks, mark{Type: m.Type})
		case "code":
			if n.Type == "text" {
				marks = with(marks, mark{Type: m.Type})
			}
		case "textColor":
			if attrText(m.Attrs, "color") == codeColor && n.Type == "text" {
				marks = with(marks, mark{Type: "code"})
			}
		}
	}
	return marks
}

// codeColor is the colour of code that has other marks besides: such code the
// format has no form for.
const codeColor = "#44546e"

// markdownMarks are the marks of Markdown.
var markdownMarks = map[string]string{"em": "*", "strong": "**", "strike": "~~"}

// marked is a text with a mark around.
func marked(m mark, inner string) string {
	text := strings.TrimSpace(inner)
	switch {
	case text == "":
		return inner
	case m.Type == "link":
		at := strings.Index(inner, text)
		return inner[:at] + titledLink(text, attrText(m.Attrs, "href"), attrText(m.Attrs, "title")) + inner[at+len(text):]
	case markdownMarks[m.Type] != "":
		return wrap(inner, markdownMarks[m.Type])
	}
	return inner
}

// adfLeaf is an inline node without its marks.
func adfLeaf(n node, depth int) string {
	switch n.Type {
	case "text":
		return escape(n.Text)
	case "hardBreak":
		return "\\\n"
	case "mention":
		name := n.attr("text")
		if name == "" {
			name = n.attr("id")
		}
		return escape(mention(name))
	case "emoji":
		if text := n.attr("text"); text != "" {
			return escape(text)
		}
		return escape(n.attr("shortName"))
	case "inlineCard":
		return adfCard(n)
	case "date":
		return adfDate(n)
	case "status":
		return wrap(escape(n.attr("text")), "**")
	case "mediaInline", "media", "image":
		return adfMedia(node{Type: "media", Attrs: n.Attrs}, depth)
	case "placeholder", "inlineExtension":
		return escape(n.attr("text"))
	}
	if depth > maxDepth || len(n.Content) == 0 {
		return escape(clean(adfText(n)))
	}
	return escape(clean(n.Text)) + adfSpans(flank(adfRuns(n.Content)), depth+1)
}

func hasMark(n node, kind string) bool {
	for _, m := range n.Marks {
		if m.Type == kind {
			return true
		}
	}
	return false
}
