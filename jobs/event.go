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
	KindDone   Kind = "done"   // Item is done: How, Bytes
	KindSkip   Kind = "skip"   // nothing to do for Item: How, Why, Bytes
	KindFail   Kind = "fail"   // Item failed: Class, Err, Bytes
	KindCursor Kind = "cursor" // everything before Cursor is safe: of Item, whose parts so far come to Counts, if that is set
	KindPause  Kind = "pause"  // the attempt ended on purpose: Job, Until, Err, Sum
	KindLost   Kind = "lost"   // the attempt was found dead: Job, Until, Err, Sum
	KindEnd    Kind = "end"    // the job is over: Job, Status, Err, Sum
	KindResult Kind = "result" // Result is for result.json
	KindRetry  Kind = "retry"  // a person wants what failed tried again, of Class alone if that is set: Job, Until, Sum
)

// durable reports whether an event of this kind is synced before Append returns.
func (k Kind) durable() bool {
	switch k {
	case KindStart, KindCursor, KindPause, KindLost, KindEnd, KindRetry:
		return true
	case KindTotal, KindBegin, KindDone, KindSkip, KindFail, KindResult:
	}
	return false
}

// Event is one line of a journal. Times are UTC in whole milliseconds, by a
// clock that may be set; Jump is by how much it was, or the machine slept,
// since the line before.
type Event struct {
	Time   time.Time       `json:"t"`
	Jump   int64           `json:"jump,omitempty"` // milliseconds
	Kind   Kind            `json:"k"`
	Job    string          `json:"job,omitempty"` // id: a journal of another job is found out
	N      int             `json:"n,omitempty"`
	Item   string          `json:"item,omitempty"`
	Class  string          `json:"class,omitempty"`
	Err    string          `json:"err,omitempty"`
	How    How             `json:"how,omitempty"`
	Why    string          `json:"why,omitempty"`   // an item was kept as it is
	Bytes  int64           `json:"bytes,omitempty"` // received for Item
	Until  time.Time       `json:"until,omitzero"`
	Cursor json.RawMessage `json:"cursor,omitempty"`
	Counts *Counts         `json:"counts,omitempty"` // of the parts of Item before Cursor, in all
	Result json.RawMessage `json:"result,omitempty"`
	Status Status          `json:"status,omitempty"`
	Proc   *platform.Proc  `json:"proc,omitempty"`
	Boot   string          `json:"boot,omitempty"`
	Unit   string          `json:"unit,omitempty"`
	Sum    *Summary        `json:"sum,omitempty"`
}

// How says what was particular about an item that is done or skipped.
type How string

// The particulars of items. Without one, a done item is new and a skipped one
// was there before, which nobody had to ask for.
const (
	Updated   How = "updated"   // done: it was there and has been brought up to date
	Unchanged How = "unchanged" // skip: it was there, and there is nothing newer
	Kept      How = "kept"      // skip: it was there and stays as a person left it: Why
	Whole     How = "whole"     // done: its parts were counted, see Progress.Advance
)

// Summary is what a journal adds up to without the names: the last line of a
// job that is over or paused carries it, so that listing reads that line only.
type Summary struct {
	Attempt int       `json:"attempt"`
	Total   int       `json:"total"`
	Done    int       `json:"done"`
	Skipped int       `json:"skipped"`
	Failed  int       `json:"failed"`
	Started time.Time `json:"started"`
	Updated int       `json:"updated,omitempty"`
	Kept    int       `json:"kept,omitempty"`
	Bytes   int64     `json:"bytes,omitempty"`
}

// maxErr bounds a message in the journal, so that a summary line stays short.
const maxErr = 2048

func clip(s string) string {
	if len(s) <= maxErr {
		return s
	}
	return s[:maxErr] + "…"
}
