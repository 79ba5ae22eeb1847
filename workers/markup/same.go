package markup

import (
	"fmt"
	"strings"
	"unicode"
)

// same reports whether two texts mean the same: the same blocks with the same
// characters, each with the same marks. White space counts only in code.
func same(a, b []sourced) bool { return meaning(a) == meaning(b) }

func meaning(nodes []sourced) string {
	m := &meanings{}
	for _, n := range nodes {
		m.block(n.node)
	}
	return m.out.String()
}

type meanings struct{ out strings.Builder }

func (m *meanings) block(n node) {
	switch n.Type {
	case "codeBlock", asMarkdown:
		fmt.Fprintf(&m.out, "<%s %s %q>", n.Type, n.attr("language"), adfText(n))
		return
	case "paragraph":
		if len(n.Content) == 0 {
			return
		}
	}
	fmt.Fprintf(&m.out, "<%s %s%s%s%s>", n.Type, n.attr("level"), n.attr("order"), n.attr("state"), n.attr("align"))
	if n.Type == "paragraph" || n.Type == "heading" {
		m.line(n.Content)
	} else {
		for _, c := range n.Content {
			m.block(c)
		}
	}
	m.out.WriteString("</>")
}

// line takes runs. White space has no marks, and is nothing at the ends of a line.
func (m *meanings) line(runs []node) {
	last, space := "", ""
	for _, n := range runs {
		marks := ""
		for _, k := range n.Marks {
			marks += k.Type + attrText(k.Attrs, "href") + " " + attrText(k.Attrs, "title") + "|"
		}
		switch {
		case n.Type == "hardBreak":
			m.out.WriteString("<br>")
			last, space = "", ""
			continue
		case n.Type != "text":
			fmt.Fprintf(&m.out, "%s<%s %q %q %q %s>", space, n.Type, n.attr("url"), n.attr("alt"), n.attr("title"), marks)
			last, space = "-", ""
			continue
		case hasMark(n, "code"):
			fmt.Fprintf(&m.out, "%s<%s %q>", space, marks, n.Text)
			last, space = "-", ""
			continue
		}
		for _, r := range n.Text {
			if unicode.IsSpace(r) {
				if last != "" {
					space = " "
				}
				continue
			}
			m.out.WriteString(space)
			if space = ""; last != "-"+marks {
				last = "-" + marks
				m.out.WriteString("<" + marks + ">")
			}
			m.out.WriteRune(r)
		}
	}
}
