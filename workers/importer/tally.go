package importer

import (
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers/stories"
)

// place is how far a source was read, and what became of its items until then.
type place struct {
	Next  string    `json:"next,omitempty"` // cursor of the next page; "" before the first, and after the last
	Over  bool      `json:"over,omitempty"` // the last page was written
	Begun time.Time `json:"begun"`          // when the first page was asked for
	tally
}

// tally is what became of the items of a source.
type tally struct {
	Counted   int       `json:"counted"`             // by the tracker; 0: it does not say
	Read      int       `json:"read"`                // each once
	Written   int       `json:"written"`             // new stories
	Refreshed int       `json:"refreshed,omitempty"` // stories that were there and have changed
	Listed    int       `json:"listed,omitempty"`    // tasks, which a story lists
	Closed    int       `json:"closed,omitempty"`    // left out: closed, and without a story
	Removed   int       `json:"removed,omitempty"`   // left out: a person deleted the story
	Gone      int       `json:"gone,omitempty"`      // at the source: their stories are left; not in Read
	Repeated  int       `json:"repeated,omitempty"`  // came again, and were read once
	Conflicts int       `json:"conflicts,omitempty"` // stories in which a person and the source changed the same
	Skipped   int       `json:"skipped,omitempty"`   // could not be written
	Why       []skipped `json:"why,omitempty"`       // of the first of Skipped
}

type skipped struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

// maxWhy bounds what each line of the journal repeats.
const maxWhy = 20

// add counts one item.
func (t *tally) add(r stories.Result, clean func(string) string) {
	if r.Outcome == stories.Repeated {
		t.Repeated++
		return
	}
	if r.Outcome == stories.Gone {
		t.Gone++
		return
	}
	t.Read++
	if len(r.Conflicts) > 0 {
		t.Conflicts++
	}
	switch r.Outcome {
	case stories.Created:
		t.Written++
	case stories.Refreshed:
		t.Refreshed++
	case stories.Listed:
		t.Listed++
	case stories.Removed:
		t.Removed++
	case stories.Skipped:
		t.Skipped++
		if len(t.Why) < maxWhy {
			t.Why = append(t.Why, skipped{clean(r.ID), clean(why(r))})
		}
	case stories.Unchanged, stories.Repeated, stories.Gone:
	}
}

// why says why an item was not written, and which story that is about.
func why(r stories.Result) string {
	if r.Path == "" {
		return r.Note
	}
	return r.Path + ": " + r.Note
}

// unchanged are the stories that were there, with nothing newer.
func (t *tally) unchanged() int {
	return max(0, t.Read-t.Written-t.Refreshed-t.Listed-t.Closed-t.Removed-t.Skipped)
}

// counts is t in the words of a journal, to which an item is done or failed. An
// item that could not be written is neither: its source fails.
func (t *tally) counts() jobs.Counts {
	rest := t.Closed + t.Removed
	return jobs.Counts{
		Done: t.Written + t.Refreshed + t.Listed + t.unchanged() + rest, Updated: t.Refreshed, Unchanged: t.unchanged() + rest,
	}
}

// again is p for a reading that begins anew: what was written stays so.
func (p place) again(now time.Time) place {
	return place{Begun: now, tally: tally{
		Counted: p.Counted, Written: p.Written, Refreshed: p.Refreshed, Conflicts: p.Conflicts,
	}}
}
