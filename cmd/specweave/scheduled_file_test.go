package main

import (
	"encoding/json"
	"testing"
	"time"
)

func TestScheduledDue(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		entry      string
		due, force bool
	}{
		{`{"status": "idle", "schedule": {"enabled": true}}`, true, true},
		{`{"status": "idle", "schedule": {"enabled": true, "nextRun": "2026-11-30T12:00:00.000Z"}}`, true, true},
		{`{"status": "idle", "schedule": {"enabled": true, "nextRun": "2026-11-30T12:00:00.001Z"}}`, false, true},
		{`{"status": "idle", "schedule": {"enabled": false}}`, false, false},
		{`{"status": "failed", "schedule": {"enabled": true}}`, false, false},
		{`{"status": "disabled", "schedule": {"enabled": true}}`, false, false},
		{`{"status": "running", "schedule": {"enabled": true}}`, false, false},
		{`{"status": "running", "lastStateChange": "2026-11-30T11:30:00Z", "schedule": {"enabled": true}}`, false, false},
		{`{"status": "running", "lastStateChange": "2026-11-30T10:30:00Z", "schedule": {"enabled": true}}`, true, true},
	} {
		var j scheduledJob
		if err := json.Unmarshal([]byte(tt.entry), &j); err != nil {
			t.Fatal(err)
		}
		if j.due(now, false) != tt.due || j.due(now, true) != tt.force {
			t.Errorf("%s: %v, forced %v", tt.entry, j.due(now, false), j.due(now, true))
		}
	}
}

// TestScheduledFailed waits as SpecWeave's calculateNextRun does.
func TestScheduledFailed(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	j := scheduledJob{Status: "running", Schedule: scheduled{Interval: 20 * 60 * 1000, MaxRetries: 4}}
	for i, want := range []string{"2026-11-30T12:20:00.000Z", "2026-11-30T12:40:00.000Z", "2026-11-30T13:00:00.000Z", ""} {
		markFailed(&j, now, "no")
		status := "idle"
		if want == "" {
			status = "failed"
		}
		if j.Schedule.Next != want || j.Status != status || j.Schedule.Retries != i+1 || j.LastError != "no" {
			t.Errorf("%d: %+v", i, j)
		}
	}
	markComplete(&j, now)
	if j.Status != "idle" || j.LastError != "" || j.Schedule.Retries != 0 || j.Schedule.Next != "2026-11-30T12:20:00.000Z" || j.Schedule.Last != "2026-11-30T12:00:00.000Z" {
		t.Errorf("%+v", j)
	}
}
