package stories

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// Comment is a comment on an item, in Markdown. In a story it stands in the
// section "Comments", below a heading that says whose it is and of when. One
// that a person writes has the heading "New comment".
type Comment struct {
	ID      string // at the source; "": a person wrote it here, and it was not sent
	Author  string // one line of Markdown
	Created time.Time
	Updated time.Time // zero: as the item
	Text    string
	Raw     string // hash of the text as its source has it, see [RawText]; "": not known

	// Sent is the Sum of the comment of a story that was written to the source
	// and is this one there.
	Sent string
	// SentOf is how many new comments with that Sum the story had then; 0: not
	// known, or it was none. As long as it has them all, one of them is this.
	SentOf int

	Sum      string // of a comment in a [Story]
	Changed  bool   // likewise: a person has changed or written it
	Conflict bool   // likewise: and so has the source, and nobody has settled it
}

const (
	commentHead = "### "
	newComment  = "### New comment" // the heading of one that a person writes
)

// datedHead is the heading of a comment whose time is known.
var datedHead = lazyregexp.New(`^### (.+), (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)$`)

// heading is that of a comment of the source.
func (c Comment) heading() string {
	head := commentHead + or(oneLine(c.Author), "unknown")
	if !c.Created.IsZero() {
		return head + ", " + c.Created.UTC().Format(time.DateTime)
	}
	if strings.EqualFold(head, newComment) { // it would be sent once more
		return commentHead + "unknown"
	}
	return head
}

// heads are the headings of comments without a time, which only who knows the
// comments takes for such. They are hashes.
type heads map[string]bool

func headsOf(all []Comment, told []told) heads {
	h := make(heads)
	for _, c := range all {
		h[hash(c.heading())] = true
	}
	for _, t := range told {
		h[t.head] = true
	}
	return h
}

func (h heads) has(line string) bool {
	line = strings.TrimRight(line, " \t\r\n")
	return strings.HasPrefix(line, commentHead) && (strings.EqualFold(line, newComment) || datedHead.MatchString(line) || h[hash(line)])
}

// guarded is the text of a comment, in which nothing looks like the heading of
// one.
func (h heads) guarded(text string) string {
	text = guard(text)
	if !strings.Contains(text, commentHead) {
		return text
	}
	var b strings.Builder
	var f fence
	for line := range strings.Lines(text) {
		if !f.next(line) && h.has(line) {
			line = "#" + line
		}
		b.WriteString(line)
	}
	return b.String()
}

// remark is a comment as a story has it; all pieces in a row are the section.
type remark struct {
	head, gap string // the heading's line, and blank ones
	text      string
	after     string
}

func (r remark) heading() string { return strings.TrimRight(r.head, " \t\n") }

func (r remark) isNew() bool { return strings.EqualFold(r.heading(), newComment) }

// asRemark is a comment of the source as a story has it.
func (h heads) asRemark(c Comment) remark {
	return remark{c.heading() + "\n", "\n", h.guarded(c.Text), "\n\n"}
}

// remarks reads a section of comments. What is above the first is none.
func (h heads) remarks(section string) (preface string, all []remark) {
	start := 0
	var f fence
	cut := func(end int) {
		piece := section[start:end]
		if all == nil {
			preface = piece
			return
		}
		all[len(all)-1].split(piece)
	}
	at := 0
	for line := range strings.Lines(section) {
		if !f.next(line) && h.has(line) {
			cut(at)
			all = append(all, remark{head: line})
			start = at + len(line)
		}
		at += len(line)
	}
	cut(at)
	return preface, all
}

func (r *remark) split(body string) {
	r.text = strings.Trim(body, "\n")
	r.text = strings.TrimRight(r.text, " \t\n")
	at := strings.Index(body, r.text)
	r.gap, r.after = body[:at], body[at+len(r.text):]
	if r.text == "" {
		r.gap, r.after = "", body
	}
}

// joined is the section that remarks are, with a blank line above each.
func joined(preface string, all []remark) string {
	var b strings.Builder
	b.WriteString(preface)
	for _, r := range all {
		if s := b.String(); s != "" {
			b.WriteString("\n\n"[min(2, len(s)-len(strings.TrimRight(s, "\n"))):])
		}
		b.WriteString(r.head + r.gap + r.text + r.after)
	}
	return strings.TrimRight(strings.TrimLeft(b.String(), "\n"), " \t\n")
}

// commentsText is the section of comments as the source has them.
func commentsText(comments []Comment) string {
	h := headsOf(comments, nil)
	all := make([]remark, len(comments))
	for i, c := range comments {
		all[i] = h.asRemark(c)
	}
	return joined("", all)
}

// told is what a base knows of a comment: its id, and hashes.
type told struct{ id, head, text, raw string }

// toldIn reads those of a base, and whether it knows of comments at all.
func toldIn(b base) ([]told, bool) {
	text, ok := b[commentsSum]
	var all []told
	for field := range strings.FieldsSeq(text) {
		parts := strings.Split(field, ",")
		if len(parts) != 4 {
			continue
		}
		if id, err := url.QueryUnescape(parts[0]); err == nil {
			all = append(all, told{id, parts[1], parts[2], parts[3]})
		}
	}
	return all, ok
}

func toldText(all []told) string {
	fields := make([]string, len(all))
	for i, t := range all {
		fields[i] = strings.Join([]string{url.QueryEscape(t.id), t.head, t.text, t.raw}, ",")
	}
	return strings.Join(fields, " ")
}

// pair finds for each comment of a base the remark that it is, -1 if there is
// none: the one with its heading and text, else with its heading, else with its
// text, in the order of the story. It takes none that is taken, and notes which
// it takes.
func pair(base []told, all []remark, taken []bool) []int {
	is := slices.Repeat([]int{-1}, len(base))
	for _, by := range []func(head, text string) string{
		func(head, text string) string { return head + text },
		func(head, _ string) string { return head },
		func(_, text string) string { return text },
	} {
		free := make(map[string][]int)
		for j, r := range all {
			if !taken[j] {
				key := by(hash(r.heading()), hash(r.text))
				free[key] = append(free[key], j)
			}
		}
		for i, t := range base {
			key := by(t.head, t.text)
			if list := free[key]; is[i] < 0 && len(list) > 0 {
				is[i], free[key] = list[0], list[1:]
				taken[list[0]] = true
			}
		}
	}
	return is
}

// readComments reads the comments of a story, and which of the base a person
// took out of it.
func readComments(section string, old base, shown []string) (all []Comment, removed []string) {
	base, _ := toldIn(old)
	_, remarks := headsOf(nil, base).remarks(strings.ReplaceAll(section, "\r\n", "\n"))
	taken := newOnes(remarks)
	of := make(map[int]told)
	for i, j := range pair(base, remarks, taken) {
		if j < 0 {
			removed = append(removed, base[i].id)
			continue
		}
		of[j] = base[i]
	}
	for j, r := range remarks {
		t, known := of[j]
		if !known && (!r.isNew() || r.text == "") {
			continue
		}
		c := Comment{ID: t.id, Text: r.text, Raw: t.raw, Sum: hash(r.text)}
		c.Changed = c.Sum != t.text
		c.Conflict = inConflict(shown, r.heading())
		if m := datedHead.FindStringSubmatch(r.heading()); m != nil {
			c.Author = m[1]
			c.Created, _ = time.Parse(time.DateTime, m[2])
		} else if known {
			c.Author = strings.TrimPrefix(r.heading(), commentHead)
		}
		all = append(all, c)
	}
	return all, removed
}

// asTold reports whether a section has the comments that a base knows, as it knows
// them.
func asTold(section string, b base) bool {
	all, _ := toldIn(b)
	preface, remarks := headsOf(nil, all).remarks(strings.ReplaceAll(section, "\r\n", "\n"))
	return preface == "" && slices.EqualFunc(all, remarks, func(t told, r remark) bool { return t.head == hash(r.heading()) && t.text == hash(r.text) })
}

// newOnes are the remarks that were not sent.
func newOnes(all []remark) []bool {
	is := make([]bool, len(all))
	for i, r := range all {
		is[i] = r.isNew()
	}
	return is
}
