package workers_test

import (
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
