package workers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers/lazyregexp"
)

// maxList bounds a list of sources: 16 MiB are far more than 100,000.
const maxList = 16 << 20

// ReadSources reads a list of sources: text with one a line, where # begins a
// comment on a line of its own or after a space, or JSON, an array or an
// object with "repositories". An element is a source, or an object with
// "cloneUrl", or with "owner" and "name" on GitHub, and perhaps "path". name
// is what errors call the list; they are [*InputError]s with the line, or in
// JSON the offset: how many bytes of the list come before the place. All bad
// sources are named, or the first 20.
func ReadSources(r io.Reader, name string, base Base) ([]Source, error) {
	name = jobs.Printable(scrub(name))
	data, err := io.ReadAll(io.LimitReader(r, maxList+1))
	if err != nil {
		return nil, &InputError{name, "cannot be read: " + jobs.Printable(err.Error())}
	}
	size := len(data)
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
		sources, err = readJSON(data, size-len(data), name, base)
	default:
		sources, err = readLines(string(data), name, base)
	}
	switch {
	case err != nil:
		return nil, err
	case len(sources) == 0:
		return nil, &InputError{name, "no source in it"}
	}
	return sources, nil
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
var bracketed = lazyregexp.New(`^\[[0-9A-Fa-f:.%]*:[0-9A-Fa-f:.%]*\]:`)

func isJSON(text string) bool {
	return text[0] == '{' || text[0] == '[' && !bracketed.MatchString(text)
}

func readLines(text, name string, base Base) ([]Source, error) {
	var sources []Source
	var bad faults
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
			bad.add(at(fmt.Sprintf("%s:%d", name, n), err))
			continue
		}
		s.Given = fmt.Sprintf("%s:%d: %s", name, n, s.Given)
		sources = append(sources, s)
	}
	return sources, bad.err()
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

// readJSON reads a list that skipped bytes come before.
func readJSON(data []byte, skipped int, name string, base Base) ([]Source, error) {
	list, err := elements(data)
	if err != nil {
		return nil, &InputError{name, fmt.Sprintf("malformed JSON at offset %d: %s", skipped+err.offset, err.reason)}
	}
	var sources []Source
	var bad faults
	for i, e := range list {
		place := fmt.Sprintf("%s: entry %d at offset %d", name, i+1, skipped+e.offset)
		s, err := readEntry(e.text, base)
		if err != nil {
			bad.add(at(place, err))
			continue
		}
		s.Given = place + ": " + s.Given
		sources = append(sources, s)
	}
	return sources, bad.err()
}

// element is one of a JSON array.
type element struct {
	text   json.RawMessage
	offset int
}

// misplaced is what is wrong with a JSON text, and where.
type misplaced struct {
	offset int
	reason string
}

// elements returns the elements of the array that data is or has in
// "repositories".
func elements(data []byte) ([]element, *misplaced) {
	var whole json.RawMessage
	if err := json.Unmarshal(data, &whole); err != nil {
		return nil, syntax(err)
	}
	d := json.NewDecoder(bytes.NewReader(data)) // which cannot fail any more
	value := func() element {
		var e element
		_ = d.Decode(&e.text)
		e.offset = int(d.InputOffset()) - len(e.text)
		return e
	}
	if t, _ := d.Token(); t == json.Delim('{') {
		var found *element
		for d.More() {
			key, _ := d.Token()
			if v := value(); key == "repositories" {
				found = &v // the last one counts
			}
		}
		if found == nil {
			return nil, &misplaced{len(data) - len(bytes.TrimLeft(data, jsonSpace)), `an object without "repositories"`}
		}
		if found.text[0] != '[' {
			return nil, &misplaced{found.offset, "not an array of sources"}
		}
		list, err := elements(found.text)
		for i := range list {
			list[i].offset += found.offset
		}
		return list, err
	}
	var list []element
	for d.More() {
		list = append(list, value())
	}
	return list, nil
}

// jsonSpace is white space of RFC 8259.
const jsonSpace = " \t\r\n"

// syntax says what json has to say of a text. Its own offset counts the byte
// that it stumbles over, if there is one.
func syntax(err error) *misplaced {
	m := &misplaced{0, jobs.Printable(err.Error())} // quotes one character at most
	var e *json.SyntaxError
	if errors.As(err, &e) {
		m.offset = int(e.Offset)
		if !strings.HasPrefix(e.Error(), "unexpected end") {
			m.offset--
		}
	}
	return m
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
