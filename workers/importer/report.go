package importer

import (
	"context"
	"fmt"

	"github.com/specweave/specweave/jobs"
)

// report is what an import adds to result.json. The first two fields are
// SpecWeave's.
type report struct {
	Platforms []string          `json:"platforms"`
	Errors    map[string]string `json:"errors"` // by source
	Sources   []SourceReport    `json:"sources"`
}

// SourceReport is the truth about one source, as far as it was read.
type SourceReport struct {
	Source    string `json:"source"`
	Platform  string `json:"platform"`
	Server    string `json:"server"`
	Whole     bool   `json:"whole"` // its last page was read
	Unchanged int    `json:"unchanged"`
	tally
	Error string `json:"error,omitempty"`

	item string
}

// finish notes what became of all sources.
func (r *run) finish(ctx context.Context) error {
	sources, err := reports(r.config.Sources, r.progress.Place, r.failed)
	if err != nil {
		return err
	}
	if err := r.progress.Result(report{r.config.platforms(), r.failed, sources}); err != nil {
		return err
	}
	if err := r.remember(ctx); err != nil {
		r.logf("%s: %v; the next import looks further back than it would have to", metadataFile, err)
	}
	conflicts, skipped := 0, 0
	for _, s := range sources {
		conflicts, skipped = conflicts+s.Conflicts, skipped+s.Skipped
	}
	return jobs.Warn(jobs.Left{N: conflicts, What: "in conflict"}, jobs.Left{N: skipped, What: "not written"})
}

// Reports is the truth about the sources of a job so far, from its journal. The
// error says that the job's config or a place in its journal is none of ours.
func Reports(job jobs.Job, st *jobs.State) ([]SourceReport, error) {
	config, err := Parse(job.Config, job.CreatedAt)
	if err != nil {
		return nil, err
	}
	failed := make(map[string]string)
	for _, f := range st.Failures() {
		failed[f.Item] = f.Error
	}
	return reports(config.Sources, st.Place, failed)
}

func reports(sources []Source, placeOf func(string, any) (bool, error), failed map[string]string) ([]SourceReport, error) {
	all := make([]SourceReport, len(sources))
	for i, s := range sources {
		var at place
		if _, err := placeOf(s.Item(), &at); err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
		all[i] = SourceReport{s.Name, s.Platform, s.Server, at.Over, at.unchanged(), at.tally, failed[s.Item()], s.Item()}
	}
	return all, nil
}

// Told is what a person is told of a source: a line, and one for each of the
// items that could not be written.
func (s SourceReport) Told() []string {
	lines := []string{s.item + ": " + s.told()}
	for _, w := range s.Why {
		lines = append(lines, "  "+w.ID+": "+w.Reason)
	}
	if n := s.Skipped - len(s.Why); n > 0 {
		lines = append(lines, fmt.Sprintf("  … and %d more", n))
	}
	return lines
}

// told is the counts that are not zero.
func (s SourceReport) told() string {
	text := fmt.Sprintf("%d of %d read", s.Read, max(s.Counted, s.Read))
	for _, n := range []struct {
		n    int
		what string
	}{
		{s.Written, "new"},
		{s.Refreshed, "changed"},
		{s.Unchanged, "unchanged"},
		{s.Listed, "listed as tasks"},
		{s.Closed, "closed and not imported before"},
		{s.Removed, "removed by a person"},
		{s.Gone, "gone at the source"},
		{s.Conflicts, "in conflict"},
		{s.Skipped, "not written"},
	} {
		if n.n > 0 {
			text += fmt.Sprintf(", %d %s", n.n, n.what)
		}
	}
	return text
}
