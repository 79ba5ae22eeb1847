package markup

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// atoms are the nodes of documents that Markdown has only words for, by those
// words: in a text that a person has changed the same words stand for them.
type atoms struct {
	inline map[string]any // mentions, dates, files within a line
	strong map[string]any // statuses
	block  map[string]any // pictures and files
	words  []string       // of inline, the longest first
}

// findAtoms finds those of nodes in JSON.
func findAtoms(nodes []string) *atoms {
	a := &atoms{make(map[string]any), make(map[string]any), make(map[string]any), nil}
	for _, raw := range nodes {
		if n, ok := decode(raw); ok {
			a.find(n)
		}
	}
	a.words = slices.SortedFunc(maps.Keys(a.inline), func(x, y string) int { return len(y) - len(x) })
	return a
}

func decode(raw string) (n any, ok bool) {
	d := json.NewDecoder(strings.NewReader(raw))
	d.UseNumber()
	return n, d.Decode(&n) == nil
}

func (a *atoms) find(v any) {
	raw, _ := v.(map[string]any)
	var kind map[string]any
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
	if words := plainText([]byte(md)); words != "" && kind[words] == nil && !strings.Contains(words, "\n") {
		kind[words] = v
	}
}

// put is a node in JSON with atoms for their words.
func (a *atoms) put(raw string) string {
	n, ok := decode(raw)
	if !ok || len(a.inline)+len(a.strong)+len(a.block) == 0 {
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
				if atom := a.block[words]; atom != nil {
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

// text is a text with atoms for their words.
func (a *atoms) text(n map[string]any) []any {
	text, _ := n["text"].(string)
	marks, _ := n["marks"].([]any)
	if len(marks) == 1 {
		if m, _ := marks[0].(map[string]any); m["type"] == "strong" && a.strong[text] != nil {
			return []any{a.strong[text]}
		}
	}
	if len(marks) > 0 {
		return []any{n}
	}
	var out []any
	plain := func(s string) {
		if s != "" {
			out = append(out, map[string]any{"type": "text", "text": s})
		}
	}
	start := 0
	for at := 0; at < len(text); {
		words := a.at(text, at)
		if words == "" {
			_, size := utf8.DecodeRuneInString(text[at:])
			at += size
			continue
		}
		plain(text[start:at])
		out = append(out, a.inline[words])
		at += len(words)
		start = at
	}
	plain(text[start:])
	return out
}

// at is the words of an atom that stand at a place, and are no part of a word.
func (a *atoms) at(text string, at int) string {
	isLetter := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }
	if before, _ := utf8.DecodeLastRuneInString(text[:at]); isLetter(before) {
		return ""
	}
	for _, words := range a.words {
		if rest, ok := strings.CutPrefix(text[at:], words); ok {
			if after, _ := utf8.DecodeRuneInString(rest); !isLetter(after) {
				return words
			}
		}
	}
	return ""
}
