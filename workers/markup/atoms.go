package markup

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/lazyregexp"
)

// atoms are what Markdown has only words for, by those words: in a text that a
// person has changed the same words stand for it. They are nodes of documents, or
// parts of a text in another language.
type atoms struct {
	inline map[string]atomNode // mentions, dates, files within a line
	strong map[string]atomNode // statuses
	block  map[string]atomNode // pictures and files
	words  []string            // of inline, the longest first
}

// atomNode is a node in JSON, or a part of a text. It is nil where the words are of
// several, such as of two people of one name: those stay words.
type atomNode struct {
	node any
	of   string // whom it mentions, or which file it shows
}

// findAtoms finds those of pieces of a text.
func findAtoms(pieces []string, to workers.Markup) *atoms {
	a := &atoms{make(map[string]atomNode), make(map[string]atomNode), make(map[string]atomNode), nil}
	for _, piece := range pieces {
		switch part := atomParts[to]; {
		case part != nil:
			for _, s := range part.FindAllString(piece, -1) {
				a.findPart(s, to)
			}
		case to == workers.ADF:
			if n, ok := decode(piece); ok {
				a.find(n)
			}
		}
	}
	a.words = slices.SortedFunc(maps.Keys(a.inline), func(x, y string) int { return len(y) - len(x) })
	return a
}

func (a *atoms) isEmpty() bool { return len(a.inline)+len(a.strong)+len(a.block) == 0 }

func decode(raw string) (n any, ok bool) {
	d := json.NewDecoder(strings.NewReader(raw))
	d.UseNumber()
	return n, d.Decode(&n) == nil
}

func (a *atoms) find(v any) {
	raw, _ := v.(map[string]any)
	var kind map[string]atomNode
	switch raw["type"] {
	case "mention", "date", "mediaInline":
		kind = a.inline
	case "status":
		kind = a.strong
	case "mediaSingle", "mediaGroup":
		kind = a.block
	default:
		content, _ := raw["content"].([]any)
		for _, c := range content {
			a.find(c)
		}
		return
	}
	var n node
	if err := json.Unmarshal([]byte(encodeJSON(v)), &n); err != nil {
		return
	}
	md := adfBlock(n, 0)
	if n.Type == "status" {
		md = escape(n.attr("text"))
	}
	if words := plainText([]byte(md)); words != "" && !strings.Contains(words, "\n") {
		add(kind, words, v, idOf(n))
	}
}

func add(kind map[string]atomNode, words string, v any, of string) {
	switch old, ok := kind[words]; {
	case !ok:
		kind[words] = atomNode{v, of}
	case old.of != of:
		kind[words] = atomNode{of: old.of}
	}
}

// atomParts are mentions in HTML of Azure DevOps; in wiki markup those, files,
// pictures and issues.
var atomParts = map[workers.Markup]*lazyregexp.Regexp{
	workers.HTML: lazyregexp.New(`<a [^>]*data-vss-mention="[^>]*>[^<]*</a>`),
	workers.Wiki: lazyregexp.New(`\[[~^][^\]\n]+\]|\[[A-Z][A-Z0-9_]+-[0-9]+\]|![^!\s][^!\n]*!`),
}

// findPart takes a part of a text for an atom, if it is one.
func (a *atoms) findPart(part string, to workers.Markup) {
	words := Render(Markdown(workers.Text{Raw: part, Markup: to}), to)
	if to == workers.HTML {
		words = strings.TrimSuffix(strings.TrimPrefix(words, "<p>"), "</p>")
	}
	if words != "" && words != part && !strings.ContainsAny(words, "\n<") {
		add(a.inline, words, part, part)
	}
}

// in is a text in another language than that of documents with atoms for their
// words.
func (a *atoms) in(text string) string {
	var b strings.Builder
	for _, part := range a.split(text) {
		if raw, ok := a.inline[part].node.(string); ok {
			part = raw
		}
		b.WriteString(part)
	}
	return b.String()
}

// split parts a text at the words of atoms, which are parts of it as well.
func (a *atoms) split(text string) (parts []string) {
	start := 0
	for at := 0; at < len(text) && len(a.words) > 0; {
		words := a.at(text, at)
		if words == "" {
			_, size := utf8.DecodeRuneInString(text[at:])
			at += size
			continue
		}
		if a.inline[words].node != nil {
			if start < at {
				parts = append(parts, text[start:at])
			}
			parts = append(parts, words)
			start = at + len(words)
		}
		at += len(words)
	}
	if start < len(text) {
		parts = append(parts, text[start:])
	}
	return parts
}

// idOf is whom a node mentions, or the files that it shows.
func idOf(n node) string {
	id := ""
	if n.Type != "date" && n.Type != "status" {
		id = n.attr("id") + n.attr("url")
	}
	for _, c := range n.Content {
		id += " " + idOf(c)
	}
	return id
}

// put is a node in JSON with atoms for their words.
func (a *atoms) put(raw string) string {
	n, ok := decode(raw)
	if !ok || a.isEmpty() {
		return raw
	}
	out := a.nodes("doc", []any{n})
	if len(out) != 1 {
		return raw
	}
	return encodeJSON(out[0])
}

func (a *atoms) nodes(parent string, nodes []any) []any {
	var out []any
	for _, v := range nodes {
		n, _ := v.(map[string]any)
		content, _ := n["content"].([]any)
		kind, _ := n["type"].(string)
		switch {
		case kind == "text" && parent != "codeBlock":
			out = append(out, a.text(n)...)
			continue
		case kind == "paragraph" && len(content) == 1 && parent != "tableCell" && parent != "tableHeader":
			if c, _ := content[0].(map[string]any); c["type"] == "text" && c["marks"] == nil {
				words, _ := c["text"].(string)
				if atom := a.block[words].node; atom != nil && mayHold(parent, atom) {
					out = append(out, atom)
					continue
				}
			}
		}
		if len(content) > 0 {
			n["content"] = a.nodes(kind, content)
		}
		out = append(out, v)
	}
	return out
}

// mayHold reports whether a block may stand in another: an item of a list holds
// no group of files.
func mayHold(parent string, block any) bool {
	n, _ := block.(map[string]any)
	return parent != "listItem" || n["type"] != "mediaGroup"
}

// text is a text with atoms for their words.
func (a *atoms) text(n map[string]any) []any {
	text, _ := n["text"].(string)
	marks, _ := n["marks"].([]any)
	if len(marks) == 1 {
		if m, _ := marks[0].(map[string]any); m["type"] == "strong" && a.strong[text].node != nil {
			return []any{a.strong[text].node}
		}
	}
	if len(marks) > 0 {
		return []any{n}
	}
	var out []any
	for _, part := range a.split(text) {
		if atom := a.inline[part].node; atom != nil {
			out = append(out, atom)
		} else {
			out = append(out, map[string]any{"type": "text", "text": part})
		}
	}
	return out
}

// at is the words of an atom that stand at a place, and are no part of a word or of
// a longer name.
func (a *atoms) at(text string, at int) string {
	if before, _ := utf8.DecodeLastRuneInString(text[:at]); isNamed(before) {
		return ""
	}
	for _, words := range a.words {
		if rest, ok := strings.CutPrefix(text[at:], words); ok && !goesOn(rest) {
			return words
		}
	}
	return ""
}

// goesOn reports whether the name before a text goes on in it: "-Ann", ".doe".
func goesOn(text string) bool {
	after, size := utf8.DecodeRuneInString(text)
	if after == '-' || after == '.' || after == '@' {
		after, _ = utf8.DecodeRuneInString(text[size:])
	}
	return isNamed(after)
}

// isNamed reports whether a name may hold r.
func isNamed(r rune) bool { return isWord(r) || r == '_' }
