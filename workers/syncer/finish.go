package syncer

import (
	"context"
	"time"

	"github.com/specweave/specweave/workers/importer"
)

// summary is what a sync adds to result.json. Platforms and Errors are as in an
// import.
type summary struct {
	Profile   string            `json:"profile"`
	Direction Direction         `json:"direction"`
	Platforms []string          `json:"platforms"`
	Errors    map[string]string `json:"errors"` // by source
	Sync      Counts            `json:"sync"`   // of all sources
	Sources   []SourceReport    `json:"sources"`
	Report    string            `json:"report"` // file of the job with each item
}

// SourceReport is the truth about one source.
type SourceReport struct {
	Source   string `json:"source"`
	Platform string `json:"platform"`
	Server   string `json:"server"`
	Counts
	Left  int    `json:"left,omitempty"` // out, because of the limit
	Error string `json:"error,omitempty"`
}

// finish notes what became of all sources.
func (r *run) finish(ctx context.Context) error {
	platform := r.config.Sources[0].Platform
	s := summary{Profile: r.config.Profile, Direction: r.config.Direction, Platforms: []string{platform}, Errors: r.failed, Report: reportFile}
	by := make(map[string]*Counts)
	if err := ReadReport(r.project, r.job.ID, func(l Line) error {
		if by[l.Source] == nil {
			by[l.Source] = new(Counts)
		}
		by[l.Source].add(l)
		return nil
	}); err != nil {
		return err
	}
	now := importer.Imported{At: r.opts.now()}
	read := make(map[string]time.Time)
	bad := 0
	for _, source := range r.config.Sources {
		var at place
		if _, err := r.progress.Place(source.Item(), &at); err != nil {
			return err
		}
		c := by[source.Item()]
		if c == nil {
			c = new(Counts)
		}
		c.Unchanged = max(c.Unchanged, at.Pairs-c.changed()-c.Conflicts-c.Refused-c.Gone) // most were not looked at
		s.Sources = append(s.Sources, SourceReport{source.Name, source.Platform, source.Server, *c, at.Left, r.failed[source.Item()]})
		s.Sync.sum(*c)
		if r.failed[source.Item()] != "" {
			bad++
		} else if known := r.memory.of(source.Item()); r.config.pulls() && !r.config.filtered() && !known.Read.IsZero() {
			read[source.Item()] = known.Read
		}
		now.Count += at.Read
		now.Skipped += c.Skipped
	}
	if err := r.progress.Result(s); err != nil {
		return err
	}
	if r.config.pulls() {
		r.learned(ctx, platform, now, read, bad)
	}
	return s.Sync.left()
}

// learned notes in the metadata of the project what was read of a platform.
func (r *run) learned(ctx context.Context, platform string, now importer.Imported, read map[string]time.Time, bad int) {
	good := len(r.config.Sources) - bad
	if good == 0 {
		now.At = time.Time{}
	}
	if err := importer.Remember(ctx, r.project, map[string]importer.Imported{platform: now.Sum(good, bad)}, read); err != nil {
		r.logf("sync metadata: %v", err)
	}
}

func (c *Counts) sum(o Counts) {
	c.CreatedHere += o.CreatedHere
	c.CreatedThere += o.CreatedThere
	c.UpdatedHere += o.UpdatedHere
	c.UpdatedThere += o.UpdatedThere
	c.Unchanged += o.Unchanged
	c.Conflicts += o.Conflicts
	c.Settled += o.Settled
	c.Skipped += o.Skipped
	c.Refused += o.Refused
	c.Gone += o.Gone
}
