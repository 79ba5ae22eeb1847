package markup

import (
	"bytes"
	"html"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	goldhtml "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// asMarkdown is the type of a node whose Text is Markdown that no node says.
const asMarkdown = "markdown"

var parser = goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser()

// tree is what a Markdown text means: nodes as the Atlassian Document Format
// has them, in any order, and besides: an item of a list with a box has the
// attribute state, a cell of a table align, a link title; images that stand in
// a line are media among texts.
//
// Each node of the first level has its source. What only looks different is the
// same: line breaks in a paragraph, space between items, how marks are written.
func tree(md string) []sourced {
	if cells(md) > maxCells {
		return []sourced{{node{Type: asMarkdown, Text: md}, md}}
	}
	source := []byte(md)
	doc := parser.Parse(text.NewReader(source))
	p := &treeMaker{source: source, used: map[string]bool{}}
	p.findUsed(doc)
	var nodes []sourced
	starts := []int{}
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		p.isUnsaid = false
		made := p.block(n)
		if p.isUnsaid {
			made = node{Type: asMarkdown}
		}
		if made.Type == "" {
			continue
		}
		at := n.Pos()
		if n.Kind() == ast.KindParagraph && n.Lines().Len() > 0 {
			at = n.Lines().At(0).Start
		}
		at = 1 + strings.LastIndexByte(md[:max(0, min(at, len(md)))], '\n')
		if len(starts) > 0 && at <= starts[len(starts)-1] {
			return []sourced{{node{Type: asMarkdown, Text: md}, md}}
		}
		starts = append(starts, at)
		nodes = append(nodes, sourced{node: made})
	}
	starts = append(starts, len(md))
	notes := footnotes.FindAllString(md, -1)
	for i := range nodes {
		n := &nodes[i]
		n.source = strings.Trim(md[starts[i]:starts[i+1]], "\n")
		if n.Type == asMarkdown || refersTo(n.source, notes) {
			n.node = node{Type: asMarkdown, Text: n.source}
		}
	}
	return nodes
}

// footnotes are the starts of footnotes. maxNotes is how many are looked for.
var footnotes = lazyregexp.New(`(?m)^ {0,3}\[\^[^\]\s]+\]:`)

const maxNotes = 100

// refersTo reports whether a text has a reference to one of the footnotes.
func refersTo(md string, notes []string) bool {
	for _, note := range notes[:min(len(notes), maxNotes)] {
		if strings.Contains(md, strings.Trim(note, " :")) {
			return true
		}
	}
	return false
}

// cells is how many cells the tables of a Markdown text have at most: rows are
// filled up to the width of their table.
func cells(md string) int {
	total, width := 0, 0
	for line := range strings.SplitSeq(md, "\n") {
		text := strings.Trim(line, " >")
		switch {
		case text == "":
			width = 0
		case isDelimiter(text):
			width = max(width, strings.Count(text, "|")+1)
		}
		total += width
	}
	return total
}

// sourced is a node with the Markdown it was made of.
type sourced struct {
	node
	source string
}

// treeMaker is tree half way.
type treeMaker struct {
	source   []byte
	used     map[string]bool // labels of definitions that links refer to
	isUnsaid bool            // no node says a block that was read
}

func (p *treeMaker) findUsed(doc ast.Node) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			if n.Reference != nil {
				p.used[util.ToLinkReference(n.Reference.Value)] = true
			}
		case *ast.Image:
			if n.Reference != nil {
				p.used[util.ToLinkReference(n.Reference.Value)] = true
			}
		}
		return ast.WalkContinue, nil
	})
}

// footnote is the start of a footnote, alert that of a quote that hosts show in
// a colour of its own.
var (
	footnote = lazyregexp.New(`^\[\^[^\]\s]+\]:`)
	alert    = lazyregexp.New(`^\[![A-Za-z]+\]\s*$`)
)

// block is a block as a node; of one that says nothing it has no type.
func (p *treeMaker) block(n ast.Node) node {
	switch n := n.(type) {
	case *ast.Heading:
		return node{Type: "heading", Attrs: map[string]any{"level": float64(n.Level)}, Content: p.inline(n)}
	case *ast.Paragraph, *ast.TextBlock:
		if footnote.Match(p.firstLine(n)) {
			return node{Type: asMarkdown, Text: p.lines(n)}
		}
		return node{Type: "paragraph", Content: p.inline(n)}
	case *ast.ThematicBreak:
		return node{Type: "rule"}
	case *ast.FencedCodeBlock:
		return codeNode(string(n.Language(p.source)), p.lines(n))
	case *ast.CodeBlock:
		return codeNode("", p.lines(n))
	case *ast.Blockquote:
		if n.FirstChild() != nil && alert.Match(p.firstLine(n.FirstChild())) {
			return p.unsaid()
		}
		return node{Type: "blockquote", Content: p.blocks(n)}
	case *ast.List:
		return p.list(n)
	case *extast.Table:
		return p.table(n)
	case *ast.LinkReferenceDefinition:
		if label := string(n.Label); p.used[util.ToLinkReference(n.Label)] && !strings.HasPrefix(label, "^") {
			return node{}
		}
		return node{Type: asMarkdown, Text: p.lines(n)}
	}
	return p.unsaid()
}

func (p *treeMaker) unsaid() node {
	p.isUnsaid = true
	return node{Type: asMarkdown}
}

func (p *treeMaker) blocks(parent ast.Node) []node {
	var nodes []node
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		if made := p.block(n); made.Type != "" {
			nodes = append(nodes, made)
		}
	}
	return nodes
}

func codeNode(lang, s string) node {
	n := node{Type: "codeBlock"}
	if lang != "" {
		n.Attrs = map[string]any{"language": lang}
	}
	if s != "" {
		n.Content = []node{{Type: "text", Text: s}}
	}
	return n
}

// lines is the source of a block without what makes its containers.
func (p *treeMaker) lines(n ast.Node) string {
	return strings.TrimSuffix(string(n.Lines().Value(p.source)), "\n")
}

func (p *treeMaker) firstLine(n ast.Node) []byte {
	if n.Type() != ast.TypeBlock || n.Lines() == nil || n.Lines().Len() == 0 {
		return nil
	}
	at := n.Lines().At(0)
	return bytes.TrimSpace(at.Value(p.source))
}

func (p *treeMaker) list(n *ast.List) node {
	list := node{Type: "bulletList"}
	if n.IsOrdered() {
		list.Type = "orderedList"
		list.Attrs = map[string]any{"order": float64(n.Start)}
	}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		item := node{Type: "listItem", Content: p.blocks(c)}
		if first := c.FirstChild(); first != nil {
			if box, ok := first.FirstChild().(*extast.TaskCheckBox); ok {
				item.Attrs = map[string]any{"state": "TODO"}
				if box.IsChecked {
					item.Attrs["state"] = "DONE"
				}
			}
		}
		list.Content = append(list.Content, item)
	}
	return list
}

func (p *treeMaker) table(n *extast.Table) node {
	table := node{Type: "table"}
	for r := n.FirstChild(); r != nil; r = r.NextSibling() {
		row := node{Type: "tableRow"}
		for c := r.FirstChild(); c != nil; c = c.NextSibling() {
			cell := node{Type: "tableCell", Content: []node{{Type: "paragraph", Content: p.inline(c)}}}
			if r.Kind() == extast.KindTableHeader {
				cell.Type = "tableHeader"
			}
			if a := c.(*extast.TableCell).Alignment; a == extast.AlignCenter || a == extast.AlignRight {
				cell.Attrs = map[string]any{"align": a.String()}
			}
			row.Content = append(row.Content, cell)
		}
		table.Content = append(table.Content, row)
	}
	return table
}

// plainText is Markdown without any construct but escapes and character
// references as a plain text.
func plainText(b []byte) string {
	if bytes.IndexByte(b, '\\') < 0 && bytes.IndexByte(b, '&') < 0 {
		return string(b)
	}
	var out strings.Builder
	w := newBufWriter(&out)
	goldhtml.DefaultWriter.Write(w, b)
	_ = w.Flush()
	return html.UnescapeString(out.String())
}
