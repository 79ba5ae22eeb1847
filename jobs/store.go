package jobs

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/specweave/specweave/platform"
)

// Errors that callers tell apart.
var (
	ErrNotFound  = errors.New("no such job")
	ErrAmbiguous = errors.New("more than one job matches")
	ErrClaimed   = errors.New("job is owned by a running worker")
	ErrFinished  = errors.New("job is already finished")
	// ErrNothingFailed comes with ErrFinished: there is nothing to retry.
	ErrNothingFailed = errors.New("nothing failed")
	ErrForeign       = errors.New("job belongs to SpecWeave's own job system")
)

// Store is the jobs of one project, on disk below .specweave/state.
type Store struct{ project string }

// Open names the store of a project. It does no I/O.
func Open(project string) *Store { return &Store{project} }

// Project returns the project's directory.
func (s *Store) Project() string { return s.project }

// Dir returns the directory of all state, .specweave/state in the project.
func (s *Store) Dir() string { return filepath.Join(s.project, ".specweave", "state") }

// LogPath returns the path of a job's log.
func (s *Store) LogPath(id string) string { return s.path(id, "worker.log") }

func (s *Store) path(id, name string) string { return filepath.Join(s.Dir(), "jobs", id, name) }

// header is the part of config.json that all types share. The type's own
// fields lie beside it, in one flat object: SpecWeave's umbrella-detector
// looks for "repositories" at the top.
type header struct {
	Schema    int       `json:"schemaVersion"`
	ID        string    `json:"jobId"`
	Type      Type      `json:"type"`
	Project   string    `json:"projectPath"`
	CreatedAt time.Time `json:"startedAt"`
	DependsOn []string  `json:"dependsOn,omitempty"`
	Despite   []string  `json:"dependsOnAny,omitempty"` // those of DependsOn that may fail
}

// schemaVersion is of config.json, result.json and our fields in the projection.
const schemaVersion = 1

// Create writes a new job's config.json and nothing else; see [Launcher.Launch]
// for what usually follows. config must encode as a JSON object and hold no
// secret; its fields must not be named like those that every job has
// (schemaVersion, jobId, type, projectPath, startedAt, dependsOn,
// dependsOnAny). The error wraps [ErrNotFound] or [ErrCycle] if after cannot be
// waited for.
func (s *Store) Create(t Type, config any, after ...Dependency) (Job, error) {
	if err := s.checkDependencies(after); err != nil {
		return Job{}, fmt.Errorf("create job: %w", err)
	}
	raw, err := json.Marshal(config)
	if err != nil {
		return Job{}, fmt.Errorf("create job: config: %w", err)
	}
	if config == nil {
		raw = []byte("{}")
	}
	job := Job{
		Type: t, Project: s.project, CreatedAt: time.Now().UTC().Truncate(time.Millisecond),
		After: after, Config: raw,
	}
	if err := os.MkdirAll(filepath.Join(s.Dir(), "jobs"), 0o700); err != nil {
		return Job{}, fmt.Errorf("create job: %w", err)
	}
	for job.ID == "" {
		id := newID()
		err := os.Mkdir(filepath.Join(s.Dir(), "jobs", id), 0o700)
		if err != nil && !errors.Is(err, os.ErrExist) {
			return Job{}, fmt.Errorf("create job: %w", err)
		}
		if err == nil {
			job.ID = id
		}
	}
	data, err := job.encode()
	if err == nil {
		err = platform.WriteFile(s.path(job.ID, "config.json"), data)
	}
	if err == nil {
		err = platform.SyncDir(filepath.Join(s.Dir(), "jobs"))
	}
	if err != nil {
		return Job{}, fmt.Errorf("create job: %w", errors.Join(err, os.RemoveAll(s.path(job.ID, ""))))
	}
	return job, nil
}

func newID() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand
	return hex.EncodeToString(b[:])
}

func (j Job) encode() ([]byte, error) {
	ids, despite := j.dependsOn()
	head, err := json.Marshal(header{schemaVersion, j.ID, j.Type, j.Project, j.CreatedAt, ids, despite})
	if err != nil {
		return nil, err
	}
	o, err := parseObject(head)
	if err != nil {
		return nil, err
	}
	own, err := parseObject(j.Config)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	for _, f := range own {
		if o.get(f.key) != nil {
			return nil, fmt.Errorf("config: field %q is taken", f.key)
		}
		o = append(o, f)
	}
	return append(o.encode(""), '\n'), nil
}

// errNotOurs: a job directory that something else than Create has written.
var errNotOurs = errors.New("not a job of ours")

// errFuture: a job of a newer program than this.
var errFuture = fmt.Errorf("this program knows up to %d", schemaVersion)

// job reads what was asked for.
func (s *Store) job(id string) (Job, error) {
	data, err := platform.ReadFile(s.path(id, "config.json"))
	if err != nil {
		return Job{}, unreadable(id, err)
	}
	var h header
	if err := json.Unmarshal(data, &h); err != nil {
		return Job{}, fmt.Errorf("job %s: config.json: %w", id, err)
	}
	return s.checked(id, h, data)
}

// headOfJob is job without the config of its type, which may be long.
func (s *Store) headOfJob(id string) (Job, error) {
	f, err := platform.Open(s.path(id, "config.json"))
	if err != nil {
		return Job{}, unreadable(id, err)
	}
	defer func() { _ = f.Close() }()
	h, err := readHeader(f)
	if err != nil || h.Schema == 0 { // Create writes it first; somebody else did not
		return s.job(id)
	}
	return s.checked(id, h, nil)
}

func unreadable(id string, err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return errNotOurs
	}
	return fmt.Errorf("job %s: %w", id, err)
}

func (s *Store) checked(id string, h header, config json.RawMessage) (Job, error) {
	if h.Schema == 0 {
		return Job{}, errNotOurs
	}
	if h.Schema > schemaVersion {
		return Job{}, fmt.Errorf("job %s: config.json has schema %d; %w", id, h.Schema, errFuture)
	}
	if h.ID != id {
		return Job{}, fmt.Errorf("job %s: config.json is of job %s", id, Printable(h.ID))
	}
	return Job{id, h.Type, s.project, h.CreatedAt, dependencies(h.DependsOn, h.Despite), config}, nil
}

// readHeader reads a JSON object up to its first field that is not a header's.
func readHeader(r io.Reader) (h header, err error) {
	dec := json.NewDecoder(r)
	if err := delim(dec, '{'); err != nil {
		return h, err
	}
	fields := map[string]any{
		"schemaVersion": &h.Schema, "jobId": &h.ID, "type": &h.Type, "projectPath": &h.Project,
		"startedAt": &h.CreatedAt, "dependsOn": &h.DependsOn, "dependsOnAny": &h.Despite,
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return h, err
		}
		name, _ := key.(string) // the decoder lets only strings be keys
		field := fields[name]
		if field == nil {
			return h, nil
		}
		if err := dec.Decode(field); err != nil {
			return h, err
		}
	}
	return h, nil
}

// Running reports whether a worker holds the job: whether its lock is held.
// Asking takes the lock for a moment, so it is not for frequent use.
func (s *Store) Running(id string) (bool, error) {
	l, err := platform.TryLock(s.path(id, "worker.lock"))
	if errors.Is(err, platform.ErrLocked) {
		return true, nil
	}
	if errors.Is(err, os.ErrNotExist) {
		return false, fmt.Errorf("%w: %s", ErrNotFound, Printable(id))
	}
	if err != nil {
		return false, fmt.Errorf("job %s: %w", id, err)
	}
	return false, l.Close()
}
