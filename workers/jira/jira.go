// Package jira reads and writes the issues of a project, of Jira Cloud and of Jira
// Server and Data Center.
//
// # Decisions
//
// Issues are read in the order of their keys, whose numbers grow and never
// change within a project. Cloud pages by a token that remembers a place in that
// order for seven days ("Issue search",
// developer.atlassian.com/cloud/jira/platform/rest/v3). A cursor holds the number
// of the last issue besides. When the token is refused, the search goes on above
// that number, or above the key of an issue before it that is still there: JQL
// refuses the key of one that was deleted. Instead of the time of creation: an
// issue that was moved into the project has a new key and its old time. The others
// page by offset, and issues that are closed or deleted meanwhile move all that
// follow up: so each page begins before the end of the last one, and where it
// does not begin with an issue that was read, the reading goes back.
// Instead of asking for keys above the last one, which takes such a look at an
// issue for every page.
//
// A search is sent by POST, which has room for any JQL.
//
// JQL takes times in the time zone of the user, to the minute. It is looked up;
// where it is unknown here, all time zones are allowed for.
//
// What a write makes carries its mark as an entity property of the issue or the
// comment: nobody sees those, and a request that makes something takes them along
// ("Entity properties", developer.atlassian.com). Instead of a label or words in
// a text. They do not come with everything that is read. Cloud tells those of
// issues with a search, and those of comments in a list by their ids; Data Center
// tells each with the issue and with its comments only. So pages have the marks
// of what this user made since q.Since, by a request for each such issue or a
// hundred such comments. Whoever asks for what became of a write knows since when
// to ask. A search of Cloud may lag some seconds behind.
//
// A change is made to the issue that was read just before: Jira has no way to
// name the one that is meant, so that what happens in between is overwritten.
package jira

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// Provider reads the issues of a project. It may be used from any goroutine.
type Provider struct {
	client *rest.Client

	mu     sync.Mutex
	site   *site                  // nil: it was not asked yet
	types  map[string][]issueType // by project
	levels []option               // nil: they were not asked for yet
}

// NewProvider returns a Provider over a client whose base is
// https://NAME.atlassian.net/, or the address of a server of one's own.
func NewProvider(client *rest.Client) *Provider { return &Provider{client: client} }

// pageSize is how many issues a page are asked for. Sites may give less.
const pageSize = 100

// Page returns the issues of q.Source, the key of a project, at cursor. It does
// one request, and with q.Comments another one for each issue that has many of
// them; with q.Since others for marks, see the package. The first page of a
// Provider asks for what the site is like, by two or three more, and the first
// page of a Cloud counts all issues.
func (p *Provider) Page(ctx context.Context, q workers.ItemQuery, cursor string) (workers.ItemPage, error) {
	s, err := p.learn(ctx)
	if err != nil {
		return workers.ItemPage{}, err
	}
	if q.Size <= 0 || q.Size > pageSize {
		q.Size = pageSize
	}
	read := p.serverPage
	if s.cloud {
		read = p.cloudPage
	}
	page, err := read(ctx, s, q, cursor)
	refused, ok := errors.AsType[*rest.StatusError](err)
	switch {
	case cursor != "":
	case s.nobody != nil && (ok && refused.Status < http.StatusInternalServerError || err == nil && len(page.Items) == 0):
		return workers.ItemPage{}, s.nobody
	case ok && refused.Status == http.StatusBadRequest:
		return page, p.explain(ctx, s, q, err)
	}
	return page, err
}

// explain returns why a search was refused: because there is no such project, or
// as Jira has it.
func (p *Provider) explain(ctx context.Context, s site, q workers.ItemQuery, err error) error {
	var project struct{}
	_, other := p.client.Get(ctx, s.api+"project/"+rest.Path(q.Source), &project)
	if refused, ok := errors.AsType[*rest.StatusError](other); ok && refused.Status == http.StatusNotFound {
		return other
	}
	return err
}

// site is what Provider has to know of a site.
type site struct {
	cloud    bool
	nobody   error             // the user is not known, so that this is why nothing is to be seen
	api      string            // reference of the API that it is spoken to with
	me       string            // the user's id; "": unknown
	zone     *time.Location    // the user's; nil: unknown
	criteria []string          // the fields with acceptance criteria
	areas    []string          // those of them that have several lines
	epic     []string          // the fields with the key of an issue's epic
	names    map[string]string // of fields, by id
}

// learn asks for what the site is like, once. Whether the user is known is seen
// here: a search by nobody finds what is public, or nothing and does not say why.
func (p *Provider) learn(ctx context.Context) (site, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.site != nil {
		return *p.site, nil
	}
	s := site{cloud: p.onCloud(), api: "rest/api/2/", names: make(map[string]string)}
	if !s.cloud {
		var info struct {
			Deployment string `json:"deploymentType"`
		}
		if _, err := p.client.Get(ctx, "rest/api/2/serverInfo", &info); err != nil {
			return s, err
		}
		s.cloud = info.Deployment == "Cloud"
	}
	if s.cloud {
		s.api = "rest/api/3/"
	}
	var user struct {
		person
		Zone string `json:"timeZone"`
	}
	_, err := p.client.Get(ctx, s.api+"myself", &user)
	if refused, ok := errors.AsType[*rest.StatusError](err); ok && refused.Status == http.StatusUnauthorized {
		s.nobody = s.needy(err)
	} else if err != nil {
		return s, s.needy(err)
	}
	if zone, err := time.LoadLocation(user.Zone); err == nil && user.Zone != "" && user.Zone != "Local" {
		s.zone = zone
	}
	s.me = user.id()
	var fields []field
	if _, err := p.client.Get(ctx, s.api+"field", &fields); err != nil {
		return s, s.needy(err)
	}
	for _, f := range fields {
		s.names[f.ID] = f.Name
		switch {
		case f.Schema.Custom == "com.pyxis.greenhopper.jira:gh-epic-link":
			s.epic = append(s.epic, f.ID)
		case strings.EqualFold(strings.TrimSpace(f.Name), "Acceptance Criteria"):
			s.criteria = append(s.criteria, f.ID)
			if f.Schema.Custom == "com.atlassian.jira.plugin.system.customfieldtypes:textarea" {
				s.areas = append(s.areas, f.ID)
			}
		}
	}
	p.site = &s
	return s, nil
}

// field is what is read of a field's description.
type field struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Schema struct {
		Custom string `json:"custom"` // its type, if it is none of Jira's own
	} `json:"schema"`
}

// needy adds to a refusal what it takes to read issues.
func (s site) needy(err error) error { return s.lacks(err, "read:jira-work", "Browse Projects") }

// lacks adds to a refusal the scope and the permission that are needed, if Jira
// says that it is a matter of rights ("Scopes" and "Permissions",
// developer.atlassian.com). Only Cloud has scopes.
func (s site) lacks(err error, scope, permission string) error {
	refused, ok := errors.AsType[*rest.StatusError](err)
	if !ok || refused.Need != "" || refused.Status != http.StatusForbidden && !strings.Contains(refused.Message, "scope does not match") {
		return err
	}
	needs := *refused
	needs.Need = "the permission " + permission
	if s.cloud {
		needs.Need = "the scope " + scope + " and the permission " + permission
	}
	return &needs
}
