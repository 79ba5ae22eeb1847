package importer

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/specweave/specweave/workers"
)

// Source is one project of a tracker.
type Source struct {
	Platform string    `json:"platform"`         // github, jira, ado, gitlab or gitea
	Name     string    `json:"name"`             // as in [workers.ItemQuery]
	Server   string    `json:"server"`           // URL where people find it; its host is what credentials are for
	API      string    `json:"api"`              // URL of the root of its API
	Since    time.Time `json:"since,omitzero"`   // items changed since then; zero: all
	Again    bool      `json:"again,omitempty"`  // it was imported before: closed items that have a story are wanted too
	Number   string    `json:"number,omitempty"` // of the only item that is wanted
}

// usual are the servers that most people mean, by platform.
var usual = map[string]string{"github": "github.com", "ado": "dev.azure.com", "gitlab": "gitlab.com"}

// Item is what a journal calls the source: platform:name, and platform://host/name
// where the server is not the one that most people mean, since another may have
// a source of the same name.
func (s Source) Item() string {
	item := s.Platform + ":"
	if host := strings.ToLower(hostOf(s.Server)); host != usual[s.Platform] {
		item += "//" + host + "/"
	}
	if item += s.Name; s.Number != "" {
		item += "#" + s.Number
	}
	return item
}

// Config is what an import job stores. It never holds a token.
type Config struct {
	Provider        string   `json:"provider"` // platform of the first source, for SpecWeave
	Sources         []Source `json:"sources"`
	TimeRangeMonths int      `json:"timeRangeMonths,omitempty"` // what was asked for, for SpecWeave; Since counts
	Closed          bool     `json:"includeClosed,omitempty"`
	Labels          []string `json:"labels,omitempty"`
	Milestone       string   `json:"milestone,omitempty"`
	Query           string   `json:"query,omitempty"` // in the tracker's own language
	AreaPath        string   `json:"areaPath,omitempty"`
	Limit           int      `json:"maxItems,omitempty"` // of each source; 0: all
	Size            int      `json:"pageSize,omitempty"` // 0: as the tracker likes
	Comments        bool     `json:"comments,omitempty"`
	Links           bool     `json:"links,omitempty"`     // attachments and references
	Hierarchy       bool     `json:"hierarchy,omitempty"` // what lies above the items, whatever else is asked for
	Budget          float64  `json:"apiBudget,omitempty"` // share of a quota that may be used up; 0: as package rest has it

	// Credentials says where the credential of each server came from when the job
	// was created, see [workers.Credentials.Reference].
	Credentials map[string]string `json:"credentials,omitempty"`
	// Umask is that of the shell that created the job, in four octal digits.
	Umask string `json:"umask,omitempty"`

	// Coordinator is the same in SpecWeave's words.
	Coordinator *coordinator `json:"coordinatorConfig,omitempty"`
}

// maxSources bounds a job; each has a few lines in its journal.
const maxSources = 10_000

var platforms = []string{"github", "jira", "ado", "gitlab", "gitea"}

// Parse reads and checks a job's config. It accepts what SpecWeave wrote, whose
// tokens it does not look at. The error is a [*workers.InputError] or says that
// the JSON is malformed.
func Parse(data json.RawMessage, now time.Time) (Config, error) {
	var c Config
	if err := json.Unmarshal(data, &c); err != nil {
		return Config{}, fmt.Errorf("import config: %w", err)
	}
	if len(c.Sources) == 0 && c.Coordinator != nil {
		c = c.Coordinator.config(now)
	}
	return c, c.Check()
}

// Check reports the first thing in c that cannot be used, as an
// [*workers.InputError]. It touches neither disk nor network.
func (c Config) Check() error {
	bad := func(what, reason string) error {
		return &workers.InputError{Input: workers.Show(what), Reason: reason}
	}
	if len(c.Sources) == 0 || len(c.Sources) > maxSources {
		return &workers.InputError{Reason: fmt.Sprintf("%d sources: not between 1 and %d", len(c.Sources), maxSources)}
	}
	seen := make(map[string]bool)
	for _, s := range c.Sources {
		if !slices.Contains(platforms, s.Platform) {
			return bad(s.Platform, "not one of "+strings.Join(platforms, ", "))
		}
		if reason := wrongName(s.Platform, s.Name); reason != "" {
			return bad(s.Name, reason)
		}
		var at [2]*url.URL
		for i, address := range []string{s.Server, s.API} {
			u, err := url.Parse(address)
			if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" {
				return bad(address, "not the URL of a server")
			}
			at[i] = u
		}
		if !workers.Serves(at[0], at[1]) { // a token of the server would go there
			return bad(s.API, "no API of "+at[0].Host)
		}
		if seen[s.Item()] {
			return bad(s.Item(), "given twice")
		}
		seen[s.Item()] = true
	}
	if c.Limit < 0 || c.Size < 0 || c.Size > 5000 || c.Budget < 0 || c.Budget > 1 {
		return &workers.InputError{Reason: "maxItems, pageSize or apiBudget: out of range"}
	}
	return nil
}

// wrongName says why a source cannot have a name, "" if it can.
func wrongName(platform, name string) string {
	segments := strings.Split(name, "/")
	least, most, form := 2, 2, "OWNER/REPO"
	switch platform {
	case "jira":
		least, most, form = 1, 1, "the key of a project"
	case "ado":
		form = "ORG/PROJECT"
	case "gitlab":
		most, form = 22, "GROUP/PROJECT" // 20 levels of subgroups
	}
	odd := func(s string) bool {
		return s == "" || s == "." || s == ".." || strings.TrimSpace(s) != s || len(s) > 255 ||
			strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || strings.ContainsRune(`\?#%`, r) })
	}
	if len(segments) < least || len(segments) > most || slices.ContainsFunc(segments, odd) {
		return "not " + form
	}
	return ""
}

// ItemQuery is what a tracker is asked for.
func (c Config) ItemQuery(s Source) workers.ItemQuery {
	return workers.ItemQuery{
		Source: s.Name, Since: s.Since, Closed: c.Closed || s.Again, Labels: c.Labels, Milestone: c.Milestone,
		Search: c.Query, AreaPath: c.AreaPath, Comments: c.Comments, Links: c.Links, Size: c.Size,
	}
}

// filtered reports whether some items of the sources are not wanted for another
// reason than their age or that they are closed.
func (c Config) filtered() bool {
	return len(c.Labels) > 0 || c.Milestone != "" || c.Query != "" || c.AreaPath != "" || c.Limit > 0
}

// whole reports whether a source is asked for all that it has.
func (c Config) whole(s Source) bool {
	return s.Since.IsZero() && s.Number == "" && (c.Closed || s.Again) && !c.filtered()
}

// months is d ago in whole months, for SpecWeave.
func months(since, now time.Time) int {
	if since.IsZero() {
		return allMonths
	}
	n := 1
	for n < allMonths && now.AddDate(0, -n, 0).After(since) {
		n++
	}
	return n
}

// allMonths is how SpecWeave says that all items are wanted.
const allMonths = 999
