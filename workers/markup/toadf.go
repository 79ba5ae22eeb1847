package markup

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// holds is which blocks may stand in which
// (developer.atlassian.com/cloud/jira/platform/apis/document/structure, and the
// page of each node).
var holds = map[string]string{
	"doc":        " paragraph heading bulletList orderedList taskList codeBlock blockquote panel table rule mediaSingle ",
	"blockquote": " paragraph bulletList orderedList codeBlock mediaSingle ",
	"panel":      " paragraph heading bulletList orderedList taskList codeBlock rule mediaSingle ",
	"listItem":   " paragraph bulletList orderedList codeBlock mediaSingle ",
	"tableCell":  " paragraph ",
}

// toADF is nodes of [tree] as a document.
func toADF(nodes []node) string {
	w := &adfWriter{}
	content := w.blocks("doc", nodes)
	if content == nil {
		content = []node{}
	}
	return encodeJSON(struct {
		Version int    `json:"version"`
		Type    string `json:"type"`
		Content []node `json:"content"`
	}{1, "doc", content})
}

func encodeJSON(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil { // no value of ours is one that it refuses
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// adfWriter is toADF half way.
type adfWriter struct{ ids int }

// id is unique in the document.
func (w *adfWriter) id() string {
	w.ids++
	return strconv.Itoa(w.ids)
}

// blocks is nodes as parent may hold them. Blocks that it may not are kept as
// Markdown.
func (w *adfWriter) blocks(parent string, nodes []node) []node {
	var out []node
	for _, n := range nodes {
		legal := w.block(parent, n)
		if !strings.Contains(holds[parent], " "+legal.Type+" ") {
			legal = codeNode("markdown", asCode(adfBlock(n, 0)))
		}
		out = append(out, legal)
	}
	return out
}

func (w *adfWriter) block(parent string, n node) node {
	switch n.Type {
	case asMarkdown:
		return codeNode("markdown", asCode(n.Text))
	case "paragraph":
		if len(n.Content) == 1 && n.Content[0].Type == "media" && parent != "tableCell" {
			return mediaNode(n.Content[0])
		}
		return node{Type: "paragraph", Content: w.inline(n.Content)}
	case "heading":
		return node{Type: "heading", Attrs: n.Attrs, Content: w.inline(n.Content)}
	case "bulletList":
		if parent == "doc" && isTasks(n) {
			return w.tasks(n)
		}
		return node{Type: n.Type, Content: w.items(n)}
	case "orderedList":
		return node{Type: n.Type, Attrs: n.Attrs, Content: w.items(n)}
	case "blockquote":
		if kind := panelKind(n); kind != "" && parent == "doc" {
			return node{Type: "panel", Attrs: map[string]any{"panelType": kind}, Content: w.blocks("panel", n.Content[1:])}
		}
		return node{Type: n.Type, Content: orEmpty(w.blocks(n.Type, n.Content))}
	case "table":
		return w.table(n)
	}
	return n
}

// orEmpty is blocks, or an empty paragraph where there must be one.
func orEmpty(blocks []node) []node {
	if len(blocks) == 0 {
		return []node{{Type: "paragraph"}}
	}
	return blocks
}

// items is the items of a list. A box is text: only a list of nothing but tasks
// has a form of its own.
func (w *adfWriter) items(list node) []node {
	var out []node
	for _, it := range list.Content {
		it = withBox(it)
		content := w.blocks("listItem", it.Content)
		if len(content) == 0 || strings.HasSuffix(content[0].Type, "List") {
			content = append([]node{{Type: "paragraph"}}, content...)
		}
		out = append(out, node{Type: "listItem", Content: content})
	}
	return out
}

// withBox is an item of a list with its box as text.
func withBox(item node) node {
	if item.Type != "listItem" {
		return item
	}
	box := ""
	switch item.attr("state") {
	case "TODO":
		box = "[ ] "
	case "DONE":
		box = "[x] "
	default:
		return item
	}
	text := node{Type: "text", Text: box}
	if len(item.Content) > 0 && item.Content[0].Type == "paragraph" {
		p := item.Content[0]
		p.Content = append([]node{text}, p.Content...)
		item.Content = append([]node{p}, item.Content[1:]...)
		return item
	}
	item.Content = append([]node{{Type: "paragraph", Content: []node{text}}}, item.Content...)
	return item
}

// isTasks reports whether each item of a list is a line with a box, with nothing
// below but such lists.
func isTasks(n node) bool {
	for _, it := range n.Content {
		if it.attr("state") == "" || len(it.Content) == 0 || it.Content[0].Type != "paragraph" {
			return false
		}
		for _, c := range it.Content[1:] {
			if c.Type != "bulletList" || !isTasks(c) {
				return false
			}
		}
	}
	return n.Type == "bulletList"
}

func (w *adfWriter) tasks(n node) node {
	list := node{Type: "taskList", Attrs: map[string]any{"localId": w.id()}}
	for _, it := range n.Content {
		list.Content = append(list.Content, node{
			Type: "taskItem", Attrs: map[string]any{"localId": w.id(), "state": it.attr("state")}, Content: w.inline(it.Content[0].Content),
		})
		for _, c := range it.Content[1:] {
			list.Content = append(list.Content, w.tasks(c))
		}
	}
	return list
}

// panelKind is the kind of the panel that a quote was, as [adfPanel] writes it.
func panelKind(n node) string {
	if len(n.Content) < 2 || n.Content[0].Type != "paragraph" || len(n.Content[0].Content) != 1 {
		return ""
	}
	title := n.Content[0].Content[0]
	if title.Type != "text" || len(title.Marks) != 1 || title.Marks[0].Type != "strong" {
		return ""
	}
	for _, c := range n.Content[1:] {
		if !strings.Contains(holds["panel"], " "+c.Type+" ") {
			return ""
		}
	}
	switch title.Text {
	case "Note", "Info", "Warning", "Error", "Success", "Tip":
		return strings.ToLower(title.Text)
	}
	return ""
}

// table is a table. A header without any text is what Markdown needs, not the
// table.
func (w *adfWriter) table(n node) node {
	rows := n.Content
	if len(rows) > 1 && adfText(rows[0]) == "" && len(cellRuns(rows[0])) == 0 {
		rows = rows[1:]
	}
	table := node{Type: "table"}
	for _, r := range rows {
		row := node{Type: "tableRow"}
		for _, c := range r.Content {
			cell := node{Type: c.Type, Content: orEmpty(w.blocks("tableCell", c.Content))}
			for i := range cell.Content {
				cell.Content[i].Marks = alignment[c.attr("align")]
			}
			row.Content = append(row.Content, cell)
		}
		table.Content = append(table.Content, row)
	}
	return table
}

// alignment is the mark of the paragraphs of a cell.
var alignment = map[string][]mark{
	"center": {{Type: "alignment", Attrs: map[string]any{"align": "center"}}},
	"right":  {{Type: "alignment", Attrs: map[string]any{"align": "end"}}},
}

// cellRuns is the runs of all cells of a row.
func cellRuns(row node) []node {
	var runs []node
	for _, c := range row.Content {
		for _, p := range c.Content {
			runs = append(runs, p.Content...)
		}
	}
	return runs
}
