package markup

import (
	"bufio"
	"html"
	"io"
	"reflect"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/util"
)

func newBufWriter(w io.Writer) *bufio.Writer { return bufio.NewWriterSize(w, 64) }

// inline is what is in a block as texts with marks, line breaks and images.
// Marks stand in the order of [markOrder].
func (p *treeMaker) inline(block ast.Node) []node {
	r := &runs{treeMaker: p}
	r.children(block, nil)
	r.flush()
	return r.out
}

// runs is inline half way.
type runs struct {
	*treeMaker
	out   []node
	open  strings.Builder // the text that goes on
	marks []mark          // of it
}

// markOrder is which marks go around others that reach as far.
var markOrder = []string{"link", "strike", "strong", "em", "code"}

// with is marks and one more, unless they have one of its type.
func with(marks []mark, m mark) []mark {
	out := make([]mark, 0, len(marks)+1)
	for _, kind := range markOrder {
		if m.Type == kind && !hasMark(node{Marks: marks}, kind) {
			out = append(out, m)
		}
		for _, old := range marks {
			if old.Type == kind {
				out = append(out, old)
			}
		}
	}
	return out
}

func (r *runs) text(s string, marks []mark) {
	if s == "" {
		return
	}
	if r.open.Len() > 0 && !reflect.DeepEqual(r.marks, marks) {
		r.flush()
	}
	r.open.WriteString(s)
	r.marks = marks
}

func (r *runs) flush() {
	if r.open.Len() > 0 {
		r.out = append(r.out, node{Type: "text", Text: r.open.String(), Marks: r.marks})
		r.open.Reset()
	}
}

func (r *runs) add(n node) {
	r.flush()
	r.out = append(r.out, n)
}

func (r *runs) children(parent ast.Node, marks []mark) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		r.node(n, marks)
	}
}

func (r *runs) node(n ast.Node, marks []mark) {
	switch n := n.(type) {
	case *ast.Text:
		s := string(n.Segment.Value(r.source))
		if !n.IsRaw() {
			s = plainText(n.Segment.Value(r.source))
		}
		switch {
		case n.HardLineBreak():
			r.text(strings.TrimRight(s, " "), marks)
			r.add(node{Type: "hardBreak"})
		case n.SoftLineBreak():
			r.text(s+" ", marks)
		default:
			r.text(s, marks)
		}
	case *ast.String:
		r.text(html.UnescapeString(string(n.Value)), marks)
	case *ast.CodeSpan:
		r.text(r.code(n), with(marks, mark{Type: "code"}))
	case *ast.Emphasis:
		kind := "em"
		if n.Level == 2 {
			kind = "strong"
		}
		r.children(n, with(marks, mark{Type: kind}))
	case *extast.Strikethrough:
		r.children(n, with(marks, mark{Type: "strike"}))
	case *ast.Link:
		if n.Reference != nil && strings.HasPrefix(string(n.Reference.Value), "^") { // a footnote
			r.text("["+string(n.Reference.Value)+"]", marks)
			return
		}
		r.link(n, marks)
	case *ast.AutoLink:
		s := string(n.Label(r.source))
		url := string(n.URL(r.source))
		if s == url && len(marks) == 0 && n.AutoLinkType == ast.AutoLinkURL && isSafe(url) {
			marks = with(marks, mark{Type: "link", Attrs: map[string]any{"href": url, "auto": true}})
		}
		r.text(s, marks)
	case *ast.Image:
		r.image(n, marks)
	case *ast.RawHTML:
		s := string(n.Segments.Value(r.source))
		if t, ok := cutTag(s); ok && t.name == "br" {
			r.add(node{Type: "hardBreak"})
			return
		}
		r.text(s, marks)
	case *extast.TaskCheckBox:
	default:
		r.children(n, marks)
	}
}

func (r *runs) code(n *ast.CodeSpan) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.WriteString(strings.ReplaceAll(string(t.Segment.Value(r.source)), "\n", " "))
		}
	}
	return b.String()
}

func (r *runs) link(n *ast.Link, marks []mark) {
	href := string(util.URLEscape(n.Destination, true))
	if !isSafe(href) || href == "" {
		r.children(n, marks)
		return
	}
	m := mark{Type: "link", Attrs: map[string]any{"href": href}}
	if title := plainText(n.Title); title != "" {
		m.Attrs["title"] = title
	}
	r.children(n, with(marks, m))
}

func (r *runs) image(n *ast.Image, marks []mark) {
	alt := &runs{treeMaker: r.treeMaker}
	alt.children(n, nil)
	alt.flush()
	var b strings.Builder
	for _, t := range alt.out {
		b.WriteString(t.Text)
	}
	src := string(util.URLEscape(n.Destination, true))
	if !isSafe(src) || src == "" {
		r.text(b.String(), marks)
		return
	}
	image := node{Type: "media", Attrs: map[string]any{"type": "external", "url": src}, Marks: marks}
	if alt := b.String(); alt != "" {
		image.Attrs["alt"] = alt
	}
	if title := plainText(n.Title); title != "" {
		image.Attrs["title"] = title
	}
	r.add(image)
}
