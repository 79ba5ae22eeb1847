package markup

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// node is a node of the Atlassian Document Format
// (developer.atlassian.com/cloud/jira/platform/apis/document/structure).
type node struct {
	Type    string         `json:"type"`
	Text    string         `json:"text,omitempty"`
	Content []node         `json:"content,omitempty"`
	Marks   []mark         `json:"marks,omitempty"`
	Attrs   map[string]any `json:"attrs,omitempty"`

	isSecond bool // a list right after one of its kind, which other marks keep apart
}

// mark is what is special about a text.
type mark struct {
	Type  string         `json:"type"`
	Attrs map[string]any `json:"attrs,omitempty"`
}

// fromADF is a document in the Atlassian Document Format as Markdown. What is no
// such document is a plain text.
func fromADF(source string) string {
	source = strings.TrimSpace(source)
	if source == "" || source == "null" {
		return ""
	}
	var doc node
	if err := json.Unmarshal([]byte(source), &doc); err != nil {
		var text string
		if json.Unmarshal([]byte(source), &text) == nil {
			source = text
		}
		return plain(clean(source))
	}
	return clean(adfBlock(doc, 0))
}

// attr is an attribute that is a string or a number.
func (n node) attr(key string) string { return attrText(n.Attrs, key) }

func attrText(attrs map[string]any, key string) string {
	switch v := attrs[key].(type) {
	case string:
		return clean(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

// isInline reports whether n stands within a line. Nodes that are not known are
// inline if they have a text of their own.
func (n node) isInline() bool {
	switch n.Type {
	case "text", "mention", "emoji", "hardBreak", "inlineCard", "date", "status", "mediaInline", "placeholder", "inlineExtension", "image":
		return true
	case "paragraph", "heading", "bulletList", "orderedList", "listItem", "taskList", "taskItem", "blockTaskItem", "decisionList", "decisionItem",
		"codeBlock", "blockquote", "panel", "table", "tableRow", "tableCell", "tableHeader", "rule", "mediaSingle", "mediaGroup", "media",
		"caption", "blockCard", "embedCard", "expand", "nestedExpand", "layoutSection", "layoutColumn", "extension", "bodiedExtension",
		"multiBodiedExtension", "extensionFrame", "doc":
		return false
	}
	return n.Text != ""
}

// adfBlocks is nodes as blocks. Inline nodes among them, which should not be
// there, are paragraphs.
func adfBlocks(nodes []node, depth int) string { return adfJoin(nodes, depth, "\n\n") }

// adfJoin is likewise, with beforeList between a block and a list after it.
func adfJoin(nodes []node, depth int, beforeList string) string {
	var b strings.Builder
	var last node
	for i := 0; i < len(nodes); {
		n := i
		for n < len(nodes) && nodes[n].isInline() {
			n++
		}
		var block string
		next := node{}
		if n > i {
			block = paragraph(adfInline(nodes[i:n], depth))
			i = n
		} else {
			next = nodes[i]
			next.isSecond = next.isList() && !last.isSecond && (next.Type == "orderedList") == (last.Type == "orderedList") && last.isList()
			block = adfBlock(next, depth)
			i++
		}
		if strings.TrimSpace(block) == "" {
			continue
		}
		switch {
		case b.Len() == 0:
		case next.isList():
			b.WriteString(beforeList)
		default:
			b.WriteString("\n\n")
		}
		b.WriteString(block)
		last = next
	}
	return b.String()
}

// adfBlock is a node as a block, without a line feed at its end.
func adfBlock(n node, depth int) string {
	if depth++; depth > maxDepth {
		return plain(adfText(n))
	}
	switch n.Type {
	case "paragraph", "caption":
		return paragraph(adfInline(n.Content, depth))
	case "heading":
		level, _ := n.Attrs["level"].(float64)
		return strings.Repeat("#", min(6, max(1, int(level)))) + " " + adfInline(inOneLine(n.Content), depth)
	case "bulletList":
		return adfList(n.Content, depth, func(int) string { return n.bullet() })
	case "orderedList":
		return adfList(n.Content, depth, n.numbers())
	case "taskList":
		return adfList(n.Content, depth, func(i int) string {
			if n.Content[i].attr("state") == "DONE" {
				return n.bullet() + "[x] "
			}
			return n.bullet() + "[ ] "
		})
	case "decisionList":
		return adfList(n.Content, depth, func(int) string { return n.bullet() + "Decision: " })
	case "codeBlock":
		text := clean(adfText(n))
		if md, ok := cutRaw(text); ok {
			return md
		}
		return codeBlock(n.attr("language"), text)
	case asMarkdown:
		return n.Text
	case "blockquote":
		return quote(adfBlocks(n.Content, depth))
	case "panel":
		return adfPanel(n, depth)
	case "table":
		return adfTable(n, depth)
	case "rule":
		return "***"
	case "media", "mediaSingle", "mediaGroup":
		return adfMedia(n, depth)
	case "blockCard", "embedCard":
		return adfCard(n)
	case "expand", "nestedExpand":
		return join("\n\n", wrap(escape(n.attr("title")), "**"), adfBlocks(n.Content, depth))
	case "extension", "bodiedExtension", "multiBodiedExtension":
		return join("\n\n", escapeStart(escape(n.attr("text"))), adfBlocks(n.Content, depth))
	}
	if n.isInline() {
		return paragraph(adfInline([]node{n}, depth))
	}
	return join("\n\n", escapeStart(escape(n.Text)), adfBlocks(n.Content, depth))
}

// inOneLine is nodes with spaces for breaks.
func inOneLine(nodes []node) []node {
	out := make([]node, len(nodes))
	for i, n := range nodes {
		if n.Type == "hardBreak" {
			n = node{Type: "text", Text: " "}
		}
		n.Text = strings.ReplaceAll(n.Text, "\n", " ")
		out[i] = n
	}
	return out
}

// join is the parts that are not empty.
func join(sep string, parts ...string) string {
	var full []string
	for _, p := range parts {
		if p != "" {
			full = append(full, p)
		}
	}
	return strings.Join(full, sep)
}

func adfPanel(n node, depth int) string {
	title := "Note"
	switch n.attr("panelType") {
	case "info":
		title = "Info"
	case "warning":
		title = "Warning"
	case "error":
		title = "Error"
	case "success":
		title = "Success"
	case "tip":
		title = "Tip"
	}
	return quote(join("\n\n", "**"+title+"**", adfBlocks(n.Content, depth)))
}

// adfMedia is images, as far as they have an address: those that Jira keeps are
// named only.
func adfMedia(n node, depth int) string {
	if n.Type == "media" || n.Type == "mediaInline" {
		alt := n.attr("alt")
		if alt == "" {
			alt = n.attr("title")
		}
		if alt == "" {
			alt = n.attr("id")
		}
		if n.attr("type") == "link" {
			return link(escape(alt), n.attr("url"))
		}
		if url := n.attr("url"); url != "" {
			text := image(alt, url)
			for _, m := range knownMarks(n) {
				if m.Type == "link" {
					text = marked(m, text)
				}
			}
			return text
		}
		return "(attachment: " + escape(alt) + ")"
	}
	var parts []string
	for _, c := range n.Content {
		parts = append(parts, adfBlock(c, depth))
	}
	return join("\n\n", parts...)
}

// adfCard is a link whose text is the name of what it leads to.
func adfCard(n node) string {
	url, name := n.attr("url"), ""
	if data, ok := n.Attrs["data"].(map[string]any); ok {
		if url == "" {
			url = attrText(data, "url")
		}
		name = attrText(data, "name")
	}
	if name == "" {
		name = url
	}
	return link(escape(name), url)
}

// adfDate is the day of a date, which is in milliseconds since 1970.
func adfDate(n node) string {
	ms, err := strconv.ParseInt(n.attr("timestamp"), 10, 64)
	if err != nil {
		return ""
	}
	return time.UnixMilli(ms).UTC().Format(time.DateOnly)
}

// adfText is the text of a node and of all below.
func adfText(n node) string {
	var b strings.Builder
	var walk func(n node)
	walk = func(n node) {
		b.WriteString(n.Text)
		if n.Type == "hardBreak" {
			b.WriteByte('\n')
		}
		for _, c := range n.Content {
			walk(c)
		}
	}
	walk(n)
	return b.String()
}
