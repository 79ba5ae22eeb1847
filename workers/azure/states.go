package azure

import (
	"slices"
	"strings"

	"github.com/specweave/specweave/workers"
)

// states are the categories of the states of a project's items, by type and
// state. People give states any name ("How workflow states and state categories
// are used", learn.microsoft.com/azure/devops/boards/work-items).
type states map[[2]string]string

// The categories of states.
const (
	proposed   = "Proposed"
	inProgress = "InProgress"
	resolved   = "Resolved"
	completed  = "Completed"
	removed    = "Removed"
)

// usual are the states that mean the end of an item in the processes that Azure
// DevOps comes with.
var usual = []string{"Closed", "Completed", "Done", "Removed"}

// closed are the states that mean the end of an item of any type.
func (s states) closed() []string {
	ends := make(map[string]bool)
	for key, category := range s {
		end := category == completed || category == removed
		was, known := ends[key[1]]
		ends[key[1]] = end && (was || !known)
	}
	var list []string
	for state, end := range ends {
		if end {
			list = append(list, state)
		}
	}
	if slices.Sort(list); len(list) > 0 {
		return list
	}
	return usual
}

// status is what a state of an item means: by its category, or by its name where
// that is unknown. What is resolved is done, as SpecWeave has it.
func (s states) status(kind, state string) workers.ItemStatus {
	switch s[[2]string{kind, state}] {
	case proposed:
		return workers.StatusOpen
	case inProgress:
		return workers.StatusInProgress
	case completed, removed:
		return workers.StatusCompleted
	}
	switch strings.ToLower(state) {
	case "active", "in progress", "committed", "doing":
		return workers.StatusInProgress
	case "closed", "completed", "done", "resolved", "removed":
		return workers.StatusCompleted
	}
	return workers.StatusOpen
}
