package azure

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/workers"
)

func TestStatus(t *testing.T) {
	for state, want := range map[string]workers.ItemStatus{
		"New": workers.StatusOpen, "Proposed": workers.StatusOpen, "To Do": workers.StatusOpen, "": workers.StatusOpen,
		"Active": workers.StatusInProgress, "Committed": workers.StatusInProgress, "Doing": workers.StatusInProgress, "in progress": workers.StatusInProgress,
		"Resolved": workers.StatusCompleted, "Closed": workers.StatusCompleted, "Done": workers.StatusCompleted, "Removed": workers.StatusCompleted,
	} {
		if got := states(nil).status("Bug", state); got != want {
			t.Errorf("%s: %s, want %s", state, got, want)
		}
	}
	s := states{
		{"Bug", "Neu"}: proposed, {"Bug", "Done"}: inProgress, {"Bug", "Fertig"}: completed, {"Bug", "Weg"}: removed, {"Bug", "Resolved"}: "Resolved",
		{"Task", "Fertig"}: inProgress, {"Task", "Closed"}: "Unheard",
	}
	for key, want := range map[[2]string]workers.ItemStatus{
		{"Bug", "Neu"}: workers.StatusOpen, {"Bug", "Done"}: workers.StatusInProgress, {"Bug", "Fertig"}: workers.StatusCompleted,
		{"Bug", "Weg"}: workers.StatusCompleted, {"Bug", "Resolved"}: workers.StatusCompleted,
		{"Task", "Fertig"}: workers.StatusInProgress, {"Task", "Closed"}: workers.StatusCompleted, {"Epic", "Fertig"}: workers.StatusOpen,
	} {
		if got := s.status(key[0], key[1]); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}

func TestClosed(t *testing.T) {
	for name, test := range map[string]struct {
		s    states
		want []string
	}{
		"unknown":              {nil, usual},
		"none":                 {states{{"Bug", "New"}: proposed}, usual},
		"some":                 {states{{"Bug", "New"}: proposed, {"Bug", "Shipped"}: completed, {"Bug", "Cut"}: removed, {"Bug", "Resolved"}: "Resolved"}, []string{"Cut", "Shipped"}},
		"the end of some only": {states{{"Bug", "Done"}: completed, {"Task", "Done"}: inProgress, {"Bug", "Cut"}: removed, {"Task", "Cut"}: completed}, []string{"Cut"}},
	} {
		for range 5 { // in any order
			if diff := cmp.Diff(test.want, test.s.closed()); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
}
