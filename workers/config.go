package workers

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// Repository is one repository of a clone job, in the words of SpecWeave's
// config.json. None of its fields holds a credential.
type Repository struct {
	Owner    string `json:"owner"` // may hold slashes: a GitLab group, an Azure DevOps organisation/project
	Name     string `json:"name"`
	Path     string `json:"path"` // below the project, with slashes
	CloneURL string `json:"cloneUrl"`
	Team     string `json:"team,omitempty"`
	AreaPath string `json:"areaPath,omitempty"`
	Size     int64  `json:"size,omitempty"` // bytes, as its host counts them; 0: unknown
}

// CloneConfig is what a clone job stores.
type CloneConfig struct {
	Repositories []Repository `json:"repositories"`
	Concurrency  int          `json:"concurrency,omitempty"`  // clones at once, at most; 0: 16
	Depth        int          `json:"depth,omitempty"`        // commits of history; 0: all
	Filter       string       `json:"filter,omitempty"`       // of a partial clone, see git-rev-list(1) --filter
	Mirror       bool         `json:"mirror,omitempty"`       // bare, with every ref
	SingleBranch bool         `json:"singleBranch,omitempty"` // only the branch that the remote's HEAD leads to
	Submodules   bool         `json:"submodules,omitempty"`   // and theirs
	LFS          *bool        `json:"lfs,omitempty"`          // large files; nil: as git is configured
	Reference    string       `json:"reference,omitempty"`    // absolute path of repositories to take objects from, see git-clone(1)
	Update       bool         `json:"update,omitempty"`       // bring what is there already up to date
	DelayMS      *int64       `json:"delayMs,omitempty"`      // rest between two clones of a slot; nil: none
	Tries        int          `json:"tries,omitempty"`        // per repository and attempt; 0: 3

	// Umask is that of the shell that created the job, in four octal digits: 0077.
	// An attempt that no launch hands a umask to is no less strict.
	Umask string `json:"umask,omitempty"`

	// Credentials says where the credential of each host came from when the job
	// was created, see [Credentials.Reference]. A repository whose credential came
	// from another place than that of its host has an entry of its own, host/path.
	// It is for people: at each start the places are asked again, in their order.
	Credentials map[string]string `json:"credentials,omitempty"`

	// Servers says of which kind the hosts were that the launch named, see
	// [ServersOf]. It counts where the user has said so: see [KnownServers].
	Servers map[string]Kind `json:"servers,omitempty"`
}

// The values that stand for zero fields of a CloneConfig.
const (
	DefaultConcurrency = 16
	DefaultTries       = 3
)

// The limits of a CloneConfig.
const (
	MaxConcurrency = 256
	MaxTries       = 100
)

var filterSpec = lazyregexp.New(`^(blob:none|blob:limit=[0-9]+[kmg]?|tree:[0-9]+|object:type=(blob|tree|commit|tag)|sparse:oid=[A-Za-z0-9:/._-]+|combine:[A-Za-z0-9=:,+%._-]+)$`)

// ParseCloneConfig reads and checks a job's config. It accepts what SpecWeave
// wrote. The error is an [*InputError] or says that the JSON is malformed.
func ParseCloneConfig(data json.RawMessage) (CloneConfig, error) {
	var c CloneConfig
	if err := json.Unmarshal(data, &c); err != nil {
		return CloneConfig{}, fmt.Errorf("clone config: %w", err)
	}
	return c, c.Check()
}

// Check reports the first thing in c that cannot be used, as an
// [*InputError]. It touches neither disk nor network.
func (c CloneConfig) Check() error {
	if err := c.CheckSettings(); err != nil {
		return err
	}
	if len(c.Repositories) == 0 {
		return &InputError{"", "no source given"}
	}
	for _, r := range c.Repositories {
		if err := checkNames(r.Owner, r.Name); err != nil {
			return err
		}
		if err := checkCloneURL(r.CloneURL); err != nil {
			return err
		}
	}
	return checkPaths(c.Repositories)
}

// CheckSettings is Check for all but the repositories.
func (c CloneConfig) CheckSettings() error {
	for _, n := range []struct {
		name  string
		value int
		limit int
	}{{"clones at once", c.Concurrency, MaxConcurrency}, {"depth", c.Depth, 1<<31 - 1}, {"tries", c.Tries, MaxTries}} {
		if n.value < 0 || n.value > n.limit {
			return &InputError{fmt.Sprint(n.value), fmt.Sprintf("%s: not between 1 and %d", n.name, n.limit)}
		}
	}
	if c.DelayMS != nil && (*c.DelayMS < 0 || *c.DelayMS > 5*60_000) { // the watchdog waits ten minutes
		return &InputError{fmt.Sprint(*c.DelayMS), "delay: not between 0 and 300000 milliseconds"}
	}
	if c.Umask != "" && !octal.MatchString(c.Umask) {
		return refuse(c.Umask, "not a umask of four octal digits")
	}
	if c.Filter != "" && !filterSpec.MatchString(c.Filter) {
		return refuse(c.Filter, "not a filter of a partial clone, such as blob:none")
	}
	return c.conflict()
}

// Items returns the journal's name of each repository, in order: owner/name,
// or the path where two share that.
func (c CloneConfig) Items() []string {
	count := make(map[string]int, len(c.Repositories))
	for _, r := range c.Repositories {
		count[r.Owner+"/"+r.Name]++
	}
	items := make([]string, len(c.Repositories))
	for i, r := range c.Repositories {
		items[i] = r.Owner + "/" + r.Name
		if count[items[i]] > 1 {
			items[i] = r.Path
			if count[r.Path] > 0 { // what another is called
				items[i] = "./" + r.Path
			}
		}
	}
	return items
}

// reference says where the credential for a clone URL came from when the job
// was created.
func (c CloneConfig) reference(cloneURL string) string {
	e, _ := parseEndpoint(cloneURL)
	if own, ok := c.Credentials[e.host+"/"+e.path]; ok {
		return own
	}
	return c.Credentials[e.host]
}

func (c CloneConfig) concurrency() int {
	if c.Concurrency == 0 {
		return DefaultConcurrency
	}
	return c.Concurrency
}

func (c CloneConfig) tries() int {
	if c.Tries == 0 {
		return DefaultTries
	}
	return c.Tries
}

// delay is how long a slot rests before its next clone.
func (c CloneConfig) delay() time.Duration {
	if c.DelayMS == nil {
		return 0
	}
	return time.Duration(*c.DelayMS) * time.Millisecond
}
