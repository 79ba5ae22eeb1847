package workers

import (
	"slices"
	"strings"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// StatusOf is the status of an item of a tracker that knows open and closed
// only. Work that has begun has a label that says so.
func StatusOf(closed bool, labels []string) ItemStatus {
	switch {
	case closed:
		return StatusCompleted
	case hasLabel(labels, "in-progress", "in progress"):
		return StatusInProgress
	}
	return StatusOpen
}

var priorityLabel = lazyregexp.New(`^(?i:p)[0-4]$`)

// PriorityOf is the priority that labels give an item: the first of p0 to p4,
// in capitals, or "".
func PriorityOf(labels []string) string {
	if i := slices.IndexFunc(labels, priorityLabel.MatchString); i >= 0 {
		return strings.ToUpper(labels[i])
	}
	return ""
}

// TypeOf is the type that labels give an item of a tracker without types: Story,
// Epic, Bug, Feature or "".
func TypeOf(labels []string) string {
	switch {
	case hasLabel(labels, "user-story", "story"):
		return "Story"
	case hasLabel(labels, "epic"):
		return "Epic"
	case hasLabel(labels, "bug"):
		return "Bug"
	case hasLabel(labels, "feature"):
		return "Feature"
	}
	return ""
}

func hasLabel(labels []string, names ...string) bool {
	return slices.ContainsFunc(labels, func(l string) bool { return slices.Contains(names, strings.ToLower(l)) })
}
