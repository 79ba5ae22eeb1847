package stories

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// hash tells texts apart. It is the start of their SHA-256.
func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:8])
}

// digest is a [hash] that takes little memory. 0 is none.
type digest uint64

func (d digest) String() string { return fmt.Sprintf("%016x", uint64(d)) }

func parseDigest(s string) digest {
	n, err := strconv.ParseUint(s, 16, 64)
	if err != nil || len(s) != 16 {
		return 0
	}
	return digest(n)
}

// base is what a story was when it came from its source last: the hash of each
// value, by key. That is enough to merge, which asks of a value only whether it
// has changed.
type base map[string]string

// baseOf is the base that chunks of a source leave behind. What says nothing of
// the source is left out.
func baseOf(chunks []chunk) base {
	b := make(base, len(chunks))
	for _, c := range chunks {
		if c.key != "" && c.key != importedKey && c.key != hashKey && c.key != conflictsKey {
			b[c.key] = hash(plain(c.key, c.val))
		}
	}
	return b
}

// sourceHash is what an item has to say, wherever its story lies. Tasks are
// items of their own.
func sourceHash(chunks []chunk) digest {
	var b strings.Builder
	for _, c := range chunks {
		switch c.key {
		case "", importedKey, hashKey, featureKey, tasksKey, "- Orphan", "Project":
		default:
			b.WriteString(c.key + "\x00" + plain(c.key, c.val) + "\x00")
		}
	}
	return parseDigest(hash(b.String()))
}

// pristine reports whether a file is as it was written last: nobody edited it
// since. Files of SpecWeave 1.0.593 do not tell.
func pristine(file string, chunks []chunk) bool {
	last := find(chunks, hashKey)
	if last == nil {
		return false
	}
	whole := last.pre + last.val + last.after
	before, ok := strings.CutSuffix(file, whole)
	return ok && hash(before) == last.val
}

// plain is a value as it is compared: with the line ends of the source, and
// criteria without their ticks, which belong to people.
func plain(key, val string) string {
	if strings.Contains(val, "\r") {
		val = strings.ReplaceAll(val, "\r\n", "\n")
	}
	if key != criteriaKey {
		return val
	}
	// The number of the story is left out: it is no matter of the source.
	val = storyCriterion.ReplaceAllString(val, "AC-")
	return strings.NewReplacer("- [x] ", "- [ ] ", "- [X] ", "- [ ] ").Replace(val)
}
