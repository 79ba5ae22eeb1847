package jobs

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/specweave/specweave/platform"
)

// maxNames bounds the names in an entry of background-jobs.json, which is
// written again for every change; result.json and the journal hold them all.
const maxNames = 1000

// entry is a job as SpecWeave describes one, with fields of ours behind. A nil
// value means that the field must not be there.
func entry(job Job, config json.RawMessage, s *State, now time.Time) object {
	const indent = "      "
	ours := func(x any) json.RawMessage { return indentJSON(x, indent) }
	opt := func(is bool, x any) json.RawMessage {
		if !is {
			return nil
		}
		return ours(x)
	}
	updated := s.UpdatedAt
	if updated.IsZero() {
		updated = job.CreatedAt
	}
	dependsOn, _ := job.dependsOn()
	return object{
		{"id", ours(job.ID)},
		{"type", ours(job.Type)},
		{"status", ours(s.Status)},
		{"progress", ours(progressEntry(s, now))},
		{"startedAt", ours(stamp(job.CreatedAt))},
		{"updatedAt", ours(stamp(updated))},
		{"completedAt", opt(s.Status.Terminal(), stamp(s.CompletedAt))},
		{"error", opt(s.Error != "", s.Error)},
		{"config", config},
		{"dependsOn", opt(len(dependsOn) > 0, dependsOn)},
		{"schemaVersion", ours(schemaVersion)},
		{"revision", ours(s.Revision)},
		{"attempt", ours(s.Attempt)},
		{"pauseReason", opt(s.Status == Paused && s.Error != "", s.Error)},
		{"resumeAfter", opt(s.Status == Paused && !s.ResumeAfter.IsZero(), stamp(s.ResumeAfter))},
		{"backend", opt(s.Unit != "", s.Unit)},
	}
}

type progress struct {
	Current        int      `json:"current"`
	Total          int      `json:"total"`
	Percentage     int      `json:"percentage"`
	CurrentItem    string   `json:"currentItem,omitempty"`
	ItemsCompleted []string `json:"itemsCompleted"`
	ItemsFailed    []string `json:"itemsFailed"`
	Rate           float64  `json:"rate"`
	ETA            int      `json:"eta"`
}

func progressEntry(s *State, now time.Time) progress {
	p := progress{
		Current: s.Current(), Total: s.Total, Percentage: s.Percent(), ItemsCompleted: newest(s.Completed()), ItemsFailed: []string{},
		Rate: math.Round(s.Rate(now)*10) / 10, ETA: int(math.Round(s.ETA(now).Seconds())),
	}
	if n := len(s.Running); n > 0 {
		p.CurrentItem = s.Running[n-1]
	}
	for _, f := range newest(s.Failures()) {
		p.ItemsFailed = append(p.ItemsFailed, f.Item)
	}
	return p
}

func newest[T any](all []T) []T {
	if len(all) > maxNames {
		all = all[len(all)-maxNames:]
	}
	return append([]T{}, all...) // [] in JSON, never null
}

// configEntry is the part of a job's config that SpecWeave keeps in its entry.
func configEntry(job Job) json.RawMessage {
	o := object{{"type", encodeJSON(job.Type)}}
	var c struct {
		Provider     json.RawMessage `json:"provider"`
		Direction    json.RawMessage `json:"direction"`
		ProfileID    json.RawMessage `json:"profileId"`
		Repositories []struct {
			Owner string `json:"owner"`
			Name  string `json:"name"`
			Path  string `json:"path"`
		} `json:"repositories"`
	}
	_ = json.Unmarshal(job.Config, &c) // Create took an object
	o.set("provider", c.Provider)
	o.set("direction", c.Direction)
	o.set("profileId", c.ProfileID)
	if n := len(c.Repositories); n > 0 {
		o.set("repositories", encodeJSON(c.Repositories[:min(n, maxNames)]))
	}
	o.set("projectPath", encodeJSON(job.Project))
	return indentJSON(json.RawMessage(o.encode("")), "      ")
}

// foreign returns the jobs in background-jobs.json that are not ours.
func (s *Store) foreign(own map[string]bool) ([]View, error) {
	path := filepath.Join(s.Dir(), projectionName)
	if data, err := platform.ReadFile(path); err == nil && onlyOurs(data) {
		return nil, nil
	}
	p, damaged := readProjection(path)
	if damaged {
		return nil, errors.New("background-jobs.json is damaged; it will be made anew from the journals")
	}
	if p == nil {
		return nil, nil
	}
	var views []View
	for _, raw := range p.jobs {
		v, ok := foreignView(s.project, raw)
		if !ok || own[v.Job.ID] {
			continue
		}
		if _, err := os.Lstat(s.path(v.Job.ID, "journal.jsonl")); err == nil {
			continue // ours, and damaged
		}
		views = append(views, v)
	}
	return views, nil
}

// onlyOurs reports whether every entry of a projection in JSON.stringify's
// layout, which SpecWeave and we write, is ours: a file may hold megabytes of
// names, and parsing them would be most of the time of a list. No string holds
// a line break, so what stands at the beginning of a line is structure. A file
// in any other layout is not judged.
func onlyOurs(data []byte) bool {
	rest, ok := bytes.CutPrefix(data, []byte("{\n  \"jobs\": [\n"))
	if !ok {
		return false
	}
	if rest, ok = bytes.CutSuffix(rest, []byte("\n    }\n  ]\n}")); !ok {
		return false
	}
	for entry := range bytes.SplitSeq(rest, []byte("\n    },\n")) {
		if !bytes.HasPrefix(entry, []byte("    {\n")) || !bytes.Contains(entry, []byte("\n      \"schemaVersion\": ")) {
			return false
		}
	}
	return true
}

func foreignView(project string, raw json.RawMessage) (View, bool) {
	var head struct {
		ID     string `json:"id"`
		Schema int    `json:"schemaVersion"`
	}
	// An entry of ours without its directory is of a job that is gone.
	if _ = json.Unmarshal(raw, &head); !validID(head.ID) || head.Schema > 0 {
		return View{}, false
	}
	var e struct {
		ID          string          `json:"id"`
		Type        Type            `json:"type"`
		Status      Status          `json:"status"`
		Progress    progress        `json:"progress"`
		StartedAt   time.Time       `json:"startedAt"`
		UpdatedAt   time.Time       `json:"updatedAt"`
		CompletedAt time.Time       `json:"completedAt"`
		Error       string          `json:"error"`
		Config      json.RawMessage `json:"config"`
		DependsOn   []string        `json:"dependsOn"`
	}
	_ = json.Unmarshal(raw, &e) // a field of an unexpected shape leaves the others as they are
	s := State{
		Status: e.Status, Total: e.Progress.Total, Error: e.Error,
		StartedAt: e.StartedAt, UpdatedAt: e.UpdatedAt, CompletedAt: e.CompletedAt,
		Failed: len(e.Progress.ItemsFailed), done: e.Progress.ItemsCompleted,
	}
	s.Done = max(e.Progress.Current-s.Failed, 0)
	if e.Progress.CurrentItem != "" && e.Status == Running {
		s.Running = []string{e.Progress.CurrentItem}
	}
	for i, name := range e.Progress.ItemsFailed {
		s.fail(Event{Item: name, N: i})
	}
	s.Failed = len(e.Progress.ItemsFailed)
	return View{Job: Job{e.ID, e.Type, project, e.StartedAt, dependencies(e.DependsOn, nil), e.Config}, State: s, Foreign: true}, true
}
