package stories

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// syncPages does what a sync does: the answers to what was written to the
// source, an item that was made, and one that is gone. See [edited].
func syncPages(project, _ string) error {
	ctx := context.Background()
	l, err := Open(ctx, project, Options{Now: now})
	if err != nil {
		return err
	}
	defer l.Close()
	answer := issue("acme/web", 1, "One", "Mine, as the source has it.")
	answer.Sent = map[string]string{KeyBody: hash("Mine.")}
	answer.Comments, answer.MoreComments = []Comment{{ID: "7", Author: "me", Created: clock, Text: "A *comment*.", Sent: hash("A comment.")}}, true
	answer.Item.Version = "v1"
	if _, err := l.Write(ctx, []Draft{answer, issue("acme/web", 3, "Three, changed", "Body.")}); err != nil {
		return err
	}
	made := issue("acme/web", 4, "Log in", "As the source has it.")
	made.Sent = map[string]string{KeyBody: hash("**As a** user\n**I want** keys\n\n---")}
	if _, err := l.Adopt(ctx, Dir+"/web/FS-001/us-004-log-in.md", made); err != nil {
		return err
	}
	_, err = l.Archive(ctx, "github#acme/web#2")
	return err
}

// edited makes a project for syncPages.
func edited(t *testing.T) string {
	t.Helper()
	project := t.TempDir()
	l := library(t, project)
	one := issue("acme/web", 1, "One", "Body.")
	one.Comments = []Comment{{ID: "1", Author: "ann", Created: clock, Text: "One."}}
	name := put(t, l, one, issue("acme/web", 2, "Two", "Body."), issue("acme/web", 3, "Three", "Body."))[0].Path
	edit(t, project, name, "Body.", "Mine.")
	edit(t, project, name, "One.\n\n---", "One.\n\n### New comment\n\nA comment.\n\n---")
	lay(t, project, "web/FS-001/us-004-log-in.md", ofPerson)
	return project
}

// A sync is killed at every step in turn. Another, which does the same once
// more, ends with the same files and the same base.
func TestCrashSweepOfSync(t *testing.T) {
	t.Parallel()
	differs := func(project string) string {
		var all strings.Builder
		for s, err := range library(t, project).Changed(t.Context(), github, "acme/web") {
			fmt.Fprintln(&all, s.Path, s.Changed, s.Conflicts, s.Removed, s.Version, err)
		}
		return all.String()
	}
	calm := edited(t)
	check(t, syncPages(calm, ""))
	want, base := tree(t, calm), differs(calm)
	if base != Dir+"/web/FS-001/us-004-log-in.md [Status Priority ## Acceptance Criteria] [] []  <nil>\n" {
		t.Error(base)
	}
	for n := 1; ; n++ {
		project := edited(t)
		killed := runImport(t, project, "sync", n) != nil
		if killed {
			check(t, runImport(t, project, "sync", 0))
		}
		if d := cmp.Diff(want, tree(t, project)); d != "" {
			t.Fatalf("killed at step %d: %s", n, d)
		}
		if got := differs(project); got != base {
			t.Fatalf("killed at step %d: %s", n, got)
		}
		if !killed {
			t.Logf("survived %d crash points", n-1)
			return
		}
	}
}
