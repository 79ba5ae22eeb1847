package workers

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"sync"

	"github.com/specweave/specweave/platform"
)

// This file tells whose disk is full. A full disk stops the whole job, so it
// takes more than words: a host may say what it likes, and over ssh its words
// look as if they were git's. Nor can the disk be asked afterwards: git has
// removed its half clone by then, and all the room is there again. So words
// count where git says that its own writing failed and nothing else is wrong,
// for of a host that failed git says that it is gone. Otherwise the disk has to
// be full still.

// phrases are compiled when the first clone fails, as rules are.
var phrases = sync.OnceValue(func() (p struct{ full, local, follows, gone *regexp.Regexp }) {
	p.full = regexp.MustCompile(`(?i)no space left on device|disk quota exceeded|out of diskspace|not enough space on the disk|disk full`)
	p.local = regexp.MustCompile(`^(?:fatal|error): (?:.* )?(?:write|writing|create|close|closing|sync|fsync|rename|append|copy|lock|update_ref)\b`)
	p.follows = regexp.MustCompile(`^(?:fatal|error): (?:fetch-pack: invalid index-pack output|(?:index-pack|unpack-objects) failed|unable to checkout working tree)`)
	p.gone = regexp.MustCompile(`^fatal: remote error: |Could not read from remote|early EOF|hung up unexpectedly|unexpected disconnect`)
	return p
})

// fullDisk looks for a line about a full disk in the [wording] of git's last
// lines and says whose disk that is: [ClassDisk] for ours, [ClassServer] for
// the host's, [ClassOther] if nobody can tell. Without one it returns -1.
func fullDisk(words []string) (class string, line int) {
	p, line := phrases(), -1
	ours, host := true, false
	for i, w := range words {
		full := p.full.MatchString(w)
		if full {
			line = i
		}
		host = host || p.gone.MatchString(w) || full && strings.HasPrefix(w, "remote: ")
		failed := strings.HasPrefix(w, "fatal: ") || strings.HasPrefix(w, "error: ")
		ours = ours && (!failed && !full || full && p.local.MatchString(w) || p.follows.MatchString(w))
	}
	switch {
	case line < 0:
		return "", -1
	case host:
		return ClassServer, line
	case ours:
		return ClassDisk, line
	}
	return ClassOther, line
}

// saysFull reports whether git, or a host through it, spoke of a full disk.
func saysFull(err error) bool {
	var f *failure
	if !errors.As(err, &f) {
		return false
	}
	_, line := fullDisk(wording(f.lines))
	return line >= 0
}

// diskFull reports whether a failure of that class is due to a full disk of
// this machine, for which git has many words.
func (w *cloning) diskFull(class string, err error) bool {
	says := saysFull(err)
	return class == ClassDisk ||
		(says || class == ClassOther || class == ClassBroken) && platform.Full(w.dir) ||
		says && platform.Full(os.TempDir())
}
