package workers

import (
	"strconv"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers/lazyregexp"
)

// progressLine is what git's progress.c prints: a title, then a percentage with
// what it is of or a mere count, then perhaps what has come through. What a
// server says has "remote: " before it (gitprotocol-pack(5), side-band).
var progressLine = lazyregexp.New(`^(remote: )?([A-Z][A-Za-z ]{2,40}): +(?:([0-9]{1,3})% \([0-9]+/[0-9]+\)(?:, ([0-9]{1,18}(?:\.[0-9]{1,2})?) (bytes|KiB|MiB|GiB)\b)?|[0-9]+(?:,|$))`)

// phases are the titles of git's progress and what we call them. What is not
// here is too short to be seen.
var phases = map[string]string{
	"Enumerating objects": "counting",
	"Counting objects":    "counting",
	"Compressing objects": "compressing",
	"Receiving objects":   "receiving",
	"Unpacking objects":   "receiving",
	"Resolving deltas":    "resolving deltas",
	"Updating files":      "checking out",
	"Checking out files":  "checking out", // before git 2.25
	"Filtering content":   "filtering",
}

// maxBytes bounds what is believed, so that sums cannot overflow.
const maxBytes = 1 << 60

var sizes = map[string]float64{"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}

// phase is one line of git's progress.
type phase struct {
	name    string
	percent int   // -1: git does not say
	bytes   int64 // that have come through; -1: it does not say
}

// parsePhase reads a line of git's progress and reports whether it is one. A
// server may say of itself only what goes on there: what has been received is
// for git here to know.
func parsePhase(line string) (phase, bool) {
	m := progressLine.FindStringSubmatch(line)
	if m == nil {
		return phase{}, false
	}
	p := phase{name: phases[m[2]], percent: -1, bytes: -1}
	there := p.name == "counting" || p.name == "compressing"
	if p.name == "" || (m[1] != "") != there {
		return phase{}, false
	}
	if n, err := strconv.Atoi(m[3]); err == nil {
		p.percent = min(n, 100)
	}
	if n, err := strconv.ParseFloat(m[4], 64); err == nil && !there {
		p.bytes = int64(min(n*sizes[m[5]], maxBytes))
	}
	return p, true
}

// meter adds up what the runs of git for one item say. Each submodule and each
// try receives from the start, so a lower number of bytes begins a new count.
type meter struct {
	before, now int64
	name        string
}

// add takes one line of progress.
func (m *meter) add(p phase) {
	if p.bytes >= 0 {
		if p.bytes < m.now || p.name != m.name {
			m.end()
		}
		m.now = p.bytes
		m.name = p.name
	}
}

// end says that no more comes of what is being counted.
func (m *meter) end() {
	m.before = min(m.before+m.now, maxBytes)
	m.now = 0
}

// follow returns what takes the output of a run of git for t.
func (w *cloning) follow(t task, m *meter) func(line string) {
	m.end()
	return func(line string) {
		if p, ok := parsePhase(line); ok {
			m.add(p)
			w.progress.Report(jobs.Live{Item: t.item, Phase: p.name, Percent: p.percent, Bytes: m.before + m.now})
		}
	}
}
