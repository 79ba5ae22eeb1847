package syncer

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
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

// editItem is somebody at the tracker.
func (w *world) editItem() {
	t := w.t
	var alive []*issue
	for _, i := range t.items {
		if !i.gone {
			alive = append(alive, i)
		}
	}
	if len(alive) == 0 || w.rnd.IntN(8) == 0 && len(t.items) < 8 {
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
		return
	}
	i := pick(w.rnd, alive)
	what := w.rnd.IntN(21)
	if what < 18 {
		t.touch(i)
	}
	switch {
	case what < 3:
		title := w.mint("t") + " of theirs"
		w.over(title, i.Title)
		i.Title = title
	case what < 6:
		text := w.bodyText(itemCriteria(i))
		w.over(token.FindString(text), bodyOnly(i.Body.Raw))
		i.Body.Raw = text
	case what < 8:
		criteria := w.newCriteria()
		w.over(criteria[0], list(itemCriteria(i)))
		if t.able.Criteria {
			i.Criteria = workers.Text{Raw: stories.CriteriaText(criteria), Markup: workers.Markdown}
		} else {
			i.Body.Raw = stories.WithCriteria(i.Body.Raw, criteria)
		}
	case what < 15 && t.byLabels:
		labels := slices.Clone(i.Labels)
		if what >= 13 {
			label := w.mint("l")
			w.over(label, list(i.Labels))
			labels = []string{label}
		}
		status, priority := pick(w.rnd, statuses), pick(w.rnd, []string{"", "P0", "P1", "P2"})
		labels, err := workers.Fields{Status: &status, Priority: &priority}.Relabel(labels)
		w.check(err)
		t.label(i, status == workers.StatusCompleted, labels)
	case what < 11:
		i.Status = pick(w.rnd, statuses)
		i.State = map[workers.ItemStatus]string{workers.StatusOpen: "open", workers.StatusInProgress: "doing", workers.StatusCompleted: "closed"}[i.Status]
	case what < 13:
		i.Priority = pick(w.rnd, []string{"", "P0", "P1", "P2"})
	case what < 15:
		label := w.mint("l")
		w.over(label, list(i.Labels))
		i.Labels = []string{label}
		if w.rnd.IntN(2) == 0 {
			i.Labels = append(i.Labels, "web")
		}
	case what < 17:
		who := w.mint("a")
		w.over(who, list(i.Assignees))
		i.Assignees = []string{who}
	case what < 18:
		i.gone = true
	case what == 20 && len(i.Comments) > 0:
		t.touch(i)
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
	w.say("there: edit %d of %s: %s | %s | %s | %s | %v %v", what, i.Number, i.Title, token.FindAllString(i.Body.Raw, -1), i.Status, i.Priority, i.Labels, i.Assignees)
}

// bodyOnly is a description without the criteria in it.
func bodyOnly(text string) string {
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(stories.WithCriteria(text, nil)), "### Acceptance Criteria"))
}

// editStory is a person here.
func (w *world) editStory() {
	files, err := storyFiles(w.project)
	w.check(err)
	if len(files) == 0 || w.rnd.IntN(8) == 0 && len(files) < 8 {
		w.newStory()
		return
	}
	f := pick(w.rnd, files)
	if f.section("Import Conflicts") != "" && w.rnd.IntN(3) > 0 {
		w.settle(&f)
		return
	}
	was := f.text
	what := w.rnd.IntN(20)
	switch {
	case what < 3:
		title := w.mint("t") + " of ours"
		w.over(title, f.title())
		f.setTitle(title)
	case what < 6:
		old := f.section("Description")
		text := w.bodyText(nil)
		w.over(token.FindString(text), bodyOnly(old))
		if !w.t.able.Criteria { // which the text has as well
			text = strings.Replace(stories.WithCriteria(text, stories.Criteria(old, "")), "\n## ", "\n### ", 1)
		}
		f.set("Description", text)
	case what < 8:
		criteria := w.newCriteria()
		w.over(criteria[0], list(f.criteria()))
		f.setCriteria(criteria)
	case what < 11:
		f.setStatus(string(pick(w.rnd, statuses)))
	case what < 13:
		f.setPriority(pick(w.rnd, []string{"", "P0", "P1", "P2"}))
	case what < 15:
		if f.id() == "" {
			return
		}
		label := w.mint("l")
		w.over(label, list(f.labels()))
		f.setList(labelsLine, "Labels", []string{label, "api"})
	case what < 16:
		if f.id() == "" {
			return
		}
		who := w.mint("a")
		w.over(who, list(f.people()))
		f.setList(peopleLine, "Assignees", []string{who})
	case what < 17:
		if f.id() == "" {
			return
		}
		w.deleted[f.id()] = true
		maps.Copy(w.excused, w.knows(f.text))
		w.check(os.Remove(f.path))
		w.say("here: %s is deleted", f.id())
		return
	case what == 19 && commentLine.MatchString(f.section("Comments")):
		text := w.mint("m") + " we say now"
		was := pick(w.rnd, commentLine.FindAllString(f.section("Comments"), -1))
		w.over(text, was)
		f.set("Comments", strings.Replace(f.section("Comments"), was, text, 1))
	default:
		text := w.mint("m") + " we say"
		f.comment(text)
	}
	w.save(f)
	w.say("here: edit %d of %s %s: %s", what, f.id(), filepath.Base(f.path), changes(was, f.text))
}

// changes are the tokens that a text has and another had not.
func changes(was, now string) string {
	old := token.FindAllString(was, -1)
	fresh := slices.DeleteFunc(token.FindAllString(now, -1), func(t string) bool { return slices.Contains(old, t) })
	status := func(s string) string { return first(statusLine, s) + " " + first(priorityLine, s) }
	return fmt.Sprint(fresh, " ", status(was), " -> ", status(now))
}

// own notes whose new tokens are.
func (w *world) own(id string, values ...string) {
	for _, v := range values {
		for _, t := range token.FindAllString(v, -1) {
			if w.owner[t] == "" {
				w.owner[t] = id
			}
		}
	}
}

func (w *world) save(f storyFile) {
	if id := f.id(); id != "" {
		w.own(id, f.text)
	} else {
		w.own(f.path, f.text)
	}
	w.check(os.WriteFile(f.path, []byte(f.text), 0o600))
	w.check(os.Chtimes(f.path, w.now, w.now))
}

func (w *world) newStory() {
	if os.Getenv("NONEW") != "" {
		return
	}
	n := w.tokens + 500
	dir := filepath.Join(w.project, filepath.FromSlash(stories.Dir), "FS-001")
	w.check(os.MkdirAll(dir, 0o700))
	title := w.mint("t") + " of ours"
	text := fmt.Sprintf("# US-%d: %s\n\n**Status**: %s\n\n## Description\n\n%s\n", n, title, pick(w.rnd, statuses), w.bodyText(nil))
	f := storyFile{filepath.Join(dir, fmt.Sprintf("us-%d-story.md", n)), text}
	if w.rnd.IntN(2) == 0 {
		f.setCriteria(w.newCriteria())
	}
	if w.rnd.IntN(4) == 0 {
		text := w.mint("m") + " we say"
		f.comment(text)
	}
	w.written[token.FindString(title)] = true
	w.save(f)
	w.say("here: %s is made: %s", filepath.Base(f.path), title)
}

// settle is a person who has seen what the source says, and keeps or replaces
// what the story has.
func (w *world) settle(f *storyFile) {
	theirs := f.section("Import Conflicts")
	values := map[string]string{
		"m": f.section("Comments"), "t": f.title(), "b": bodyOnly(f.section("Description")), "c": list(f.criteria()), "l": list(f.labels()), "a": list(f.people()),
	}
	for _, t := range token.FindAllString(theirs, -1) {
		for _, mine := range token.FindAllString(values[t[:1]], -1) {
			if mine != t {
				w.seen[mine] = append(w.seen[mine], t)
			}
		}
	}
	f.set("Import Conflicts", "")
	w.save(*f)
	w.say("here: %s is settled; it showed %v", f.id(), token.FindAllString(theirs, -1))
}
