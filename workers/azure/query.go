package azure

import (
	"strconv"
	"strings"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/lazyregexp"
)

// window is how many ids a query answers at most: if there are more and it does
// not say how many it wants, it fails (VS402337 in "Work tracking limits",
// learn.microsoft.com/azure/devops).
const window = 20_000

// wiql asks for the ids of q's items of a project above last, in their order.
// closed are the states of those that are.
func wiql(q workers.ItemQuery, project string, closed []string, last int64) string {
	conditions := []string{"[System.TeamProject] = @project"}
	if last > 0 {
		conditions = append(conditions, "[System.Id] > "+strconv.FormatInt(last, 10))
	}
	if !q.Since.IsZero() {
		conditions = append(conditions, "[System.ChangedDate] >= "+quote(q.Since.UTC().Format("2006-01-02T15:04:05.000Z")))
	}
	if !q.Closed {
		quoted := make([]string, len(closed))
		for i, state := range closed {
			quoted[i] = quote(state)
		}
		conditions = append(conditions, "[System.State] NOT IN ("+strings.Join(quoted, ", ")+")")
	}
	for _, l := range q.Labels {
		conditions = append(conditions, "[System.Tags] CONTAINS "+quote(l))
	}
	if q.Milestone != "" {
		conditions = append(conditions, "[System.IterationPath] UNDER "+quote(under(project, q.Milestone)))
	}
	if q.AreaPath != "" {
		conditions = append(conditions, "[System.AreaPath] UNDER "+quote(under(project, q.AreaPath)))
	}
	if s := condition(q.Search); s != "" {
		conditions = append(conditions, "("+s+")")
	}
	return "SELECT [System.Id] FROM WorkItems WHERE " + strings.Join(conditions, " AND ") + " ORDER BY [System.Id]"
}

// quote makes a string of WIQL: an apostrophe in it is doubled ("WIQL syntax",
// learn.microsoft.com/azure/devops/boards/queries).
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// under is the whole of a path of areas or iterations, which begins with the
// project.
func under(project, path string) string {
	path = strings.Trim(path, `\`)
	if first, _, _ := strings.Cut(path, `\`); strings.EqualFold(first, project) {
		return path
	}
	return project + `\` + path
}

var ordered = lazyregexp.New(`(?is)\s*\border\s+by\b[^'"()]*$`)

// condition is what a search says of items, without an order: pages have one of
// their own.
func condition(search string) string {
	return strings.TrimSpace(ordered.ReplaceAllString(search, ""))
}

// place is what was read of a project: its items up to an id, or all of them and
// what was deleted up to an id.
type place struct {
	deleted bool
	last    int64
}

const bin = "deleted:"

func (p place) String() string {
	s := strconv.FormatInt(p.last, 10)
	if p.deleted {
		return bin + s
	}
	return s
}

// parsePlace reads what String wrote, and reports whether it did.
func parsePlace(cursor string) (p place, ok bool) {
	if cursor == "" {
		return place{}, true
	}
	digits, deleted := strings.CutPrefix(cursor, bin)
	n, err := strconv.ParseUint(digits, 10, 63)
	return place{deleted, int64(n)}, err == nil
}

// whole reports whether q is about all items of a project, but for when they
// were changed and whether they are closed.
func whole(q workers.ItemQuery) bool {
	return len(q.Labels) == 0 && q.Milestone == "" && q.AreaPath == "" && q.Search == ""
}

// moment reads a time as Azure DevOps writes it, which is the zero time if it
// is another.
func moment(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
