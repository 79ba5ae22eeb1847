package azure

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// ours are the names of [workers.Fields] by those of Azure DevOps: by that of the
// API, and by the one that people see, which messages have.
var ours = map[string]string{
	"System.Title": "title", "Title": "title",
	description: "body", "Description": "body", steps: "body", "Repro Steps": "body",
	criteria: "criteria", "Acceptance Criteria": "criteria",
	"System.State": "status", "State": "status",
	urgency: "priority", "Priority": "priority",
	"System.Tags": "labels", "Tags": "labels",
	"System.AssignedTo": "assignees", "Assigned To": "assignees",
	"System.WorkItemType": "type", "Work Item Type": "type",
	"System.Parent": "parent", "Parent": "parent",
}

var (
	// stale is what is said of a revision that is not the last one. Servers
	// answer it with one of several statuses.
	stale = lazyregexp.New(`\b(TF26071|VS403351)\b`)
	// complaint finds the field in a message about one.
	complaint = lazyregexp.New(`\b[Ff]ield (?:'([^']+)'|([A-Z][\w ]*)\.)`)
)

// refused says what is meant by an error about a change of an item of type k.
func (k kind) refused(w workers.Write, err error) error {
	status, ok := errors.AsType[*rest.StatusError](err)
	if !ok || rest.InDoubt(err) {
		return err
	}
	if status.Status == http.StatusConflict || status.Status == http.StatusPreconditionFailed || stale.MatchString(status.Message) {
		return fmt.Errorf("%w: %w", workers.ErrChanged, err)
	}
	refused, ok := errors.AsType[*workers.RefusedError](w.Refused(err, ours))
	if !ok {
		return err
	}
	if name := complainedOf(status); name != "" {
		refused.Field = cmp.Or(ours[name], name)
	}
	if refused.Field == "status" {
		for _, s := range k.States {
			refused.Allowed = append(refused.Allowed, s.Name)
		}
	}
	return refused
}

// complainedOf is the field that an answer complains of.
func complainedOf(status *rest.StatusError) string {
	if names := slices.Sorted(maps.Keys(status.Fields)); len(names) > 0 {
		return names[0]
	}
	m := complaint.FindStringSubmatch(status.Message)
	if m == nil {
		return ""
	}
	return cmp.Or(m[1], m[2])
}
