package jobs

import (
	"encoding/json"
	"time"

	"github.com/specweave/specweave/platform"
)

// Kind says what an Event records.
type Kind string

// The kinds of event. A start, cursor, pause, lost, end or retry is on stable
// storage before its writer goes on; the others reach it within a second.
const (
	KindStart  Kind = "start"  // an attempt begins: Job, Proc, Boot, Unit
	KindTotal  Kind = "total"  // there are N items
	KindBegin  Kind = "begin"  // work on Item begins
	KindDone   Kind = "done"   // Item is done
	KindSkip   Kind = "skip"   // nothing to do for Item
	KindFail   Kind = "fail"   // Item failed: Class, Err
	KindCursor Kind = "cursor" // everything before Cursor is safe
	KindPause  Kind = "pause"  // the attempt ended on purpose: Job, Until, Err, Sum
	KindLost   Kind = "lost"   // the attempt was found dead: Job, Until, Err, Sum
	KindEnd    Kind = "end"    // the job is over: Job, Status, Err, Sum
	KindRetry  Kind = "retry"  // a person wants what failed tried again, of Class alone if that is set: Job, Until, Sum
)

// durable reports whether an event of this kind is synced before Append returns.
func (k Kind) durable() bool {
	switch k {
	case KindStart, KindCursor, KindPause, KindLost, KindEnd, KindRetry:
		return true
	case KindTotal, KindBegin, KindDone, KindSkip, KindFail:
	}
	return false
}

// Event is one line of a journal. Times are UTC in whole milliseconds.
type Event struct {
	Time   time.Time       `json:"t"`
	Kind   Kind            `json:"k"`
	Job    string          `json:"job,omitempty"` // id: a journal of another job is found out
	N      int             `json:"n,omitempty"`
	Item   string          `json:"item,omitempty"`
	Class  string          `json:"class,omitempty"`
	Err    string          `json:"err,omitempty"`
	Until  time.Time       `json:"until,omitzero"`
	Cursor json.RawMessage `json:"cursor,omitempty"`
	Status Status          `json:"status,omitempty"`
	Proc   *platform.Proc  `json:"proc,omitempty"`
	Boot   string          `json:"boot,omitempty"`
	Unit   string          `json:"unit,omitempty"`
	Sum    *Summary        `json:"sum,omitempty"`
}

// Summary is what a journal adds up to without the names: the last line of a
// job that is over or paused carries it, so that listing reads that line only.
type Summary struct {
	Attempt int       `json:"attempt"`
	Total   int       `json:"total"`
	Done    int       `json:"done"`
	Skipped int       `json:"skipped"`
	Failed  int       `json:"failed"`
	Started time.Time `json:"started"`
}

// maxErr bounds a message in the journal, so that a summary line stays short.
const maxErr = 2048

func clip(s string) string {
	if len(s) <= maxErr {
		return s
	}
	return s[:maxErr] + "…"
}
