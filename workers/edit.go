package workers

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/specweave/specweave/workers/rest"
)

// Edit is what differs between an item and what a [Write] wants it to be, on a
// tracker that keeps Markdown, knows open and closed, and says the rest by labels.
// What is nil stays as it is.
type Edit struct {
	Title, Body       *string // Body with its mark
	Closed            *bool
	Labels, Assignees *[]string // all of them
}

// PlainAbilities are those of a tracker that an [Edit] is for. Criteria are a part
// of the body; status and priority are labels.
func PlainAbilities() Abilities {
	return Abilities{Markup: Markdown, Assignees: true, Priority: true, Labels: true}
}

// Commented returns the item of a write with the comment c, which was written and
// is its only one. The item is asked for: that it cannot be had leaves doubt.
func (w Write) Commented(ctx context.Context, r ItemReader, c Comment) (Item, error) {
	item, err := r.Item(ctx, ItemQuery{Source: w.Source}, w.Number)
	if err != nil {
		return Item{}, rest.Doubt(err)
	}
	item.Comments = []Comment{c}
	return item, nil
}

// Edit compares a write with the item as it is; with an empty one if it makes the
// item. An error is [ErrChanged] if that is not the item that the write is about,
// or a *[RefusedError] if such a tracker cannot hold what is to be written.
func (w Write) Edit(now Item) (Edit, error) {
	var e Edit
	if err := w.Check(now); err != nil {
		return e, err
	}
	f := w.Fields
	switch {
	case f.Criteria != nil:
		return e, &RefusedError{Field: "criteria", Reason: "a part of the text on this tracker"}
	case f.Parent != nil:
		return e, &RefusedError{Field: "parent", Value: *f.Parent, Reason: "items of this tracker have none"}
	}
	mark := now.Mark
	if w.Number == "" {
		mark = w.Mark
		f.Body = cmp.Or(f.Body, &Text{})
	}
	if f.Title != nil && (*f.Title != now.Title || w.Number == "") {
		e.Title = f.Title
	}
	if f.Body != nil && (f.Body.Raw != now.Body.Raw || w.Number == "") {
		body := WithMark(f.Body.Raw, mark)
		e.Body = &body
	}
	was := now.Status == StatusCompleted
	closed, err := f.Closes(was)
	if err != nil {
		return e, err
	}
	if closed != was {
		e.Closed = &closed
	}
	labels, err := f.Relabel(now.Labels)
	if err != nil {
		return e, err
	}
	if !equal(labels, now.Labels) {
		e.Labels = list(labels)
	}
	if f.Assignees != nil && !equal(*f.Assignees, now.Assignees) {
		e.Assignees = list(*f.Assignees)
	}
	return e, nil
}

// list is one that JSON has as a list if it is empty too: null is no value to
// trackers, and leaves what there is.
func list(of []string) *[]string {
	of = append([]string{}, of...)
	return &of
}

// Check returns [ErrChanged], wrapped, if now is not the item that a write is
// about.
func (w Write) Check(now Item) error {
	if w.Version != "" && w.Version != now.Version {
		return fmt.Errorf("%s: %w", now.ID, ErrChanged)
	}
	return nil
}

func equal(a, b []string) bool {
	return slices.Equal(slices.Compact(slices.Sorted(slices.Values(a))), slices.Compact(slices.Sorted(slices.Values(b))))
}

// VersionOf is the Version of an item of a tracker that has no revisions: when it
// was changed last, to the second with some, and what was to be seen then.
func VersionOf(i Item) string {
	labels, assignees := slices.Sorted(slices.Values(i.Labels)), slices.Sorted(slices.Values(i.Assignees))
	seen, err := json.Marshal([]any{i.Title, i.Body.Raw, i.State, i.Milestone, labels, assignees})
	if err != nil {
		panic(err) // strings are always JSON
	}
	sum := sha256.Sum256(seen)
	return i.Updated.UTC().Format(time.RFC3339Nano) + "-" + hex.EncodeToString(sum[:6])
}

// Refused returns err as a *[RefusedError], if it is an answer which says that
// the tracker's rules forbid the write and that nothing of it was done. ours are
// the names of [Fields] by the tracker's own.
func (w Write) Refused(err error, ours map[string]string) error {
	status, ok := errors.AsType[*rest.StatusError](err)
	if !ok || rest.InDoubt(err) || !slices.Contains(ruled, status.Status) {
		return err
	}
	return &RefusedError{Field: w.named(status.Fields, ours), Reason: cmp.Or(status.Message, status.Error()), Err: err}
}

// ruled are the statuses of answers that refuse what was asked for and not who
// asked.
var ruled = []int{
	http.StatusBadRequest, http.StatusConflict, http.StatusPreconditionFailed, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity,
}

// named is the field that a tracker complains of: the first one that it names, or
// the only one that it was given.
func (w Write) named(theirs map[string]string, ours map[string]string) string {
	for _, name := range slices.Sorted(maps.Keys(theirs)) {
		if ours[name] != "" {
			return ours[name]
		}
	}
	given := w.Fields.names()
	switch {
	case w.Comment != nil:
		return "comment"
	case len(given) == 1:
		return given[0]
	}
	return "item"
}

// names are those of the fields that are to be set, as a [RefusedError] has them.
func (f Fields) names() []string {
	var list []string
	for name, set := range map[string]bool{
		"type": f.Type != "", "title": f.Title != nil, "body": f.Body != nil, "criteria": f.Criteria != nil, "status": f.Status != nil || f.State != "",
		"priority": f.Priority != nil, "labels": f.Labels != nil, "assignees": f.Assignees != nil, "parent": f.Parent != nil,
	} {
		if set {
			list = append(list, name)
		}
	}
	return list
}
