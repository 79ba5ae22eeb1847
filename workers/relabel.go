package workers

import (
	"slices"
	"strings"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// begun is the label of work that has begun, see [StatusOf].
const begun = "in-progress"

// Relabel returns the labels that an item with some labels has after a write of
// f, on a tracker that says status and priority by labels. Those that f has stand
// for all of them, but what else it says of status and priority goes before.
// Whoever works on an item has a label for it while it is open. A *[RefusedError]
// says that f has a status or a priority that no label can say.
func (f Fields) Relabel(labels []string) ([]string, error) {
	labels = slices.Clone(labels)
	if f.Labels != nil {
		labels = slices.Clone(*f.Labels)
	}
	if f.Status != nil {
		switch *f.Status {
		case StatusInProgress:
			if StatusOf(false, labels) != StatusInProgress {
				labels = append(labels, begun)
			}
		case StatusOpen, StatusCompleted:
			labels = slices.DeleteFunc(labels, func(l string) bool { return StatusOf(false, []string{l}) == StatusInProgress })
		default:
			return nil, &RefusedError{
				Field: "status", Value: string(*f.Status), Reason: "no status of an item",
				Allowed: []string{string(StatusOpen), string(StatusInProgress), string(StatusCompleted)},
			}
		}
	}
	if f.Priority == nil || *f.Priority == PriorityOf(labels) {
		return labels, nil
	}
	if *f.Priority != "" && !priorityLabel.MatchString(*f.Priority) {
		return nil, &RefusedError{Field: "priority", Value: *f.Priority, Reason: "no priority", Allowed: []string{"P0", "P1", "P2", "P3", "P4"}}
	}
	label := strings.ToLower(*f.Priority)
	if i := slices.IndexFunc(labels, capitalPriority.MatchString); i >= 0 {
		label = strings.ToUpper(label) // as they are written there
	}
	labels = slices.DeleteFunc(labels, priorityLabel.MatchString)
	if label != "" {
		labels = append(labels, label)
	}
	return labels, nil
}

// Typed returns labels and the one that says a type, see [TypeOf], if there is a
// type and they say none.
func Typed(labels []string, kind string) []string {
	if kind == "" || TypeOf(labels) != "" {
		return labels
	}
	return append(slices.Clone(labels), strings.ToLower(kind))
}

var capitalPriority = lazyregexp.New(`^P[0-4]$`)

// Closes reports whether an item is closed after a write of f, on a tracker that
// knows open and closed only. closed is whether it was. A *[RefusedError] says
// that State is a word of no such tracker.
func (f Fields) Closes(closed bool) (bool, error) {
	switch strings.ToLower(f.State) {
	case "":
		if f.Status == nil {
			return closed, nil
		}
		return *f.Status == StatusCompleted, nil
	case "open", "opened", "reopened":
		return false, nil
	case "closed":
		return true, nil
	}
	return closed, &RefusedError{Field: "status", Value: f.State, Reason: "no state of this tracker", Allowed: []string{"open", "closed"}}
}
