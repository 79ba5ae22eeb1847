package markup

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/lazyregexp"
)

// split is the blocks of a text, each in its language. It is not ok for a text
// that has none.
func split(t workers.Text) (pieces []string, ok bool) {
	switch t.Markup {
	case workers.ADF:
		return splitADF(t.Raw)
	case workers.HTML:
		pieces = splitHTML(unwrapped(parseHTML(t.Raw)))
	case workers.Wiki:
		pieces = splitWiki(lineFeeds(t.Raw))
	case workers.Markdown, "":
		pieces = sources(lineFeeds(t.Raw))
	}
	return pieces, len(pieces) > 0
}

// lineFeeds is a text whose lines end in line feeds. What nobody sees stays in it: a
// zero-width space keeps "@name" from being a mention.
func lineFeeds(s string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(s, "\uFFFD"))
}

// whole is pieces as one text.
func whole(to workers.Markup, pieces []string) string {
	switch to {
	case workers.ADF:
		return joinADF(pieces)
	case workers.HTML:
		return strings.Join(pieces, "")
	case workers.Wiki, workers.Markdown:
	}
	return strings.Join(pieces, "\n\n")
}

// adfDocument is a document whose nodes stay as they are.
type adfDocument struct {
	Version int               `json:"version"`
	Type    string            `json:"type"`
	Content []json.RawMessage `json:"content"`
}

func splitADF(raw string) (pieces []string, ok bool) {
	var doc adfDocument
	if err := json.Unmarshal([]byte(raw), &doc); err != nil || doc.Type != "doc" {
		return nil, false
	}
	for _, n := range doc.Content {
		pieces = append(pieces, string(n))
	}
	return pieces, len(pieces) > 0
}

func joinADF(pieces []string) string {
	doc := adfDocument{1, "doc", make([]json.RawMessage, 0, len(pieces))}
	ids := make(map[string]bool)
	for _, piece := range pieces {
		doc.Content = append(doc.Content, json.RawMessage(withOwnIDs(piece, ids)))
	}
	return encodeJSON(doc)
}

// withOwnIDs is a node in which each localId is none of ids, and those it has are
// added to them: they are unique in a document.
func withOwnIDs(raw string, ids map[string]bool) string {
	if !strings.Contains(raw, `"localId"`) {
		return raw
	}
	n, ok := decode(raw)
	if !ok {
		return raw
	}
	isChanged := false
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, c := range v {
				walk(c)
			}
		case map[string]any:
			if attrs, ok := v["attrs"].(map[string]any); ok {
				if id, ok := attrs["localId"].(string); ok && id != "" {
					if ids[id] {
						id = freeID(ids)
						attrs["localId"], isChanged = id, true
					}
					ids[id] = true
				}
			}
			walk(v["content"])
		}
	}
	walk(n)
	if !isChanged {
		return raw
	}
	return encodeJSON(n)
}

func freeID(ids map[string]bool) string {
	for n := len(ids) + 1; ; n++ {
		if id := strconv.Itoa(n); !ids[id] {
			return id
		}
	}
}

// parseHTML is the nodes of a fragment; none of one with too many tags.
func parseHTML(raw string) []*html.Node {
	if strings.Count(raw, "<") > maxTags {
		return nil
	}
	nodes, err := html.ParseFragment(strings.NewReader(raw), &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body})
	if err != nil {
		return nil
	}
	return nodes
}

// isWrapped reports whether nodes are a <div> around blocks.
func isWrapped(nodes []*html.Node) bool {
	return len(nodes) == 1 && nodes[0].Data == "div" && hasBlocks(nodes[0])
}

// unwrapped is what is in the <div> that is around all, or is nodes.
func unwrapped(nodes []*html.Node) []*html.Node {
	for isWrapped(nodes) {
		nodes = children(nodes[0])
	}
	return nodes
}

// wrapOf is the start and the end of what is around all of a text, and says how that
// is shown: the direction of its script, its style.
func wrapOf(t workers.Text) (start, end string) {
	if t.Markup != workers.HTML {
		return "", ""
	}
	for nodes := parseHTML(t.Raw); isWrapped(nodes); nodes = children(nodes[0]) {
		var b strings.Builder
		if len(nodes[0].Attr) == 0 || html.Render(&b, &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div, Attr: nodes[0].Attr}) != nil {
			continue
		}
		start, end = start+strings.TrimSuffix(b.String(), "</div>"), end+"</div>"
	}
	return start, end
}

// splitHTML is the elements that are blocks, and what stands between them.
func splitHTML(nodes []*html.Node) (pieces []string) {
	var line strings.Builder
	flush := func() {
		if strings.TrimSpace(line.String()) != "" {
			pieces = append(pieces, line.String())
		}
		line.Reset()
	}
	for _, n := range nodes {
		isOne := isHTMLBlock(n)
		if isOne {
			flush()
		}
		if err := html.Render(&line, n); err != nil {
			return nil
		}
		if isOne {
			flush()
		}
	}
	flush()
	return pieces
}

func isHTMLBlock(n *html.Node) bool {
	return n.Type == html.CommentNode || n.Type == html.ElementNode && tag{name: n.Data}.isBlock()
}

func hasBlocks(n *html.Node) bool { return slices.ContainsFunc(children(n), isHTMLBlock) }

func children(n *html.Node) []*html.Node { return slices.Collect(n.ChildNodes()) }

// wikiMacro is what begins or ends a part of a text whose lines belong together.
// Of some a story knows no more than that they are text.
var wikiMacro = lazyregexp.New(`\{(code|noformat|quote|panel|color|info|note|tip|warning|expand|section|column)(?::[^}\n]*)?\}`)

// splitWiki is what empty lines part.
func splitWiki(raw string) (pieces []string) {
	open := make(map[string]bool)
	verbatim := "" // the macro that is open in which others are text
	var lines []string
	flush := func() {
		if len(lines) > 0 {
			pieces = append(pieces, strings.Join(lines, "\n"))
		}
		lines = nil
	}
	for line := range strings.SplitSeq(raw, "\n") {
		if strings.TrimSpace(line) == "" && len(open) == 0 {
			flush()
			continue
		}
		for _, m := range wikiMacro.FindAllString(line, -1) {
			name, _, _ := strings.Cut(strings.Trim(m, "{}"), ":")
			switch {
			case verbatim != "" && name != verbatim:
			case open[name]:
				delete(open, name)
				verbatim = ""
			default:
				open[name] = true
				if name == "code" || name == "noformat" {
					verbatim = name
				}
			}
		}
		lines = append(lines, line)
	}
	flush()
	return pieces
}
