package workers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/specweave/specweave/jobs"
)

// Action is what a clone job would do with a repository.
type Action string

// The actions of a plan.
const (
	ActionClone   Action = "clone"
	ActionReplace Action = "replace" // the remains of a clone that was killed
	ActionUpdate  Action = "update"  // it is there already, and is fetched
	ActionSkip    Action = "skip"    // it is there already
	ActionRefuse  Action = "refuse"  // something else is there
)

// PlanItem is one repository of a plan.
type PlanItem struct {
	Item       string     `json:"item"`
	Repository Repository `json:"repository"`
	Action     Action     `json:"action"`
	Reason     string     `json:"reason,omitempty"`
	Credential string     `json:"credential,omitempty"` // where it would come from, see [Credentials.Reference]
}

// Plan says what a clone job with that config would do now. It reads the disk
// and writes nothing; no host is asked. environ is the environment for git.
func Plan(ctx context.Context, project string, c CloneConfig, git Git, environ []string) ([]PlanItem, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	dir, err := filepath.EvalSymlinks(project)
	if err != nil {
		return nil, fmt.Errorf("project: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("project: %w", err)
	}
	defer func() { _ = root.Close() }()
	env := gitEnv(environ)
	items := c.Items()
	plan := make([]PlanItem, len(items))
	for i, r := range c.Repositories {
		plan[i] = PlanItem{Item: items[i], Repository: r, Action: ActionClone, Credential: c.reference(r.CloneURL)}
		at, err := locate(root, dir, r.Path, "")
		if err != nil {
			plan[i].Action, plan[i].Reason = ActionRefuse, jobs.Printable(err.Error())
			continue
		}
		switch found, why := at.inspect(ctx, git, env, r); found {
		case nothing:
		case wholeRepo:
			plan[i].Action, plan[i].Reason = ActionSkip, "already cloned"
			switch why := at.otherwise(r, c.Mirror); {
			case why == noTree && c.Update: // of a mirror
				plan[i].Action = ActionUpdate
			case why != "":
				plan[i].Reason = "kept as it is: " + why
			case c.Update:
				plan[i].Action = ActionUpdate
			}
		case remains:
			plan[i].Action, plan[i].Reason = ActionReplace, "only the remains of a killed clone are there"
		case taken:
			plan[i].Action, plan[i].Reason = ActionRefuse, jobs.Printable(why)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return plan, nil
}

func hostKey(cloneURL string) string {
	e, _ := parseEndpoint(cloneURL)
	return e.host
}
