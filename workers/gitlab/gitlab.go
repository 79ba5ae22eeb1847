// Package gitlab lists the projects of a group or user of GitLab, and reads and
// writes the issues of a project (REST API v4, docs.gitlab.com/api/rest). It is a few
// requests over package rest instead of the vendor's client, which sleeps through
// limits unseen and weighs 2.4 MB.
//
// Pages of projects are asked for by number in the order of ids, so that a
// project made meanwhile comes last, and followed by the links that the server
// gives. Keyset pagination is not asked for: it is documented for the list of all
// projects, not for those of a group or user
// (docs.gitlab.com/api/rest/#keyset-based-pagination).
package gitlab

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// Lister lists the projects of a group or a user.
type Lister struct {
	client   *rest.Client
	sizeless atomic.Bool // no sizes are shown to us
}

// New returns a Lister over a client whose base is https://HOST/api/v4/.
func New(client *rest.Client) *Lister { return &Lister{client: client} }

// List returns a page of the projects of a group and all groups below it, or
// of a user. It does one request, for the first page of a user two. GitLab
// takes an owner of nothing but digits for an id.
func (l *Lister) List(ctx context.Context, owner, cursor string) (workers.ListPage, error) {
	if cursor != "" {
		return l.page(ctx, cursor)
	}
	page, err := l.page(ctx, groupProjects(owner))
	if status, ok := errors.AsType[*rest.StatusError](err); !ok || status.Status != http.StatusNotFound || strings.Contains(owner, "/") {
		return page, err
	}
	page, userErr := l.page(ctx, userProjects(owner))
	if status, ok := errors.AsType[*rest.StatusError](userErr); ok && status.Status == http.StatusNotFound {
		return workers.ListPage{}, err
	}
	return page, userErr
}

// page requests one page. A cursor is its path below the API's root.
func (l *Lister) page(ctx context.Context, ref string) (workers.ListPage, error) {
	var projects []project
	header, err := l.client.Get(ctx, ref, &projects)
	if err != nil {
		return workers.ListPage{}, err
	}
	if strings.HasPrefix(ref, "groups/") {
		l.addSizes(ctx, projects)
	}
	page := workers.ListPage{Repositories: make([]workers.Listed, len(projects)), Next: next(ref, header)}
	// There is no X-Total above 10,000 rows.
	page.Total, _ = strconv.Atoi(header.Get("X-Total"))
	for i, p := range projects {
		page.Repositories[i] = p.listed()
	}
	return page, nil
}

// next returns the path of the page that follows the one at ref. Only the query
// is taken from the server's link: the rest is its external_url, which need not
// be the name that we reach it by.
func next(ref string, h http.Header) string {
	link, err := url.Parse(rest.Next(h))
	if err != nil || link.RawQuery == "" {
		return ""
	}
	path, _, _ := strings.Cut(ref, "?")
	return path + "?" + link.RawQuery
}

// groupProjects leaves out what other groups share with this one: those are
// in their own place.
func groupProjects(group string) string {
	return rest.Path("groups", group, "projects") + "?include_subgroups=true&with_shared=false&" + order
}

func userProjects(user string) string {
	return rest.Path("users", user, "projects") + "?statistics=true&" + order
}

const order = "order_by=id&sort=asc&per_page=100"

// project is what is used of API_Entities_Project.
type project struct {
	ID        int64 `json:"id"`
	Namespace struct {
		FullPath string `json:"full_path"`
	} `json:"namespace"`
	Path              string      `json:"path"`
	HTTPURLToRepo     string      `json:"http_url_to_repo"`
	SSHURLToRepo      string      `json:"ssh_url_to_repo"`
	Visibility        string      `json:"visibility"`
	Topics            []string    `json:"topics"`
	LastActivityAt    time.Time   `json:"last_activity_at"`
	Archived          bool        `json:"archived"`
	ForkedFromProject *struct{}   `json:"forked_from_project"`
	EmptyRepo         bool        `json:"empty_repo"`
	RepositoryAccess  string      `json:"repository_access_level"`
	Statistics        *statistics `json:"statistics"`
}

func (p project) listed() workers.Listed {
	size := int64(-1)
	if p.Statistics != nil && p.Statistics.RepositorySize != nil {
		size = *p.Statistics.RepositorySize
	}
	return workers.Listed{
		Owner:      p.Namespace.FullPath,
		Name:       p.Path,
		CloneURL:   p.HTTPURLToRepo,
		SSHURL:     p.SSHURLToRepo,
		Size:       size,
		Visibility: p.Visibility,
		Topics:     p.Topics,
		PushedAt:   p.LastActivityAt,
		Archived:   p.Archived,
		Fork:       p.ForkedFromProject != nil,
		Empty:      p.EmptyRepo,
		Disabled:   p.RepositoryAccess == "disabled",
	}
}
