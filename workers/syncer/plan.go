package syncer

import (
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/markup"
	"github.com/specweave/specweave/workers/stories"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// planned is what is to be done with one story and its item.
type planned struct {
	writes []change // in this order
	notes  []note   // what is not done, and why
}

// change is a write, and what of the story it carries.
type change struct {
	write    workers.Write
	keys     []string // of the story
	based    bool     // its body is not that of the story, but made of it
	body     bool     // likewise, and a person has changed that of the story
	text     string   // the body or the comment in Markdown
	criteria string   // likewise the criteria, where the tracker has a field for them
	sum      string   // of the comment that is written, see [stories.Comment]
	raw      string   // likewise
}

// note is an outcome without a write.
type note struct {
	outcome Outcome
	detail  string
}

func (p *planned) skip(format string, args ...any) {
	p.notes = append(p.notes, note{Skipped, fmt.Sprintf(format, args...)})
}

// terms are what a plan depends on besides the story.
type terms struct {
	platform    string
	permissions Permissions
	abilities   workers.Abilities
	statuses    StatusMap
	itemType    string    // of a new item
	refused     []refusal // of this story
}

// plan says what of a story has to be written to its source, whose item is
// number, or "" where that is made. It is pure: who calls it sends what it
// says, or shows it.
//
// A story in conflict is left alone, all of it: what a person has not settled
// yet would go half way.
func plan(s stories.Story, source, number string, t terms) planned {
	var p planned
	if len(s.Conflicts) > 0 {
		p.notes = append(p.notes, note{Conflict, "changed here and at the source: " + names(s.Conflicts) + "; the story shows the source's in its section Import Conflicts, which has to be settled and removed"})
		return p
	}
	c := t.fields(s, number == "", &p)
	c.write.Source, c.write.Number, c.write.Version = source, number, s.Version
	denied := t.permissions.reduce(&c)
	if len(denied) > 0 {
		p.skip("not allowed by the profile: %s", strings.Join(denied, ", "))
	}
	t.known(&c, s.Version, &p)
	if number == "" && c.write.Fields.Title == nil {
		return p
	}
	if !empty(c.write.Fields) {
		p.writes = append(p.writes, c)
	}
	if number != "" {
		t.comments(s, source, number, &p)
	}
	return p
}

func names(keys []string) string {
	all := make([]string, len(keys))
	for i, k := range keys {
		all[i] = stories.Name(k)
	}
	return strings.Join(all, ", ")
}

// fields are the values of a story that its item does not have.
func (t terms) fields(s stories.Story, isNew bool, p *planned) change {
	var c change
	f := &c.write.Fields
	wants := func(key string, given bool) bool { return isNew && given || slices.Contains(s.Changed, key) }
	take := func(key string) { c.keys = append(c.keys, key) }
	able := func(ability bool, key string) bool {
		if !ability {
			p.skip("the tracker has no place for: %s", stories.Name(key))
		}
		return ability
	}
	a := t.abilities
	if isNew {
		f.Type = t.itemType
	}
	if wants(stories.KeyTitle, true) {
		if title := strings.TrimSpace(plainTitle(s.Title)); title != "" {
			f.Title = &title
			take(stories.KeyTitle)
		} else {
			p.skip("the title is empty")
		}
	}
	body, criteria := wants(stories.KeyBody, true), wants(stories.KeyCriteria, len(s.Criteria) > 0)
	text, inBody := s.Body, stories.Criteria(s.Body, "")
	if body && !criteria && !a.Criteria && len(inBody) > 0 && !slices.Equal(inBody, s.Criteria) {
		p.notes = append(p.notes, note{Conflict, "the description has other acceptance criteria than the section Acceptance Criteria, and the tracker has one place for both: make them the same"})
		body = false
	}
	switch {
	case criteria && a.Criteria:
		c.criteria = stories.CriteriaText(s.Criteria)
		f.Criteria = t.text(c.criteria)
	case criteria, body && !a.Criteria && len(inBody) == 0:
		c.body = body
		text, body = stories.WithCriteria(text, s.Criteria), true
		c.based = text != s.Body
	}
	if body {
		c.text, f.Body = text, t.text(text)
	}
	if body && !c.based {
		take(stories.KeyBody)
	}
	if criteria {
		take(stories.KeyCriteria)
	}
	if wants(stories.KeyStatus, s.Status != "") {
		if status, ok := stories.StatusOf(s.Status); ok {
			f.Status, f.State = &status, t.statuses.Out[status]
			take(stories.KeyStatus)
		} else {
			p.skip("status %s: not Open, In Progress or Completed", workers.Show(s.Status))
		}
	}
	if wants(stories.KeyPriority, s.Priority != "") && able(a.Priority, stories.KeyPriority) {
		if priority := strings.ToUpper(s.Priority); isPriority(priority) {
			f.Priority = &priority
			take(stories.KeyPriority)
		} else {
			p.skip("priority %s: not P0 to P4", workers.Show(s.Priority))
		}
	}
	if wants(stories.KeyLabels, len(s.Labels) > 0) && able(a.Labels, stories.KeyLabels) {
		labels := append([]string{}, s.Labels...)
		f.Labels = &labels
		take(stories.KeyLabels)
	}
	if f.Labels != nil && !isNew {
		t.along(s, f)
	}
	if wants(stories.KeyAssignees, len(s.Assignees) > 0) && able(a.Assignees, stories.KeyAssignees) {
		assignees := append([]string{}, s.Assignees...)
		f.Assignees = &assignees
		take(stories.KeyAssignees)
	}
	if wants(stories.KeyParent, s.Parent != "") && able(a.Parent, stories.KeyParent) {
		parent := stories.ItemID(t.platform, s.Parent)
		f.Parent = &parent
		take(stories.KeyParent)
	}
	return c
}

// along gives labels the status and the priority that they go with: trackers
// without fields for those have them among the labels, of which the story may
// not know.
func (t terms) along(s stories.Story, f *workers.Fields) {
	if status, ok := stories.StatusOf(s.Status); ok && f.Status == nil && t.permissions.UpdateStatus {
		f.Status, f.State = &status, t.statuses.Out[status]
	}
	if priority := strings.ToUpper(s.Priority); f.Priority == nil && t.abilities.Priority && isPriority(priority) {
		f.Priority = &priority
	}
}

// isPriority reports whether a word is P0 to P4, or none.
func isPriority(p string) bool {
	return p == "" || len(p) == 2 && p[0] == 'P' && p[1] >= '0' && p[1] <= '4'
}

// text is Markdown of a story in the tracker's own language.
func (t terms) text(md string) *workers.Text {
	return &workers.Text{Raw: markup.Render(md, t.abilities.Markup), Markup: t.abilities.Markup}
}

// comments are those that a person wrote in the story, or changed there.
func (t terms) comments(s stories.Story, source, number string, p *planned) {
	for _, id := range s.Removed {
		p.skip("comment %s was taken out of the story; the item keeps it", workers.Show(id))
	}
	for _, c := range s.Comments {
		if !c.Changed || strings.TrimSpace(c.Text) == "" {
			continue
		}
		w := change{sum: c.Sum, raw: c.Raw, text: c.Text, write: workers.Write{
			Source: source, Number: number, Comment: &workers.CommentWrite{ID: c.ID, Body: *t.text(c.Text)},
		}}
		if c.ID != "" { // of others it matters little what else has changed
			w.write.Version = s.Version
		}
		if denied := t.permissions.reduce(&w); len(denied) > 0 {
			p.skip("not allowed by the profile: %s", strings.Join(denied, ", "))
			continue
		}
		if r := t.refusalOf(commentField, valueOf(w.write.Comment)); r != nil {
			p.notes = append(p.notes, note{Refused, r.Message})
			continue
		}
		p.writes = append(p.writes, w)
	}
}

// known leaves out what the tracker has refused already, of an item that has not
// changed since.
func (t terms) known(c *change, version string, p *planned) {
	for _, name := range fieldNames {
		v := fieldValue(c.write.Fields, name)
		if v == nil {
			continue
		}
		if r := t.refusalOf(name, valueOf(v)); r != nil && r.Version == version {
			p.notes = append(p.notes, note{Refused, r.Message})
			c.drop(name)
		}
	}
	if r := t.refusalOf("", valueOf(c.write.Fields)); r != nil && r.Version == version {
		p.notes = append(p.notes, note{Refused, r.Message})
		c.write.Fields, c.keys = workers.Fields{}, nil
	}
}

func (t terms) refusalOf(field, value string) *refusal {
	for i := range t.refused {
		if r := &t.refused[i]; r.Field == field && r.Value == value {
			return r
		}
	}
	return nil
}

// said is what a change does, for people.
func (c change) said() string {
	switch {
	case c.write.Comment != nil && c.write.Comment.ID != "":
		return "comment changed"
	case c.write.Comment != nil:
		return "comment added"
	case c.write.Number == "":
		return ""
	}
	keys := c.keys
	if c.based && (c.body || !slices.Contains(keys, stories.KeyCriteria)) {
		keys = slices.Insert(slices.Clone(keys), slices.Index(keys, stories.KeyTitle)+1, stories.KeyBody)
	}
	return strings.ToLower(names(keys))
}

// plainTitle is a title of a story as plain text: [markup.Title] undone.
func plainTitle(title string) string {
	return html.UnescapeString(escaped.ReplaceAllString(title, "$1"))
}

var escaped = lazyregexp.New("\\\\([!-/:-@\\[-`{-~])")

func refusedDetail(e *workers.RefusedError, clean func(string) string) string {
	return clean(jobs.Printable(e.Error()))
}
