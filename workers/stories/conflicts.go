package stories

import (
	"slices"
	"strings"
)

// block is a value of the source that a person's file does not take over. No
// value says that the source has it no more.
type block struct{ key, val string }

const (
	blockChanged = "** was changed here and at the source, which has:"
	blockRemoved = "** was changed here and removed at the source."
)

// name is what a block calls its key. That of a comment is its heading.
func (b block) name() string {
	if heading, ok := strings.CutPrefix(b.key, commentHead); ok {
		return "Comment of " + heading
	}
	return Name(b.key)
}

// of reports whether a block that is shown is about the same value as b.
func (b block) of(shown string) bool {
	return strings.HasPrefix(shown, "> **"+b.name()+"** was changed here ")
}

// String is a block quote: the readers of SpecWeave take no line of it for
// anything.
func (b block) String() string {
	if b.val == "" {
		return "> **" + b.name() + blockRemoved
	}
	return "> **" + b.name() + blockChanged + "\n>\n" + quote(b.val)
}

// shownConflicts are the blocks of a story's section.
func shownConflicts(chunks []chunk) []string {
	val := strings.ReplaceAll(value(chunks, conflictsKey), "\r\n", "\n")
	if val == "" {
		return nil
	}
	return strings.Split(val, "\n\n")
}

// inConflict reports whether a story shows a conflict of a key.
func inConflict(shown []string, key string) bool {
	return slices.ContainsFunc(shown, block{key: key}.of)
}

// withConflicts shows blocks in a section of their own, in the place of older
// ones of the same keys, and takes away those of keys that are settled. A person
// who has seen to them removes the section.
func withConflicts(chunks []chunk, blocks []block, settled []string) []chunk {
	var all []string
	was := shownConflicts(chunks)
	for _, old := range was {
		over := slices.ContainsFunc(blocks, func(b block) bool { return b.of(old) }) ||
			slices.ContainsFunc(settled, func(key string) bool { return block{key: key}.of(old) })
		if !over && old != "" {
			all = append(all, old)
		}
	}
	if len(blocks) == 0 && len(all) == len(was) {
		return chunks
	}
	for _, b := range blocks {
		all = append(all, b.String())
	}
	if len(all) == 0 {
		return slices.DeleteFunc(chunks, func(c chunk) bool { return c.key == conflictsKey })
	}
	val := strings.Join(all, "\n\n")
	if shown := find(chunks, conflictsKey); shown != nil {
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
