package markup

import "strings"

// run settles the lines of one container that is no list. first stands before
// the first line of the result, rest before the others.
func (s *settler) run(lines []string, first, rest string, quotes int) {
	r := &runner{settler: s, lines: lines, first: first, rest: rest, quotes: quotes, para: noPara, lastClose: -1}
	for i := len(lines) - 1; i >= 0 && r.lastClose < 0; i-- {
		if strings.Contains(lines[i], "-->") {
			r.lastClose = i
		}
	}
	for r.at < len(r.lines) {
		line := r.lines[r.at]
		r.at++
		r.line(line)
	}
	if r.first != r.rest {
		r.emit(outLine{})
	}
}

// runner is run half way.
type runner struct {
	*settler
	lines       []string
	at          int // the next line
	first, rest string
	quotes      int    // quotes around
	lists       []item // the open items of lists
	para        int    // index in out of the only line of an open paragraph, or one of the two below
	isOpen      bool   // a paragraph was open before this line
	isTable     bool
	lastClose   int // the last line with the end of a comment
	noClose     int // up to this line there is none
}

const (
	noPara   = -1
	longPara = -2 // it has more lines
)

// item is an item of a list.
type item struct {
	column   int // where its content begins
	isNumber bool
}

// column is where the content of the innermost list item begins.
func (r *runner) column() int {
	if len(r.lists) == 0 {
		return 0
	}
	return r.lists[len(r.lists)-1].column
}

// prefix is what stands before the next line of the result.
func (r *runner) prefix() string {
	p := r.first
	r.first = r.rest
	return p
}

func (r *runner) emit(l outLine) {
	l.lead = r.prefix() + l.lead
	r.out = append(r.out, l)
}

// line takes the next line.
func (r *runner) line(line string) {
	col, text := cutIndent(line)
	if text == "" {
		r.para, r.isTable = noPara, false
		r.emit(outLine{})
		return
	}
	inPara := r.para != noPara
	for col < r.column() {
		last := len(r.lists) - 1
		inPara = inPara && !r.lists[last].isNumber
		r.lists, r.para = r.lists[:last], noPara
	}
	inner := col - r.column()
	switch {
	case inner >= 4 && r.para == noPara:
		r.indented()
	case inner >= 4:
		r.text(spaces(col), text)
	default:
		r.block(spaces(col), text, inPara)
	}
}

// block takes a line that is not indented: lead are its containers so far. In a
// paragraph only some items begin a list ("List items", spec.commonmark.org).
func (r *runner) block(lead, text string, inPara bool) {
	r.isOpen = inPara
	for {
		text = r.strip(text)
		if text == "" {
			r.empty(lead)
			return
		}
		switch {
		case isRule(text):
			r.rule(lead, text)
			return
		case text[0] == '>' && r.quotes < maxQuotes:
			r.quote(lead, text)
			return
		case isFence(text):
			r.fence(r.ownLine(lead), text)
			return
		case r.para >= 0 && strings.Trim(text, "= ") == "" && !strings.Contains(strings.TrimSpace(text), " "):
			r.promote(1)
			return
		}
		if level, heading := cutHeading(text); level > 0 {
			r.heading(lead, level, heading)
			return
		}
		marker, rest := cutMarker(text)
		isItem := marker != "" && len(r.lists) < maxLists &&
			(!inPara || rest != "" && (len(marker) == 1 || marker[:len(marker)-1] == "1"))
		if !isItem {
			r.text(lead, text)
			return
		}
		gap := len(rest) - len(strings.TrimLeft(rest, " "))
		if gap < 1 || gap > 4 {
			gap = 1
		}
		lead += marker + spaces(gap)
		text = strings.TrimLeft(rest, " ")
		r.lists = append(r.lists, item{len(lead), len(marker) > 1})
		r.para, r.isTable, inPara = noPara, false, false
	}
}

// ownLine gives a block of code in a list a line of its own, so that whoever
// looks for fences at the start of lines finds its first and its last. It returns
// what stands before it there.
func (r *runner) ownLine(lead string) string {
	marks := strings.TrimRight(lead, " ")
	if marks == "" {
		return lead
	}
	r.empty(marks)
	r.lists[len(r.lists)-1].column = len(marks) + 1
	return spaces(len(marks) + 1)
}

// empty takes a line of which nothing is left but what makes its containers.
// Without any it is as if it were not there. An empty item begins no list in a
// paragraph.
func (r *runner) empty(lead string) {
	if strings.TrimSpace(lead) == "" {
		return
	}
	if r.isOpen {
		r.emit(outLine{})
	}
	r.emit(outLine{lead: lead})
	r.para = noPara
}

// strip takes comments, tags that mean nothing and line breaks from the start
// of a line, where they could hide what the line is.
func (r *runner) strip(text string) string {
	for strings.HasPrefix(text, "<") {
		if strings.HasPrefix(text, "<!--") {
			rest, isClosed := r.skipComment(text[4:], true)
			if !isClosed {
				return text
			}
			text = strings.TrimLeft(rest, " \t")
			continue
		}
		t, ok := cutTag(text)
		if !ok || !t.isDropped() && t.name != "br" {
			return text
		}
		text = strings.TrimLeft(text[t.size:], " \t")
	}
	return text
}

// skipComment is what follows the end of a comment of which text is what
// follows its start. One that ends on a later line takes the lines before with
// it; only a comment that starts a line may hold empty lines ("HTML blocks",
// spec.commonmark.org).
func (r *runner) skipComment(text string, isBlock bool) (rest string, isClosed bool) {
	if end := strings.Index(text, "-->"); end >= 0 {
		return text[end+3:], true
	}
	if r.at > r.lastClose {
		return "", false
	}
	for i := max(r.at, r.noClose); i <= r.lastClose; i++ {
		line := r.lines[i]
		if !isBlock && strings.TrimSpace(line) == "" {
			r.noClose = i
			return "", false
		}
		if end := strings.Index(line, "-->"); end >= 0 {
			r.at = i + 1
			return line[end+3:], true
		}
	}
	return "", false
}

// text takes a line of a paragraph or of a table.
func (r *runner) text(lead, text string) {
	kind := plainLine
	if strings.HasSuffix(text, "  ") {
		kind = breakLine
	}
	text = strings.TrimRight(text, " \t")
	isDelim := isDelimiter(text)
	if isDelim || r.para == noPara && r.at < len(r.lines) && isDelimiter(strings.TrimSpace(r.lines[r.at])) {
		r.isTable = true
	}
	text = strings.TrimLeft(r.inline(text), " \t")
	switch {
	case text == "":
		r.empty(lead)
		return
	case startsBlock(text), r.para != noPara && strings.Trim(text, "=") == "", !isDelim && isDelimiter(text):
		text = escapeMarker(text)
	case r.rest == "" && lead == "" && (strings.HasPrefix(text+" ", "import ") || strings.HasPrefix(text+" ", "export ")):
		lead = " " // a module's import or export is one only at the very start of a line
	}
	if r.para == noPara {
		r.para = len(r.out)
	} else {
		r.para = longPara
	}
	r.emit(outLine{lead: lead, text: defuse(text), kind: kind})
}

// inline is text with its inline constructs made harmless. A comment that ends
// on a later line takes the lines between with it.
func (r *runner) inline(text string) string {
	in := inliner{isTable: r.isTable, comments: true}
	for {
		rest, isOpen := in.scan(text)
		if !isOpen {
			return in.text()
		}
		if after, isClosed := r.skipComment(rest, false); isClosed {
			text = strings.TrimRight(after, " \t")
			continue
		}
		in.comments = false
		text = "<!--" + rest
	}
}

// rule takes a rule or, below a paragraph, what makes that a heading.
func (r *runner) rule(lead, text string) {
	isDashes := strings.Trim(text, "- ") == "" && !strings.Contains(strings.TrimSpace(text), " ")
	if isDashes && r.para >= 0 && !r.isTable {
		r.promote(2)
		return
	}
	r.para, r.isTable = noPara, false
	if isDashes {
		text = "***"
	}
	r.emit(outLine{lead: lead, text: strings.TrimRight(text, " ")})
}

// promote makes a heading of the open paragraph.
func (r *runner) promote(level int) {
	l := &r.out[r.para]
	l.level, l.kind = level, plainLine
	l.text = guardHeading(strings.TrimLeft(l.text, " "))
	r.top = min(r.top, level)
	r.para = noPara
}

func (r *runner) heading(lead string, level int, text string) {
	r.para, r.isTable = noPara, false
	text = strings.TrimSpace(r.inline(strings.TrimSpace(text)))
	if text == "" {
		r.emit(outLine{})
		r.isOpen = false
		r.empty(lead)
		return
	}
	r.top = min(r.top, level)
	r.emit(outLine{lead: lead, level: level, text: defuse(guardHeading(text))})
}
