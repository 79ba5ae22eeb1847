package syncer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/specweave/specweave/platform"
	"github.com/specweave/specweave/workers/importer"
)

// memory is what a profile's syncs remember from one to the next. Without it
// nothing is lost: a sync reads more, and asks for what was refused once more.
type memory struct {
	path    string
	Sources map[string]*remembered `json:"sources"` // as the journal calls them
}

type remembered struct {
	// Read is up to when the changes of the source were read, all of them, by
	// the tracker's clock.
	Read   time.Time `json:"read,omitzero"`
	Filter string    `json:"filter,omitempty"` // of the profile then
	// Tag is that of what was read last, by a query of which TagOf is the hash,
	// see [workers.ItemQuery].
	Tag    string               `json:"tag,omitempty"`
	TagOf  string               `json:"tagOf,omitempty"`
	Refuse map[string][]refusal `json:"refused,omitempty"`
	// Closed are the items whose stories a person removed, by normalized id, that
	// were closed, or were already.
	Closed []string `json:"closed,omitempty"`
}

// refusal is a change of a story that the tracker does not take.
type refusal struct {
	Field   string `json:"field"`             // see [workers.RefusedError]; "": the whole change
	Value   string `json:"value"`             // hash of what was refused
	Version string `json:"version,omitempty"` // of the item then
	Message string `json:"message"`
	// Forbidden is of whoever asked, not of what: the next sync may have another
	// credential.
	Forbidden bool `json:"forbidden,omitempty"`
}

// commentField is the field of refused comments, of which a story may have many.
const commentField = "comment"

const maxMemory = 64 << 20

func readMemory(dir string) (*memory, error) {
	m := &memory{path: filepath.Join(dir, "state.json"), Sources: make(map[string]*remembered)}
	info, err := os.Stat(m.path)
	if errors.Is(err, os.ErrNotExist) {
		return m, nil
	}
	var data []byte
	if err == nil && info.Size() > maxMemory {
		err = fmt.Errorf("%s is larger than 64 MiB", m.path)
	}
	if err == nil {
		data, err = platform.ReadFile(m.path)
	}
	if err != nil {
		return nil, fmt.Errorf("sync: %w", err)
	}
	if json.Unmarshal(data, m) != nil || m.Sources == nil { // somebody else's: it is made anew
		m.Sources = make(map[string]*remembered)
	}
	return m, nil
}

func (m *memory) of(source string) *remembered {
	r := m.Sources[source]
	if r == nil {
		r = new(remembered)
		m.Sources[source] = r
	}
	if r.Refuse == nil {
		r.Refuse = make(map[string][]refusal)
	}
	return r
}

func (m *memory) save() error {
	data, err := json.Marshal(m)
	if err == nil {
		err = platform.WriteFile(m.path, data)
	}
	if err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return nil
}

// remember saves what the next sync is to know.
func (r *run) remember(ctx context.Context) error {
	if err := r.memory.save(); err != nil {
		return importer.Unwritable(ctx, err, r.clean)
	}
	return nil
}

// refuse remembers what a tracker does not take of a story: one value of a
// field, and of comments each.
func (r *remembered) refuse(story string, no refusal) {
	list := slices.DeleteFunc(r.Refuse[story], func(o refusal) bool {
		return o.Field == no.Field && (no.Field != commentField || o.Value == no.Value)
	})
	r.Refuse[story] = append(list, no)
}

// retry forgets refusals that another credential may not meet.
func (r *remembered) retry() {
	for story, list := range r.Refuse {
		if list = slices.DeleteFunc(list, func(o refusal) bool { return o.Forbidden }); len(list) > 0 {
			r.Refuse[story] = list
		} else {
			delete(r.Refuse, story)
		}
	}
}

// moved says that a story's item has another version, by what was written there
// ourselves.
func (r *remembered) moved(story, version string) {
	for i := range r.Refuse[story] {
		r.Refuse[story][i].Version = version
	}
}

// valueOf tells values apart.
func valueOf(v any) string {
	data, _ := json.Marshal(v) // never fails: strings
	return digest(string(data))
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:12])
}

// filter is what of the sources a profile is about, told apart.
func (c Config) filter() string {
	return valueOf([]any{c.Labels, c.Milestone, c.Query, c.AreaPath})
}

// overlap is how much more of the past than was read is read again: a tracker's
// listing may be behind its items, and its servers' clocks apart.
const overlap = 5 * time.Minute

// since is from when on the changes of a source are read.
func (c Config) since(first time.Time, r *remembered) time.Time {
	switch {
	case c.All:
		return time.Time{}
	case !c.Since.IsZero():
		return c.Since
	case r.Read.IsZero() || r.Filter != c.filter():
		return first
	}
	return r.Read.Add(-overlap)
}

// read is up to when the changes of a source are known after all pages of those
// since a time were read, by the tracker's clock, of which only the times of its
// items tell. latest is the last of those. It was not later than the end of the
// reading, so the reading began not earlier than by its length before; what
// changed after that may have been passed already. now is our clock, of which
// only the length counts, and that a time in the future is nobody's.
func (c Config) read(was *remembered, since, latest, begun, now time.Time) time.Time {
	known := was.Read
	if was.Filter != c.filter() {
		known = time.Time{}
	}
	if !known.IsZero() && since.After(known) || latest.IsZero() { // with a gap, or nothing new
		return known
	}
	if latest.After(now) {
		latest = now
	}
	took := max(0, now.Sub(begun))
	if read := latest.Add(-took).Truncate(time.Second); read.After(known) {
		return read
	}
	return known
}
