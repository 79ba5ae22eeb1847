package workers

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Writer changes the work items of a source: it is what a [Provider] can do
// besides, if its tracker can.
//
// Write carries out one change and returns the item as the tracker has it then,
// without links, and without comments but the one that was written. It asks the
// tracker first how the item is now, and sends nothing if that is not the item
// whose Version it was given, nor if the item is already as the change wants it.
// What it sends it sends once: an error that rest.InDoubt is true of says that the
// change or a part of it may have been made, and the caller has to ask.
//
// Errors are those of package rest, with status 404 or 410 for an item or comment
// that is not there; [ErrChanged]; and [*RefusedError] for what the tracker's rules
// forbid. A tracker that takes a value and keeps another is no error: the item
// that is returned shows it.
type Writer interface {
	Provider
	ItemReader
	Abilities() Abilities
	Write(ctx context.Context, w Write) (Item, error)
}

// Abilities are what items of a tracker have that Write can set. Some depend on the
// site, and are known for sure once it was read from.
type Abilities struct {
	Markup    Markup // of bodies, criteria and comments
	Criteria  bool   // a field for acceptance criteria; else they are a part of the body
	Parent    bool
	Assignees bool
	Priority  bool
	Labels    bool
}

// Write is one change of one item. Of several parts those that the tracker takes
// in one request go in one.
type Write struct {
	Source  string        `json:"source"`            // as in [ItemQuery]
	Number  string        `json:"number,omitempty"`  // of the item; "": a new one
	Mark    string        `json:"mark"`              // of this change alone, letters and digits; what it makes carries it, see [Item]
	Version string        `json:"version,omitempty"` // of the item when it was read last; "": whatever it is now
	Fields  Fields        `json:"fields,omitzero"`
	Comment *CommentWrite `json:"comment,omitempty"` // instead of Fields
}

// Fields are new values of an item. What is nil stays as it is.
type Fields struct {
	Type      string      `json:"type,omitempty"` // of a new item, in the tracker's words; "": what the tracker calls a story
	Title     *string     `json:"title,omitempty"`
	Body      *Text       `json:"body,omitempty"` // in the tracker's own markup
	Criteria  *Text       `json:"criteria,omitempty"`
	Status    *ItemStatus `json:"status,omitempty"`
	State     string      `json:"state,omitempty"` // the tracker's own word for Status, where the profile names one
	Priority  *string     `json:"priority,omitempty"`
	Labels    *[]string   `json:"labels,omitempty"` // all of them
	Assignees *[]string   `json:"assignees,omitempty"`
	Parent    *string     `json:"parent,omitempty"` // ID
}

// CommentWrite is a comment that is made or changed.
type CommentWrite struct {
	ID   string `json:"id,omitempty"` // "": a new one
	Body Text   `json:"body"`
}

// ErrChanged says that an item is not what it was when it was read: nothing was
// written to it.
var ErrChanged = errors.New("the item was changed meanwhile")

// RefusedError is a change that the rules of a tracker do not allow. Nothing of
// it was written. All text is the tracker's own and may hold anything.
type RefusedError struct {
	Field   string   // as in [Fields], in lower case; "comment"; "item" if it is no single one
	Value   string   // that was refused; may be empty
	Reason  string   // in the tracker's words, or ours
	Allowed []string // the values that it would take, as far as it says
	Err     error    // the tracker's answer; nil if it was not asked
}

func (e *RefusedError) Unwrap() error { return e.Err }

func (e *RefusedError) Error() string {
	s := e.Field
	if e.Value != "" {
		s += " " + Show(e.Value)
	}
	s += ": " + e.Reason
	if len(e.Allowed) > 0 {
		shown := make([]string, len(e.Allowed))
		for i, a := range e.Allowed {
			shown[i] = Show(a)
		}
		s = fmt.Sprintf("%s; allowed: %s", s, strings.Join(shown, ", "))
	}
	return s
}

const markOpen, markClose = "<!-- specweave:", " -->"

// WithMark is a text in Markdown or HTML that carries a mark nobody sees.
func WithMark(text, mark string) string {
	if mark == "" {
		return text
	}
	return strings.TrimRight(text, "\n") + "\n\n" + markOpen + mark + markClose
}

// CutMark is what [WithMark] made its result of.
func CutMark(text string) (bare, mark string) {
	at := strings.LastIndex(text, markOpen)
	if at < 0 {
		return text, ""
	}
	mark, rest, ok := strings.Cut(text[at+len(markOpen):], markClose)
	if !ok || strings.TrimSpace(rest) != "" || mark == "" || strings.Trim(mark, markLetters) != "" {
		return text, ""
	}
	return strings.TrimRight(text[:at], "\r\n"), mark
}

const markLetters = "0123456789abcdefghijklmnopqrstuvwxyz"
