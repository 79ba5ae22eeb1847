package markup

import "strings"

// quote takes a block quote: what is in it is settled by itself.
func (r *runner) quote(lead, text string) {
	lines := []string{cutQuote(text)}
	for ; r.at < len(r.lines); r.at++ {
		col, next := cutIndent(r.lines[r.at])
		if next == "" || next[0] != '>' || col < r.column() || col-r.column() >= 4 {
			break
		}
		lines = append(lines, cutQuote(next))
	}
	r.run(lines, r.prefix()+lead+"> ", r.rest+spaces(r.column())+"> ", r.quotes+1)
	r.para, r.isTable = noPara, false
}

// fence takes a fenced block of code, and closes it where it is not.
func (r *runner) fence(lead, text string) {
	mark := text[:len(text)-len(strings.TrimLeft(text, text[:1]))]
	info, open := infoWord(text[len(mark):]), mark
	var lines []string
	isClosed := false
	for ; r.at < len(r.lines) && !isClosed; r.at++ {
		col, next := cutIndent(r.lines[r.at])
		if next != "" && col < r.column() {
			break
		}
		isEnd := closes(next, open)
		if isEnd && col-r.column() < 4 {
			isClosed = true
			continue
		}
		if isEnd { // one that is indented ends the block in MDX
			mark = strings.Repeat(mark[:1], max(len(mark), len(strings.TrimSpace(next))+1))
		}
		lines = append(lines, r.lines[r.at])
	}
	for !isClosed && len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	r.code(lead, mark, info, lines)
}

// closes reports whether line ends a block of code that mark began.
func closes(line, mark string) bool {
	line = strings.TrimSpace(line)
	return len(line) >= len(mark) && strings.Trim(line, mark[:1]) == ""
}

// indented takes an indented block of code, of which the first line was just
// read, and makes a fenced one of it.
func (r *runner) indented() {
	base := r.column() + 4
	var lines []string
	end := r.at - 1
	for i := end; i < len(r.lines); i++ {
		col, text := cutIndent(r.lines[i])
		if text == "" {
			lines = append(lines, "")
			continue
		}
		if col < base {
			break
		}
		lines = append(lines, spaces(col-4)+text)
		end = i + 1
	}
	lines = lines[:end-r.at+1]
	mark := "```"
	for _, l := range lines {
		mark = strings.Repeat("`", max(len(mark), longest(l, '`', 0)+1))
	}
	r.at = end
	r.code(spaces(r.column()), mark, "", lines)
}

// code puts a block of code out; lead is white space.
func (r *runner) code(lead, mark, info string, lines []string) {
	r.para, r.isTable = noPara, false
	r.emit(outLine{lead: lead, text: mark + info, kind: codeLine})
	for _, l := range lines {
		out := outLine{text: defuseCode(l), kind: codeLine}
		r.emit(out)
	}
	r.emit(outLine{lead: lead, text: mark, kind: codeLine})
}

// infoWord is the language of a block of code.
func infoWord(info string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(info), " ")
	for i := range len(word) {
		c := word[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && strings.IndexByte("+#.-_", c) < 0 {
			return word[:i]
		}
	}
	return head(word, 40)
}
