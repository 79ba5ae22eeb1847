package syncer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/importer"
	"github.com/specweave/specweave/workers/markup"
	"github.com/specweave/specweave/workers/rest"
	"github.com/specweave/specweave/workers/stories"
)

// result is what became of a write.
type result int

const (
	wrote   result = iota // it is in the stories as well
	refused               // by the tracker, which is remembered
	stale                 // nothing was written: the item is not what it was
	asked                 // it was in doubt, and is known now
	over                  // there is no more to be done with the story now
)

// write sends a change, with all that makes it safe: the intent before, the
// answer after.
func (x *sourced) write(ctx context.Context, s stories.Story, c change) (result, error) {
	i := &intent{
		Time: x.opts.now().UTC(), Since: x.trackerTime(), Source: x.item, ID: s.ID, Path: s.Path, Sent: s.Sent(c.keys...), Comment: c.sum, Write: c.write, What: c.said(),
		Planned: textsOf(c.write.Fields),
	}
	if c.based {
		i.Based, i.Text = s.Sent(stories.KeyBody), c.text
	}
	for _, o := range s.Comments {
		if n := c.write.Comment; n != nil && n.ID == "" && o.ID == "" && o.Sum == c.sum {
			i.Unsent++
		}
	}
	var err error
	if i.Write, err = x.patched(ctx, s, c); errors.Is(err, workers.ErrChanged) {
		return stale, nil
	} else if err != nil {
		return 0, err
	}
	i.Write.Mark = newMark()
	x.opts.step("intend")
	if err := x.outbox.begin(i); err != nil {
		return 0, importer.Unwritable(ctx, err, x.clean)
	}
	x.opts.step("send")
	answer, err := x.send(ctx, i.Write)
	if err == nil {
		x.heard(answer)
		x.opts.step("answered")
		if err := x.outbox.answered(i, answer); err != nil {
			return 0, importer.Unwritable(ctx, err, x.clean)
		}
		x.opts.step("apply")
		return wrote, x.apply(ctx, i)
	}
	if ctx.Err() != nil { // the next attempt asks
		return 0, context.Cause(ctx)
	}
	if rest.InDoubt(err) { // whatever else it is: a part may have been made
		x.logf("%s: %s: in doubt: %v", x.item, cmp.Or(s.ID, s.Path), err)
		if no, ok := errors.AsType[*workers.RefusedError](err); ok {
			i.without(c, no.Field)
		}
		known, err := x.settle(ctx, i)
		if err != nil {
			return 0, err
		}
		if !known {
			return over, x.tell(Line{Outcome: Skipped, ID: s.ID, Path: s.Path, Detail: "the tracker did not answer; it will be asked what became of the change"})
		}
		return asked, nil
	}
	if no, ok := errors.AsType[*workers.RefusedError](err); ok {
		return refused, errors.Join(x.refuse(ctx, s, c, refusal{Field: no.Field, Message: refusedDetail(no, x.clean)}), x.void(i))
	}
	if errors.Is(err, workers.ErrChanged) {
		return stale, x.void(i)
	}
	if l, ok := x.elsewhere(Line{ID: s.ID, Path: s.Path}, err); ok {
		return over, errors.Join(x.tell(l), x.void(i))
	}
	status, isStatus := errors.AsType[*rest.StatusError](err)
	switch {
	case isStatus && rest.Gone(err) && i.Write.Comment != nil && i.Write.Comment.ID != "": // the comment, or all of the item
		return stale, x.void(i)
	case isStatus && rest.Gone(err) && i.Write.Number != "":
		return x.absent(ctx, s, c, i, status)
	case isStatus && ofItem(status.Status):
		return refused, errors.Join(x.refuse(ctx, s, c, refusal{Message: status.Error(), Forbidden: status.Status == http.StatusForbidden}), x.void(i))
	}
	return 0, errors.Join(&trackerError{err}, x.void(i))
}

// textsOf are the texts of fields by name, told apart.
func textsOf(f workers.Fields) map[string]string {
	texts := make(map[string]string)
	for _, name := range []string{"body", "criteria"} {
		if v := fieldValue(f, name); v != nil {
			texts[name] = valueOf(v)
		}
	}
	return texts
}

// patched is a write with what of the item's texts says the same as they do left
// as it is. A tracker's text may hold what a story does not: without having read it
// nothing is written over it. The error is [workers.ErrChanged], wrapped, if the item
// is not what it was.
func (x *sourced) patched(ctx context.Context, s stories.Story, c change) (workers.Write, error) {
	w := c.write
	isComment := w.Comment != nil && w.Comment.ID != ""
	if w.Number == "" || w.Fields.Body == nil && w.Fields.Criteria == nil && !isComment || x.reader == nil {
		return w, nil
	}
	q := x.query(time.Time{})
	q.Comments = isComment
	i, err := x.reader.Item(ctx, q, w.Number)
	_, isElsewhere := x.elsewhere(Line{}, err)
	switch {
	case rest.Gone(err), isElsewhere: // the write will say so
		return w, nil
	case err != nil:
		return w, &trackerError{err}
	}
	if err := w.Check(i); err != nil {
		return w, err
	}
	patch := func(now workers.Text, text *workers.Text, md string) *workers.Text {
		if text == nil || now.Markup != text.Markup {
			return text
		}
		return &workers.Text{Raw: markup.Patch(now, md), Markup: now.Markup}
	}
	if !s.Had(stories.KeyBody, tidy(i.Body.Raw)) { // or whatever it does not have any more a person has taken out
		w.Fields.Body = patch(i.Body, w.Fields.Body, c.text)
	}
	w.Fields.Criteria = patch(i.Criteria, w.Fields.Criteria, c.criteria)
	for _, o := range i.Comments {
		if isComment && o.ID == w.Comment.ID {
			if c.raw != "" && c.raw != stories.RawText(o.Body) { // which the versions of some trackers do not tell
				return w, fmt.Errorf("comment %s: %w", o.ID, workers.ErrChanged)
			}
			w.Comment = &workers.CommentWrite{ID: o.ID, Body: *patch(o.Body, &w.Comment.Body, c.text)}
			break
		}
	}
	return w, nil
}

// without takes out of the intent of a change what a tracker refused after it made
// the rest. Where the tracker names a field of its own that is the status: what
// the other fields have goes before.
func (i *intent) without(c change, field string) {
	if fieldKeys[field] == "" {
		field = "status"
	}
	c.keys, c.write.Fields = slices.Clone(c.keys), i.Write.Fields
	c.drop(field)
	i.Write.Fields, i.What = c.write.Fields, c.said()
	maps.DeleteFunc(i.Sent, func(key, _ string) bool { return !slices.Contains(c.keys, key) })
}

// absent deals with a write to an item that is not there for whoever writes.
// Some trackers answer so where a credential may read, but not write.
func (x *sourced) absent(ctx context.Context, s stories.Story, c change, i *intent, said *rest.StatusError) (result, error) {
	item, err := x.one(ctx, i.Write.Number, time.Time{})
	switch {
	case err == nil && !item.Deleted:
		return refused, errors.Join(x.refuse(ctx, s, c, refusal{Message: said.Error(), Forbidden: true}), x.void(i))
	case err != nil && !rest.Gone(err):
		return 0, errors.Join(err, x.void(i))
	}
	l, err := x.gone(ctx, Line{ID: s.ID, Path: s.Path})
	return over, errors.Join(err, x.void(i), x.tell(l))
}

// ofItem reports whether an answer to a write may be about that item alone.
func ofItem(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	}
	return status >= 400 && status < 500
}

// send is where writes leave, and the only place. What the profile does not
// allow does not pass it, whatever was planned.
func (x *sourced) send(ctx context.Context, w workers.Write) (workers.Item, error) {
	c := change{write: w}
	if denied := x.config.Permissions.reduce(&c); len(denied) > 0 {
		return workers.Item{}, &workers.RefusedError{Field: denied[0], Reason: "not allowed by the profile"}
	}
	return x.writer.Write(ctx, w)
}

// refuse remembers and tells what the tracker does not take.
func (x *sourced) refuse(ctx context.Context, s stories.Story, c change, no refusal) error {
	no.Version = s.Version
	var v any
	switch {
	case c.write.Comment != nil:
		no.Field, v = commentField, c.write.Comment
	case no.Field == "state":
		no.Field, v = "status", fieldValue(c.write.Fields, "status")
	default:
		v = fieldValue(c.write.Fields, no.Field)
	}
	if v == nil { // of the whole
		no.Field, v = "", c.write.Fields
	}
	no.Value = valueOf(v)
	x.known.refuse(storyID(s), no)
	return x.remember(ctx)
}

// void notes that an intent was not carried out.
func (x *sourced) void(i *intent) error { return x.outbox.done(i) }
