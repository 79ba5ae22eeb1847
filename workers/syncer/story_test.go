package syncer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// storyFile is a story as a person sees and edits it, read without package
// stories.
type storyFile struct{ path, text string }

// storyFiles are all files of stories of a project.
func storyFiles(project string) (all []storyFile, err error) {
	root := filepath.Join(project, ".specweave", "docs")
	err = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasPrefix(d.Name(), "us-") {
			return err
		}
		data, err := os.ReadFile(path)
		all = append(all, storyFile{path, string(data)})
		return err
	})
	if os.IsNotExist(err) {
		err = nil
	}
	return all, err
}

var (
	idLine       = regexp.MustCompile(`(?m)^- \*\*External ID\*\*: (.+)$`)
	titleHead    = regexp.MustCompile(`(?m)^# (US-\d+E?): (.*)$`)
	statusLine   = regexp.MustCompile(`(?m)^\*\*Status\*\*: (.*)$`)
	priorityLine = regexp.MustCompile(`(?m)^\*\*Priority\*\*: (.*)\n`)
	labelsLine   = regexp.MustCompile(`(?m)^- \*\*Labels\*\*: (.*)\n`)
	peopleLine   = regexp.MustCompile(`(?m)^- \*\*Assignees\*\*: (.*)\n?`)
	updatedLine  = regexp.MustCompile(`(?m)^- \*\*Updated At\*\*: (.*)\n`)
	hashLine     = regexp.MustCompile(`(?m)^- \*\*Content Hash\*\*: (.*)\n?`)
	urlLine      = regexp.MustCompile(`(?m)^- \*\*External URL\*\*: (.*)$`)
	criterionRow = regexp.MustCompile(`(?m)^- \[[ x]\] \*\*AC-[^*]*\*\*: (.*)$`)
)

func first(re *regexp.Regexp, s string) string {
	if m := re.FindStringSubmatch(s); m != nil {
		return m[len(m)-1]
	}
	return ""
}

func (f *storyFile) id() string       { return first(idLine, f.text) }
func (f *storyFile) title() string    { return first(titleHead, f.text) }
func (f *storyFile) status() string   { return first(statusLine, f.text) }
func (f *storyFile) priority() string { return first(priorityLine, f.text) }
func (f *storyFile) labels() []string { return listIn(first(labelsLine, f.text)) }
func (f *storyFile) people() []string { return listIn(first(peopleLine, f.text)) }

func listIn(s string) []string {
	var all []string
	for name := range strings.SplitSeq(s, ",") {
		if name = strings.TrimSpace(name); name != "" {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// bounds are where the text of a section is.
func (f *storyFile) bounds(heading string) (start, end int, ok bool) {
	at := strings.Index(f.text, "\n## "+heading+"\n")
	if at < 0 {
		return 0, 0, false
	}
	start = at + len("\n## "+heading+"\n")
	end = len(f.text)
	for _, next := range []string{"\n## ", "\n---\n\n## External"} {
		if n := strings.Index(f.text[start:], next); n >= 0 && start+n < end {
			end = start + n
		}
	}
	return start, end, true
}

func (f *storyFile) section(heading string) string {
	start, end, ok := f.bounds(heading)
	if !ok {
		return ""
	}
	return strings.TrimSpace(f.text[start:end])
}

// set replaces a section, adds it, or takes it away.
func (f *storyFile) set(heading, text string) {
	start, end, ok := f.bounds(heading)
	switch {
	case ok && text == "":
		f.text = strings.TrimRight(f.text[:start-len("\n## "+heading+"\n")], "\n") + "\n\n" + strings.TrimLeft(f.text[end:], "\n")
		return
	case ok:
		f.text = f.text[:start] + "\n" + text + "\n" + f.text[end:]
		return
	case text == "":
		return
	}
	at := strings.Index(f.text, "\n---\n\n## External Metadata")
	if at < 0 {
		f.text = strings.TrimRight(f.text, "\n") + "\n\n## " + heading + "\n\n" + text + "\n"
		return
	}
	f.text = strings.TrimRight(f.text[:at], "\n") + "\n\n## " + heading + "\n\n" + text + "\n" + f.text[at:]
}

func (f *storyFile) criteria() []string {
	var all []string
	for _, m := range criterionRow.FindAllStringSubmatch(f.section("Acceptance Criteria"), -1) {
		all = append(all, m[1])
	}
	return all
}

func (f *storyFile) setCriteria(all []string) {
	var b strings.Builder
	for n, c := range all {
		fmt.Fprintf(&b, "- [ ] **AC-US-001-%02d**: %s\n", n+1, c)
	}
	f.set("Acceptance Criteria", strings.TrimSpace(b.String()))
}

func (f *storyFile) setTitle(title string) {
	f.text = titleHead.ReplaceAllString(f.text, "# $1: "+title)
}

func (f *storyFile) setStatus(status string) {
	f.text = statusLine.ReplaceAllString(f.text, "**Status**: "+status)
}

func (f *storyFile) setPriority(p string) {
	f.text = priorityLine.ReplaceAllString(f.text, "")
	if p != "" {
		f.text = statusLine.ReplaceAllString(f.text, "$0\n**Priority**: "+p)
	}
}

// untouched reports whether nobody has edited a story since it was written: its
// last line says what is above it.
func (f *storyFile) untouched() bool {
	at := hashLine.FindStringIndex(f.text)
	if at == nil {
		return false
	}
	sum := sha256.Sum256([]byte(f.text[:at[0]]))
	return first(hashLine, f.text) == hex.EncodeToString(sum[:8])
}

// setList replaces a list of the metadata, adds it, or takes it away.
func (f *storyFile) setList(re *regexp.Regexp, name string, all []string) {
	const head = "\n## External Metadata\n"
	f.text = re.ReplaceAllString(f.text, "")
	if len(all) == 0 {
		return
	}
	line := "- **" + name + "**: " + strings.Join(all, ", ") + "\n"
	switch at := strings.Index(f.text, head); {
	case updatedLine.MatchString(f.text):
		f.text = updatedLine.ReplaceAllString(f.text, "${0}"+line)
	case at >= 0:
		at += len(head)
		f.text = f.text[:at] + "\n" + line + strings.TrimLeft(f.text[at:], "\n")
	default:
		f.text = strings.TrimRight(f.text, "\n") + "\n\n---\n" + head + "\n" + line
	}
}

func (f *storyFile) comment(text string) {
	f.set("Comments", strings.TrimSpace(f.section("Comments")+"\n\n### New comment\n\n"+text))
}
