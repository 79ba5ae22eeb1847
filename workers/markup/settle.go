package markup

import "strings"

const (
	maxQuotes = 12 // quotes in quotes that are followed
	maxLists  = 24 // likewise lists
)

// settle is a Markdown text of anyone as one that cannot break what it is put
// into; the documentation of the package says what holds of it. What it has
// settled it leaves as it is.
func settle(text string) string { return settled(text).text() }

func settled(text string) *settler {
	s := &settler{top: 6}
	s.run(strings.Split(text, "\n"), "", "", 0)
	return s
}

// settler is settle half way.
type settler struct {
	out []outLine
	top int // the highest level of a heading so far
}

// outLine is a line of the result.
type outLine struct {
	lead  string // what makes its containers
	level int    // of a heading; 0: it is none
	text  string
	kind  lineKind
}

// lineKind says how a line is treated at the end.
type lineKind int

const (
	plainLine lineKind = iota
	codeLine           // stands as it is
	breakLine          // white space at its end is a line break, if a line follows
)

// down is by how many levels headings move, which takes the highest to level 3.
func (s *settler) down() int { return max(0, 3-s.top) }

// text puts the lines together. Empty lines at the ends and next to each other
// go.
func (s *settler) text() string {
	down := s.down()
	var b strings.Builder
	isBlank := true
	for i, l := range s.out {
		if l.kind != codeLine && l.text == "" {
			line := strings.TrimRight(l.lead, " ")
			if strings.Trim(line, "> ") == "" {
				if isBlank && b.Len() == 0 || isBlank && line == "" {
					continue
				}
				isBlank = line == ""
			} else {
				isBlank = false
			}
			b.WriteString(line + "\n")
			continue
		}
		isBlank = false
		b.WriteString(l.lead)
		if l.level > 0 {
			b.WriteString(strings.Repeat("#", min(6, l.level+down)) + " ")
		}
		b.WriteString(l.text)
		if l.kind == breakLine && i+1 < len(s.out) && strings.Trim(s.out[i+1].lead+s.out[i+1].text, " >") != "" {
			b.WriteString("  ")
		}
		b.WriteByte('\n')
	}
	return strings.TrimRight(b.String(), " \n")
}
