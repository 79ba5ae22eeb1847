package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/workers"
)

// scheduledFile is .specweave/state/scheduled-jobs.json, which SpecWeave writes
// too (core/scheduler/schedule-persistence.js of 1.0.593). What is not known of
// it stays as it is.
type scheduledFile struct{ path string }

// scheduledJob is one of its entries, as far as it is known.
type scheduledJob struct {
	ID        string    `json:"id"`
	Type      string    `json:"type"`
	Status    string    `json:"status"` // idle, running, failed or disabled
	LastError string    `json:"lastError"`
	Changed   string    `json:"lastStateChange"`
	Schedule  scheduled `json:"schedule"`
}

type scheduled struct {
	Interval   float64 `json:"intervalMs"`
	Enabled    bool    `json:"enabled"`
	Next       string  `json:"nextRun"` // "": now
	Last       string  `json:"lastRun"`
	Retries    int     `json:"retryCount"`
	MaxRetries int     `json:"maxRetries"`
}

const maxScheduledFile = 1 << 20

func openScheduled(project string) scheduledFile {
	return scheduledFile{filepath.Join(project, ".specweave", "state", "scheduled-jobs.json")}
}

// fields are an object's values as they stand there.
type fields map[string]json.RawMessage

// read returns the entries, none where there is no file.
func (f scheduledFile) read() ([]scheduledJob, error) {
	_, raw, err := f.parse()
	if err != nil {
		return nil, err
	}
	var all []scheduledJob
	for _, r := range raw {
		var j scheduledJob
		if json.Unmarshal(r, &j) == nil && j.ID != "" { // one of another shape is none of ours
			all = append(all, j)
		}
	}
	return all, nil
}

func (f scheduledFile) parse() (root fields, entries []json.RawMessage, err error) {
	const name = ".specweave/state/scheduled-jobs.json"
	info, err := os.Stat(f.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, nil
	}
	if err == nil && (!info.Mode().IsRegular() || info.Size() > maxScheduledFile) {
		err = errors.New("not a file, or larger than 1 MiB")
	}
	var data []byte
	if err == nil {
		data, err = platform.ReadFile(f.path)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := json.Unmarshal(data, &root); err != nil {
		return nil, nil, &workers.InputError{Input: name, Reason: "malformed: " + err.Error()}
	}
	if root["jobs"] != nil {
		if err := json.Unmarshal(root["jobs"], &entries); err != nil {
			return nil, nil, &workers.InputError{Input: name, Reason: "jobs: not a list"}
		}
	}
	return root, entries, nil
}

// update reads the file anew, changes one entry, and writes it.
func (f scheduledFile) update(id string, now time.Time, change func(*scheduledJob, time.Time)) error {
	root, entries, err := f.parse()
	if err != nil {
		return err
	}
	for i, raw := range entries {
		var j scheduledJob
		if json.Unmarshal(raw, &j) != nil || j.ID != id {
			continue
		}
		change(&j, now)
		j.Changed = isoTime(now)
		if entries[i], err = j.into(raw); err != nil {
			return err
		}
	}
	if root["jobs"], err = json.Marshal(entries); err == nil {
		root["lastUpdated"], err = json.Marshal(isoTime(now))
	}
	if err != nil {
		return err
	}
	data, err := json.Marshal(root)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := json.Indent(&text, data, "", "  "); err != nil {
		return err
	}
	return platform.WriteFile(f.path, text.Bytes())
}

// into is raw with what a change may change; empty texts are left out.
func (j scheduledJob) into(raw json.RawMessage) (json.RawMessage, error) {
	var entry, schedule fields
	if err := json.Unmarshal(raw, &entry); err != nil {
		return nil, err
	}
	if entry["schedule"] != nil {
		if err := json.Unmarshal(entry["schedule"], &schedule); err != nil {
			return nil, err
		}
	}
	if schedule == nil {
		schedule = fields{}
	}
	schedule.text("nextRun", j.Schedule.Next)
	schedule.text("lastRun", j.Schedule.Last)
	schedule["retryCount"] = json.RawMessage(fmt.Sprint(j.Schedule.Retries))
	entry.text("status", j.Status)
	entry.text("lastError", j.LastError)
	entry.text("lastStateChange", j.Changed)
	var err error
	if entry["schedule"], err = json.Marshal(schedule); err != nil {
		return nil, err
	}
	return json.Marshal(entry)
}

func (f fields) text(key, value string) {
	if value == "" {
		delete(f, key)
		return
	}
	f[key], _ = json.Marshal(value) // a string always can be
}

// isoTime is a time as JavaScript writes it.
func isoTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// stuck is how long an entry may say that it runs. SpecWeave takes one whose
// process was killed for running for ever.
const stuck = time.Hour

// due reports whether it is time to run an entry.
func (j scheduledJob) due(now time.Time, force bool) bool {
	changed, err := time.Parse(time.RFC3339, j.Changed)
	dead := j.Status == "running" && err == nil && now.Sub(changed) > stuck
	if !j.Schedule.Enabled || j.Status != "idle" && !dead {
		return false
	}
	next, err := time.Parse(time.RFC3339, j.Schedule.Next)
	return force || err != nil || !now.Before(next)
}

// What becomes of an entry, as in core/scheduler/scheduled-job.js.

func markRunning(j *scheduledJob, _ time.Time) { j.Status = "running" }

func markIdle(j *scheduledJob, _ time.Time) { j.Status = "idle" }

func markComplete(j *scheduledJob, now time.Time) {
	j.Status, j.LastError = "idle", ""
	j.Schedule.Retries, j.Schedule.Last = 0, isoTime(now)
	j.Schedule.Next = isoTime(now.Add(j.interval()))
}

// markFailed waits longer from the second failure on, up to an hour, until it was
// tried often enough.
func markFailed(j *scheduledJob, now time.Time, message string) {
	before := j.Schedule.Retries
	j.LastError, j.Schedule.Retries = message, before+1
	if j.Schedule.Retries >= j.Schedule.MaxRetries {
		j.Status, j.Schedule.Next = "failed", ""
		return
	}
	wait := j.interval()
	if before > 0 {
		wait = time.Duration(math.Min(float64(wait)*math.Pow(2, float64(before)), float64(time.Hour)))
	}
	j.Status, j.Schedule.Next = "idle", isoTime(now.Add(wait))
}

// interval is a year at most.
func (j scheduledJob) interval() time.Duration {
	return time.Duration(math.Min(math.Max(j.Schedule.Interval, 0), 365*24*3600*1000)) * time.Millisecond
}

// schedulerEnabled reads SpecWeave's switch for all of them.
func schedulerEnabled(project string) (bool, error) {
	data, err := readConfig(project)
	if err != nil || data == nil {
		return false, err
	}
	var config struct {
		Sync struct {
			Orchestration struct {
				Scheduler struct {
					Enabled bool `json:"enabled"`
				} `json:"scheduler"`
			} `json:"orchestration"`
		} `json:"sync"`
	}
	var odd *json.UnmarshalTypeError
	if err := json.Unmarshal(data, &config); err != nil && !errors.As(err, &odd) {
		return false, &workers.InputError{Input: configFile, Reason: "malformed JSON: " + err.Error()}
	}
	return config.Sync.Orchestration.Scheduler.Enabled, nil
}
