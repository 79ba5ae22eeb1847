// Package bitbucket lists the repositories of a workspace of Bitbucket Cloud
// (REST API 2.0, developer.atlassian.com/cloud/bitbucket/rest).
//
// The fake that it is tested against is our own, written from that reference;
// it is not held to a machine-readable description as the others are.
package bitbucket

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// Lister lists the repositories of a workspace.
type Lister struct{ client *rest.Client }

// New returns a Lister over a client whose base is https://api.bitbucket.org/2.0/.
func New(client *rest.Client) *Lister { return &Lister{client} }

// List returns a page of the repositories of a workspace in one request. A
// user's workspace is named like the user. The cursor is the whole URL of the
// next page, as the API gives it.
func (l *Lister) List(ctx context.Context, owner, cursor string) (workers.ListPage, error) {
	ref := cursor
	if ref == "" {
		ref = rest.Path("repositories", owner) + "?pagelen=100&sort=created_on"
	}
	var answer struct {
		Size   int          `json:"size"` // of all pages
		Next   string       `json:"next"`
		Values []repository `json:"values"`
	}
	if _, err := l.client.Get(ctx, ref, &answer); err != nil {
		return workers.ListPage{}, err
	}
	page := workers.ListPage{Repositories: make([]workers.Listed, len(answer.Values)), Total: answer.Size, Next: answer.Next}
	for i, r := range answer.Values {
		page.Repositories[i] = r.listed()
	}
	return page, nil
}

type repository struct {
	FullName  string    `json:"full_name"` // workspace/slug
	Size      *int64    `json:"size"`      // bytes
	Private   bool      `json:"is_private"`
	Language  string    `json:"language"`
	UpdatedOn time.Time `json:"updated_on"`
	Parent    *struct{} `json:"parent"` // what it was forked from
	Links     struct {
		Clone []struct{ Name, Href string } `json:"clone"`
	} `json:"links"`
}

func (r repository) listed() workers.Listed {
	owner, name, _ := strings.Cut(r.FullName, "/")
	listed := workers.Listed{
		Owner:      owner,
		Name:       name,
		Size:       -1,
		Visibility: "public",
		Language:   r.Language,
		PushedAt:   r.UpdatedOn,
		Fork:       r.Parent != nil,
	}
	if r.Size != nil {
		listed.Size = *r.Size
	}
	if r.Private {
		listed.Visibility = "private"
	}
	for _, link := range r.Links.Clone {
		switch link.Name {
		case "https":
			listed.CloneURL = bare(link.Href)
		case "ssh":
			listed.SSHURL = link.Href
		}
	}
	return listed
}

// bare removes the name of the user whose credential was sent, which Bitbucket
// puts into the URL.
func bare(cloneURL string) string {
	u, err := url.Parse(cloneURL)
	if err != nil {
		return cloneURL
	}
	u.User = nil
	return u.String()
}
