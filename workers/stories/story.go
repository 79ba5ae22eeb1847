package stories

import (
	"strings"
	"time"

	"github.com/specweave/specweave/workers"
)

// The keys of what a story and its item both have. They name places of a
// story's file: a line of its header, a section, a line of its metadata.
const (
	KeyTitle     = titleKey
	KeyStatus    = statusKey
	KeyPriority  = priorityKey
	KeyBody      = bodyKey
	KeyCriteria  = criteriaKey
	KeyLabels    = "- Labels"
	KeyAssignees = "- Assignees"
	KeyParent    = parentKey
	KeyComments  = "## Comments"
)

// keys are all of them, in the order of a file.
var keys = []string{KeyTitle, KeyStatus, KeyPriority, KeyBody, KeyCriteria, KeyComments, KeyLabels, KeyAssignees, KeyParent}

// Name is what people call the place that a key names.
func Name(key string) string { return strings.TrimPrefix(strings.TrimPrefix(key, "## "), "- ") }

// Story is a story as its file has it now. All text is a person's own and may
// hold anything; line ends are "\n".
type Story struct {
	ID      string // external id as the file writes it; "": none, it has no item
	Path    string // relative to the project, with slashes
	Feature string // FS-001E, the folder that it is in
	Number  string // US-001E

	Title     string // Markdown, as in [Draft]
	Body      string
	Criteria  []string
	Status    string // as the file writes it, see [StatusOf]
	Priority  string
	Labels    []string
	Assignees []string
	Parent    string // external id
	Comments  []Comment

	// Changed are the keys whose value a person has changed since the source
	// had it. Comments are among them if one of them was made or changed here.
	Changed []string
	// Conflicts are the keys of the section "Import Conflicts", which are in
	// Changed only when a person has removed them there. Comments may be in
	// both: each says itself.
	Conflicts []string
	// Removed are the ids of comments that a person took out of the story.
	Removed []string

	Version  string // of the item when it came last; "": not known
	Modified time.Time
	sums     map[string]string
	was      base
}

// Had reports whether val is what a story had for a key when it was last the same
// as its source, as far as a story can be. It is in Markdown.
func (s Story) Had(key, val string) bool { return s.was != nil && s.was[key] == hashOf(key, val) }

// Sent says of a story whose values of keys were written to the source what
// they were: it is the Sent of the [Draft] that the source's answer is. It may
// be kept in a file meanwhile.
func (s Story) Sent(keys ...string) map[string]string {
	sent := make(map[string]string, len(keys))
	for _, k := range keys {
		sent[k] = s.sums[k]
	}
	return sent
}

// StatusOf is the status that a word in a story stands for, and whether it is a
// word that SpecWeave uses: pending, in_progress, done and the like are read as
// well.
func StatusOf(word string) (workers.ItemStatus, bool) {
	switch strings.NewReplacer("_", " ", "-", " ").Replace(strings.ToLower(strings.TrimSpace(word))) {
	case "open", "pending", "planned", "planning", "backlog", "todo", "to do", "new", "not started", "reopened":
		return workers.StatusOpen, true
	case "in progress", "active", "started", "doing", "in review":
		return workers.StatusInProgress, true
	case "completed", "complete", "done", "closed", "resolved", "cancelled", "canceled", "abandoned":
		return workers.StatusCompleted, true
	}
	return "", false
}
