package syncertest

import (
	"regexp"
	"slices"
	"strings"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/markup"
	"github.com/specweave/specweave/workers/providertest"
	"github.com/specweave/specweave/workers/stories"
	"github.com/specweave/specweave/workers/stories/storytest"
)

// state is what a story and its item both say, in Markdown. Labels are without
// those that stand for the status and the priority.
type state struct {
	Title     string
	Body      string // without criteria
	Criteria  []string
	Status    workers.ItemStatus
	Priority  string
	Labels    []string
	Assignees []string
	Parent    string // as stories write it
	Comments  []string
}

// here is what the story of item n says.
func (r *rig) here(n int64) state {
	r.Helper()
	f := r.file(n)
	s := state{
		Title: f.Title(), Criteria: f.Criteria(), Status: workers.ItemStatus(f.Status()), Priority: f.Priority(),
		Labels: plain(f.List("Labels")), Assignees: f.List("Assignees"), Parent: f.Line("Parent ID"),
	}
	if s.Body = bare(f.Section("Description")); s.Body == "No description provided." {
		s.Body = ""
	}
	for _, part := range remarkHead.Split("\n"+f.Section("Comments"), -1)[1:] {
		s.Comments = append(s.Comments, strings.TrimSpace(part))
	}
	return s
}

var remarkHead = regexp.MustCompile(`\n### (?:New comment|.*, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\n`)

// there is what item n says, to who reads it anew. Markdown is as it is there.
func (r *rig) there(n int64) state {
	r.Helper()
	i, err := r.writer().Item(r.Context(), workers.ItemQuery{Source: r.vendor.Source, Comments: true}, r.number(n))
	r.check(err)
	text := func(t workers.Text) string {
		if t.Markup == workers.Markdown {
			return t.Raw
		}
		return markup.Markdown(t)
	}
	body := text(i.Body)
	s := state{
		Title: i.Title, Body: bare(body), Criteria: stories.Criteria(body, text(i.Criteria)), Status: i.Status, Priority: i.Priority,
		Labels: plain(i.Labels), Assignees: slices.Sorted(slices.Values(i.Assignees)), Parent: stories.ExternalID(i.Platform, i.Parent),
	}
	for _, c := range i.Comments {
		s.Comments = append(s.Comments, text(c.Body))
	}
	return s
}

// bare is a text without criteria.
func bare(text string) string {
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(stories.WithCriteria(text, nil)), "### Acceptance Criteria"))
}

func plain(labels []string) []string {
	labels = slices.DeleteFunc(slices.Clone(labels), func(l string) bool { return l == "in-progress" || workers.PriorityOf([]string{l}) != "" })
	slices.Sort(labels)
	return labels
}

// edit is a person here, who makes of a story what says want instead of was.
func edit(f *storytest.File, was, want state) {
	if was.Title != want.Title {
		f.SetTitle(want.Title)
	}
	if was.Body != want.Body {
		f.SetSection("Description", strings.Replace(f.Section("Description"), was.Body, want.Body, 1))
	}
	if !slices.Equal(was.Criteria, want.Criteria) {
		f.SetCriteria(want.Criteria)
	}
	if was.Status != want.Status {
		f.SetStatus(string(want.Status))
	}
	if was.Priority != want.Priority {
		f.SetPriority(want.Priority)
	}
	if !slices.Equal(was.Labels, want.Labels) {
		f.SetList("Labels", want.Labels)
	}
	if !slices.Equal(was.Assignees, want.Assignees) {
		f.SetList("Assignees", want.Assignees)
	}
	if was.Parent != want.Parent {
		f.SetLine("Parent ID", want.Parent)
	}
	for n, c := range want.Comments {
		switch {
		case n >= len(was.Comments):
			f.Comment(c)
		case c != was.Comments[n]:
			f.SetSection("Comments", strings.Replace(f.Section("Comments"), was.Comments[n], c, 1))
		}
	}
}

// put is somebody there, who makes of item n what says want instead of was.
func (r *rig) put(n int64, was, want state) {
	r.Helper()
	text := func(md string) string { return markup.Render(md, r.able.Markup) }
	labels := want.Labels
	if r.labelled() {
		var err error
		labels, err = workers.Fields{Status: &want.Status, Priority: &want.Priority}.Relabel(labels)
		r.check(err)
	}
	var parent int64
	for _, i := range r.world.Issues(nil) {
		if strings.EqualFold(r.id(i.Number), want.Parent) {
			parent = i.Number
		}
	}
	now, ids := r.world.Now(), make([]string, len(want.Comments))
	for n := range ids {
		ids[n] = r.world.NewID()
	}
	r.world.Edit(n, func(i *providertest.Issue) {
		i.Title, i.Labels, i.Priority, i.Assignees, i.Parent = want.Title, labels, want.Priority, want.Assignees, parent
		i.Started = want.Status == workers.StatusInProgress
		i.Close(want.Status == workers.StatusCompleted, now)
		sameCriteria, sameBody := slices.Equal(was.Criteria, want.Criteria), was.Body == want.Body
		if r.able.Criteria && !sameCriteria {
			i.Criteria = text(stories.CriteriaText(want.Criteria))
		}
		switch {
		case r.able.Criteria && !sameBody:
			i.Body = text(want.Body)
		case !r.able.Criteria && (!sameBody || !sameCriteria):
			i.Body = text(stories.WithCriteria(want.Body, want.Criteria))
		}
		for n, c := range want.Comments {
			switch {
			case n >= len(was.Comments):
				i.Comments = append(i.Comments, providertest.Comment{ID: ids[n], Author: "ann", Created: now, Body: text(c)})
			case c != was.Comments[n]:
				i.Comments[n].Body, i.Comments[n].Updated = text(c), now
			}
		}
	})
}

// labelled reports whether labels of the tracker stand for status and priority.
func (r *rig) labelled() bool {
	return slices.Contains([]string{"github", "gitlab", "gitea"}, r.vendor.Platform)
}
