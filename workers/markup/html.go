package markup

import (
	"strings"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/strikethrough"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
	"golang.org/x/net/html"
)

const (
	// maxDepth is how deep elements are nested that are converted; of what is
	// deeper the text is kept.
	maxDepth = 48

	// maxTags is how many tags are parsed, for which the parser may take the
	// square of their number; of a text with more only the text is kept.
	maxTags = 60_000

	// maxCells is how many cells a table may have when all rows are as long as
	// the longest; of a larger one the text is kept.
	maxCells = 20_000
)

// fromHTML is HTML as Markdown.
func fromHTML(source string) string {
	if !strings.ContainsAny(source, "<&") {
		return plain(source)
	}
	if strings.Count(source, "<") > maxTags {
		return textOf(source)
	}
	doc, err := html.Parse(strings.NewReader(source))
	if err != nil { // nested deeper than the parser goes
		return textOf(source)
	}
	tidy(doc, 0)
	c := converter.NewConverter(converter.WithPlugins(
		base.NewBasePlugin(),
		commonmark.NewCommonmarkPlugin(
			commonmark.WithListEndComment(false),
			commonmark.WithLinkEmptyHrefBehavior(commonmark.LinkBehaviorSkip),
			commonmark.WithLinkEmptyContentBehavior(commonmark.LinkBehaviorSkip),
		),
		strikethrough.NewStrikethroughPlugin(),
		table.NewTablePlugin(
			table.WithHeaderPromotion(true),
			table.WithNewlineBehavior(table.NewlineBehaviorPreserve),
			table.WithCellPaddingBehavior(table.CellPaddingBehaviorMinimal),
			table.WithPresentationTables(true),
		),
	))
	c.Register.RendererFor(taskBox, converter.TagTypeInline, renderBox, converter.PriorityStandard)
	c.Register.RendererFor(keptBlock, converter.TagTypeBlock, renderKept, converter.PriorityStandard)
	c.Register.RendererFor(keptInline, converter.TagTypeInline, renderKeptInline, converter.PriorityStandard)
	text, err := c.ConvertNode(doc)
	if err != nil {
		return textOf(source)
	}
	return strings.ReplaceAll(keepApart(string(text)), keptSpace, " ")
}

// taskBox is what a check box is called before it is converted: the converter
// leaves out all inputs.
const taskBox = "task-box"

func renderBox(_ converter.Context, w converter.Writer, n *html.Node) converter.RenderStatus {
	box := "[ ] "
	if hasAttr(n, "checked") {
		box = "[x] "
	}
	_, _ = w.WriteString(box)
	return converter.RenderSuccess
}

// plain is a plain text as Markdown: its lines stay lines.
func plain(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = escapeStart(escape(l))
	}
	return strings.Join(lines, "\n")
}

// textOf is the text of HTML without its structure.
func textOf(source string) string {
	var b strings.Builder
	skip := false
	for z := html.NewTokenizer(strings.NewReader(source)); ; {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			return plain(strings.TrimSpace(b.String()))
		case html.TextToken:
			if !skip {
				b.WriteString(clean(string(z.Text())))
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			t := tag{name: string(name)}
			skip = kind == html.StartTagToken && (t.name == "script" || t.name == "style")
			if text := b.String(); (t.isBlock() || t.name == "br") && text != "" && !strings.HasSuffix(text, "\n") {
				b.WriteByte('\n')
			}
		case html.CommentToken, html.DoctypeToken:
		}
	}
}

// tidy makes a tree harmless before it is converted.
func tidy(n *html.Node, depth int) {
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		switch c.Type {
		case html.TextNode:
			c.Data = clean(c.Data)
			literal(c)
		case html.ElementNode:
			tidyElement(n, c, depth)
		case html.CommentNode, html.DoctypeNode, html.RawNode, html.DocumentNode, html.ErrorNode:
			n.RemoveChild(c)
		}
		c = next
	}
}

func tidyElement(parent, c *html.Node, depth int) {
	if depth > maxDepth {
		setText(parent, c, nodeText(c))
		return
	}
	for i := range c.Attr {
		c.Attr[i].Val = clean(c.Attr[i].Val)
	}
	switch c.Data {
	case "script", "style", "object", "embed", "svg", "template", "title", "math", "select":
		parent.RemoveChild(c)
		return
	case "a":
		href := attr(c, "href")
		switch {
		case attr(c, "data-vss-mention") != "" && strings.HasPrefix(href+"#", "#"): // of a person in Azure DevOps, not of a work item
			setText(parent, c, mention(nodeText(c)))
			return
		case !isSafe(href):
			setAttr(c, "href", "")
		case bareLink(parent, c):
			return
		}
	case "img":
		if src := attr(c, "src"); src == "" || !isSafe(src) {
			setText(parent, c, unescape(image(attr(c, "alt"), "")))
			return
		}
		setAttr(c, "alt", strings.Join(strings.Fields(clean(attr(c, "alt"))), " "))
	case "input":
		if attr(c, "type") == "checkbox" {
			c.Data, c.DataAtom = taskBox, 0
		}
	case "table":
		tidyTable(c)
	case "pre":
		if md, ok := cutRaw(nodeText(c)); ok {
			keep(c, md)
			return
		}
	case "code":
		escapeBars(c)
	case "b", "strong", "i", "em", "s", "strike", "del":
		narrow(c)
	case "li":
		boxOf(c)
	case "ul", "ol":
		if last := elementBefore(c); last != nil && last.Data == c.Data {
			parent.InsertBefore(keep(&html.Node{}, listBorder), c)
		}
	}
	tidy(c, depth+1)
}

// tidyTable bounds the size of a table.
func tidyTable(t *html.Node) {
	rows, width := 0, 0
	var parts []*html.Node
	for n := range t.Descendants() {
		switch n.Data {
		case "tr":
			rows++
			cells := 0
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				cells++
			}
			width = max(width, cells)
		case "td", "th":
			if span := attr(n, "colspan"); len(span) > 1 {
				setAttr(n, "colspan", "9")
			}
			if span := attr(n, "rowspan"); len(span) > 2 {
				setAttr(n, "rowspan", "99")
			}
		default:
			continue
		}
		parts = append(parts, n)
	}
	if rows*width <= maxCells {
		return
	}
	for _, n := range append(parts, t) {
		n.Data, n.DataAtom = "div", 0
	}
}

// mention is a name as people are mentioned.
func mention(name string) string {
	name = strings.TrimSpace(name)
	if name == "" {
		return ""
	}
	return "@" + strings.TrimPrefix(name, "@")
}

// setText puts a text where c is.
func setText(parent, c *html.Node, text string) {
	parent.InsertBefore(&html.Node{Type: html.TextNode, Data: text}, c)
	parent.RemoveChild(c)
}

// nodeText is the text below a node.
func nodeText(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return clean(b.String())
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func hasAttr(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

func setAttr(n *html.Node, key, value string) {
	for i := range n.Attr {
		if n.Attr[i].Key == key {
			n.Attr[i].Val = value
		}
	}
}
