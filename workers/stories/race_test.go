package stories

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A person saves a story at every step of a page in turn. What the person wrote
// is never lost, and the page ends as if it had been written before or after. It
// is not parallel: it changes step.
func TestEditedAtEveryStep(t *testing.T) {
	t.Cleanup(func() { step = func() {} })
	for n, over := 1, false; !over; n++ {
		step = func() {}
		project := edited(t)
		name := filepath.Join(project, filepath.FromSlash(Dir), "web", "FS-001E", "us-001e-one.md")
		left := n
		step = func() {
			if left--; left == 0 {
				data, err := os.ReadFile(name)
				check(t, err)
				check(t, os.WriteFile(name, []byte(strings.Replace(string(data), ": One\n", ": Mine, too\n", 1)), 0o644))
			}
		}
		check(t, syncPages(project, ""))
		over = left > 0
		got := tree(t, project)["web/FS-001E/us-001e-one.md"]
		if over {
			break
		}
		for _, has := range []string{": Mine, too\n", "\nMine.\n", "\nA comment.\n", "### me, "} {
			if !strings.Contains(got, has) {
				t.Errorf("step %d: no %q in\n%s", n, has, got)
			}
		}
		step = func() {}
		l := library(t, project)
		s, err := l.Story("github#acme/web#1")
		check(t, err)
		if d := cmp.Diff([]string{KeyTitle}, s.Changed); d != "" || s.Version != "v1" {
			t.Errorf("step %d: %s", n, d)
		}
	}
}
