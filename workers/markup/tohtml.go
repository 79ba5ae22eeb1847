package markup

import (
	"html"
	"strconv"
	"strings"
)

// toHTML is nodes of [tree] as HTML: elements of text only, with no attributes
// but those of links, images, lists, cells and the language of code.
func toHTML(nodes []node) string {
	w := &htmlWriter{}
	w.blocks(nodes)
	return w.out.String()
}

// htmlWriter is toHTML half way.
type htmlWriter struct{ out strings.Builder }

func (w *htmlWriter) blocks(nodes []node) {
	for _, n := range nodes {
		w.block(n)
	}
}

// around puts nodes in an element.
func (w *htmlWriter) around(name, attrs string, nodes []node) {
	w.out.WriteString("<" + name + attrs + ">")
	w.blocks(nodes)
	w.out.WriteString("</" + name + ">")
}

func (w *htmlWriter) block(n node) {
	switch n.Type {
	case asMarkdown:
		w.code("markdown", asCode(n.Text))
	case "codeBlock":
		w.code(n.attr("language"), adfText(n))
	case "paragraph":
		w.out.WriteString("<p>" + htmlInline(n.Content) + "</p>")
	case "heading":
		name := "h" + n.attr("level")
		w.out.WriteString("<" + name + ">" + htmlInline(n.Content) + "</" + name + ">")
	case "rule":
		w.out.WriteString("<hr>")
	case "blockquote":
		w.around(n.Type, "", n.Content)
	case "bulletList":
		w.list("ul", "", n)
	case "orderedList":
		start := ""
		if first, _ := n.Attrs["order"].(float64); first != 1 {
			start = ` start="` + strconv.Itoa(int(first)) + `"`
		}
		w.list("ol", start, n)
	case "table":
		w.table(n)
	}
}

func (w *htmlWriter) code(lang, text string) {
	if lang != "" {
		lang = ` class="language-` + html.EscapeString(lang) + `"`
	}
	w.out.WriteString("<pre><code" + lang + ">" + html.EscapeString(text) + "\n</code></pre>")
}

// list is a list. Text of an item with nothing but lists after it is no
// paragraph of its own.
func (w *htmlWriter) list(name, attrs string, n node) {
	w.out.WriteString("<" + name + attrs + ">")
	for _, it := range n.Content {
		content := withBox(it).Content
		w.out.WriteString("<li>")
		if len(content) > 0 && content[0].Type == "paragraph" && isTight(content) {
			w.out.WriteString(htmlInline(content[0].Content))
			content = content[1:]
		}
		w.blocks(content)
		w.out.WriteString("</li>")
	}
	w.out.WriteString("</" + name + ">")
}

func isTight(content []node) bool {
	for _, c := range content[1:] {
		if !c.isList() {
			return false
		}
	}
	return true
}

// table is a table, of which a header without text is left out.
func (w *htmlWriter) table(n node) {
	rows := n.Content
	w.out.WriteString("<table>")
	if len(rows) > 1 && len(cellRuns(rows[0])) == 0 {
		rows = rows[1:]
	}
	for _, r := range rows {
		w.out.WriteString("<tr>")
		for _, c := range r.Content {
			name, attrs := "td", ""
			if c.Type == "tableHeader" {
				name = "th"
			}
			if a := c.attr("align"); a != "" {
				attrs = ` align="` + a + `"`
			}
			w.out.WriteString("<" + name + attrs + ">")
			for _, p := range c.Content {
				w.out.WriteString(htmlInline(p.Content))
			}
			w.out.WriteString("</" + name + ">")
		}
		w.out.WriteString("</tr>")
	}
	w.out.WriteString("</table>")
}

func htmlInline(runs []node) string { return spans(runs, htmlLeaf, htmlMark) }

func htmlLeaf(n node) string {
	switch {
	case n.Type == "hardBreak":
		return "<br>"
	case n.Type == "media":
		return `<img src="` + html.EscapeString(n.attr("url")) + `" alt="` + html.EscapeString(n.attr("alt")) + `"` + titleAttr(n.attr("title")) + `>`
	case hasMark(n, "code"):
		return "<code>" + html.EscapeString(n.Text) + "</code>"
	}
	return html.EscapeString(n.Text)
}

func titleAttr(title string) string {
	if title == "" {
		return ""
	}
	return ` title="` + html.EscapeString(title) + `"`
}

func htmlMark(m mark, inner string) string {
	switch m.Type {
	case "strong", "em":
		return "<" + m.Type + ">" + inner + "</" + m.Type + ">"
	case "strike":
		return "<s>" + inner + "</s>"
	case "link":
		href := attrText(m.Attrs, "href")
		return `<a href="` + html.EscapeString(href) + `"` + titleAttr(attrText(m.Attrs, "title")) + ">" + inner + "</a>"
	}
	return inner
}
