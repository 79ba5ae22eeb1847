package profiles

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/specweave/specweave/workers"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// Sync is what a project's configuration says of syncing.
type Sync struct {
	Disabled bool      // nothing is synced, whatever else it says
	Default  string    // name of the profile that what belongs to none belongs to; "": none
	Profiles []Profile // by name
	Faults   []Fault   // of no profile
}

// Profile is something to sync with. All text may hold anything but for its
// name, which is letters, digits and hyphens, and can be a file's.
type Profile struct {
	Name        string
	Provider    string   // github, jira, ado, gitlab or gitea
	Title       string   // for people; "": none
	Host        string   // of its server, as people write one; "": the usual one
	Sources     []string // in the words of [workers.ItemQuery], the main one first
	Query       string   // only items that a search in the tracker's own language finds
	AreaPaths   []string // only items of these, on Azure DevOps
	StoryType   string   // of new items, in the tracker's words; "": what it calls a story
	Direction   Direction
	Conflict    Conflict
	Permissions Permissions
	Statuses    Statuses
	Range       Range // of a first sync
	Limit       int   // items in one sync, at most; 0: all
	Faults      []Fault
}

// Direction says which side is changed.
type Direction string

// The directions of a sync.
const (
	Import        Direction = "import"
	Export        Direction = "export"
	Bidirectional Direction = "bidirectional"
)

// Conflict says what counts where both sides have changed the same.
type Conflict string

// The rules for conflicts.
const (
	Mark   Conflict = "mark" // neither: both are kept, and a person is told
	Local  Conflict = "local"
	Remote Conflict = "remote"
	Newer  Conflict = "newer"
)

// Providers are the trackers that there are profiles for.
var Providers = []string{"github", "jira", "ado", "gitlab", "gitea"}

// Usable reports whether the profile has no faults but warnings.
func (p Profile) Usable() bool {
	return !slices.ContainsFunc(p.Faults, func(f Fault) bool { return !f.Warning })
}

// Find is the profile of a name.
func (s Sync) Find(name string) (Profile, bool) {
	i := slices.IndexFunc(s.Profiles, func(p Profile) bool { return p.Name == name })
	if i < 0 {
		return Profile{}, false
	}
	return s.Profiles[i], true
}

// Parse reads the content of a .specweave/config.json. The error is a
// [*workers.InputError]: it is not JSON. All else that is wrong with it is a
// fault.
func Parse(config []byte) (Sync, error) {
	var s Sync
	var root any
	if err := json.Unmarshal(config, &root); err != nil {
		return s, &workers.InputError{Input: ".specweave/config.json", Reason: "malformed JSON: " + err.Error()}
	}
	all := value{"", root, &s.Faults}.object()
	section := all.at("sync").object()
	if enabled := section.at("enabled").truth(); enabled != nil {
		s.Disabled = !*enabled
	}
	common := defaults{
		sync: section, repos: all.at("workspace").object().at("repos"), jira: all.at("issueTracker").object().at("domain").text(),
	}
	profiles := section.at("profiles").object()
	for _, name := range profiles.names() {
		s.Profiles = append(s.Profiles, common.profile(name, profiles.at(name)))
	}
	s.Profiles = append(s.Profiles, common.older(s.Profiles)...)
	slices.SortFunc(s.Profiles, func(a, b Profile) int { return strings.Compare(a.Name, b.Name) })
	for i := range s.Profiles {
		s.Profiles[i].Faults = tidy(s.Profiles[i].Faults)
	}
	preferred := section.at("defaultProfile")
	s.Default = preferred.text()
	if _, ok := s.Find(s.Default); !ok && s.Default != "" {
		preferred.warn("there is no profile %q", s.Default)
		s.Default = ""
	}
	s.Faults = tidy(s.Faults)
	return s, nil
}

// tidy sorts faults by place, each once.
func tidy(all []Fault) []Fault {
	slices.SortFunc(all, func(a, b Fault) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(all)
}

// defaults are what holds for profiles that do not say otherwise.
type defaults struct {
	sync  object
	repos value  // of the workspace
	jira  string // domain
}

// within has the faults of what is read go to a profile.
func (d defaults) within(p *Profile) defaults {
	d.sync.faults, d.repos.faults = &p.Faults, new([]Fault)
	return d
}

// maxName leaves room for what is made of a name: units, files.
const maxName = 64

var nameForm = lazyregexp.New(`^[a-z0-9-]+$`)

func (d defaults) profile(name string, at value) Profile {
	p := Profile{Name: name}
	at.faults = &p.Faults
	d = d.within(&p)
	if !nameForm.MatchString(name) || len(name) > maxName {
		at.fault("the name of a profile is lower-case letters, digits and hyphens, %d at most", maxName)
	}
	o := at.object()
	p.Title = o.at("displayName").text()
	provider := o.at("provider")
	p.Provider = value{provider.path, lower(provider.is), provider.faults}.one(Providers...)
	if provider.is == nil {
		provider.fault("missing")
	}
	o.at("strategy").one("intelligent", "custom", "simple")
	d.fill(&p, o)
	if p.Provider != "" {
		if config := o.at("config"); config.is == nil {
			config.fault("missing")
		} else {
			d.sources(&p, config.object())
		}
	}
	return p
}

func lower(v any) any {
	if s, ok := v.(string); ok {
		return strings.ToLower(s)
	}
	return v
}

// fill reads what profiles of all providers have.
func (d defaults) fill(p *Profile, o object) {
	p.Direction = d.direction(o)
	p.Conflict = Mark
	for _, in := range []object{d.sync, o} {
		if c := in.at("conflict").one(string(Mark), string(Local), string(Remote), string(Newer)); c != "" {
			p.Conflict = Conflict(c)
		}
	}
	p.Permissions = d.permissions(p.Provider, o)
	p.Statuses = d.statuses(p.Provider, o)
	p.Range = d.timeRange(o.at("timeRange").object())
	limits := o.at("rateLimits").object()
	p.Limit = limits.at("maxItemsPerSync").count()
	if warn := limits.at("warnThreshold"); p.Limit > 0 && warn.count() > p.Limit {
		warn.warn("more than maxItemsPerSync, so it is never reached")
	}
}

func (d defaults) direction(o object) Direction {
	direction := Bidirectional
	for _, in := range []object{d.sync, o} {
		switch in.at("direction").one("import", "export", "bidirectional", "from-external", "to-external") {
		case "import", "from-external":
			direction = Import
		case "export", "to-external":
			direction = Export
		case "bidirectional":
			direction = Bidirectional
		}
	}
	return direction
}

// older is the profile that a file without profiles stands for, which has one
// source at sync.github and the like. It is called like its provider.
func (d defaults) older(there []Profile) []Profile {
	var all []Profile
	main := value{d.sync.path, lower(d.sync.at("provider").is), d.sync.faults}.text()
	for _, provider := range Providers {
		taken := func(p Profile) bool { return p.Provider == provider || p.Name == provider }
		at := d.sync.at(provider)
		if at.is == nil || slices.ContainsFunc(there, taken) {
			continue
		}
		p := Profile{Name: provider, Provider: provider}
		in := d.within(&p)
		at.faults = &p.Faults
		o := at.object()
		enabled := o.at("enabled").truth()
		if enabled != nil && !*enabled {
			continue
		}
		in.fill(&p, object{value{at.path, nil, at.faults}, nil})
		in.sources(&p, o)
		if p.Usable() || provider == main || enabled != nil {
			all = append(all, p)
		}
	}
	return all
}
