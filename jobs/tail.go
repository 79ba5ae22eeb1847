package jobs

import (
	"bytes"
	"encoding/json"
	"io"
	"os"

	"github.com/specweave/specweave/platform"
)

// readState folds the journal at path. brief is content with the last line
// where that carries a summary.
func readState(path string, brief bool) (State, error) {
	f, err := platform.Open(path)
	if err != nil {
		return State{}, err
	}
	defer func() { _ = f.Close() }()
	if brief {
		if s, ok := readSummary(f); ok {
			return s, nil
		}
	}
	data, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<62))
	if err != nil {
		return State{}, err
	}
	s, _, err := Fold(data)
	return s, err
}

// readSummary reads the last line, if it is short, whole and a summary.
func readSummary(f *os.File) (State, bool) {
	info, err := f.Stat()
	if err != nil {
		return State{}, false
	}
	tail := make([]byte, min(info.Size(), 2*maxErr+4096)) // an escaped message may double
	if _, err := f.ReadAt(tail, info.Size()-int64(len(tail))); err != nil {
		return State{}, false
	}
	line, whole := bytes.CutSuffix(tail, []byte("\n"))
	if i := bytes.LastIndexByte(line, '\n'); i >= 0 {
		line = line[i+1:]
	}
	var e Event
	if !whole || json.Unmarshal(line, &e) != nil || e.Sum == nil {
		return State{}, false
	}
	var s State
	s.apply(e)
	return s, true
}
