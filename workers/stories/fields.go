package stories

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// read reads the story of an item, or with id "" one that has none, and says
// how it differs from the base.
func (l *Library) read(id string, e entry) (Story, error) {
	if e.name == "" {
		return Story{}, fmt.Errorf("stories: %s: %w", oneLine(id), ErrNoStory)
	}
	raw, info, err := l.readFile(e)
	return l.judge(id, e, raw, info, err)
}

// judge is read of a file that was read, or not.
func (l *Library) judge(id string, e entry, raw string, info fs.FileInfo, err error) (Story, error) {
	s := Story{Path: path.Join(Dir, e.path())}
	wrong := func(err error) (Story, error) { return s, fmt.Errorf("stories: %s: %w", s.Path, err) }
	broken := func(reason string) (Story, error) { return wrong(fmt.Errorf("%w: %s", ErrBroken, reason)) }
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return wrong(ErrNoStory)
	case err != nil:
		return broken(err.Error())
	case !utf8.ValidString(raw):
		return broken("it is not UTF-8")
	}
	chunks := parse(raw)
	var old base
	if id != "" {
		old = l.log.base(e.was)
	}
	s.Modified = info.ModTime()
	s.Feature, s.Number = featureOf(e.dir), numberOf(e.name)
	s.fields(raw, chunks, old)
	matter := frontMatter(raw)
	_, linked := matter["external"]
	switch found := externalIDIn(raw); {
	case found != "" && s.ID == "": // what is below is not what it was either
		return broken(errOpen.Error())
	case found == id && id != "":
	case found != "" && id != "":
		return broken("its External ID is " + s.ID + " instead of " + oneLine(id))
	case found != "":
		return s, nil
	case id != "" || strings.HasSuffix(s.Number, "E") || strings.Contains(value(chunks, "Origin"), "🔗"):
		return broken("it has lost its External ID")
	case linked:
		return wrong(ErrLinked)
	case s.Title == "":
		return broken("it has no title")
	default:
		return s, nil
	}
	if others := l.doubles(id); others != nil {
		others = slices.DeleteFunc(others, func(name string) bool { return name == e.path() })
		return wrong(fmt.Errorf("%w: %s", ErrDouble, path.Join(Dir, others[0])))
	}
	if pristine(raw, chunks) {
		return s, nil
	}
	if old == nil {
		return wrong(ErrNoBase)
	}
	s.compare(chunks, matter, old)
	return s, nil
}

// compare says which values are not those of the base.
func (s *Story) compare(chunks []chunk, matter map[string]string, old base) {
	shown := shownConflicts(chunks)
	for _, key := range keys {
		if key == KeyComments {
			if slices.ContainsFunc(s.Comments, func(c Comment) bool { return c.Changed && !c.Conflict }) {
				s.Changed = append(s.Changed, key)
			}
			if slices.ContainsFunc(s.Comments, func(c Comment) bool { return c.Changed && c.Conflict }) {
				s.Conflicts = append(s.Conflicts, key)
			}
			continue
		}
		val := or(value(chunks, key), matter[inMatter[key]])
		switch {
		case old.is(key, val), val == "" && key == statusKey && find(chunks, key) == nil: // which says nothing if it is not there
		case inConflict(shown, key):
			s.Conflicts = append(s.Conflicts, key)
		default:
			s.Changed = append(s.Changed, key)
		}
	}
}

// fields reads the values of a story's file.
func (s *Story) fields(file string, chunks []chunk, old base) {
	matter := frontMatter(file)
	if find(chunks, bodyKey) == nil {
		chunks = parse(withDescription(file, chunks))
	}
	s.sums, s.was = make(map[string]string, len(keys)), old
	for _, k := range keys {
		if c := find(chunks, k); c != nil {
			s.sums[k] = hash(plain(k, c.val))
		} else if said := matter[inMatter[k]]; said != "" {
			s.sums[k] = hash(oneLine(said))
		}
	}
	line := func(key string) string { return oneLine(or(value(chunks, key), matter[inMatter[key]])) }
	s.ID = idOf(file, chunks)
	s.Title, s.Status, s.Priority, s.Parent = line(titleKey), line(statusKey), line(priorityKey), line(parentKey)
	s.Body = withoutRule(strings.ReplaceAll(value(chunks, bodyKey), "\r\n", "\n"))
	if s.Body == noBody {
		s.Body = ""
	}
	s.Criteria = criteriaIn(value(chunks, criteriaKey))
	known := strings.Split(old[namesKey], "\n")
	s.Labels = namesIn(value(chunks, KeyLabels), known)
	s.Assignees = namesIn(value(chunks, KeyAssignees), known)
	s.Comments, s.Removed = readComments(value(chunks, KeyComments), old, shownConflicts(chunks))
	s.Version = old[versionKey]
}

// idOf is the external id that a story tells where it belongs.
func idOf(file string, chunks []chunk) string {
	return oneLine(or(value(chunks, idKey), frontMatter(file)["external_id"]))
}

// withDescription is a file whose text below the title and the header, if there
// is any, stands below a heading "Description".
func withDescription(file string, chunks []chunk) string {
	at, lead := 0, -1
	for _, c := range chunks {
		whole := c.pre + c.val + c.after
		if kind(c.key) == section || c.key == "" && strings.TrimRight(whole, " \r\n") == metadataHead {
			break
		}
		isMatter := at == 0 && frontMatterEnd(whole) == len(whole)
		if lead < 0 && c.key == "" && !isMatter && strings.Trim(whole, "-\ufeff \t\r\n") != "" {
			lead = at
		}
		at += len(whole)
	}
	if lead < 0 {
		return file
	}
	lineEnd := "\n"
	if strings.HasSuffix(file[:lead], "\r\n") {
		lineEnd = "\r\n"
	}
	return file[:lead] + bodyKey + lineEnd + lineEnd + file[lead:]
}

// withoutRule is a text without the rule that stands between it and the next
// section.
func withoutRule(text string) string {
	if bare, ok := strings.CutSuffix(text, "---"); ok && (bare == "" || strings.HasSuffix(bare, "\n\n")) {
		return strings.TrimRight(bare, " \t\n")
	}
	return text
}

// numberOf is the number of a story by its file's name.
func numberOf(name string) string {
	m := storyName.FindStringSubmatch(name)
	if m == nil {
		return ""
	}
	end := len("us-") + len(m[1])
	if strings.EqualFold(name[end:end+1], "e") {
		end++
	}
	return strings.ToUpper(name[:end])
}

// criteriaIn are the criteria of a story's section, without ticks and numbers.
func criteriaIn(section string) []string {
	var all []string
	for line := range strings.Lines(section) {
		m := listed.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if m == nil {
			continue
		}
		text := m[1]
		if rest, ok := strings.CutPrefix(text, "**AC-"); ok {
			if _, rest, ok = strings.Cut(rest, "**:"); ok {
				text = rest
			}
		}
		if text = oneLine(text); text != "" {
			all = append(all, text)
		}
	}
	return all
}

// namesIn are those of a line that list made. Those with a comma are found if
// they are known.
func namesIn(line string, known []string) []string {
	var all []string
	for rest := strings.TrimSpace(line); rest != ""; rest = strings.TrimLeft(rest, ", ") {
		name, _, _ := strings.Cut(rest, ",")
		for _, k := range known {
			if after, ok := strings.CutPrefix(rest, k); ok && len(k) > len(name) && (after == "" || after[0] == ',') {
				name = k
			}
		}
		rest = rest[len(name):]
		if name = namesOf.Replace(strings.TrimSpace(name)); name != "" && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// namesOf undoes words.
var namesOf = strings.NewReplacer("&lt;", "<", "&#123;", "{")
