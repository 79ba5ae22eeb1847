package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/specweave/specweave/units"
)

// Type names a kind of work.
type Type string

// The types of job that have a worker here. Others are SpecWeave's.
const (
	CloneRepos   Type = "clone-repos"
	ImportIssues Type = "import-issues"
	SyncExternal Type = "sync-external"
)

// Status is a job's state in SpecWeave's words.
type Status string

// The states of a job, and who moves a job into each.
const (
	// Pending: Create wrote it, and no attempt has begun.
	Pending Status = "pending"
	// Running: an attempt has begun and has not said how it ended. Whether
	// its process still lives is for the lock to say, not for this word.
	Running Status = "running"
	// Paused: the worker gave up the process on purpose, or someone who found
	// the attempt dead said so in its place. An attempt may follow.
	Paused Status = "paused"
	// Completed: every item is done or was there already.
	Completed Status = "completed"
	// CompletedWithWarnings: every item was tried, and some failed, or something
	// is left for a person to look at.
	CompletedWithWarnings Status = "completed_with_warnings"
	// Failed: the job as a whole could not go on.
	Failed Status = "failed"
)

// Terminal reports whether the job is over.
func (s Status) Terminal() bool {
	return s == Completed || s == CompletedWithWarnings || s == Failed
}

// Job is what was asked for. It is written once and never changes.
type Job struct {
	ID        string
	Type      Type
	Project   string    // absolute path when the job was created
	CreatedAt time.Time // UTC, whole milliseconds
	After     []Dependency
	Config    json.RawMessage // a JSON object: what the worker of that type needs; never a secret
}

// Mark is a NAME=value that workers put into the environment of every process
// they start, so that those can be found when the worker is dead.
func (j Job) Mark() string {
	return "SPECWEAVE_JOB=" + strings.TrimSuffix(units.Prefix(j.Project, j.ID), "-")
}

// Worker does the work of one job type.
type Worker interface {
	// Work processes every item of job that p has not Seen. It returns nil
	// when the list is exhausted even if items failed, that of [Warn] if
	// something is left for a person besides, the error of [Pause] to be run
	// again later, one of a full disk to wait for a person to make room, and any
	// other error to end the job as failed.
	// When ctx is done it stops what it started and returns within seconds.
	Work(ctx context.Context, job Job, p *Progress) error
}

// WarningError says that the list is exhausted, and what a person has to look at.
type WarningError struct{ Reason string }

func (e *WarningError) Error() string { return e.Reason }

// warningOf is err as a warning; nil if it is none, or something went wrong besides.
func warningOf(err error) *WarningError {
	warning, ok := errors.AsType[*WarningError](err)
	if !ok || err.Error() != warning.Reason { // joined with another
		return nil
	}
	return warning
}

// Left is how many of something are left for a person to look at.
type Left struct {
	N    int
	What string // "in conflict"
}

// Warn is returned from Work when all is done and something is left for a person.
// It is nil if nothing is.
func Warn(all ...Left) error {
	var reasons []string
	for _, l := range all {
		if l.N > 0 {
			reasons = append(reasons, fmt.Sprintf("%d %s", l.N, l.What))
		}
	}
	if len(reasons) == 0 {
		return nil
	}
	return &WarningError{strings.Join(reasons, ", ")}
}

// PauseError asks for the job to be run again later.
type PauseError struct {
	Until  time.Time // zero: when a person resumes it
	Reason string
}

func (e *PauseError) Error() string { return "paused: " + e.Reason }

// Pause is returned from Work to give up the process until a later time. A
// zero time waits for a person.
func Pause(until time.Time, reason string) error { return &PauseError{until, reason} }
