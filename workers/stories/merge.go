package stories

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

var storyCriterion = regexp.MustCompile(`AC-US-\d+-`)

// merge brings what the source has now, theirs, into a person's file, mine.
// Against the base, what both had before, a value that only one of them changed
// is that one's; where both did, mine stays, theirs is shown in a section of its
// own, and the key is among the conflicts. Without a base mine is taken to be
// changed on purpose wherever people write, and theirs is right elsewhere.
func merge(old base, mine, theirs []chunk) (merged []chunk, conflicts []string) {
	merged = slices.Clone(mine)
	var blocks []block
	fresh := value(mine, updatedKey) == value(theirs, updatedKey)
	after := "" // the key that the next one follows in theirs
	for _, t := range theirs {
		if t.key == "" {
			continue
		}
		m := find(merged, t.key)
		switch decide(old, m, &t, fresh) {
		case keep:
		case replace:
			m.set(t.val)
		case insert:
			merged = insertAfter(merged, after, t)
		case conflict:
			conflicts = append(conflicts, t.key)
			blocks = append(blocks, block{t.key, t.val})
		}
		after = t.key
	}
	for _, key := range slices.Sorted(maps.Keys(old)) {
		was, m := old[key], find(merged, key)
		if m == nil || find(theirs, key) != nil {
			continue
		}
		if hash(plain(key, m.val)) == was {
			merged = slices.DeleteFunc(merged, func(c chunk) bool { return c.key == key })
			continue
		}
		conflicts = append(conflicts, key)
		blocks = append(blocks, block{key: key})
	}
	slices.Sort(conflicts)
	return withConflicts(merged, blocks), conflicts
}

type decision int

const (
	keep decision = iota
	replace
	insert
	conflict
)

// decide says what becomes of one value. m is nil if the person's file has none;
// fresh says that the source has not changed anything since it was imported.
func decide(old base, m, t *chunk, fresh bool) decision {
	switch {
	case t.key == hashKey:
		if m == nil {
			return insert
		}
		return replace
	case t.key == importedKey:
		if m == nil {
			return insert
		}
		return keep
	case m != nil && plain(t.key, m.val) == plain(t.key, t.val):
		return keep
	}
	now := hash(plain(t.key, t.val))
	was, known := old[t.key]
	switch {
	case old == nil && m == nil, !known && m == nil:
		return insert
	case old == nil:
		if ofPeople(t.key) || fresh && (t.key == statusKey || t.key == priorityKey) {
			return keep
		}
		return replace
	case known && was == now: // the source has not changed it
		return keep
	case m != nil && known && hash(plain(t.key, m.val)) == was:
		return replace
	}
	return conflict
}

// ofPeople reports whether people write a value, and not the tracker alone.
func ofPeople(key string) bool {
	return key == titleKey || strings.HasPrefix(key, "## ")
}

// set changes a value and keeps the line ends and ticks of the file.
func (c *chunk) set(val string) {
	if c.key == criteriaKey {
		val = ticked(val, c.val)
	}
	if strings.Contains(c.after+c.pre, "\r\n") {
		val = strings.ReplaceAll(val, "\n", "\r\n")
	}
	if c.val == "" && strings.HasPrefix(c.key, "## ") {
		c.pre, c.after = strings.TrimRight(c.pre, "\r\n")+"\n\n", "\n\n"
	}
	c.val = val
}

// ticked sets the ticks of the criteria that stay the same.
func ticked(val, was string) string {
	done := make(map[string]bool)
	for line := range strings.Lines(was) {
		if _, text, ok := strings.Cut(line, "]"); ok && strings.HasPrefix(strings.ToLower(line), "- [x]") {
			done[criterion(text)] = true
		}
	}
	lines := strings.Split(val, "\n")
	for i, line := range lines {
		if text, ok := strings.CutPrefix(line, "- [ ]"); ok && done[criterion(text)] {
			lines[i] = "- [x]" + text
		}
	}
	return strings.Join(lines, "\n")
}

// criterion is what one says, without its number.
func criterion(line string) string {
	if _, text, ok := strings.Cut(line, "**: "); ok {
		line = text
	}
	return strings.TrimSpace(line)
}

// kind is the part of a story that a key belongs to.
func kind(key string) place {
	switch {
	case strings.HasPrefix(key, "## "):
		return section
	case strings.HasPrefix(key, "- "):
		return tail
	}
	return header
}

// insertAfter puts c behind the chunk of a key, or in a file that has no such
// key where its kind belongs.
func insertAfter(chunks []chunk, key string, c chunk) []chunk {
	at := slices.IndexFunc(chunks, func(o chunk) bool { return o.key != "" && o.key == key && kind(key) == kind(c.key) })
	if at < 0 {
		chunks, at = behindKind(chunks, kind(c.key))
	}
	if at >= 0 {
		before := &chunks[at]
		lineEnds := "\n"
		if kind(c.key) == section {
			lineEnds = "\n\n"
		}
		for whole := before.pre + before.val + before.after; !strings.HasSuffix(strings.ReplaceAll(whole, "\r", ""), lineEnds); whole += "\n" {
			before.after += "\n"
		}
	}
	if at+1 < len(chunks) && !strings.HasSuffix(c.after, "\n") {
		c.after += "\n"
	}
	return slices.Insert(chunks, at+1, c)
}

// behindKind finds the last chunk of what comes before a new one of a kind; -1
// is the start of the file. Metadata gets its heading.
func behindKind(chunks []chunk, k place) ([]chunk, int) {
	last := -1
	for i, c := range chunks {
		switch {
		case c.key != "":
			if kind(c.key) <= k {
				last = i
			}
		case k == tail && strings.TrimRight(c.val, " \r\n") == metadataHead:
			last = i
			if i+1 < len(chunks) && strings.TrimSpace(chunks[i+1].val+chunks[i+1].key) == "" {
				last = i + 1
			}
		case i == 0 && frontMatterEnd(c.val) == len(c.val) && c.val != "":
			last = 0
		}
	}
	headed := slices.ContainsFunc(chunks, func(c chunk) bool {
		return c.key == "" && strings.TrimRight(c.val, " \r\n") == metadataHead
	})
	if k != tail || headed {
		return chunks, last
	}
	if n := len(chunks); n > 0 && !strings.HasSuffix(chunks[n-1].pre+chunks[n-1].val+chunks[n-1].after, "\n") {
		chunks[n-1].after += "\n"
	}
	chunks = append(chunks, chunk{val: "\n---\n\n"}, chunk{val: metadataHead + "\n"}, chunk{val: "\n"})
	return chunks, len(chunks) - 1
}

// block is a value of the source that a person's file does not take over. No
// value says that the source has it no more.
type block struct{ key, val string }

const (
	blockChanged = "** was changed here and at the source, which has:"
	blockRemoved = "** was changed here and removed at the source."
)

func (b block) name() string { return strings.TrimPrefix(strings.TrimPrefix(b.key, "## "), "- ") }

// String is a block quote: the readers of SpecWeave take no line of it for
// anything.
func (b block) String() string {
	if b.val == "" {
		return "> **" + b.name() + blockRemoved
	}
	return "> **" + b.name() + blockChanged + "\n>\n" + quote(b.val)
}

// withConflicts shows blocks in a section of their own, in the place of older
// ones of the same keys. A person who has seen to them removes the section.
func withConflicts(chunks []chunk, blocks []block) []chunk {
	if len(blocks) == 0 {
		return chunks
	}
	var all []string
	shown := find(chunks, conflictsKey)
	if shown != nil {
		for _, old := range strings.Split(strings.ReplaceAll(shown.val, "\r\n", "\n"), "\n\n") {
			replaced := slices.ContainsFunc(blocks, func(b block) bool {
				return strings.HasPrefix(old, "> **"+b.name()+"** was changed here ")
			})
			if !replaced && old != "" {
				all = append(all, old)
			}
		}
	}
	for _, b := range blocks {
		all = append(all, b.String())
	}
	val := strings.Join(all, "\n\n")
	if shown != nil {
		shown.set(val)
		return chunks
	}
	last := ""
	for _, c := range chunks {
		if strings.HasPrefix(c.key, "## ") {
			last = c.key
		}
	}
	return insertAfter(chunks, last, chunk{conflictsKey, conflictsKey + "\n\n", val, "\n\n"})
}
