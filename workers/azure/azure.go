// Package azure lists the Git repositories of an organisation or a project of
// Azure DevOps and reads and writes the work items of a project, through the
// vendor's client on the transport of package rest.
//
// # Decisions
//
// One request lists all repositories of an organisation that the caller may
// see: the project is optional in git/repositories, and the answer has no pages
// (learn.microsoft.com/rest/api/azure/devops/git/repositories/list). Instead of
// listing projects, and the repositories of each.
//
// The client finds the routes of the API by asking OPTIONS _apis once per
// organisation and process. It is told the organisation's URL and does not ask
// which host serves which area: Git is always served there.
//
// Errors of the host never reach the client, see package rest: it would forget
// Retry-After, and the status of an answer that is not JSON.
//
// A page of work items is what a query finds above the last id, in the order of
// ids. Ids grow and never change, so nothing that happens to items moves one from
// page to page, and a place never becomes invalid; instead of windows of time,
// which items leave while they are read. It takes two requests: WIQL answers ids
// only, and no more than 20,000 of them.
//
// Comments are read item by item: no request that is described tells those of
// several. The stream of discussions has texts without ids, and $batch changes
// items only.
//
// A new item carries the mark of its write as one of its links, to the page of
// this project, with a comment that says so. A link survives what people do to
// the text, comes with the item, and needs nothing of the process; Microsoft's own
// vsts-work-item-migrator finds what it has made the same way. Instead of a tag,
// which all see, a field, which a process has to have, or something hidden in the
// description. It is looked for where an item has links at all, which it says by
// their number, and on pages only if it was created since q.Since. A comment has
// no links. Its mark is a data attribute of a div around its text: HTML comments
// are removed from texts there, and data attributes stay, as those of mentions do.
// Where an editor drops it the comment has no mark any more.
//
// A change names the revision that it was made for, and the server refuses it for
// any other. A comment cannot do that, and takes nothing away.
package azure

import (
	"context"
	"math"
	"net/url"
	"strings"

	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/core"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/git"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// Lister lists the repositories of an organisation or a project.
type Lister struct{ client *rest.Client }

// New returns a Lister over a client whose base is https://dev.azure.com/, or
// what the collections of a server of one's own lie below: https://HOST/tfs/.
func New(client *rest.Client) *Lister { return &Lister{client} }

// List returns the repositories of an owner "organisation" or
// "organisation/project" as one page.
func (l *Lister) List(ctx context.Context, owner, _ string) (workers.ListPage, error) {
	organisation, project, ok := split(owner)
	if !ok {
		return workers.ListPage{}, &workers.InputError{Input: workers.Show(owner), Reason: "is neither an organisation nor organisation/project"}
	}
	repositories, err := l.repositories(ctx, organisation, project)
	if err != nil {
		return workers.ListPage{}, err
	}
	page := workers.ListPage{Repositories: make([]workers.Listed, len(repositories)), Total: len(repositories)}
	for i, r := range repositories {
		page.Repositories[i] = listed(organisation, r)
	}
	return page, nil
}

// split takes an owner apart. The client would let dots lead to another list.
func split(owner string) (organisation, project string, ok bool) {
	organisation, project, _ = strings.Cut(owner, "/")
	return organisation, project, organisation != "" && !strings.Contains(project, "/") && project != "." && project != ".."
}

func (l *Lister) repositories(ctx context.Context, organisation, project string) (list []git.GitRepository, err error) {
	root, base := connect(l.client, organisation)
	defer unroute(root, &err)
	client := git.ClientImpl{Client: *base}
	var args git.GetRepositoriesArgs
	if project != "" {
		args.Project = &project
	}
	found, err := client.GetRepositories(ctx, args)
	if err != nil {
		return nil, failure(err, root, "the scope Code (read), vso.code")
	}
	return *found, nil
}

func listed(organisation string, r git.GitRepository) workers.Listed {
	var project core.TeamProjectReference
	if r.Project != nil {
		project = *r.Project
	}
	l := workers.Listed{
		Owner:    organisation + "/" + value(project.Name),
		Name:     value(r.Name),
		CloneURL: bare(value(r.RemoteUrl)),
		SSHURL:   value(r.SshUrl),
		Size:     -1,
		Fork:     value(r.IsFork),
		Disabled: value(r.IsDisabled),
	}
	if r.Size != nil && *r.Size <= math.MaxInt64 {
		l.Size = int64(*r.Size)
	}
	// A branch is the default one as soon as it is pushed.
	l.Empty = r.DefaultBranch == nil && l.Size == 0
	switch v := value(project.Visibility); v {
	case "organization": // every member of it
		l.Visibility = "internal"
	default:
		l.Visibility = string(v)
	}
	return l
}

// value is what p points to, or the zero value.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// bare removes the organisation that Azure DevOps writes where a user stands.
func bare(remoteURL string) string {
	u, err := url.Parse(remoteURL)
	if err != nil {
		return remoteURL
	}
	u.User = nil
	return u.String()
}
