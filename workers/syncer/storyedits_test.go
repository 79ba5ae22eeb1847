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
)

// fieldsOfStories are what a person changes here, the more often the more often
// it is here.
var fieldsOfStories = []field{
	"title", "title", "title", "body", "body", "body", "criteria", "criteria", "status", "status", "status", "priority", "priority",
	"labels", "labels", "people", "gone", "comment", "comment", "remark", "place", "metadata",
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
	if last := w.lastSent(files); last >= 0 && w.rnd.IntN(2) == 0 { // of which it may not be known whether it came
		f = files[last]
	}
	if f.section("Import Conflicts") != "" && w.rnd.IntN(3) > 0 {
		w.settle(&f)
		return
	}
	w.changeStory(f, pick(w.rnd, fieldsOfStories))
}

// lastSent is the index of the story that was written to the tracker last; -1
// if it is not there.
func (w *world) lastSent(files []storyFile) int {
	last := w.t.last
	return slices.IndexFunc(files, func(f storyFile) bool {
		if last.Number != "" {
			return stories.ItemNumber(f.id()) == last.Number
		}
		return f.id() == "" && last.Fields.Title != nil && f.title() == *last.Fields.Title
	})
}

func (w *world) changeStory(f storyFile, what field) {
	was := f.text
	switch what {
	case "title":
		title := w.mint("t") + " of ours"
		w.over(title, f.title())
		f.setTitle(title)
	case "body":
		old := f.section("Description")
		text := w.bodyText(nil)
		w.over(token.FindString(text), bodyOnly(old))
		if !w.t.able.Criteria { // which the text has as well
			text = strings.Replace(stories.WithCriteria(text, stories.Criteria(old, "")), "\n## ", "\n### ", 1)
		}
		f.set("Description", text)
	case "criteria":
		criteria := w.newCriteria()
		w.over(criteria[0], list(f.criteria()))
		f.setCriteria(criteria)
	case "status":
		f.setStatus(string(pick(w.rnd, statuses)))
	case "priority":
		f.setPriority(pick(w.rnd, []string{"", "P0", "P1", "P2"}))
	case "labels":
		label := w.mint("l")
		w.over(label, list(f.labels()))
		f.setList(labelsLine, "Labels", []string{label, "api"})
	case "people":
		who := w.mint("a")
		w.over(who, list(f.people()))
		f.setList(peopleLine, "Assignees", []string{who})
	case "gone":
		w.passOn(f.path, cmp.Or(f.id(), f.path))
		w.deleted[cmp.Or(f.id(), f.path)] = true
		maps.Copy(w.excused, w.knows(f.text))
		w.check(os.Remove(f.path))
		w.say("here: %s %s is deleted", f.id(), filepath.Base(f.path))
		return
	case "place":
		w.move(f)
		return
	case "metadata":
		w.editMetadata(&f)
	case "remark":
		if !commentLine.MatchString(f.section("Comments")) {
			return
		}
		text := w.mint("m") + " we say now"
		was := pick(w.rnd, commentLine.FindAllString(f.section("Comments"), -1))
		w.over(text, was)
		f.set("Comments", strings.Replace(f.section("Comments"), was, text, 1))
	default:
		text := w.mint("m") + " we say"
		f.comment(text)
	}
	w.save(f)
	w.say("here: %s of %s %s: %s", what, f.id(), filepath.Base(f.path), changes(was, f.text))
}

// move gives a story's file another name or another folder, and its number stays:
// by name or by number and folder it is the same.
func (w *world) move(f storyFile) {
	w.tokens++
	dir, name := filepath.Split(f.path)
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
	w.check(os.Rename(f.path, to))
	w.passOn(f.path, to)
	w.say("here: %s %s is moved to %s", f.id(), filepath.Base(f.path), to[len(w.project):])
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
func (w *world) editMetadata(f *storyFile) {
	switch w.rnd.IntN(6) {
	case 0:
		f.text = hashLine.ReplaceAllString(f.text, "")
	case 1:
		f.text = hashLine.ReplaceAllString(f.text, "- **Content Hash**: 0123456789abcdef\n")
	case 2:
		f.text = updatedLine.ReplaceAllString(f.text, "")
	case 3:
		f.text = urlLine.ReplaceAllString(f.text, "- **External URL**: https://gitea.test/elsewhere")
	case 4:
		maps.Copy(w.excused, w.knows(f.labels()...))
		f.setList(labelsLine, "Labels", nil)
	default:
		maps.Copy(w.excused, w.knows(f.people()...))
		f.setList(peopleLine, "Assignees", nil)
	}
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
	if w.rnd.IntN(4) == 0 {
		f.setList(labelsLine, "Labels", []string{w.mint("l"), "api"})
	}
	if w.rnd.IntN(4) == 0 {
		f.setList(peopleLine, "Assignees", []string{w.mint("a")})
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
		if token.FindString(values[t[:1]]) == "" { // emptied, and kept so
			maps.Copy(w.excused, w.knows(t))
		}
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
