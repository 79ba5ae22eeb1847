package workers_test

import (
	"strings"
	"testing"

	"github.com/specweave/specweave/workers"
)

func TestLabels(t *testing.T) {
	for _, c := range []struct {
		labels   []string
		open     workers.ItemStatus
		priority string
		kind     string
	}{
		{nil, workers.StatusOpen, "", ""},
		{[]string{"In-Progress", "p2"}, workers.StatusInProgress, "P2", ""},
		{[]string{"in progress", "P0", "p4", "bug", "user-story"}, workers.StatusInProgress, "P0", "Story"},
		{[]string{"p5", "xp1", "p1x", "p", "Epic", "bug"}, workers.StatusOpen, "", "Epic"},
		{[]string{"not in-progress", "debug", "BUG"}, workers.StatusOpen, "", "Bug"},
		{[]string{"p3\n", "feature"}, workers.StatusOpen, "", "Feature"},
	} {
		if got := workers.StatusOf(false, c.labels); got != c.open {
			t.Errorf("%q: status %s, want %s", c.labels, got, c.open)
		}
		if got := workers.StatusOf(true, c.labels); got != workers.StatusCompleted {
			t.Errorf("%q, closed: status %s", c.labels, got)
		}
		if got := workers.PriorityOf(c.labels); got != c.priority {
			t.Errorf("%q: priority %q, want %q", c.labels, got, c.priority)
		}
		if got := workers.TypeOf(c.labels); got != c.kind {
			t.Errorf("%q: type %q, want %q", c.labels, got, c.kind)
		}
	}
}

func TestTyped(t *testing.T) {
	for kind, want := range map[string]string{"": "a", "Story": "a story", "Bug": "a bug", "Incident": "a incident"} {
		labels := []string{"a"}
		if got := strings.Join(workers.Typed(labels, kind), " "); got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
	if got := workers.Typed([]string{"epic"}, "Bug"); len(got) != 1 {
		t.Errorf("%q", got)
	}
}
