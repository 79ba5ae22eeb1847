// Package storytest reads and edits stories as a person does, who sees the text of
// a file. It knows nothing of package stories, whose tests it serves, and those of
// what is made of it.
package storytest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// File is the file of a story.
type File struct{ Path, Text string }

// Files reads those of a project, in the order of their paths.
func Files(project string) (all []File, err error) {
	root := filepath.Join(project, ".specweave", "docs")
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasPrefix(d.Name(), "us-") {
			return err
		}
		data, err := os.ReadFile(path)
		all = append(all, File{path, string(data)})
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return all, err
}

var (
	titleLine    = regexp.MustCompile(`(?m)^# (US-\d+E?):(.*)$`)
	statusLine   = regexp.MustCompile(`(?m)^\*\*Status\*\*: (.*)$`)
	priorityLine = regexp.MustCompile(`(?m)^\*\*Priority\*\*: (.*)\n`)
	criterionRow = regexp.MustCompile(`(?m)^- \[[ x]\] \*\*AC-[^*]*\*\*: (.*)$`)
)

const metadataHead = "\n## External Metadata\n"

// lineAt is where a line of the metadata is, with its end. What looks like one
// elsewhere is none.
func (f *File) lineAt(name string) (start, end int, ok bool) {
	head := "\n- **" + name + "**: "
	below := max(0, strings.LastIndex(f.Text, metadataHead))
	if start = strings.Index(f.Text[below:], head); start < 0 {
		return 0, 0, false
	}
	start += below + 1
	text, _, ended := strings.Cut(f.Text[start:], "\n")
	end = start + len(text)
	if ended {
		end++
	}
	return start, end, true
}

func first(re *regexp.Regexp, s string) string {
	if m := re.FindStringSubmatch(s); m != nil {
		return strings.TrimSpace(m[len(m)-1])
	}
	return ""
}

// ID is the external id.
func (f *File) ID() string { return f.Line("External ID") }

// Title is that of the heading, without the number.
func (f *File) Title() string { return first(titleLine, f.Text) }

// Status is the word for it.
func (f *File) Status() string { return first(statusLine, f.Text) }

// Priority is P0 to P4, or "".
func (f *File) Priority() string { return first(priorityLine, f.Text) }

// Line is a line of the metadata; "" if it is not there.
func (f *File) Line(name string) string {
	start, end, ok := f.lineAt(name)
	if !ok {
		return ""
	}
	return strings.TrimSpace(strings.TrimPrefix(f.Text[start:end], "- **"+name+"**: "))
}

// List is a line of the metadata that lists names, which are sorted here.
func (f *File) List(name string) []string {
	var all []string
	for name := range strings.SplitSeq(f.Line(name), ",") {
		if name = strings.TrimSpace(name); name != "" {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// bounds are where the text of a section is.
func (f *File) bounds(heading string) (start, end int, ok bool) {
	at := strings.Index(f.Text, "\n## "+heading+"\n")
	if at < 0 {
		return 0, 0, false
	}
	start = at + len("\n## "+heading+"\n")
	end = len(f.Text)
	for _, next := range []string{"\n## ", "\n---\n\n## External"} {
		if n := strings.Index(f.Text[start:], next); n >= 0 && start+n < end {
			end = start + n
		}
	}
	return start, end, true
}

// Section is the text below a heading.
func (f *File) Section(heading string) string {
	start, end, ok := f.bounds(heading)
	if !ok {
		return ""
	}
	return strings.TrimSpace(f.Text[start:end])
}

// SetSection replaces the text below a heading, adds the section, or takes it
// away.
func (f *File) SetSection(heading, text string) {
	start, end, ok := f.bounds(heading)
	switch {
	case ok && text == "":
		f.Text = strings.TrimRight(f.Text[:start-len("\n## "+heading+"\n")], "\n") + "\n\n" + strings.TrimLeft(f.Text[end:], "\n")
		return
	case ok:
		f.Text = f.Text[:start] + "\n" + text + "\n" + f.Text[end:]
		return
	case text == "":
		return
	}
	at := strings.Index(f.Text, "\n---\n\n## External Metadata")
	if at < 0 {
		f.Text = strings.TrimRight(f.Text, "\n") + "\n\n## " + heading + "\n\n" + text + "\n"
		return
	}
	f.Text = strings.TrimRight(f.Text[:at], "\n") + "\n\n## " + heading + "\n\n" + text + "\n" + f.Text[at:]
}

// Criteria are those of the section Acceptance Criteria.
func (f *File) Criteria() []string {
	var all []string
	for _, m := range criterionRow.FindAllStringSubmatch(f.Section("Acceptance Criteria"), -1) {
		all = append(all, m[1])
	}
	return all
}

// SetCriteria replaces them.
func (f *File) SetCriteria(all []string) {
	var b strings.Builder
	for n, c := range all {
		fmt.Fprintf(&b, "- [ ] **AC-US-001-%02d**: %s\n", n+1, c)
	}
	f.SetSection("Acceptance Criteria", strings.TrimSpace(b.String()))
}

// SetTitle replaces the title.
func (f *File) SetTitle(title string) {
	f.Text = titleLine.ReplaceAllStringFunc(f.Text, func(s string) string { return strings.TrimSpace(s[:strings.Index(s, ":")+1] + " " + title) })
}

// SetStatus replaces the status, whose line has to be there.
func (f *File) SetStatus(status string) {
	f.Text = statusLine.ReplaceAllLiteralString(f.Text, "**Status**: "+status)
}

// SetPriority replaces the priority, adds it, or takes it away.
func (f *File) SetPriority(p string) {
	f.Text = priorityLine.ReplaceAllString(f.Text, "")
	if p != "" {
		f.Text = statusLine.ReplaceAllString(f.Text, "$0\n**Priority**: "+p)
	}
}

// SetLine replaces a line of the metadata, adds it, or takes it away.
func (f *File) SetLine(name, value string) {
	now := ""
	if value != "" {
		now = "- **" + name + "**: " + value + "\n"
	}
	start, end, ok := f.lineAt(name)
	if !ok {
		if now == "" {
			return
		}
		_, end, ok = f.lineAt("Updated At")
		start = end
	}
	at := strings.LastIndex(f.Text, metadataHead)
	switch {
	case ok:
		f.Text = f.Text[:start] + now + f.Text[end:]
	case at >= 0:
		at += len(metadataHead)
		f.Text = f.Text[:at] + "\n" + now + strings.TrimLeft(f.Text[at:], "\n")
	default:
		f.Text = strings.TrimRight(f.Text, "\n") + "\n\n---\n" + metadataHead + "\n" + now
	}
}

// SetList replaces a line of the metadata that lists names.
func (f *File) SetList(name string, all []string) { f.SetLine(name, strings.Join(all, ", ")) }

// Comment adds one of the person's own.
func (f *File) Comment(text string) {
	f.SetSection("Comments", strings.TrimSpace(f.Section("Comments")+"\n\n### New comment\n\n"+text))
}

// Untouched reports whether nobody has edited a story since it was written: its
// last line says what is above it.
func (f *File) Untouched() bool {
	at, _, ok := f.lineAt("Content Hash")
	if !ok {
		return false
	}
	sum := sha256.Sum256([]byte(f.Text[:at]))
	return f.Line("Content Hash") == hex.EncodeToString(sum[:8])
}
