package workers

import (
	"os"
	"path/filepath"
	"time"
)

// Estimate is what clones will cost, as far as that can be told beforehand.
type Estimate struct {
	Clones  int   // to be made
	Unknown int   // of them: whose host does not say how big they are
	Bytes   int64 // of the others: their history as their hosts count it, without work trees
	Low     time.Duration
	High    time.Duration
}

// What the range of an Estimate assumes: of the line to a host, as hosts serve
// and homes have them, and of one clone beside its bytes.
const (
	FastLine = 50 << 20 // bytes a second, of all clones together
	SlowLine = 1 << 20

	quickClone  = 100 * time.Millisecond
	slowClone   = 3 * time.Second
	unknownSize = 20 << 20 // what one of unknown size is taken for at most
)

// EstimateOf returns the cost of cloning repos with the settings of c. A clone
// that is shallow or partial takes anything up to all of the bytes.
func EstimateOf(repos []Repository, c CloneConfig) Estimate {
	e := Estimate{Clones: len(repos)}
	var rest time.Duration
	for _, r := range repos {
		if r.Size > 0 {
			e.Bytes += r.Size
		} else {
			e.Unknown++
		}
		if c.DelayMS != nil {
			rest += time.Duration(*c.DelayMS) * time.Millisecond
		}
	}
	slots := time.Duration(min(max(c.concurrency(), 1), max(len(repos), 1)))
	few := e.Bytes
	if c.Depth > 0 || c.Filter != "" || c.SingleBranch || c.Reference != "" {
		few = 0
	}
	seconds := func(bytes int64, rate float64) time.Duration {
		return time.Duration(float64(bytes) / rate * float64(time.Second))
	}
	n := time.Duration(len(repos))
	e.Low = seconds(few, FastLine) + (n*quickClone+rest)/slots
	e.High = seconds(e.Bytes+int64(e.Unknown)*unknownSize, SlowLine) + (n*slowClone+rest)/slots
	return e
}

// Absent returns those of repos that have nothing at their paths below the
// project. It looks at the disk and starts no git.
func Absent(project string, repos []Repository) []Repository {
	var absent []Repository
	for _, r := range repos {
		if _, err := os.Lstat(filepath.Join(project, filepath.FromSlash(r.Path))); err != nil {
			absent = append(absent, r)
		}
	}
	return absent
}
