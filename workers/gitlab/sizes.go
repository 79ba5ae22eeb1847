package gitlab

import (
	"context"
	"fmt"
	"time"
)

// patience is how long sizes are waited for. They are counted in the database,
// which may take long.
const patience = 30 * time.Second

// statistics is what is used of API_Entities_ProjectStatistics.
type statistics struct {
	RepositorySize *int64 `json:"repository_size"` // bytes
}

// addSizes adds statistics to a page of a group's projects, for which GitLab
// leaves them out whatever is asked
// (gitlab.com/gitlab-org/gitlab/-/issues/38544). The list of all projects has
// them for those on which the caller reports at least ("List all projects",
// docs.gitlab.com/api/projects). It is asked in one request for the range of
// ids of the page. Projects of other groups may stand in that range and leave
// some of the page without a size.
//
// Sizes are not worth an error: without them all else goes on. Who sees none is
// no member, and is not asked for again.
func (l *Lister) addSizes(ctx context.Context, page []project) {
	if len(page) == 0 || l.sizeless.Load() {
		return
	}
	first, last := page[0].ID, page[0].ID
	for _, p := range page {
		first, last = min(first, p.ID), max(last, p.ID)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var known []project
	ref := fmt.Sprintf("projects?membership=true&min_access_level=20&statistics=true&id_after=%d&id_before=%d&%s", first-1, last+1, order)
	_, err := l.client.Get(ctx, ref, &known)
	byID := make(map[int64]*statistics, len(known))
	for _, p := range known {
		if p.Statistics != nil {
			byID[p.ID] = p.Statistics
		}
	}
	l.sizeless.Store(err != nil || len(byID) == 0)
	for i := range page {
		page[i].Statistics = byID[page[i].ID]
	}
}
