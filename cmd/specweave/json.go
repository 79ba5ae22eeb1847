package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers/importer"
)

// schemaVersion is of everything that --json prints. Fields are only added.
const schemaVersion = 1

func (e *env) printJSON(v any) error { return e.encode(v, "  ") }

// encode prints one JSON value; without an indent it is one line.
func (e *env) encode(v any, indent string) error {
	enc := json.NewEncoder(e.out.w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	return enc.Encode(v)
}

type jobJSON struct {
	ID          string                  `json:"id"`
	Type        jobs.Type               `json:"type"`
	Status      jobs.Status             `json:"status"`
	Interrupted bool                    `json:"interrupted"`       // running by the journal, and its process is dead
	Foreign     bool                    `json:"foreign,omitempty"` // SpecWeave's own
	Attempt     int                     `json:"attempt"`
	Unit        string                  `json:"unit,omitempty"`
	PID         int                     `json:"pid,omitempty"`
	Progress    progressJSON            `json:"progress"`
	CreatedAt   time.Time               `json:"createdAt,omitzero"`
	StartedAt   time.Time               `json:"startedAt,omitzero"`
	UpdatedAt   time.Time               `json:"updatedAt,omitzero"`
	CompletedAt time.Time               `json:"completedAt,omitzero"`
	ResumeAfter time.Time               `json:"resumeAfter,omitzero"`
	Reason      string                  `json:"reason,omitempty"` // why it is paused or failed, or the warning
	DependsOn   []string                `json:"dependsOn,omitempty"`
	WaitsFor    string                  `json:"waitsFor,omitempty"` // in words
	OS          *osJSON                 `json:"os,omitempty"`       // what the system says of the unit
	Failures    []failureJSON           `json:"failures,omitempty"`
	KeptItems   []keptJSON              `json:"kept,omitempty"`
	Sources     []importer.SourceReport `json:"sources,omitempty"` // of an import
	Sync        *syncJSON               `json:"sync,omitempty"`
	Files       *filesJSON              `json:"files,omitempty"`
	Health      *healthJSON             `json:"health,omitempty"` // of a living worker
}

type progressJSON struct {
	Current int      `json:"current"`
	Total   int      `json:"total"`
	Percent int      `json:"percent"`
	Done    int      `json:"done"` // skipped ones included
	Skipped int      `json:"skipped"`
	Failed  int      `json:"failed"`
	Running []string `json:"running"`
	Rate    float64  `json:"ratePerSecond"`
	ETA     float64  `json:"etaSeconds"`

	Updated  int         `json:"updated"`       // of done
	Kept     int         `json:"kept"`          // of skipped
	Received int64       `json:"receivedBytes"` // what is in hand included
	Live     []jobs.Live `json:"live,omitempty"`
}

type keptJSON struct {
	Item   string `json:"item"`
	Reason string `json:"reason"`
}

type failureJSON struct {
	Item  string `json:"item"`
	Class string `json:"class"`
	Error string `json:"error"`
}

type filesJSON struct {
	Config  string `json:"config"`
	Log     string `json:"log"`
	Journal string `json:"journal"`
	Result  string `json:"result"`
}

func viewJSON(v jobs.View, now time.Time) jobJSON {
	s := &v.State
	j := jobJSON{
		ID: v.Job.ID, Type: v.Job.Type, Status: s.Status, Interrupted: v.Interrupted(), Foreign: v.Foreign,
		Attempt: s.Attempt, Unit: s.Unit, CreatedAt: v.Job.CreatedAt, StartedAt: s.StartedAt, UpdatedAt: s.UpdatedAt,
		CompletedAt: s.CompletedAt, ResumeAfter: s.ResumeAfter, Reason: s.Error, WaitsFor: v.Waits, OS: osOf(v),
		Progress: progressJSON{
			s.Current(), s.Total, s.Percent(), s.Done, s.Skipped, s.Failed,
			append([]string{}, s.Running...), s.Rate(now), s.ETA(now).Seconds(),
			s.Updated, s.Kept, s.Received(), s.Live(),
		},
	}
	for _, d := range v.Job.After {
		j.DependsOn = append(j.DependsOn, d.ID)
	}
	if v.Interrupted() {
		j.Reason = v.CauseOfDeath()
	}
	if v.Alive {
		j.PID = s.Proc.PID
	}
	return j
}

func listJSON(st *jobs.Store, views []jobs.View, err error, now time.Time) any {
	all := []jobJSON{}
	for _, v := range views {
		all = append(all, viewJSON(v, now))
	}
	warnings := []string{}
	if err != nil {
		warnings = strings.Split(err.Error(), "\n") // of joined errors each has a line
	}
	return map[string]any{"schemaVersion": schemaVersion, "project": st.Project(), "jobs": all, "warnings": warnings}
}

func oneJSON(st *jobs.Store, v jobs.View, now time.Time) any {
	j := viewJSON(v, now)
	for _, f := range v.State.Failures() {
		j.Failures = append(j.Failures, failureJSON{f.Item, f.Class, f.Error})
	}
	for _, k := range v.State.KeptItems() {
		j.KeptItems = append(j.KeptItems, keptJSON{k.Item, k.Why})
	}
	j.Sources, j.Sync = sourcesOf(v), syncOf(st, v)
	j.Health = healthOf(v, now)
	if !v.Foreign {
		dir := filepath.Dir(st.LogPath(v.Job.ID))
		j.Files = &filesJSON{
			filepath.Join(dir, "config.json"), st.LogPath(v.Job.ID),
			filepath.Join(dir, "journal.jsonl"), filepath.Join(dir, "result.json"),
		}
	}
	return map[string]any{"schemaVersion": schemaVersion, "job": j}
}

// printChanged shows a job after something was done to it.
func (e *env) printChanged(s *jobs.Store, id string) error {
	v, err := s.Find(id)
	if err != nil {
		return err
	}
	return e.printJSON(oneJSON(s, v, e.now()))
}
