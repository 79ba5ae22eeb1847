package markup

import (
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// flank is runs whose marks mean something in Markdown: a mark that punctuation
// separates from a word beside it does not reach over that punctuation
// ("Emphasis and strong emphasis", spec.commonmark.org), nor over white space at
// its ends.
func flank(runs []node) []node {
	for _, kind := range []string{"em", "strong", "strike"} {
		var out []node
		for i := 0; i < len(runs); {
			if !hasMark(runs[i], kind) {
				out = append(out, runs[i])
				i++
				continue
			}
			end := i
			for end < len(runs) && hasMark(runs[end], kind) {
				end++
			}
			before, after := ' ', ' '
			if i > 0 {
				before = edge(runs[i-1], false)
			}
			if end < len(runs) {
				after = edge(runs[end], true)
			}
			out = append(out, trimMark(runs[i:end], kind, before, after)...)
			i = end
		}
		runs = out
	}
	return merge(runs)
}

// merge is runs of which no two neighbours are texts with the same marks.
func merge(runs []node) []node {
	var out []node
	for i := 0; i < len(runs); {
		end := i + 1
		for end < len(runs) && runs[i].Type == "text" && runs[end].Type == "text" && reflect.DeepEqual(runs[i].Marks, runs[end].Marks) {
			end++
		}
		n := runs[i]
		if end > i+1 {
			var b strings.Builder
			for _, r := range runs[i:end] {
				b.WriteString(r.Text)
			}
			n.Text = b.String()
		}
		out = append(out, n)
		i = end
	}
	return out
}

// edge is the first or the last character of a run as Markdown.
func edge(n node, isFirst bool) rune {
	if n.Type == "hardBreak" {
		return ' '
	}
	if n.Type != "text" || hasMark(n, "code") || hasMark(n, "link") {
		return '('
	}
	r, _ := utf8.DecodeLastRuneInString(n.Text)
	if isFirst {
		r, _ = utf8.DecodeRuneInString(n.Text)
	}
	return r
}

func isSpaceOrPunct(r rune) bool { return unicode.IsSpace(r) || isSign(r) }

// isSign reports whether r is punctuation for Markdown.
func isSign(r rune) bool { return unicode.IsPunct(r) || unicode.IsSymbol(r) }

// trimMark is runs that have a mark without it at their ends where it would mean
// nothing beside before and after.
func trimMark(runs []node, kind string, before, after rune) []node {
	head, rest := trimEnd(runs, kind, before, true)
	slices.Reverse(rest)
	tail, rest := trimEnd(rest, kind, after, false)
	slices.Reverse(rest)
	slices.Reverse(tail)
	return slices.Concat(head, rest, tail)
}

// trimEnd is those of runs that lose a mark at one end, and the rest. Runs stand
// in the order in which they are met from that end, and so does beside before
// them.
func trimEnd(runs []node, kind string, beside rune, isStart bool) (lose, rest []node) {
	rest = slices.Clone(runs)
	for len(rest) > 0 {
		n := rest[0]
		n.Marks = without(n.Marks, kind)
		if n.Type != "text" || hasMark(n, "code") || hasMark(n, "link") {
			if isSpaceOrPunct(beside) {
				return lose, rest
			}
			lose, rest, beside = append(lose, n), rest[1:], '('
			continue
		}
		inner := trimText(n.Text, unicode.IsSpace, isStart)
		if inner == n.Text && !isSpaceOrPunct(beside) {
			inner = trimText(n.Text, isSpaceOrPunct, isStart)
		}
		if inner == n.Text {
			return lose, rest
		}
		cut := n.Text[:len(n.Text)-len(inner)]
		if !isStart {
			cut = n.Text[len(inner):]
		}
		lose = append(lose, withText(n, cut))
		beside = edge(withText(n, cut), !isStart)
		if inner != "" {
			rest[0].Text = inner
			return lose, rest
		}
		rest = rest[1:]
	}
	return lose, rest
}

func trimText(s string, f func(rune) bool, isStart bool) string {
	if isStart {
		return strings.TrimLeftFunc(s, f)
	}
	return strings.TrimRightFunc(s, f)
}

func withText(n node, s string) node {
	n.Text = s
	return n
}

func without(marks []mark, kind string) []mark {
	var out []mark
	for _, m := range marks {
		if m.Type != kind {
			out = append(out, m)
		}
	}
	return out
}
