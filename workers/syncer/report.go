package syncer

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers/importer"
)

// Outcome is what became of a story and its item.
type Outcome string

// The outcomes of stories and items.
const (
	Created   Outcome = "created"
	Updated   Outcome = "updated"
	Unchanged Outcome = "unchanged"
	Conflict  Outcome = "conflict" // both sides changed the same; neither was touched
	Skipped   Outcome = "skipped"  // for the reason in Detail: not allowed, not possible, left out
	Refused   Outcome = "refused"  // by the tracker
	Gone      Outcome = "gone"     // at one side; the other is left, or put away
)

// outcomes are all of them, in the order of reports.
var outcomes = []Outcome{Created, Updated, Conflict, Refused, Gone, Skipped, Unchanged}

// Side is where something was done.
type Side string

// The sides of a sync.
const (
	Here  Side = "here"  // the story
	There Side = "there" // the item
)

// Line is what a sync says of one story and its item.
type Line struct {
	Time    time.Time `json:"t,omitzero"`
	Outcome Outcome   `json:"outcome"`
	Side    Side      `json:"side,omitempty"` // that was changed, or would have been
	Source  string    `json:"source"`
	ID      string    `json:"id,omitempty"`   // of the item, as SpecWeave writes it
	URL     string    `json:"url,omitempty"`  // of the item
	Path    string    `json:"path,omitempty"` // of the story, relative to the project
	Detail  string    `json:"detail,omitempty"`
	Settled bool      `json:"settled,omitempty"` // the profile's rule has decided the conflict
	Mark    string    `json:"mark,omitempty"`    // of the change of the item: lines with one mark are one
}

// key tells lines apart: what is said of the same twice is one.
func (l Line) key() string {
	if l.Mark != "" {
		return l.Mark
	}
	return strings.Join([]string{string(l.Outcome), string(l.Side), l.Source, l.ID, l.Path, l.Detail}, "\x00")
}

// reportFile is the file of a job that has all lines of its report.
const reportFile = "sync.jsonl"

func reportPath(project, id string) string {
	return filepath.Join(project, ".specweave", "state", "jobs", id, reportFile)
}

// ledger writes the lines of a job's report. They outlive the process; a power
// cut may take the last.
type ledger struct {
	f   *os.File
	say func(Line) // in place of writing
}

func openLedger(project, id string) (ledger, error) {
	f, err := os.OpenFile(reportPath(project, id), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return ledger{}, fmt.Errorf("report: %w", err)
	}
	return ledger{f: f}, nil
}

// add writes lines with one write: half of one is of a power cut. Conflicts are
// durable when it returns: what a rule makes of them is to be known.
func (l ledger) add(lines ...Line) error {
	var all []byte
	durable := false
	for _, line := range lines {
		if l.say != nil {
			l.say(line)
			continue
		}
		data, err := json.Marshal(line)
		if err != nil {
			return fmt.Errorf("report: %w", err)
		}
		all = append(append(all, data...), '\n')
		durable = durable || line.Outcome == Conflict
	}
	if len(all) == 0 {
		return nil
	}
	_, err := l.f.Write(all)
	if err == nil && durable {
		err = l.f.Sync()
	}
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

func (l ledger) close() error { return l.f.Close() }

// ReadReport hands the lines of the report of a job to each, in the order in
// which they were written. A job that has written none has none. Texts are fit
// for a terminal.
func ReadReport(project, id string, each func(Line) error) error {
	f, err := os.Open(reportPath(project, id))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	seen := importer.NewSet()
	r := bufio.NewReaderSize(f, 1<<16)
	for {
		data, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("report: %w", err)
		}
		var line Line
		if json.Unmarshal(data, &line) != nil { // half of one, from a power cut
			continue
		}
		if !seen.Add(line.key()) { // told again after a crash
			continue
		}
		if err := each(line); err != nil {
			return err
		}
	}
}

// Counts is how many of a report's lines have which outcome.
type Counts struct {
	CreatedHere  int `json:"createdHere"`  // stories
	CreatedThere int `json:"createdThere"` // items
	UpdatedHere  int `json:"updatedHere"`
	UpdatedThere int `json:"updatedThere"`
	Unchanged    int `json:"unchanged"`
	Conflicts    int `json:"conflicts"`
	Settled      int `json:"settled,omitempty"` // of the conflicts
	Skipped      int `json:"skipped"`
	Refused      int `json:"refused"`
	Gone         int `json:"gone"`
}

func (c *Counts) add(l Line) {
	switch l.Outcome {
	case Created:
		if l.Side == Here {
			c.CreatedHere++
		} else {
			c.CreatedThere++
		}
	case Updated:
		if l.Side == Here {
			c.UpdatedHere++
		} else {
			c.UpdatedThere++
		}
	case Unchanged:
		c.Unchanged++
	case Conflict:
		c.Conflicts++
		if l.Settled {
			c.Settled++
		}
	case Skipped:
		c.Skipped++
	case Refused:
		c.Refused++
	case Gone:
		c.Gone++
	}
}

// left is what a person has to look at: a conflict that a rule has decided is none.
func (c Counts) left() error {
	return jobs.Warn(jobs.Left{N: c.Conflicts - c.Settled, What: "in conflict"}, jobs.Left{N: c.Refused, What: "refused by the tracker"})
}

// changed is how many stories and items are others than before.
func (c Counts) changed() int {
	return c.CreatedHere + c.CreatedThere + c.UpdatedHere + c.UpdatedThere
}
