package stories

import (
	"slices"
	"strings"

	"github.com/specweave/specweave/workers/lazyregexp"
)

var (
	checkedCriterion     = lazyregexp.New(`(?im)^[ \t-]*\[[ x]\][ \t]+(AC[-:]?[ \t]*\d+:?[ \t]*\S.*)$`)
	checkedCriterionLine = lazyregexp.New(checkedCriterion.String() + `\n?`)
	criteriaHeading      = lazyregexp.New(`(?im)^#{1,6}[ \t]*Acceptance Criteria:?[ \t]*$`)
	anyHeading           = lazyregexp.New(`(?m)^(#{1,6} |---)`)
	listed               = lazyregexp.New(`^\s*(?:[-*+•]|\d+[.)])\s+(?:\[[ xX]\]\s*)?(.+)$`)
)

// Criteria finds the acceptance criteria of an item, one line each: in field,
// the text of the tracker's own field for them, or without one in body, where
// SpecWeave's importers look: checkboxes that begin with AC and a number, and
// the list below a heading "Acceptance Criteria". Both are Markdown.
func Criteria(body, field string) []string {
	var all []string
	if strings.TrimSpace(field) == "" {
		for _, c := range criteriaOf(body) {
			all = append(all, c.text)
		}
		return all
	}
	for line := range strings.SplitSeq(field, "\n") {
		if m := listed.FindStringSubmatch(line); m != nil {
			line = m[1]
		}
		if line = oneLine(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// criterionAt is a criterion in a body, and where its text is.
type criterionAt struct {
	text       string
	start, end int
}

func criteriaOf(body string) []criterionAt {
	var all []criterionAt
	seen := make(map[string]bool)
	var checked strings.Builder
	for _, m := range checkedCriterion.FindAllStringSubmatchIndex(body, -1) {
		text := oneLine(body[m[2]:m[3]])
		if !seen[text] {
			seen[text] = true
			all = append(all, criterionAt{text, m[2], m[3]})
			checked.WriteString(text + "\n")
		}
	}
	start, end := criteriaSection(body)
	for at := start; at < end; {
		line, _, _ := strings.Cut(body[at:end], "\n")
		if m := listed.FindStringSubmatchIndex(line); m != nil {
			if text := oneLine(line[m[2]:m[3]]); text != "" && !strings.Contains(checked.String(), text) {
				all = append(all, criterionAt{text, at + m[2], at + m[3]})
			}
		}
		at += len(line) + 1
	}
	return all
}

// criteriaSection is what is below the heading "Acceptance Criteria".
func criteriaSection(body string) (start, end int) {
	at := criteriaHeading.FindStringIndex(body)
	if at == nil {
		return 0, 0
	}
	if next := anyHeading.FindStringIndex(body[at[1]:]); next != nil {
		return at[1], at[1] + next[0]
	}
	return at[1], len(body)
}

// WithCriteria is a body with other acceptance criteria, of a tracker that keeps
// them there: [Criteria] finds them in it. Lines that stay the same stay as they
// are, ticks and bullets included, and so does all the rest.
func WithCriteria(body string, criteria []string) string {
	var want []string
	for _, c := range criteria {
		if c = oneLine(c); c != "" {
			want = append(want, c)
		}
	}
	is := body
	for _, try := range []func(string, []string) string{changedInPlace, asBoxes, asList} {
		if slices.Equal(Criteria(is, ""), want) {
			break
		}
		is = try(body, want)
	}
	return is
}

// changedInPlace changes the lines that have to.
func changedInPlace(body string, want []string) string {
	have := criteriaOf(body)
	if len(have) == 0 || len(want) == 0 || len(have)*len(want) > 1<<16 {
		return body
	}
	type edit struct {
		start, end int
		text       string
	}
	var edits []edit
	for at, j := 0, 0; at < len(have) || j < len(want); {
		n, m := nextSame(have[at:], want[j:]) // up to the next that stays
		for n > 0 && m > 0 {
			edits = append(edits, edit{have[at].start, have[at].end, want[j]})
			at, j, n, m = at+1, j+1, n-1, m-1
		}
		for ; n > 0; n-- {
			start, end := lineAround(body, have[at])
			edits = append(edits, edit{start, end, ""})
			at++
		}
		beside := have[max(at-1, 0)]
		start, end := lineAround(body, beside)
		prefix := unticked.ReplaceAllString(body[start:beside.start], "[ ]")
		for ; m > 0; m-- {
			if at == 0 {
				edits = append(edits, edit{start, start, prefix + want[j] + "\n"})
			} else {
				edits = append(edits, edit{end, end, prefix + want[j] + "\n"})
			}
			j++
		}
		if at < len(have) {
			at, j = at+1, j+1
		}
	}
	slices.SortStableFunc(edits, func(a, b edit) int { return a.start - b.start })
	var b strings.Builder
	done := 0
	for _, e := range edits {
		if e.start < done {
			return body // of lines within each other
		}
		between := body[done:e.start]
		if e.start == e.end && e.start == len(body) && !strings.HasSuffix(body, "\n") {
			between += "\n"
		}
		b.WriteString(between + e.text)
		done = e.end
	}
	b.WriteString(body[done:])
	if strings.HasSuffix(body, "\n") {
		return b.String()
	}
	return strings.TrimRight(b.String(), "\n")
}

var (
	unticked = lazyregexp.New(`\[[xX]\]`)
	boxed    = lazyregexp.New(`^\[[ xX]\]`)
)

// nextSame says how many come before the first that both have, as few of both
// as can be.
func nextSame(have []criterionAt, want []string) (int, int) {
	for sum := range len(have) + len(want) {
		for n := max(0, sum-len(want)+1); n <= sum && n < len(have); n++ {
			if m := sum - n; m < len(want) && have[n].text == want[m] {
				return n, m
			}
		}
	}
	return len(have), len(want)
}

// lineAround is the line of a criterion, with its end.
func lineAround(body string, c criterionAt) (start, end int) {
	start = strings.LastIndexByte(body[:c.start], '\n') + 1
	if at := strings.IndexByte(body[c.end:], '\n'); at >= 0 {
		return start, c.end + at + 1
	}
	return start, len(body)
}

var headingMark = lazyregexp.New(`(?m)^(#{2,6})[ \t]`)

// levelIn is the mark of a heading beside those of a body: one of a higher level
// would move all others down where the body becomes a part of a story.
func levelIn(body string) string {
	level := ""
	for _, m := range headingMark.FindAllStringSubmatchIndex(body, -1) {
		if mark := body[m[2]:m[3]]; level == "" || len(mark) < len(level) {
			level = mark
		}
	}
	return or(level, "##")
}

// asBoxes lists criteria as open boxes.
func asBoxes(body string, want []string) string {
	return listedAnew(body, want, func(string) string { return "- [ ] " })
}

// asList lists them so that they are found whatever they say: what begins with
// AC and a number must not be in a box, and what begins with a box must.
func asList(body string, want []string) string {
	return listedAnew(body, want, func(text string) string {
		if boxed.MatchString(text) {
			return "- [ ] "
		}
		return "- "
	})
}

// listedAnew takes all criteria out of a body and puts a list below the heading.
func listedAnew(body string, want []string, bullet func(string) string) string {
	body = checkedCriterionLine.ReplaceAllString(body, "")
	start, end := criteriaSection(body)
	var before, after strings.Builder
	out := &before
	for line := range strings.Lines(body[start:end]) {
		if listed.MatchString(strings.TrimRight(line, "\n")) {
			out = &after
			continue
		}
		out.WriteString(line)
	}
	var list strings.Builder
	for _, text := range want {
		list.WriteString(bullet(text) + text + "\n")
	}
	prose, rest := strings.TrimRight(before.String(), "\n"), strings.Trim(after.String(), "\n")
	head := body[:start]
	if end == 0 {
		head, end = body, len(body)
		if len(want) > 0 {
			head = strings.TrimLeft(strings.TrimRight(body, "\n")+"\n\n"+levelIn(body)+" Acceptance Criteria", "\n")
		}
	} else if len(want) == 0 && strings.TrimSpace(prose+rest) == "" && !criteriaHeading.MatchString(body[end:]) {
		head = strings.TrimRight(criteriaHeading.ReplaceAllString(head, ""), "\n") // which is its last line
	}
	parts := []string{strings.TrimRight(head+prose, "\n"), strings.TrimRight(list.String(), "\n"), rest, strings.TrimLeft(body[end:], "\n")}
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return strings.Join(parts, "\n\n")
}
