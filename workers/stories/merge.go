package stories

import (
	"maps"
	"slices"
	"strings"

	"github.com/specweave/specweave/workers/lazyregexp"
)

var storyCriterion = lazyregexp.New(`AC-US-\d+-`)

// terms are what a merge goes by.
type terms struct {
	old  base // what both had before; nil: not known
	pins base // by key, what the source has not changed, see [Draft.pins]
	rule Rule // but for Newer
	// labelled says that of the labels the source has changed only such as stand
	// for something else.
	labelled bool
}

// merge brings what the source has now, theirs, into a person's file, mine.
// Against what both had before, a value that only one of them changed is that
// one's. Where both did, the key is among the conflicts, and the rule decides:
// with Mark mine stays, and theirs is shown in a section of its own. Without a base
// mine is taken to be changed on purpose wherever people write, and theirs is
// right elsewhere.
func merge(by terms, mine, theirs []chunk) (merged []chunk, conflicts []string) {
	merged = slices.Clone(mine)
	var blocks []block
	var settled []string
	shown := shownConflicts(mine)
	fresh := value(mine, updatedKey) == value(theirs, updatedKey)
	after := "" // the key that the next one follows in theirs
	for _, t := range theirs {
		if t.key == "" {
			continue
		}
		m := find(merged, t.key)
		contested := inConflict(shown, t.key)
		done := decide(by, m, &t, fresh, contested)
		differs := m == nil || plain(t.key, m.val) != plain(t.key, t.val)
		if by.rule != Mark && (contested && differs && done != keep || decide(terms{by.old, by.pins, Mark, by.labelled}, m, &t, fresh, contested) == conflict) {
			conflicts = append(conflicts, t.key)
		}
		switch done {
		case keep:
		case ours:
			settled = append(settled, t.key)
		case replace:
			m.set(t.val)
			settled = append(settled, t.key)
		case insert:
			merged = insertAfter(merged, after, t)
			settled = append(settled, t.key)
		case conflict:
			conflicts = append(conflicts, t.key)
			blocks = append(blocks, block{t.key, t.val})
		}
		after = t.key
	}
	for _, key := range slices.Sorted(maps.Keys(by.old)) {
		m := find(merged, key)
		if _, pinned := by.pins[key]; pinned || m == nil || find(theirs, key) != nil {
			continue
		}
		switch {
		case by.old.is(key, m.val):
			merged = without(merged, key)
			settled = append(settled, key)
		case by.rule != Mark:
			if by.rule == Remote {
				merged = without(merged, key)
			}
			conflicts = append(conflicts, key)
			settled = append(settled, key)
		default:
			conflicts = append(conflicts, key)
			blocks = append(blocks, block{key: key})
		}
	}
	if by.rule != Mark {
		for _, key := range keys { // what the source removed earlier
			if _, known := by.old[key]; known || find(theirs, key) != nil || key == KeyComments || !inConflict(shown, key) {
				continue
			}
			if by.rule == Remote {
				merged = without(merged, key)
			}
			conflicts = append(conflicts, key)
			settled = append(settled, key)
		}
	}
	slices.Sort(conflicts)
	return withConflicts(merged, blocks, settled), conflicts
}

func without(chunks []chunk, key string) []chunk {
	return slices.DeleteFunc(chunks, func(c chunk) bool { return c.key == key })
}

type decision int

const (
	keep decision = iota
	ours          // keep, and the matter is settled
	replace
	insert
	conflict
)

// decide says what becomes of one value. m is nil if the person's file has none;
// fresh says that the source has not changed anything since it was imported, and
// contested that the story shows a conflict.
func decide(by terms, m, t *chunk, fresh, contested bool) decision {
	_, pinned := by.pins[t.key]
	now := hash(plain(t.key, t.val))
	was, known := by.old[t.key]
	switch {
	case m != nil && (t.key == hashKey || t.key == importedKey):
		return keep
	case m != nil && plain(t.key, m.val) == plain(t.key, t.val):
		return ours
	case pinned || known && was == now: // the source has not changed it
		if contested && by.rule != Mark {
			return by.rule.settle(m)
		}
		return keep
	case !known && m == nil:
		return insert
	case by.old == nil:
		if ofPeople(t.key) || fresh && (t.key == statusKey || t.key == priorityKey) {
			return keep
		}
		return replace
	case m != nil && by.old.is(t.key, m.val):
		return replace
	case m == nil && by.old.is(t.key, ""): // there was nothing worth a section
		return insert
	case t.key == KeyLabels && by.labelled:
		return keep
	}
	return by.rule.settle(m)
}

// settle is what a rule makes of a value that a person and the source changed.
func (r Rule) settle(m *chunk) decision {
	switch {
	case r == Local:
		return ours
	case r == Remote && m == nil:
		return insert
	case r == Remote:
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
		case i == 0 && c.val != "" && (c.val == byteOrderMark || frontMatterEnd(c.val) == len(c.val)):
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
