package markup

// mediaNode is an image as a block.
func mediaNode(image node) node {
	attrs := map[string]any{"type": "external", "url": image.attr("url")}
	if alt := image.attr("alt"); alt != "" {
		attrs["alt"] = alt
	}
	m := node{Type: "media", Attrs: attrs}
	for _, k := range image.Marks {
		if k.Type == "link" {
			m.Marks = []mark{adfLink(k)}
		}
	}
	return node{Type: "mediaSingle", Attrs: map[string]any{"layout": "center"}, Content: []node{m}}
}

// imageTitle is the title of a link that is an image: within a line the format
// has no form for one.
const imageTitle = "Image"

// inline is runs as texts. Code has no mark besides but that of a link.
func (w *adfWriter) inline(runs []node) []node {
	var out []node
	for _, n := range runs {
		switch n.Type {
		case "text":
			if url := cardURL(n); url != "" {
				out = append(out, node{Type: "inlineCard", Attrs: map[string]any{"url": url}})
				continue
			}
			var marks []mark
			isPlain := !hasMark(node{Marks: without(n.Marks, "link")}, "em") && !hasMark(n, "strong") && !hasMark(n, "strike")
			for _, m := range n.Marks {
				switch {
				case m.Type == "link":
					m = adfLink(m)
				case m.Type == "code" && !isPlain:
					m = mark{Type: "textColor", Attrs: map[string]any{"color": codeColor}}
				}
				marks = append(marks, m)
			}
			out = append(out, node{Type: "text", Text: n.Text, Marks: marks})
		case "media":
			text := n.attr("alt")
			if text == "" {
				text = n.attr("url")
			}
			link := mark{Type: "link", Attrs: map[string]any{"href": n.attr("url"), "title": imageTitle}}
			out = append(out, node{Type: "text", Text: text, Marks: []mark{link}})
		default:
			out = append(out, node{Type: n.Type})
		}
	}
	return out
}

func adfLink(m mark) mark {
	attrs := map[string]any{"href": attrText(m.Attrs, "href")}
	if title := attrText(m.Attrs, "title"); title != "" {
		attrs["title"] = title
	}
	return mark{Type: "link", Attrs: attrs}
}

// cardURL is the address of a link that says it too: a card, as [adfCard]
// writes it.
func cardURL(n node) string {
	if len(n.Marks) != 1 || n.Marks[0].Type != "link" || n.Marks[0].Attrs["auto"] == true || attrText(n.Marks[0].Attrs, "title") != "" {
		return ""
	}
	if url := attrText(n.Marks[0].Attrs, "href"); url == n.Text {
		return url
	}
	return ""
}
