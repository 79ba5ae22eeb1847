package importer

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/stories"
)

// maxProbes is how many stories are asked after.
const maxProbes = 3

// SameServer returns an error if the stories that a project has of a source are
// those of a source of the same name on another server: an id does not say of
// which server it is, neither here nor in SpecWeave, which would take the items of
// one for those of the other. An error of the tracker is returned as it is.
//
// A story says where its item is. If that is another server, its item is asked
// for here: that of a server which has got another name is the same item still.
func SameServer(ctx context.Context, l *stories.Library, s Source, p workers.Provider) error {
	here := placeOf(s.Platform, s.Server, s.Name)
	reader, ok := p.(workers.ItemReader)
	if !ok {
		return nil
	}
	var ids []string
	for id := range l.Known(s.Platform, s.Name) {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	var there []string
	for _, id := range ids {
		was := l.Origin(id)
		u, err := url.Parse(was.URL)
		if err != nil || u.Host == "" {
			continue
		}
		place := placeOf(s.Platform, was.URL, strings.TrimPrefix(u.Path, "/"))
		if place == here {
			return nil
		}
		item, found, err := itemOf(ctx, reader, workers.ItemQuery{Source: s.Name}, id)
		if err != nil || found && !was.Other(item) {
			return err
		}
		if there = append(there, place); len(there) == maxProbes {
			break
		}
	}
	if len(there) == 0 {
		return nil
	}
	return fmt.Errorf("this project has stories of %s on %s, and those of %s would have the same ids: import them into another project, or give the stories their new External URL if the server has moved",
		s.Name, jobs.Printable(there[0]), here)
}

// placeOf is what tells the servers of a platform from each other: a host, and on
// Azure DevOps, where many organisations have one, the first segment of a path.
func placeOf(platform, address, path string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	host := strings.ToLower(u.Host)
	if platform == "ado" && host == usual["ado"] {
		organisation, _, _ := strings.Cut(path, "/")
		host += "/" + strings.ToLower(organisation)
	}
	return host
}
