package syncer

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/stories"
)

var statuses = []workers.ItemStatus{workers.StatusOpen, workers.StatusInProgress, workers.StatusCompleted}

func pick[T any](rnd *rand.Rand, all []T) T { return all[rnd.IntN(len(all))] }

func list(all []string) string { return strings.Join(all, ", ") }

// bodyText is a description; criteria are a part of it where the tracker has no
// field for them.
func (w *world) bodyText(criteria []string) string {
	text := "As a user I want " + w.mint("b") + ".\n\n- point one\n- *point* two"
	if len(criteria) > 0 && !w.t.able.Criteria {
		text = stories.WithCriteria(text, criteria)
	}
	return text
}

func (w *world) newCriteria() []string {
	all := []string{w.mint("c") + " works"}
	if w.rnd.IntN(2) == 0 {
		all = append(all, "it lasts")
	}
	return all
}

func itemCriteria(i *issue) []string { return stories.Criteria(i.Body.Raw, i.Criteria.Raw) }

// field is something that somebody changes.
type field string

// fieldsOfItems are what somebody changes at the tracker, the more often the
// more often it is here.
var fieldsOfItems = []field{
	"title", "title", "title", "body", "body", "body", "criteria", "criteria", "status", "status", "status", "priority", "priority",
	"labels", "labels", "people", "people", "gone", "comment", "comment", "remark",
}

// contested are what both sides change at once.
var contested = []field{"title", "body", "criteria", "status", "priority", "labels", "people", "comment", "remark"}

// editItem is somebody at the tracker.
func (w *world) editItem() {
	var alive []*issue
	for _, i := range w.t.items {
		if !i.gone {
			alive = append(alive, i)
		}
	}
	if len(alive) == 0 || w.rnd.IntN(8) == 0 && len(w.t.items) < 8 {
		w.newItem()
		return
	}
	i := pick(w.rnd, alive)
	if last := w.t.lastWritten(); last != nil && w.rnd.IntN(2) == 0 { // of which it may not be known how it is
		i = last
	}
	w.changeItem(i, pick(w.rnd, fieldsOfItems))
}

func (w *world) newItem() {
	t := w.t
	i := t.make(w.mint("t") + " of theirs")
	var criteria []string
	if w.rnd.IntN(2) == 0 {
		criteria = w.newCriteria()
		if t.able.Criteria {
			i.Criteria = workers.Text{Raw: stories.CriteriaText(criteria), Markup: workers.Markdown}
		}
	}
	i.Body.Raw = w.bodyText(criteria)
	w.own(i.ID, i.Title, i.Body.Raw, i.Criteria.Raw)
	w.say("there: %s is made: %s", i.Number, i.Title)
}

func (w *world) changeItem(i *issue, what field) {
	t := w.t
	t.touch(i)
	switch what {
	case "title":
		title := w.mint("t") + " of theirs"
		w.over(title, i.Title)
		i.Title = title
	case "body":
		text := w.bodyText(itemCriteria(i))
		w.over(token.FindString(text), bodyOnly(i.Body.Raw))
		i.Body.Raw = text
	case "criteria":
		criteria := w.newCriteria()
		w.over(criteria[0], list(itemCriteria(i)))
		if t.able.Criteria {
			i.Criteria = workers.Text{Raw: stories.CriteriaText(criteria), Markup: workers.Markdown}
		} else {
			i.Body.Raw = stories.WithCriteria(i.Body.Raw, criteria)
		}
	case "status", "priority", "labels":
		w.changeLabels(i, what)
	case "people":
		who := w.mint("a")
		w.over(who, list(i.Assignees))
		i.Assignees = []string{who}
	case "gone":
		i.gone = true
	case "remark":
		if len(i.Comments) == 0 {
			break
		}
		c := &i.Comments[w.rnd.IntN(len(i.Comments))]
		text := w.mint("m") + " they say now"
		w.over(text, c.Body.Raw)
		c.Body.Raw, c.Updated = text, i.Updated
		w.own(i.ID, text)
	default:
		text := w.mint("m") + " they say"
		t.comment(i, "someone", text, "")
		w.own(i.ID, text)
	}
	w.own(i.ID, i.Title, i.Body.Raw, i.Criteria.Raw, list(i.Labels), list(i.Assignees))
	w.say("there: %s of %s: %s | %s | %s | %s | %v %v", what, i.Number, i.Title, token.FindAllString(i.Body.Raw, -1), i.Status, i.Priority, i.Labels, i.Assignees)
}

// changeLabels changes labels, or what may be said by them.
func (w *world) changeLabels(i *issue, what field) {
	t := w.t
	labels := slices.Clone(i.Labels)
	if what == "labels" {
		label := w.mint("l")
		w.over(label, list(i.Labels))
		labels = []string{label}
		if w.rnd.IntN(2) == 0 && !t.byLabels {
			labels = append(labels, "web")
		}
	}
	status, priority := pick(w.rnd, statuses), pick(w.rnd, []string{"", "P0", "P1", "P2"})
	switch {
	case t.byLabels:
		labels, err := workers.Fields{Status: &status, Priority: &priority}.Relabel(labels)
		w.check(err)
		t.label(i, status == workers.StatusCompleted, labels)
	case what == "status":
		i.Status = status
		i.State = map[workers.ItemStatus]string{workers.StatusOpen: "open", workers.StatusInProgress: "doing", workers.StatusCompleted: "closed"}[i.Status]
	case what == "priority":
		i.Priority = priority
	default:
		i.Labels = labels
	}
}

// bodyOnly is a description without the criteria in it.
func bodyOnly(text string) string {
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(stories.WithCriteria(text, nil)), "### Acceptance Criteria"))
}
