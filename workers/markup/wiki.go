package markup

import (
	"strconv"
	"strings"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// fromWiki is Jira's wiki markup as Markdown
// (jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all).
func fromWiki(source string) string {
	w := &wiki{}
	w.blocks(source, 0)
	return strings.Join(w.out, "\n\n")
}

const maxMacros = 8 // quotes and panels in each other

// wiki is fromWiki half way.
type wiki struct {
	out   []string // blocks
	para  []string // lines of the open paragraph
	list  []string // lines of the open list
	items []wikiItem
}

// wikiItem is the innermost item so far of a level of a list.
type wikiItem struct {
	kind  byte // of its mark
	count int
	width int // of its mark in Markdown
}

var macroStart = lazyregexp.New(`\{(code|noformat|quote|panel)(?::([^}\n]*))?\}`)

// blocks takes a text with all that its macros enclose. A macro without an end
// is text.
func (w *wiki) blocks(s string, depth int) {
	isMissing := map[string]bool{}
	at := 0
	for {
		m := macroStart.FindStringSubmatchIndex(s[at:])
		if m == nil {
			break
		}
		for i := range m {
			if m[i] >= 0 {
				m[i] += at
			}
		}
		name, params := s[m[2]:m[3]], ""
		if m[4] >= 0 {
			params = s[m[4]:m[5]]
		}
		end := -1
		if !isMissing[name] && (m[0] == 0 || s[m[0]-1] != '\\') {
			end = strings.Index(s[m[1]:], "{"+name+"}")
			isMissing[name] = end < 0
		}
		if end < 0 {
			at = m[1]
			continue
		}
		w.lines(s[:m[0]])
		w.flush()
		w.macro(name, params, s[m[1]:m[1]+end], depth)
		s, at = s[m[1]+end+len(name)+2:], 0
	}
	w.lines(s)
	w.flush()
}

// macro takes what a macro encloses.
func (w *wiki) macro(name, params, body string, depth int) {
	title, lang := "", ""
	for p := range strings.SplitSeq(params, "|") {
		key, value, isPair := strings.Cut(strings.TrimSpace(p), "=")
		switch {
		case key == "title":
			title = wrap(escape(value), "**")
		case key == "language":
			lang = value
		case !isPair && lang == "":
			lang = key
		}
	}
	switch name {
	case "code", "noformat":
		if md, ok := cutRaw(body); ok {
			w.add(giveNoformat(md))
			return
		}
		w.add(join("\n\n", title, codeBlock(lang, strings.Trim(body, "\n"))))
		return
	}
	inner := &wiki{}
	if depth < maxMacros {
		inner.blocks(body, depth+1)
	} else {
		inner.add(plain(strings.TrimSpace(body)))
	}
	if text := join("\n\n", append([]string{title}, inner.out...)...); text != "" {
		w.add(quote(text))
	}
}

func (w *wiki) add(block string) {
	if strings.TrimSpace(block) != "" {
		w.out = append(w.out, block)
	}
}

// flush ends the open paragraph and the open list.
func (w *wiki) flush() {
	if len(w.para) > 0 {
		w.add(strings.Join(w.para, "\\\n"))
	}
	if len(w.list) > 0 {
		w.add(strings.Join(w.list, "\n"))
	}
	w.para, w.list, w.items = nil, nil, nil
}

var (
	wikiHeading = lazyregexp.New(`^h([1-6])\.\s+(.*)$`)
	wikiMarks   = lazyregexp.New(`^([*#]+|-)\s+(.*)$`)
	wikiRule    = lazyregexp.New(`^-{4,}$`)
)

// lines takes lines outside of macros.
func (w *wiki) lines(s string) {
	lines := strings.Split(s, "\n")
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		if line == "" {
			w.flush()
			continue
		}
		if m := wikiHeading.FindStringSubmatch(line); m != nil {
			level, _ := strconv.Atoi(m[1])
			w.flush()
			w.add(strings.Repeat("#", level) + " " + oneLine(wikiInline(m[2], 0)))
			continue
		}
		if m := wikiMarks.FindStringSubmatch(line); m != nil {
			w.item(m[1], m[2])
			continue
		}
		switch {
		case wikiRule.MatchString(line):
			w.flush()
			w.add("***")
		case strings.HasPrefix(line, "bq. "):
			w.flush()
			w.add(quote(paragraph(wikiInline(line[len("bq. "):], 0))))
		case line[0] == '|':
			n := tableLines(lines[i:])
			w.flush()
			w.add(wikiTable(lines[i : i+n]))
			i += n - 1
		case len(w.list) > 0:
			last := len(w.list) - 1
			w.list[last] += "\\\n" + w.indent(len(w.items)) + paragraph(wikiInline(line, 0))
		default:
			w.para = append(w.para, paragraph(wikiInline(line, 0)))
		}
	}
}

// oneLine is a Markdown text without its line breaks.
func oneLine(text string) string { return strings.ReplaceAll(text, "\\\n", " ") }

// item takes an item of a list: the number of its marks is its level, the last
// says what it is.
func (w *wiki) item(marks, text string) {
	if len(w.list) == 0 {
		w.flush()
	}
	level := min(len(marks), len(w.items)+1, maxMacros)
	kind := marks[len(marks)-1]
	if level > len(w.items) {
		w.items = append(w.items, wikiItem{kind: kind})
	}
	w.items = w.items[:level]
	it := &w.items[level-1]
	if it.kind != kind {
		*it = wikiItem{kind: kind}
	}
	it.count++
	mark := "- "
	if kind == '#' {
		mark = strconv.Itoa(it.count) + ". "
	}
	it.width = len(mark)
	body := indent(paragraph(wikiInline(text, 0)), "", w.indent(level))
	w.list = append(w.list, w.indent(level-1)+mark+body)
}

// indent is what stands before a line within items of so many levels.
func (w *wiki) indent(level int) string {
	n := 0
	for _, it := range w.items[:level] {
		n += it.width
	}
	return spaces(n)
}

// tableLines is how many lines a table has. A row goes on on the next lines
// while it has no end.
func tableLines(lines []string) int {
	isOpen := false
	for i, l := range lines {
		l = strings.TrimSpace(l)
		if l == "" || l[0] != '|' && !isOpen {
			return i
		}
		isOpen = !strings.HasSuffix(l, "|")
	}
	return len(lines)
}

// wikiTable is lines as a table. Its first row is its header if it is written
// as one.
func wikiTable(lines []string) string {
	var sources []string
	for _, l := range lines {
		l = strings.TrimSpace(l)
		if last := len(sources) - 1; l[0] != '|' || last >= 0 && !strings.HasSuffix(sources[last], "|") {
			sources[last] += `\\` + l
			continue
		}
		sources = append(sources, l)
	}
	var header []string
	var rows [][]string
	for i, s := range sources {
		if i == 0 && strings.HasPrefix(s, "||") {
			header = wikiCells(s)
			continue
		}
		rows = append(rows, wikiCells(s))
	}
	return rowsOf(header, rows, nil)
}

// wikiCells is the cells of a row. A bar in a link, an image or code is none.
func wikiCells(row string) []string {
	row = strings.TrimRight(strings.TrimLeft(row, "|"), "|")
	var cells []string
	start := 0
	for i := 0; i < len(row); i++ {
		switch row[i] {
		case '\\':
			i++
		case '[', '{', '!':
			i += max(0, len(wikiUnit(row[i:]))-1)
		case '|':
			cells = append(cells, cell(wikiInline(strings.TrimSpace(row[start:i]), 0)))
			for i+1 < len(row) && row[i+1] == '|' {
				i++
			}
			start = i + 1
		}
	}
	return append(cells, cell(wikiInline(strings.TrimSpace(row[start:]), 0)))
}
