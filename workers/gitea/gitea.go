// Package gitea lists repositories, and reads and writes issues, of a Gitea or Forgejo server.
package gitea

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// pageSize is what is asked for. A server gives fewer if its MAX_RESPONSE_ITEMS
// says so, which is 50 by default.
const pageSize = "50"

// Lister lists the repositories of an organisation or a user.
type Lister struct{ client *rest.Client }

// New returns a Lister over a client whose base is https://HOST/api/v1/.
func New(client *rest.Client) *Lister { return &Lister{client} }

// Authorize adds a login to requests. Basic authentication takes a token in
// place of the password, whatever the name (services/auth/basic.go in Gitea);
// a login without a name is a token.
func Authorize(login workers.Login) func(*http.Request) {
	return func(req *http.Request) {
		switch {
		case login.Username != "":
			req.SetBasicAuth(login.Username, login.Password)
		case login.Password != "":
			req.Header.Set("Authorization", "token "+login.Password)
		}
	}
}

// List returns the page of owner's repositories at cursor, which is a path
// below the API's root. The server counts and cuts pages before it looks at
// permissions, so that they may be short or empty (listUserRepos in
// routers/api/v1/user/repo.go in Gitea).
func (l *Lister) List(ctx context.Context, owner, cursor string) (workers.ListPage, error) {
	if cursor != "" {
		return l.page(ctx, cursor)
	}
	query := "?" + url.Values{"limit": {pageSize}, "page": {"1"}}.Encode()
	page, err := l.page(ctx, rest.Path("orgs", owner, "repos")+query)
	if status, ok := errors.AsType[*rest.StatusError](err); ok && status.Status == http.StatusNotFound {
		return l.page(ctx, rest.Path("users", owner, "repos")+query)
	}
	return page, err
}

func (l *Lister) page(ctx context.Context, ref string) (workers.ListPage, error) {
	var list []repository
	header, err := l.client.Get(ctx, ref, &list)
	if err != nil {
		return workers.ListPage{}, err
	}
	page := workers.ListPage{Repositories: make([]workers.Listed, len(list)), Hides: true, Next: next(ref, header)}
	for i, r := range list {
		page.Repositories[i] = r.listed()
	}
	if n, err := strconv.Atoi(header.Get("X-Total-Count")); err == nil {
		page.Total = max(n, 0)
	}
	return page, nil
}

// next returns the path of the page that follows the one at ref. Only the query
// is taken from the server's link: the rest is its ROOT_URL, which need not be
// the name that we reach it by.
func next(ref string, h http.Header) string {
	link, err := url.Parse(rest.Next(h))
	if err != nil || link.RawQuery == "" {
		return ""
	}
	here, err := url.Parse(ref)
	if err != nil {
		return ""
	}
	here.RawQuery = link.RawQuery
	return here.String()
}

// repository is what is read of a Repository (modules/structs/repo.go in
// Gitea).
type repository struct {
	Name  string `json:"name"`
	Owner struct {
		Login string `json:"login"`
	} `json:"owner"`
	CloneURL  string    `json:"clone_url"`
	SSHURL    string    `json:"ssh_url"`
	Size      *int64    `json:"size"` // KiB
	Private   bool      `json:"private"`
	Internal  bool      `json:"internal"`
	Language  string    `json:"language"`
	Topics    []string  `json:"topics"`
	UpdatedAt time.Time `json:"updated_at"`
	Archived  bool      `json:"archived"`
	Fork      bool      `json:"fork"`
	Empty     bool      `json:"empty"`
}

func (r repository) listed() workers.Listed {
	l := workers.Listed{
		Owner: r.Owner.Login, Name: r.Name, CloneURL: r.CloneURL, SSHURL: r.SSHURL,
		Size: -1, Visibility: "public", Language: r.Language, Topics: r.Topics, PushedAt: r.UpdatedAt,
		Archived: r.Archived, Fork: r.Fork, Empty: r.Empty,
	}
	if r.Size != nil {
		l.Size = *r.Size << 10
	}
	switch {
	case r.Internal:
		l.Visibility = "internal"
	case r.Private:
		l.Visibility = "private"
	}
	return l
}
