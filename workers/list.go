package workers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/specweave/specweave/jobs"
)

// maxList bounds a list of sources: 16 MiB are far more than 100,000.
const maxList = 16 << 20

// ReadSources reads a list of sources: text with one a line, where # begins a
// comment on a line of its own or after a space, or JSON, an array or an
// object with "repositories". An element is a source, or an object with
// "cloneUrl", or with "owner" and "name" on GitHub, and perhaps "path". name
// is what errors call the list; they are [*InputError]s with the line, or the
// offset in JSON.
func ReadSources(r io.Reader, name string, base Base) ([]Source, error) {
	name = jobs.Printable(scrub(name))
	data, err := io.ReadAll(io.LimitReader(r, maxList+1))
	if err != nil {
		return nil, &InputError{name, "cannot be read: " + jobs.Printable(err.Error())}
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	text := strings.TrimSpace(string(data))
	var sources []Source
	switch {
	case len(data) > maxList:
		return nil, &InputError{name, "larger than 16 MiB"}
	case text == "":
		return nil, &InputError{name, "empty: no source in it"}
	case !utf8.Valid(data):
		return nil, &InputError{name, fmt.Sprintf("not UTF-8 text (line %d)", 1+bytes.Count(data[:invalid(data)], []byte("\n")))}
	case isJSON(text):
		sources, err = readJSON(data, name, base)
	default:
		sources, err = readLines(string(data), name, base)
	}
	if err == nil && len(sources) == 0 {
		return nil, &InputError{name, "no source in it"}
	}
	return sources, err
}

func invalid(data []byte) int {
	n := 0
	for n < len(data) {
		r, size := utf8.DecodeRune(data[n:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		n += size
	}
	return n
}

// bracketed is the [::1]:path of scp, which is no array.
var bracketed = regexp.MustCompile(`^\[[0-9A-Fa-f:.%]*:[0-9A-Fa-f:.%]*\]:`)

func isJSON(text string) bool {
	return text[0] == '{' || text[0] == '[' && !bracketed.MatchString(text)
}

func readLines(text, name string, base Base) ([]Source, error) {
	var sources []Source
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if i := strings.Index(line, " #"); i >= 0 {
			line = strings.TrimSpace(line[:i])
		}
		if line == "" || line[0] == '#' {
			continue
		}
		s, err := ParseSource(line, base)
		if err != nil {
			return nil, at(fmt.Sprintf("%s:%d", name, n), err)
		}
		s.Given = fmt.Sprintf("%s:%d: %s", name, n, s.Given)
		sources = append(sources, s)
	}
	return sources, nil
}

// at puts a place before the input that err names.
func at(place string, err error) error {
	var bad *InputError
	if errors.As(err, &bad) {
		return &InputError{place + ": " + bad.Input, bad.Reason}
	}
	return &InputError{place, jobs.Printable(scrub(err.Error()))}
}

type entry struct {
	Owner    string `json:"owner"`
	Name     string `json:"name"`
	Path     string `json:"path"`
	CloneURL string `json:"cloneUrl"`
	Team     string `json:"team"`
	AreaPath string `json:"areaPath"`
}

func readJSON(data []byte, name string, base Base) ([]Source, error) {
	list, start, err := elements(data)
	if err != nil {
		return nil, &InputError{name, "malformed JSON " + where(err, start, len(data))}
	}
	var sources []Source
	for i, raw := range list {
		place := fmt.Sprintf("%s: entry %d at offset %d", name, i+1, offset(data, raw, start))
		s, err := readEntry(raw, base)
		if err != nil {
			return nil, at(place, err)
		}
		s.Given = place + ": " + s.Given
		sources = append(sources, s)
		start = offset(data, raw, start) + len(raw)
	}
	return sources, nil
}

// elements returns the elements of the array that data is or has in
// "repositories", and where to begin to look for them.
func elements(data []byte) ([]json.RawMessage, int, error) {
	var list []json.RawMessage
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		err := json.Unmarshal(data, &list)
		return list, 0, err
	}
	var object struct {
		Repositories json.RawMessage `json:"repositories"`
	}
	if err := json.Unmarshal(data, &object); err != nil {
		return nil, 0, err
	}
	if object.Repositories == nil {
		return nil, 0, errors.New(`at offset 1: an object without "repositories"`)
	}
	err := json.Unmarshal(object.Repositories, &list)
	return list, offset(data, object.Repositories, 0), err
}

func offset(data, part []byte, from int) int {
	return from + max(0, bytes.Index(data[from:], part))
}

// where says what is wrong and at which byte of the file, the first being 1,
// in json's words, which quote at most one character.
func where(err error, start, size int) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("at offset %d of %d: %s", start+int(syntax.Offset), size, jobs.Printable(syntax.Error()))
	case errors.As(err, &kind):
		return fmt.Sprintf("at offset %d: not an array of sources but a JSON %s", start+int(kind.Offset), kind.Value)
	default:
		return err.Error()
	}
}

func readEntry(raw json.RawMessage, base Base) (Source, error) {
	var text string
	if json.Unmarshal(raw, &text) == nil && raw[0] == '"' {
		return ParseSource(text, base)
	}
	var e entry
	if raw[0] != '{' {
		return Source{}, errors.New("neither a string nor an object")
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return Source{}, errors.New("a field is not a string")
	}
	given := e.CloneURL
	if given == "" {
		if e.Owner == "" || e.Name == "" {
			return Source{}, errors.New(`needs "cloneUrl", or "owner" and "name"`)
		}
		given = e.Owner + "/" + e.Name
		if !shorthand.MatchString(given) {
			return Source{}, refuse(given, `not an owner and name on GitHub; give "cloneUrl"`)
		}
	}
	s, err := ParseSource(given, base)
	if err != nil {
		// The URL's own path may be unfit where the entry says how to call it.
		var reason string
		if s, reason = parse(given, base); reason != "" || e.Owner == "" || e.Name == "" {
			return Source{}, err
		}
		s.Given = Show(given)
	}
	if e.Owner != "" {
		s.Owner = e.Owner
	}
	if e.Name != "" {
		s.Name = e.Name
	}
	if bad := checkNames(s.Owner, s.Name); bad != nil {
		return Source{}, bad
	}
	if e.Path != "" {
		if reason := pathReason(e.Path); reason != "" {
			return Source{}, refuse(e.Path, reason)
		}
	}
	s.Path, s.Team, s.AreaPath = e.Path, jobs.Printable(e.Team), jobs.Printable(e.AreaPath)
	return s, nil
}
