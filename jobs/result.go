package jobs

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/specweave/specweave/platform"
)

// Result is what a finished job leaves in result.json. The first fields are
// SpecWeave's; Succeeded counts skipped items as well, as there.
type Result struct {
	TotalCount  int            `json:"totalCount"`
	Succeeded   int            `json:"succeeded"`
	Failed      int            `json:"failed"`
	Skipped     int            `json:"skipped"`
	SuccessRate string         `json:"successRate"` // percent with one decimal
	CompletedAt string         `json:"completedAt"`
	FailedRepos []FailedResult `json:"failedRepos"`
	ResumeHint  *string        `json:"resumeHint"`

	New       int          `json:"new"`       // items that were not there before
	Updated   int          `json:"updated"`   // items that were, and have been brought up to date
	Unchanged int          `json:"unchanged"` // items that were, with nothing to do or nothing newer
	Kept      []KeptResult `json:"kept"`      // items that were, and stay as a person left them
	Bytes     int64        `json:"bytes,omitempty"`

	Schema    int      `json:"schemaVersion"`
	ID        string   `json:"jobId"`
	Type      Type     `json:"type"`
	Status    Status   `json:"status"`
	Error     string   `json:"error,omitempty"`
	StartedAt string   `json:"startedAt"`
	Attempts  int      `json:"attempts"`
	Items     []string `json:"items"` // done or skipped, all of them

	More json.RawMessage `json:"-"` // an object with the fields that the worker added, see [Progress.Result]; nil: none
}

// FailedResult is one failed item.
type FailedResult struct {
	Name  string `json:"name"`
	Error string `json:"error"`
	Class string `json:"class"`
}

// KeptResult is one item that stays as a person left it.
type KeptResult struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

func newResult(job Job, s *State) Result {
	rate := 100.0
	if s.Total > 0 {
		rate = float64(s.Done) / float64(s.Total) * 100
	}
	r := Result{
		TotalCount: s.Total, Succeeded: s.Done, Failed: s.Failed, Skipped: s.Skipped,
		SuccessRate: fmt.Sprintf("%.1f", rate), CompletedAt: stamp(s.CompletedAt), FailedRepos: []FailedResult{},
		New: s.Done - s.Skipped - s.Updated, Updated: s.Updated, Unchanged: s.Skipped - s.Kept, Kept: []KeptResult{}, Bytes: s.Bytes,
		Schema: schemaVersion, ID: job.ID, Type: job.Type, Status: s.Status, Error: s.Error,
		StartedAt: stamp(s.StartedAt), Attempts: s.Attempt, Items: append([]string{}, s.Completed()...),
		More: s.result,
	}
	for _, f := range s.Failures() {
		r.FailedRepos = append(r.FailedRepos, FailedResult{f.Item, f.Error, f.Class})
	}
	for _, k := range s.KeptItems() {
		r.Kept = append(r.Kept, KeptResult{k.Item, k.Why})
	}
	if s.Status != Completed {
		hint := "specweave jobs retry " + job.ID
		r.ResumeHint = &hint
	}
	return r
}

func (s *Store) writeResult(r Result) error {
	data := append(r.encode(), '\n')
	if err := platform.WriteFile(s.path(r.ID, "result.json"), data); err != nil {
		return fmt.Errorf("job %s: %w", r.ID, err)
	}
	return nil
}

// encode is r with the fields that the worker added, which replace none.
func (r Result) encode() []byte {
	all, err := parseObject(encodeJSON(r))
	more, moreErr := parseObject(r.More)
	if err != nil || moreErr != nil {
		return indentJSON(r, "")
	}
	for _, f := range more {
		if all.get(f.key) == nil {
			all.set(f.key, f.raw)
		}
	}
	return indentJSON(json.RawMessage(all.encode("")), "")
}

// Result returns the result of a finished job. It is the file result.json, or
// what the journal says if that is missing or older. The error wraps
// [ErrNotFound] if the job is not over.
func (s *Store) Result(id string) (Result, error) {
	v, err := s.view(id, true)
	if errors.Is(err, errNotOurs) || err == nil && !v.State.Status.Terminal() {
		return Result{}, fmt.Errorf("result of job %s: %w", Printable(id), ErrNotFound)
	}
	if err != nil {
		return Result{}, err
	}
	data, err := platform.ReadFile(s.path(id, "result.json"))
	var r Result
	if err == nil && json.Unmarshal(data, &r) == nil && r.CompletedAt == stamp(v.State.CompletedAt) {
		r.More = data
		return r, nil
	}
	if v, err = s.view(id, false); err != nil {
		return Result{}, err
	}
	return newResult(v.Job, &v.State), nil
}
