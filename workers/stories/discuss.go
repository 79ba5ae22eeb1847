package stories

import (
	"slices"
	"strings"
)

// discussion is a merge of comments half way.
type discussion struct {
	d       Draft
	rule    func(Comment) Rule // but for Newer
	shown   []string           // conflicts
	asWas   bool               // where the base knows no comments: they are as they came
	heads   heads
	old     map[string]told // by id
	remarks []remark        // those of the story, then those that are new in it
	order   []int           // of remarks, as they will stand
	at      map[string]int  // of the remark of an id
	last    int             // the one before, -1: none

	now     []told
	blocks  []block
	settled []string
	both    bool // changed a comment, a person and the source
}

// discuss merges the comments of a draft into a section, one by one: see
// [merge]. One that a person deleted stays away until the source changes it. One
// that the source deleted goes, unless a person has changed it. What it returns
// is the section and what the base knows of its comments from now on.
func discuss(c *discussion, section string, old base) (string, string) {
	base, known := toldIn(old)
	c.d.Comments = slices.Clone(c.d.Comments)
	for i := range c.d.Comments {
		if t := &c.d.Comments[i]; t.ID == "" { // its time and author have to do
			t.ID = hash(t.heading())
		}
	}
	c.heads = headsOf(c.d.Comments, base)
	section = strings.ReplaceAll(section, "\r\n", "\n")
	preface, remarks := c.heads.remarks(section)
	before := joined(preface, remarks)
	c.remarks, c.last = remarks, -1
	c.old, c.at = make(map[string]told), make(map[string]int)
	taken := newOnes(remarks)
	for i := range remarks {
		c.order = append(c.order, i)
	}
	for i, j := range pair(base, remarks, taken) {
		c.old[base[i].id] = base[i]
		if j >= 0 {
			c.at[base[i].id] = j
		}
	}
	var rest []told // that the base does not know
	for _, t := range c.d.Comments {
		if _, ok := c.old[t.ID]; !ok {
			rest = append(rest, told{t.ID, hash(t.heading()), hash(c.heads.guarded(t.Text)), ""})
		}
	}
	for i, j := range pair(rest, remarks, taken) {
		if j >= 0 {
			c.at[rest[i].id] = j
		}
	}
	if c.d.MoreComments {
		c.now = slices.Clone(base)
		for _, j := range c.order {
			if !remarks[j].isNew() {
				c.last = j
			}
		}
	}
	has := make(map[string]bool)
	for _, t := range c.d.Comments {
		if !has[t.ID] {
			has[t.ID] = true
			c.take(t)
		}
	}
	if !c.d.MoreComments {
		for _, t := range base {
			if j, ok := c.at[t.id]; ok && !has[t.id] {
				c.gone(t, j)
			}
		}
		for j := range remarks {
			if !known && c.asWas && !taken[j] {
				c.drop(j)
			}
		}
	}
	all := make([]remark, len(c.order))
	for i, j := range c.order {
		all[i] = c.remarks[j]
	}
	if after := joined(preface, all); after != before {
		section = after
	}
	return section, toldText(c.now)
}

// take merges one comment of the source.
func (c *discussion) take(t Comment) {
	text := c.heads.guarded(t.Text)
	sum := hash(text)
	was, known := c.old[t.ID]
	is := told{t.ID, hash(t.heading()), sum, t.Raw}
	j, here := c.at[t.ID]
	same := known && (or(t.Raw, sum) == was.raw || (t.Raw == "" || was.raw == "") && sum == was.text)
	switch {
	case t.Sent != "":
		all := t.SentOf > 0 && c.copies(t.Sent) >= t.SentOf
		if fresh := c.unsent(t.Sent); fresh >= 0 && here && (all || hash(c.remarks[j].text) != t.Sent) {
			c.drop(fresh) // an import was faster than the answer
			break
		}
		is.raw = or(t.Raw, sum)
		if !here || hash(c.remarks[j].text) != sum { // else it came with an import
			is.text = t.Sent
		}
		if !here && !known {
			j, here = c.sent(t)
		}
	case !here && same: // a person deleted it
		is.text, is.raw = was.text, or(t.Raw, was.raw)
	case !here:
		j, here = c.add(t), true
	default:
		mine := hash(c.remarks[j].text)
		changed := known && mine != was.text || !known && !c.asWas
		var done decision
		switch {
		case mine == sum:
			done = ours
		case same:
			is.text, is.raw = was.text, or(t.Raw, was.raw)
			done = keep
			if rule := c.rule(t); rule != Mark && inConflict(c.shown, c.remarks[j].heading()) {
				done, c.both = rule.settle(&chunk{}), true
			}
		case !changed:
			done = replace
		default:
			done, c.both = c.rule(t).settle(&chunk{}), true
		}
		c.put(t, j, text, done)
	}
	if known && here && hash(c.remarks[j].heading()) == was.head && was.head != is.head {
		c.remarks[j].head = t.heading() + "\n"
	}
	if here {
		c.last = j
	}
	if at := slices.IndexFunc(c.now, func(o told) bool { return o.id == t.ID }); at >= 0 {
		c.now[at] = is
		return
	}
	c.now = append(c.now, is)
}

func (c *discussion) put(t Comment, j int, text string, done decision) {
	switch done {
	case keep, insert:
		return
	case conflict:
		c.blocks = append(c.blocks, block{t.heading(), text})
		return
	case replace:
		r := &c.remarks[j]
		r.text, r.gap, r.after = text, "\n", "\n\n"
	case ours:
	}
	c.settled = append(c.settled, c.remarks[j].heading(), t.heading())
}

// unsent finds a comment that a person wrote, -1 if it is not there.
func (c *discussion) unsent(sum string) int {
	return slices.IndexFunc(c.remarks, func(r remark) bool { return r.isNew() && hash(r.text) == sum })
}

// copies is how many comments of a text a person wrote.
func (c *discussion) copies(sum string) (n int) {
	for _, r := range c.remarks {
		if r.isNew() && hash(r.text) == sum {
			n++
		}
	}
	return n
}

// sent gives a comment of a person the heading that it has at the source. One
// that was changed meanwhile is still the one, if it is the only one.
func (c *discussion) sent(t Comment) (int, bool) {
	j := c.unsent(t.Sent)
	for i := 0; i < len(c.remarks) && j < 0; i++ {
		if c.remarks[i].isNew() {
			j = i
		}
	}
	isNew := func(r remark) bool { return r.isNew() }
	if j < 0 || hash(c.remarks[j].text) != t.Sent && slices.IndexFunc(c.remarks[j+1:], isNew) >= 0 {
		return -1, false
	}
	c.remarks[j].head = t.heading() + "\n"
	return j, true
}

// add puts a comment behind the one that it follows at the source.
func (c *discussion) add(t Comment) int {
	c.remarks = append(c.remarks, c.heads.asRemark(t))
	j := len(c.remarks) - 1
	c.order = slices.Insert(c.order, slices.Index(c.order, c.last)+1, j)
	return j
}

// gone takes away what the source has no more.
func (c *discussion) gone(t told, j int) {
	r := &c.remarks[j]
	switch rule := c.rule(Comment{}); {
	case hash(r.text) == t.text, rule == Remote:
		c.both = c.both || hash(r.text) != t.text
		c.settled = append(c.settled, r.heading())
		c.drop(j)
	case rule == Local: // it will be sent anew
		c.both = true
		c.settled = append(c.settled, r.heading())
		r.head = newComment + "\n"
	default:
		c.blocks = append(c.blocks, block{key: r.heading()})
	}
}

func (c *discussion) drop(j int) {
	c.order = slices.DeleteFunc(c.order, func(i int) bool { return i == j })
}
