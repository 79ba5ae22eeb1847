// Package github lists repositories, and reads and writes issues, of GitHub and
// of GitHub Enterprise servers.
//
// # Decisions
//
// GitHub does not count a conditional request that is answered with 304 ("Best
// practices for using the REST API", docs.github.com). It takes the same URL as
// last time. A sync has that: it asks since the last change that it knows of by
// GitHub's clock, which stays where it is while nobody changes anything. So one
// that finds nothing new costs nothing, for a request more where there is
// something. An import asks since the last import, another moment each time, and
// is not made that often. GraphQL knows no conditions: the list of REST is asked
// before it. Instead of remembering a tag for each page of a long list, with what
// was on it: that would save no request, and no time.
package github

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/go-github/v92/github"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// Lister lists the repositories of an organisation or a user.
type Lister struct {
	client *github.Client
	rest   *rest.Client
}

// New returns a Lister over a client whose base is https://api.github.com/, or
// https://HOST/api/v3/ for a server of one's own.
func New(client *rest.Client) (*Lister, error) {
	base := client.Base().String()
	c, err := github.NewClient(
		github.WithHTTPClient(client.HTTP()),
		github.WithURLs(&base, nil),
		github.WithUserAgent("specweave"),
		github.WithDisableRateLimitCheck(), // the client knows the limits
	)
	if err != nil {
		return nil, err
	}
	return &Lister{c, client}, nil
}

// Authorize adds a login to requests: its password, or what stands in the place
// of the name alone, is a token. GitHub's API takes no passwords
// ("Authenticating to the REST API", docs.github.com).
func Authorize(login workers.Login) func(*http.Request) {
	token := login.Password
	switch token {
	case "", "x-oauth-basic":
		token = login.Username
	}
	return func(req *http.Request) {
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
	}
}

// List returns the page of owner's repositories at cursor, which is the URL
// that GitHub gave for it.
func (l *Lister) List(ctx context.Context, owner, cursor string) (workers.ListPage, error) {
	if cursor != "" {
		return l.page(ctx, cursor)
	}
	page, err := l.page(ctx, first(rest.Path("orgs", owner, "repos"), nil))
	if !missing(err) {
		return page, err
	}
	self, err := l.self(ctx, owner)
	if err != nil {
		return workers.ListPage{}, err
	}
	if self { // the list of a user shows private repositories to nobody, not even to them
		return l.page(ctx, first("user/repos", url.Values{"affiliation": {"owner"}}))
	}
	return l.page(ctx, first(rest.Path("users", owner, "repos"), nil))
}

// first is the reference of a first page. Repositories made meanwhile come
// after the last, so that none moves to another page.
func first(path string, query url.Values) string {
	if query == nil {
		query = url.Values{}
	}
	query.Set("per_page", "100")
	query.Set("sort", "created")
	query.Set("direction", "asc")
	return path + "?" + query.Encode()
}

// self reports whether the credential belongs to owner. One that belongs to
// nobody, as that of an app, or to no credential at all, is refused, which is
// an answer.
func (l *Lister) self(ctx context.Context, owner string) (bool, error) {
	var user struct {
		Login string `json:"login"`
	}
	_, err := l.rest.Get(ctx, "user", &user)
	if status, ok := errors.AsType[*rest.StatusError](err); ok && status.Status < http.StatusInternalServerError {
		return false, nil
	}
	return strings.EqualFold(user.Login, owner), err
}

func missing(err error) bool {
	status, ok := errors.AsType[*rest.StatusError](err)
	return ok && status.Status == http.StatusNotFound
}

func (l *Lister) page(ctx context.Context, ref string) (workers.ListPage, error) {
	req, err := l.client.NewRequest(ctx, http.MethodGet, ref, nil)
	if err != nil {
		return workers.ListPage{}, err
	}
	var list []*github.Repository
	res, err := l.client.Do(req, &list)
	if err != nil {
		return workers.ListPage{}, rest.Cause(err)
	}
	page := workers.ListPage{Repositories: make([]workers.Listed, 0, len(list)), Next: rest.Next(res.Header)}
	for _, r := range list {
		page.Repositories = append(page.Repositories, listed(r))
	}
	return page, nil
}

func listed(r *github.Repository) workers.Listed {
	l := workers.Listed{
		Owner: r.GetOwner().GetLogin(), Name: r.GetName(), CloneURL: r.GetCloneURL(), SSHURL: r.GetSSHURL(),
		Size: -1, Visibility: r.GetVisibility(), Language: r.GetLanguage(), Topics: r.Topics, PushedAt: r.GetPushedAt().Time,
		Archived: r.GetArchived(), Fork: r.GetFork(), Disabled: r.GetDisabled(),
	}
	if r.Size != nil {
		l.Size = int64(*r.Size) << 10 // KiB ("Get a repository", docs.github.com)
	}
	switch {
	case l.Visibility != "":
	case r.GetPrivate():
		l.Visibility = "private"
	default:
		l.Visibility = "public"
	}
	return l
}
