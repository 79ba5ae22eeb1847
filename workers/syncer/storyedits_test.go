package syncer

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/specweave/specweave/workers/stories"
	"github.com/specweave/specweave/workers/stories/storytest"
)

// fieldsOfStories are what a person changes here, the more often the more often
// it is here.
var fieldsOfStories = []field{
	"title", "title", "title", "body", "body", "body", "criteria", "criteria", "status", "status", "status", "priority", "priority",
	"labels", "labels", "people", "gone", "comment", "comment", "remark", "place", "metadata",
}

// editStory is a person here.
func (w *world) editStory() {
	files, err := storytest.Files(w.project)
	w.check(err)
	if len(files) == 0 || w.rnd.IntN(8) == 0 && len(files) < 8 {
		w.newStory()
		return
	}
	f := pick(w.rnd, files)
	if last := w.lastSent(files); last >= 0 && w.rnd.IntN(2) == 0 { // of which it may not be known whether it came
		f = files[last]
	}
	if f.Section("Import Conflicts") != "" && w.rnd.IntN(3) > 0 {
		w.settle(&f)
		return
	}
	w.changeStory(f, pick(w.rnd, fieldsOfStories))
}

// lastSent is the index of the story that was written to the tracker last; -1
// if it is not there.
func (w *world) lastSent(files []storytest.File) int {
	last := w.t.last
	return slices.IndexFunc(files, func(f storytest.File) bool {
		if last.Number != "" {
			return stories.ItemNumber(f.ID()) == last.Number
		}
		return f.ID() == "" && last.Fields.Title != nil && f.Title() == *last.Fields.Title
	})
}

func (w *world) changeStory(f storytest.File, what field) {
	was := f.Text
	switch what {
	case "title":
		title := w.mint("t") + " of ours"
		w.over(title, f.Title())
		f.SetTitle(title)
	case "body":
		old := f.Section("Description")
		text := w.bodyText(nil)
		w.over(token.FindString(text), bodyOnly(old))
		if !w.t.able.Criteria { // which the text has as well
			text = strings.Replace(stories.WithCriteria(text, stories.Criteria(old, "")), "\n## ", "\n### ", 1)
		}
		f.SetSection("Description", text)
	case "criteria":
		criteria := w.newCriteria()
		w.over(criteria[0], list(f.Criteria()))
		f.SetCriteria(criteria)
	case "status":
		f.SetStatus(string(pick(w.rnd, statuses)))
	case "priority":
		f.SetPriority(pick(w.rnd, []string{"", "P0", "P1", "P2"}))
	case "labels":
		label := w.mint("l")
		w.over(label, list(f.List("Labels")))
		f.SetList("Labels", []string{label, "api"})
	case "people":
		who := w.mint("a")
		w.over(who, list(f.List("Assignees")))
		f.SetList("Assignees", []string{who})
	case "gone":
		w.passOn(f.Path, cmp.Or(f.ID(), f.Path))
		w.deleted[cmp.Or(f.ID(), f.Path)] = true
		maps.Copy(w.excused, w.knows(f.Text))
		w.check(os.Remove(f.Path))
		w.say("here: %s %s is deleted", f.ID(), filepath.Base(f.Path))
		return
	case "place":
		w.move(f)
		return
	case "metadata":
		w.editMetadata(&f)
	case "remark":
		if !commentLine.MatchString(f.Section("Comments")) {
			return
		}
		text := w.mint("m") + " we say now"
		was := pick(w.rnd, commentLine.FindAllString(f.Section("Comments"), -1))
		w.over(text, was)
		f.SetSection("Comments", strings.Replace(f.Section("Comments"), was, text, 1))
	default:
		text := w.mint("m") + " we say"
		f.Comment(text)
	}
	w.save(f)
	w.say("here: %s of %s %s: %s", what, f.ID(), filepath.Base(f.Path), changes(was, f.Text))
}

// move gives a story's file another name or another folder, and its number stays:
// by name or by number and folder it is the same.
func (w *world) move(f storytest.File) {
	w.tokens++
	dir, name := filepath.Split(f.Path)
	if number := storyNumber.FindString(name); strings.HasSuffix(number, "e") && w.rnd.IntN(2) == 0 || strings.ContainsAny(number[len(number)-1:], "02468") {
		dir = filepath.Join(filepath.Dir(filepath.Clean(dir)), fmt.Sprintf("FS-%03d", 100+w.rnd.IntN(3)))
		w.check(os.MkdirAll(dir, 0o700))
	} else {
		name = fmt.Sprintf("%s-moved-%d.md", storyNumber.FindString(name), w.tokens)
	}
	to := filepath.Join(dir, name)
	if _, err := os.Lstat(to); err == nil {
		return
	}
	w.check(os.Rename(f.Path, to))
	w.passOn(f.Path, to)
	w.say("here: %s %s is moved to %s", f.ID(), filepath.Base(f.Path), to[len(w.project):])
}

// passOn makes tokens another's.
func (w *world) passOn(from, to string) {
	for t, owner := range w.owner {
		if owner == from {
			w.owner[t] = to
		}
	}
}

var storyNumber = regexp.MustCompile(`^us-\d+e?`)

// editMetadata is a person in lines that are not theirs, or who empties one that is.
func (w *world) editMetadata(f *storytest.File) {
	switch w.rnd.IntN(6) {
	case 0:
		f.SetLine("Content Hash", "")
	case 1:
		f.SetLine("Content Hash", "0123456789abcdef")
	case 2:
		f.SetLine("Updated At", "")
	case 3:
		f.SetLine("External URL", "https://gitea.test/elsewhere")
	case 4:
		maps.Copy(w.excused, w.knows(f.List("Labels")...))
		f.SetList("Labels", nil)
	default:
		maps.Copy(w.excused, w.knows(f.List("Assignees")...))
		f.SetList("Assignees", nil)
	}
}

// changes are the tokens that a text has and another had not.
func changes(was, now string) string {
	old := token.FindAllString(was, -1)
	fresh := slices.DeleteFunc(token.FindAllString(now, -1), func(t string) bool { return slices.Contains(old, t) })
	status := func(s string) string {
		f := storytest.File{Text: s}
		return f.Status() + " " + f.Priority()
	}
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

func (w *world) save(f storytest.File) {
	if id := f.ID(); id != "" {
		w.own(id, f.Text)
	} else {
		w.own(f.Path, f.Text)
	}
	w.check(os.WriteFile(f.Path, []byte(f.Text), 0o600))
	w.check(os.Chtimes(f.Path, w.now, w.now))
}

func (w *world) newStory() {
	n := w.tokens + 500
	dir := filepath.Join(w.project, filepath.FromSlash(stories.Dir), "FS-001")
	w.check(os.MkdirAll(dir, 0o700))
	title := w.mint("t") + " of ours"
	text := fmt.Sprintf("# US-%d: %s\n\n**Status**: %s\n\n## Description\n\n%s\n", n, title, pick(w.rnd, statuses), w.bodyText(nil))
	f := storytest.File{Path: filepath.Join(dir, fmt.Sprintf("us-%d-story.md", n)), Text: text}
	if w.rnd.IntN(2) == 0 {
		f.SetCriteria(w.newCriteria())
	}
	if w.rnd.IntN(4) == 0 {
		text := w.mint("m") + " we say"
		f.Comment(text)
	}
	if w.rnd.IntN(4) == 0 {
		f.SetList("Labels", []string{w.mint("l"), "api"})
	}
	if w.rnd.IntN(4) == 0 {
		f.SetList("Assignees", []string{w.mint("a")})
	}
	w.written[token.FindString(title)] = true
	w.save(f)
	w.say("here: %s is made: %s", filepath.Base(f.Path), title)
}

// settle is a person who has seen what the source says, and keeps or replaces
// what the story has.
func (w *world) settle(f *storytest.File) {
	theirs := f.Section("Import Conflicts")
	values := map[string]string{
		"m": f.Section("Comments"), "t": f.Title(), "b": bodyOnly(f.Section("Description")), "c": list(f.Criteria()), "l": list(f.List("Labels")), "a": list(f.List("Assignees")),
	}
	for _, t := range token.FindAllString(theirs, -1) {
		if token.FindString(values[t[:1]]) == "" { // emptied, and kept so
			maps.Copy(w.excused, w.knows(t))
		}
		for _, mine := range token.FindAllString(values[t[:1]], -1) {
			if mine != t {
				w.seen[mine] = append(w.seen[mine], t)
			}
		}
	}
	f.SetSection("Import Conflicts", "")
	w.save(*f)
	w.say("here: %s is settled; it showed %v", f.ID(), token.FindAllString(theirs, -1))
}
