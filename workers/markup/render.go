package markup

import (
	"strings"

	"github.com/specweave/specweave/workers"
)

// maxRender is how long a text is that is rendered at most: trackers take less
// (Jira 32,767 characters, GitHub 65,536). A longer one is kept as Markdown.
const maxRender = 128 << 10

// Render is a Markdown text of a story as a tracker keeps it: the way back from
// [Markdown]. The documentation of the package says what holds of it.
func Render(md string, to workers.Markup) string {
	md = clean(md)
	if to != workers.ADF && to != workers.HTML && to != workers.Wiki {
		return md
	}
	l := languages[to]
	md = Markdown(workers.Text{Raw: md})
	if md == "" {
		return l.print(nil)
	}
	if len(md) <= maxRender {
		if raw, ok := l.faithful(md); ok {
			return raw
		}
	}
	return l.print([]node{{Type: asMarkdown, Text: md}})
}

// language is how a language of trackers is written.
type language struct {
	markup workers.Markup
	print  func(nodes []node) string
}

var languages = map[workers.Markup]language{
	workers.ADF:  {workers.ADF, toADF},
	workers.HTML: {workers.HTML, toHTML},
	workers.Wiki: {workers.Wiki, toWiki},
}

func (l language) back(raw string) string {
	return Markdown(workers.Text{Raw: raw, Markup: l.markup})
}

// faithful is md in the language. It is not ok if what that says in Markdown
// means something else, or would be yet another text after one more round.
func (l language) faithful(md string) (raw string, ok bool) {
	raw, back := l.convert(md)
	if back == md {
		return raw, true
	}
	if len(raw) > maxRaw || !same(tree(back), tree(md)) {
		return "", false
	}
	_, again := l.convert(back)
	return raw, again == back
}

// convert is md in the language, and what that is in Markdown. Blocks that the
// language cannot say are kept as Markdown.
func (l language) convert(md string) (raw, back string) {
	blocks := tree(md)
	nodes := make([]node, len(blocks))
	for i, b := range blocks {
		nodes[i] = b.node
	}
	raw = l.print(nodes)
	if back = l.back(raw); back == md {
		return raw, back
	}
	for i, b := range blocks {
		if b.Type != asMarkdown && !l.says(b) {
			nodes[i] = node{Type: asMarkdown, Text: b.source}
		}
	}
	raw = l.print(nodes)
	return raw, l.back(raw)
}

// says reports whether the language can say what a block means.
func (l language) says(b sourced) bool {
	back := l.back(l.print([]node{b.node}))
	if back == b.source {
		return true
	}
	blocks := tree(back)
	if !same(blocks, []sourced{b}) {
		return false
	}
	nodes := make([]node, len(blocks))
	for i := range blocks {
		nodes[i] = blocks[i].node
	}
	return l.back(l.print(nodes)) == back
}

// rawLine begins a block of code that is Markdown of a story, for which the
// language has no form. It is a comment in Markdown.
const rawLine = "[//]: # (specweave keeps this as Markdown)"

// asCode is Markdown as the text of a block of code that [cutRaw] finds.
func asCode(md string) string { return rawLine + "\n" + md }

// cutRaw is the Markdown that a block of code keeps.
func cutRaw(code string) (md string, ok bool) {
	md, ok = strings.CutPrefix(strings.Trim(code, "\n"), rawLine+"\n")
	return strings.Trim(md, "\n"), ok
}
