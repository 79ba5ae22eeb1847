package markup

import (
	"reflect"
	"strings"
)

// spans is runs of a line as a text: leaf is a run without its marks, around
// puts a mark around what stands in it. A mark goes around as many runs as have
// it, and those that reach further around the others.
func spans(runs []node, leaf func(n node) string, around func(m mark, inner string) string) string {
	return spansIn(runs, 0, leaf, around)
}

// spansIn is spans within marks, of which each run has so many.
func spansIn(runs []node, done int, leaf func(node) string, around func(mark, string) string) string {
	var b strings.Builder
	for i := 0; i < len(runs); {
		if len(runs[i].Marks) <= done {
			b.WriteString(leaf(runs[i]))
			i++
			continue
		}
		end, best := i, 0
		for k := done; k < len(runs[i].Marks); k++ {
			j := i + 1
			for j < len(runs) && hasOpen(runs[j], done, runs[i].Marks[k]) {
				j++
			}
			if j > end {
				end, best = j, k
			}
		}
		m := runs[i].Marks[best]
		inner := make([]node, end-i)
		for j := range inner {
			inner[j] = runs[i+j]
			inner[j].Marks = outermost(inner[j].Marks, done, m)
		}
		b.WriteString(around(m, spansIn(inner, done+1, leaf, around)))
		i = end
	}
	return b.String()
}

func sameMark(a, b mark) bool {
	return a.Type == b.Type && reflect.DeepEqual(a.Attrs, b.Attrs)
}

// hasOpen reports whether a run has a mark after the first done of them.
func hasOpen(n node, done int, m mark) bool {
	for _, other := range n.Marks[min(done, len(n.Marks)):] {
		if sameMark(other, m) {
			return true
		}
	}
	return false
}

// outermost is marks with m at the place done.
func outermost(marks []mark, done int, m mark) []mark {
	out := make([]mark, 0, len(marks))
	out = append(append(out, marks[:done]...), m)
	for _, other := range marks[done:] {
		if !sameMark(other, m) {
			out = append(out, other)
		}
	}
	return out
}
