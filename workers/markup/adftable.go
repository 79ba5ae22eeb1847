package markup

// adfTable is a table. Its first row is its header if all its cells are.
func adfTable(n node, depth int) string {
	var header []string
	var rows [][]string
	below := map[int]int{} // rows that a cell above still covers, by column
	for i, row := range n.Content {
		cells, isHeader := adfRow(row, below, depth)
		if i == 0 && isHeader {
			header = cells
			continue
		}
		rows = append(rows, cells)
	}
	return rowsOf(header, rows, alignments(n))
}

// alignments is how the columns of a table are aligned: as the paragraphs of its
// first row.
func alignments(n node) []string {
	if len(n.Content) == 0 {
		return nil
	}
	var all []string
	for _, c := range n.Content[0].Content {
		align := ""
		if len(c.Content) > 0 {
			for _, m := range c.Content[0].Marks {
				if m.Type == "alignment" {
					align = attrText(m.Attrs, "align")
				}
			}
		}
		for range span(c, "colspan") {
			all = append(all, align)
		}
	}
	return all
}

// adfRow is the cells of a row. Those that others cover are empty.
func adfRow(row node, below map[int]int, depth int) (cells []string, isHeader bool) {
	isHeader = len(row.Content) > 0
	skip := func() {
		for below[len(cells)] > 0 {
			below[len(cells)]--
			cells = append(cells, "")
		}
	}
	for _, c := range row.Content {
		skip()
		isHeader = isHeader && c.Type == "tableHeader"
		wide, high := span(c, "colspan"), span(c, "rowspan")
		for i := range wide {
			if high > 1 {
				below[len(cells)] = high - 1
			}
			text := ""
			if i == 0 {
				text = adfCell(c, depth)
			}
			cells = append(cells, text)
		}
	}
	skip()
	return cells, isHeader
}

// span is how many columns or rows a cell takes.
func span(c node, key string) int {
	n, _ := c.Attrs[key].(float64)
	return max(1, int(min(n, maxPadding)))
}

// adfCell is the content of a cell in one line. Code in it is inline.
func adfCell(c node, depth int) string {
	var parts []string
	for _, n := range c.Content {
		text := ""
		switch n.Type {
		case "codeBlock":
			text = codeSpan(clean(adfText(n)))
		case "table", "rule":
			text = escape(clean(adfText(n)))
		default:
			text = adfBlocks([]node{n}, depth+1)
		}
		parts = append(parts, cell(text))
	}
	return join("<br />", parts...)
}
