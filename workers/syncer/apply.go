package syncer

import (
	"cmp"
	"context"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/importer"
	"github.com/specweave/specweave/workers/stories"
)

// apply brings the answer to an intent into the library, says so, and is done
// with it. It may be done again after a process that died in it.
func (x *sourced) apply(ctx context.Context, i *intent) error {
	answer := *i.answer
	answer.Comments = slices.Clone(answer.Comments)
	d := x.draft(answer)
	d.Sent, d.Based, d.MoreComments = i.Sent, i.Based, !i.whole
	if body := i.Write.Fields.Body; i.Based != nil && i.Text != "" && body != nil && sameText(answer.Body, *body) {
		d.Body, d.Own = i.Text, true
	}
	if !i.whole { // writers do not tell links
		d.Sections = nil
	}
	if i.Write.Comment == nil && !i.whole {
		done := carriedOut(i.Write.Fields, answer, x.config.Statuses)
		for key := range i.Sent {
			if !slices.Contains(done, key) {
				d.Other = append(d.Other, key)
			}
		}
	}
	if c := i.Write.Comment; c != nil {
		for n := range d.Comments {
			if answer.Comments[n].Mark == i.Write.Mark || c.ID != "" && d.Comments[n].ID == c.ID || !i.whole && len(d.Comments) == 1 {
				d.Comments[n].Sent, d.Comments[n].SentOf = i.Comment, i.Unsent
			}
		}
	} else if !i.whole {
		d.Comments = nil
	}
	l := Line{Outcome: Updated, Side: There, ID: stories.ExternalID(i.answer.Platform, i.answer.ID), URL: i.answer.URL, Path: i.Path, Detail: i.What, Mark: i.Write.Mark}
	var r stories.Result
	var err error
	if i.Write.Number == "" {
		l.Outcome = Created
		r, err = x.become(ctx, i, d)
	} else {
		var all []stories.Result
		all, err = x.library.WriteTold(ctx, []stories.Draft{d}, func(all []stories.Result) error {
			if len(all[0].Overruled) == 0 {
				return nil
			}
			return x.tell(x.conflict(l, all[0].Overruled))
		})
		if err == nil {
			r = all[0]
		}
	}
	if err != nil {
		return importer.Unwritable(ctx, err, x.clean)
	}
	x.opts.step("applied")
	if r.Outcome == stories.Skipped { // somebody is editing it just now
		x.later(x.opts.now().Add(settled))
		l.Outcome, l.Side, l.Mark, l.Detail = Skipped, "", "", r.Note
		return x.tell(l)
	}
	if r.Path != "" {
		l.Path = r.Path
	}
	id := stories.Normalize(l.ID)
	lines := x.otherwise(i, l, d.Other, r.Kept)
	if i.Write.Number == "" {
		if list, ok := x.known.Refuse[i.Path]; ok {
			delete(x.known.Refuse, i.Path)
			x.known.Refuse[id] = list
		}
	}
	if len(x.known.Refuse[id]) > 0 {
		x.known.moved(id, i.answer.Version)
		if err := x.remember(ctx); err != nil {
			return err
		}
	}
	if err := x.tell(lines...); err != nil {
		return err
	}
	x.opts.step("told")
	if err := x.outbox.done(i); err != nil {
		return importer.Unwritable(ctx, err, x.clean)
	}
	x.opts.step("done")
	return nil
}

// storyOf finds the story without an item that one was made of. It may have been
// moved meanwhile, and changed as well, where it is the most like it and at least
// so much.
func (x *sourced) storyOf(ctx context.Context, i *intent, least int) (best stories.Story, ok bool) {
	if s, err := x.library.Story(i.Path); err == nil && s.ID == "" {
		return s, true
	}
	for s, err := range x.library.New(ctx) {
		if err != nil {
			continue
		}
		if like := x.likeness(i, s); like >= least {
			best, ok, least = s, true, like+1
		}
	}
	return best, ok
}

// likeness is how much a story without an item is like one that an item was made
// of; 0: not enough to be that.
func (x *sourced) likeness(i *intent, s stories.Story) int {
	now, like := s.Sent(slices.Collect(maps.Keys(i.Sent))...), 0
	same := func(key string) bool { sum, ok := i.Sent[key]; return ok && sum == now[key] }
	if same(stories.KeyTitle) {
		like += 2
	}
	if s.Body != "" && same(stories.KeyBody) {
		like += 2
	}
	numbered := s.Number != "" && numberIn(i.Path) == strings.ToLower(s.Number)
	if path.Base(s.Path) == path.Base(i.Path) || numbered && path.Dir(s.Path) == path.Dir(i.Path) {
		like++
	}
	if maps.Equal(now, i.Sent) {
		like += 8
	}
	return like
}

// become makes the story of an intent that of the item that was made of it. The
// story may have been moved meanwhile, and is looked for.
func (x *sourced) become(ctx context.Context, i *intent, d stories.Draft) (stories.Result, error) {
	id := stories.ExternalID(d.Item.Platform, d.Item.ID)
	least := 1
	at, known := x.library.Path(id)
	if known { // by an import, or by an attempt that died then, which leaves its number to a story
		if numberIn(at) == numberIn(i.Path) {
			return stories.Result{ID: id, Path: at}, nil
		}
		least = 3
	}
	s, ok := x.storyOf(ctx, i, least)
	switch {
	case known && !ok:
		return stories.Result{ID: id, Path: at}, nil
	case !ok:
		x.logf("%s: its story %s was removed meanwhile", id, i.Path)
		return stories.Result{ID: id}, nil
	}
	if err := workers.LinkStory(x.project, s.Feature, s.Number, *i.answer, x.opts.now()); err != nil { // the story says it too
		x.logf("%s: SpecWeave is not told of it: %v", id, err)
	}
	return x.library.Adopt(ctx, s.Path, d)
}

// numberIn is the number that the name of a story's file begins with.
func numberIn(at string) string {
	parts := strings.SplitN(strings.ToLower(path.Base(at)), "-", 3)
	return strings.Join(parts[:min(2, len(parts))], "-")
}

// otherwise are the lines about an answered intent: l, and those about values
// that the tracker has otherwise. Those that it had before are remembered: they
// are not sent again while nothing changes.
func (x *sourced) otherwise(i *intent, l Line, other, kept []string) []Line {
	var lines []Line
	for _, name := range fieldNames {
		v, key := fieldValue(i.Write.Fields, name), fieldKeys[name]
		if name == "body" && i.Write.Fields.Criteria == nil && slices.Contains(other, stories.KeyCriteria) { // which are a part of it
			key = stories.KeyCriteria
		}
		if v == nil || !slices.Contains(other, key) {
			continue
		}
		no := l
		no.Outcome, no.Side, no.Mark = Refused, "", ""
		switch {
		case slices.Contains(kept, key):
			no.Detail = name + ": the tracker accepted the change and kept " + hasOf(*i.answer, name)
			x.known.refuse(stories.Normalize(l.ID), refusal{Field: name, Value: cmp.Or(i.Planned[name], valueOf(v)), Version: i.answer.Version, Message: no.Detail})
		case name == "title" || name == "body" || name == "criteria": // its own form of them
			continue
		default:
			no.Detail = name + ": the tracker took the change and has " + hasOf(*i.answer, name)
		}
		lines = append(lines, no)
	}
	if len(kept) == 0 || len(kept) < len(i.Sent) {
		lines = append([]Line{l}, lines...)
	}
	return lines
}

// hasOf is what an item has in a field, for people.
func hasOf(i workers.Item, name string) string {
	v := ""
	switch name {
	case "title":
		v = i.Title
	case "body", "criteria":
		return "the old text"
	case "status":
		v = i.State
		if v == "" {
			v = string(i.Status)
		}
	case "priority":
		v = i.Priority
	case "labels":
		v = strings.Join(i.Labels, ", ")
	case "assignees":
		v = strings.Join(i.Assignees, ", ")
	case "parent":
		v = i.Parent
	}
	if v == "" {
		return "none"
	}
	return workers.Show(v)
}
