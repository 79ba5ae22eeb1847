package workers

import (
	"fmt"
	"path/filepath"

	"github.com/specweave/specweave/jobs"
)

// CheckTargets reports as an [*InputError] the first repository whose path
// leads out of the project by a symbolic link, or through a file. It reads the
// disk and writes nothing. What else may stand at a path is for the job to
// say, of that one repository: see [Plan]. [CheckPath] needs no disk.
func CheckTargets(project string, repos []Repository) error {
	dir, err := filepath.EvalSymlinks(project)
	if err != nil {
		return fmt.Errorf("project: %w", err)
	}
	for _, r := range repos {
		at, err := locate(nil, dir, r.Path, "")
		if err != nil {
			return refuse(r.Path, jobs.Printable(err.Error()))
		}
		target, err := filepath.EvalSymlinks(at.full())
		if err != nil {
			continue // nothing is there, or nothing that leads anywhere
		}
		if rel, err := filepath.Rel(dir, target); err != nil || !filepath.IsLocal(rel) {
			return refuse(r.Path, errOutside.Error())
		}
	}
	return nil
}
