package markup

import (
	"strings"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/marker"
	"golang.org/x/net/html"
)

// keptBlock is what an element is called that is Markdown already.
const keptBlock = "kept-block"

// keptInline is likewise what an element in a line is called.
const keptInline = "kept-inline"

// listBorder stands between lists that Markdown would take for one. No text of
// anyone holds it.
const listBorder = "\uf003"

// keptSpace stands for a space at the start of what is kept, which the converter
// would take away.
const keptSpace = "\uf004"

// keep makes an element of n that is Markdown already.
func keep(n *html.Node, md string) *html.Node {
	n.Type, n.Data, n.DataAtom = html.ElementNode, keptBlock, 0
	n.FirstChild, n.LastChild = nil, nil
	n.Attr = []html.Attribute{{Key: "text", Val: md}}
	return n
}

// renderKept writes Markdown as the converter writes code: it leaves it alone.
func renderKept(_ converter.Context, w converter.Writer, n *html.Node) converter.RenderStatus {
	text := strings.ReplaceAll(attr(n, "text"), "\n", string(marker.MarkerCodeBlockNewline))
	rest := strings.TrimLeft(text, " ")
	text = strings.Repeat(keptSpace, len(text)-len(rest)) + rest
	_, _ = w.WriteString("\n\n" + text + "\n\n")
	return converter.RenderSuccess
}

func renderKeptInline(_ converter.Context, w converter.Writer, n *html.Node) converter.RenderStatus {
	_, _ = w.WriteString(attr(n, "text"))
	return converter.RenderSuccess
}

// escapeBlock escapes what would begin a block at the start of a line, which the
// converter does not see in quotes.
func escapeBlock(n *html.Node) {
	before, inQuote := n, false
	for p := n.Parent; p != nil && !inQuote; p = p.Parent {
		inQuote = p.Data == "blockquote"
	}
	if !inQuote {
		return
	}
	for before.PrevSibling == nil && (before.Parent.Data == "span" || before.Parent.Data == "font" || before.Parent.Data == "u") {
		before = before.Parent
	}
	if p := before.PrevSibling; p != nil && p.Data != "br" || p == nil && (isMark(before.Parent) || before.Parent.Data == "a") {
		return
	}
	text := strings.TrimLeft(n.Data, " \t\n")
	escaped := escapeStart(text)
	if strings.HasPrefix(text+" ", "* ") {
		escaped = `\` + text
	}
	at := strings.IndexByte(escaped, '\\')
	if len(escaped) != len(text)+1 || at < 0 {
		return
	}
	kept, rest := escaped[at:at+2], strings.TrimLeft(text[at+1:], " \t\n")
	if len(rest) < len(text)-at-1 {
		kept += " "
	}
	n.Data = rest
	n.Parent.InsertBefore(&html.Node{Type: html.TextNode, Data: text[:at]}, n)
	n.Parent.InsertBefore(&html.Node{Type: html.ElementNode, Data: keptInline, Attr: []html.Attribute{{Key: "text", Val: kept}}}, n)
}

// elementBefore is the element before n with nothing but white space between.
func elementBefore(n *html.Node) *html.Node {
	for n = n.PrevSibling; n != nil; n = n.PrevSibling {
		if n.Type == html.ElementNode {
			return n
		}
		if strings.TrimSpace(n.Data) != "" {
			return nil
		}
	}
	return nil
}

// keepApart gives every second of lists with a border between other marks.
func keepApart(text string) string {
	if !strings.Contains(text, listBorder) {
		return text
	}
	var out []string
	lead := ""      // of the lines of the list
	kind := byte(0) // the last character of its marks, where they are changed
	isNext := false // it has yet to begin
	for line := range strings.SplitSeq(text, "\n") {
		if before, _, ok := strings.Cut(line, listBorder); ok {
			isNext = kind == 0 || before != lead
			lead, kind = before, 0
			continue
		}
		rest, isIn := strings.CutPrefix(line, lead)
		switch {
		case strings.Trim(line, "> ") == "":
		case !isIn:
			kind = 0
		case rest[0] != ' ':
			marker, _ := cutMarker(rest)
			switch {
			case marker == "":
				kind = 0
			case isNext:
				kind, isNext = marker[len(marker)-1], false
			}
			if marker != "" && marker[len(marker)-1] == kind {
				line = lead + otherMarker(marker) + rest[len(marker):]
			} else {
				kind = 0
			}
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// otherMarker is a mark of an item that belongs to another list.
func otherMarker(marker string) string {
	if len(marker) == 1 {
		return "*"
	}
	return marker[:len(marker)-1] + ")"
}

// boxOf makes a box of the text for one at the start of an item of a list.
func boxOf(li *html.Node) {
	n := li.FirstChild
	if n != nil && n.Type == html.ElementNode && n.Data == "p" {
		n = n.FirstChild
	}
	if n == nil || n.Type != html.TextNode {
		return
	}
	text, isOpen := strings.CutPrefix(n.Data, "[ ] ")
	isDone := false
	if !isOpen {
		if text, isDone = strings.CutPrefix(n.Data, "[x] "); !isDone {
			return
		}
	}
	box := &html.Node{Type: html.ElementNode, Data: taskBox}
	if isDone {
		box.Attr = []html.Attribute{{Key: "checked"}}
	}
	n.Data = text
	n.Parent.InsertBefore(box, n)
}
