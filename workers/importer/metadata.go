package importer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/specweave/specweave/platform"
)

// metadataFile is where SpecWeave keeps when it imported what, below the
// project.
const metadataFile = ".specweave/sync-metadata.json"

// maxMetadata bounds what is read of it.
const maxMetadata = 16 << 20

// metadata is the file: its members as they are, since others write some.
type metadata map[string]json.RawMessage

// platformMetadata is what SpecWeave keeps of a platform.
type platformMetadata struct {
	LastImport       string `json:"lastImport,omitempty"`
	LastImportCount  int    `json:"lastImportCount"`
	LastSkippedCount int    `json:"lastSkippedCount,omitempty"`
	LastSyncResult   string `json:"lastSyncResult"` // success, partial or failed
}

// sourceMetadata is what we keep of a source, in the member "sources".
type sourceMetadata struct {
	LastImport string `json:"lastImport"` // when the reading of it began
}

const stampFormat = "2006-01-02T15:04:05.000Z"

func stamp(t time.Time) string { return t.UTC().Format(stampFormat) }

// LastImports says when sources of a project were imported last.
type LastImports struct {
	platforms map[string]time.Time
	sources   map[string]time.Time
}

// skew is by how much the clock of a tracker may be behind ours.
const skew = 5 * time.Minute

// Since is from when on the items of a source are wanted that changed since it
// was imported last, and whether it was: else those of a month. What SpecWeave
// tells is about one source of a platform and does not say which: then it is a
// month at least.
func (l LastImports) Since(s Source, now time.Time) (since time.Time, again bool) {
	month := now.AddDate(0, -1, 0).UTC().Truncate(time.Second)
	if t, ok := l.sources[s.Item()]; ok {
		return t.Add(-skew), true
	}
	if t, ok := l.platforms[s.Platform]; ok {
		if t.Before(month) {
			month = t
		}
		return month, true
	}
	return month, false
}

// ReadLastImports reads .specweave/sync-metadata.json, which SpecWeave writes
// as well. A file that is missing tells of no import.
func ReadLastImports(project string) (LastImports, error) {
	l := LastImports{make(map[string]time.Time), make(map[string]time.Time)}
	m, err := readMetadata(filepath.Join(project, filepath.FromSlash(metadataFile)))
	if err != nil {
		return l, fmt.Errorf("%s: %w", metadataFile, err)
	}
	for name, raw := range m {
		var p platformMetadata
		if json.Unmarshal(raw, &p) == nil {
			if t, err := time.Parse(time.RFC3339, p.LastImport); err == nil && p.LastSyncResult != "failed" {
				l.platforms[name] = t
			}
		}
	}
	var sources map[string]sourceMetadata
	_ = json.Unmarshal(m["sources"], &sources) // of another shape: not ours
	for name, s := range sources {
		if t, err := time.Parse(time.RFC3339, s.LastImport); err == nil {
			l.sources[name] = t
		}
	}
	return l, nil
}

func readMetadata(path string) (metadata, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return metadata{}, nil
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() || info.Size() > maxMetadata:
		return nil, errors.New("not a file, or larger than 16 MiB")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m := metadata{}
	if len(bytes.TrimSpace(data)) == 0 {
		return m, nil
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("malformed JSON: %w", err)
	}
	return m, nil
}

// Imported is what is remembered of the sources of a platform.
type Imported struct {
	At      time.Time // zero: as it was
	Count   int
	Skipped int
	Result  string // success, partial or failed
}

// Sum is i with the Result of so many sources that were read to their end, and
// so many that were not.
func (i Imported) Sum(good, bad int) Imported {
	switch {
	case good == 0:
		i.Result = "failed"
	case bad > 0:
		i.Result = "partial"
	default:
		i.Result = "success"
	}
	return i
}

// Remember notes in .specweave/sync-metadata.json, by platform, what became of
// its sources, and by [Source.Item] up to when the changes of a source were
// read, all of them. It leaves what others wrote there, and waits for another
// that does the same.
func Remember(ctx context.Context, project string, platforms map[string]Imported, sources map[string]time.Time) (err error) {
	lock, err := lockMetadata(ctx, project)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	path := filepath.Join(project, filepath.FromSlash(metadataFile))
	m, err := readMetadata(path)
	if err != nil {
		return err
	}
	if err := m.note(platforms, sources); err != nil {
		return err
	}
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return platform.WriteFile(path, data)
}

func (m metadata) note(platforms map[string]Imported, sources map[string]time.Time) (err error) {
	read := map[string]json.RawMessage{}
	_ = json.Unmarshal(m["sources"], &read) // of another shape: not ours
	for item, at := range sources {
		if read[item], err = json.Marshal(sourceMetadata{stamp(at)}); err != nil {
			return err
		}
	}
	if m["sources"], err = json.Marshal(read); err != nil {
		return err
	}
	for name, i := range platforms {
		was := platformMetadata{}
		_ = json.Unmarshal(m[name], &was)
		now := platformMetadata{was.LastImport, i.Count, i.Skipped, i.Result}
		if !i.At.IsZero() {
			now.LastImport = stamp(i.At)
		}
		if m[name], err = json.Marshal(now); err != nil {
			return err
		}
	}
	m["lastUpdated"], err = json.Marshal(stamp(time.Now()))
	return err
}

// remember notes in the project's metadata when its sources were imported.
func (r *run) remember(ctx context.Context) error {
	platforms, sources := make(map[string]Imported), make(map[string]time.Time)
	for _, name := range r.config.platforms() {
		var now Imported
		good, bad := 0, 0
		for _, s := range r.config.Sources {
			if s.Platform != name {
				continue
			}
			var at place
			if _, err := r.progress.Place(s.Item(), &at); err != nil {
				return err
			}
			now.Count += at.Written + at.Refreshed + at.unchanged()
			now.Skipped += at.Skipped
			if r.failed[s.Item()] != "" || !at.Over {
				bad++
				continue
			}
			good++
			if !r.config.filtered() && s.Number == "" {
				sources[s.Item()] = at.Begun
			}
		}
		if good > 0 {
			now.At = r.now
		}
		platforms[name] = now.Sum(good, bad)
	}
	return Remember(ctx, r.project, platforms, sources)
}

// lockMetadata waits for the turn to change the metadata, which takes
// milliseconds.
func lockMetadata(ctx context.Context, project string) (*platform.Lock, error) {
	path := filepath.Join(project, ".specweave", "state", "import", "metadata.lock")
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		lock, err := platform.TryLock(path)
		if !errors.Is(err, platform.ErrLocked) {
			return lock, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-tick.C:
		}
	}
}
