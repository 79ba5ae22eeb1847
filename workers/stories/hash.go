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

// untouchedText is pristine of a file that is not parsed yet.
func untouchedText(file string) bool {
	const line = "\n- **Content Hash**: "
	at := strings.LastIndex(file, line)
	return at >= 0 && file[at+len(line):] == hash(file[:at+1])
}

// rehash says in a file's last line that nobody has edited it.
func rehash(chunks []chunk) {
	if last := find(chunks, hashKey); last != nil {
		last.val = ""
		last.val = hash(strings.TrimSuffix(text(chunks), last.pre+last.after))
	}
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
