package markup

import (
	"strconv"
	"strings"
)

func (n node) isList() bool { return strings.HasSuffix(n.Type, "List") }

func (n node) bullet() string {
	if n.isSecond {
		return "* "
	}
	return "- "
}

// numbers counts from the first number of a list.
func (n node) numbers() func(int) string {
	first, isNumber := n.Attrs["order"].(float64)
	from, end := 1, ". "
	if isNumber && 0 <= first && first < 1e9 {
		from = int(first)
	}
	if n.isSecond {
		end = ") "
	}
	return func(i int) string { return strconv.Itoa(from+i) + end }
}

// adfList is the items of a list. A list among them, as nested task lists are,
// belongs to the item before.
func adfList(items []node, depth int, marker func(i int) string) string {
	var b strings.Builder
	for i, item := range items {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		if strings.HasSuffix(item.Type, "List") {
			b.WriteString(indent(adfBlock(item, depth), "  ", "  "))
			continue
		}
		m := marker(i)
		width := strings.IndexByte(m, ' ') + 1
		b.WriteString(indent(adfItem(item, depth), m, spaces(width)))
	}
	return b.String()
}

// adfItem is the content of an item: a list that follows a paragraph at once
// stays close to it.
func adfItem(n node, depth int) string {
	if depth > maxDepth {
		return plain(adfText(n))
	}
	if len(n.Content) == 0 && n.Text != "" {
		return escape(n.Text)
	}
	return adfJoin(withBox(n).Content, depth+1, "\n")
}
