package markup

import (
	"reflect"
	"strings"
)

// adfInline is nodes as Markdown of a paragraph, with backslashes for breaks.
func adfInline(nodes []node, depth int) string {
	var b strings.Builder
	for i := 0; i < len(nodes); i++ {
		n := nodes[i]
		for i+1 < len(nodes) && isOneText(n, nodes[i+1]) {
			i++
			n.Text += nodes[i].Text
		}
		b.WriteString(marked(adfLeaf(n, depth), n))
	}
	return b.String()
}

// isOneText reports whether two nodes are one text with the same marks.
func isOneText(a, b node) bool {
	return a.Type == "text" && b.Type == "text" && reflect.DeepEqual(a.Marks, b.Marks) && len(a.Text) < 1<<16
}

// adfLeaf is an inline node without its marks.
func adfLeaf(n node, depth int) string {
	switch n.Type {
	case "text":
		if hasMark(n, "code") {
			return codeSpan(clean(n.Text))
		}
		return strings.ReplaceAll(escape(strings.ReplaceAll(clean(n.Text), "\n", "\u2028")), "\u2028", "\\\n")
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
	case "mediaInline", "image":
		return adfMedia(node{Type: "media", Attrs: n.Attrs}, depth)
	case "placeholder", "inlineExtension":
		return escape(n.attr("text"))
	}
	if depth > maxDepth || len(n.Content) == 0 {
		return escape(clean(adfText(n)))
	}
	return escape(clean(n.Text)) + adfInline(n.Content, depth+1)
}

func hasMark(n node, kind string) bool {
	for _, m := range n.Marks {
		if m.Type == kind {
			return true
		}
	}
	return false
}

// marked is a text of n with those of its marks that Markdown knows: colours,
// underlines, and small letters above and below the line are none.
func marked(text string, n node) string {
	if strings.TrimSpace(text) == "" {
		return text
	}
	for _, m := range []struct{ kind, mark string }{{"em", "*"}, {"strong", "**"}, {"strike", "~~"}} {
		if hasMark(n, m.kind) && !strings.Contains(text, "\\\n") {
			text = wrap(text, m.mark)
		}
	}
	for _, m := range n.Marks {
		if m.Type == "link" {
			inner := strings.TrimSpace(text)
			at := strings.Index(text, inner)
			text = text[:at] + link(inner, attrText(m.Attrs, "href")) + text[at+len(inner):]
			break
		}
	}
	return text
}
