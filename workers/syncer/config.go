package syncer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/importer"
	"github.com/specweave/specweave/workers/stories"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// Direction says which way edits travel, in SpecWeave's words.
type Direction string

// The directions of a sync.
const (
	Import        Direction = "import"
	Export        Direction = "export"
	Bidirectional Direction = "bidirectional"
)

// Permissions are what a profile allows, in SpecWeave's words. The zero value
// allows nothing.
type Permissions struct {
	Read         bool `json:"canRead"`
	UpdateStatus bool `json:"canUpdateStatus"`
	Upsert       bool `json:"canUpsert"` // make items, and change all but their status
	Delete       bool `json:"canDelete"` // put away what is gone at the other side; nothing is ever deleted
}

// StatusMap translates between the statuses of stories and the states of a
// tracker. What it does not name goes as the tracker's provider has it.
type StatusMap struct {
	Out map[workers.ItemStatus]string `json:"out,omitempty"` // the state that a status is written as
	In  map[string]workers.ItemStatus `json:"in,omitempty"`  // the status that a state is read as; keys in lower case
}

// Config is what a sync job stores: one profile, resolved. It never holds a
// token.
type Config struct {
	Provider  string    `json:"provider"` // platform of the first source, for SpecWeave
	Direction Direction `json:"direction"`
	Profile   string    `json:"profileId"`

	Sources     []importer.Source `json:"sources"` // Since is where a first sync begins, Number is not used
	Permissions Permissions       `json:"permissions"`
	Rule        stories.Rule      `json:"conflict,omitempty"`
	Statuses    StatusMap         `json:"statusMap,omitzero"`
	// Home is the name of the source that stories become items of; "": they do
	// not.
	Home string `json:"home,omitempty"`
	// Type is what items that are made are, in the tracker's words; "": what it
	// calls a story.
	Type string `json:"itemType,omitempty"`
	// Since overrides from when on changes are asked for; zero: since the last
	// sync. All asks for everything.
	Since time.Time `json:"since,omitzero"`
	All   bool      `json:"all,omitempty"`

	Labels    []string `json:"labels,omitempty"`
	Milestone string   `json:"milestone,omitempty"`
	Query     string   `json:"query,omitempty"` // in the tracker's own language
	AreaPath  string   `json:"areaPath,omitempty"`
	Limit     int      `json:"maxItemsPerSync,omitempty"` // stories and items that are changed, of each source; 0: all
	Size      int      `json:"pageSize,omitempty"`        // 0: as the tracker likes
	Links     bool     `json:"links,omitempty"`
	Budget    float64  `json:"apiBudget,omitempty"` // share of a quota that may be used up; 0: as package rest has it

	// Credentials says where the credential of each server came from when the job
	// was created, see [workers.Credentials.Reference].
	Credentials map[string]string `json:"credentials,omitempty"`
	// Umask is that of the shell that created the job, in four octal digits.
	Umask string `json:"umask,omitempty"`
}

var profileID = lazyregexp.New(`^[a-z0-9-]{1,100}$`)

// Parse reads and checks a job's config. The error is a [*workers.InputError] or
// says that the JSON is malformed.
func Parse(data json.RawMessage) (Config, error) {
	var c Config
	if err := json.Unmarshal(data, &c); err != nil {
		return Config{}, fmt.Errorf("sync config: %w", err)
	}
	return c, c.Check()
}

// Check reports the first thing in c that cannot be used, as an
// [*workers.InputError]. It touches neither disk nor network.
func (c Config) Check() error {
	bad := func(what, reason string) error {
		return &workers.InputError{Input: workers.Show(what), Reason: reason}
	}
	switch {
	case !profileID.MatchString(c.Profile):
		return bad(c.Profile, "not the id of a profile: small letters, digits and hyphens")
	case !slices.Contains([]Direction{Import, Export, Bidirectional}, c.Direction):
		return bad(string(c.Direction), "not import, export or bidirectional")
	case !slices.Contains([]stories.Rule{stories.Mark, stories.Local, stories.Remote, stories.Newer}, c.Rule):
		return bad(string(c.Rule), "not mark, local, remote or newer")
	}
	if err := c.asImport().Check(); err != nil {
		return err
	}
	for _, s := range c.Sources {
		if s.Number != "" {
			return bad(s.Item(), "a single item is not synced")
		}
		if s.Platform != c.Sources[0].Platform {
			return bad(s.Item(), "not of the platform "+c.Sources[0].Platform+", as the first source of the profile")
		}
	}
	if c.Home != "" && !slices.ContainsFunc(c.Sources, func(s importer.Source) bool { return s.Name == c.Home }) {
		return bad(c.Home, "none of the sources")
	}
	statuses := []workers.ItemStatus{workers.StatusOpen, workers.StatusInProgress, workers.StatusCompleted}
	for status := range c.Statuses.Out {
		if !slices.Contains(statuses, status) {
			return bad(string(status), "not Open, In Progress or Completed")
		}
	}
	for state, status := range c.Statuses.In {
		if !slices.Contains(statuses, status) {
			return bad(state+": "+string(status), "not Open, In Progress or Completed")
		}
	}
	return nil
}

// asImport is the half of a sync that reads.
func (c Config) asImport() importer.Config {
	return importer.Config{
		Sources: c.Sources, Closed: true, Labels: c.Labels, Milestone: c.Milestone, Query: c.Query, AreaPath: c.AreaPath,
		Limit: c.Limit, Size: c.Size, Comments: true, Links: c.Links, Budget: c.Budget, Credentials: c.Credentials,
	}
}

// filtered reports whether some items of the sources are none of the profile's.
func (c Config) filtered() bool {
	return len(c.Labels) > 0 || c.Milestone != "" || c.Query != "" || c.AreaPath != ""
}

func (c Config) pulls() bool { return c.Direction != Export && c.Permissions.Read }

func (c Config) pushes() bool {
	return c.Direction != Import && (c.Permissions.Upsert || c.Permissions.UpdateStatus)
}

// status is what the profile makes of the status of an item. Where a state is only
// open or closed, and a label says that work on what is open has begun, that is so
// whatever stands for the state.
func (m StatusMap) status(i workers.Item) workers.ItemStatus {
	status, ok := m.In[strings.ToLower(i.State)]
	begun := i.Status == workers.StatusInProgress && workers.StatusOf(false, i.Labels) == workers.StatusInProgress
	if !ok || status == workers.StatusOpen && begun {
		return i.Status
	}
	return status
}
