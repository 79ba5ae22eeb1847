package jobs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/specweave/specweave/platform"
)

// Cleaner returns what a field of a config.json should hold in place of a
// string. key is the field's name, that of the array for an element of one.
type Cleaner func(key, value string) string

// Unclean names the fields of a job's config.json, whoever wrote it, that clean
// would change: "repositories.0.cloneUrl". A file that is missing, no regular
// one or no JSON has none.
func (s *Store) Unclean(id string, clean Cleaner) []string {
	data, err := s.rawConfig(id)
	if err != nil {
		return nil
	}
	_, fields, _ := rewriteStrings(data, clean)
	return fields
}

// Scrub replaces those fields; every other byte of the file stays. The new file
// has mode 0600.
func (s *Store) Scrub(id string, clean Cleaner) error {
	data, err := s.rawConfig(id)
	if err != nil {
		return fmt.Errorf("job %s: %w", Printable(id), err)
	}
	data, fields, err := rewriteStrings(data, clean)
	if err == nil && len(fields) > 0 {
		err = platform.WriteFile(s.path(id, "config.json"), data)
	}
	if err != nil {
		return fmt.Errorf("job %s: config.json: %w", Printable(id), err)
	}
	return nil
}

// rawConfig reads config.json if it is a regular file in a directory of its
// own: nothing is followed out of the project.
func (s *Store) rawConfig(id string) ([]byte, error) {
	for name, want := range map[string]os.FileMode{"": os.ModeDir, "config.json": 0} {
		info, err := os.Lstat(s.path(id, name))
		if err != nil {
			return nil, err
		}
		if !validID(id) || info.Mode().Type() != want {
			return nil, errNotOurs
		}
	}
	return platform.ReadFile(s.path(id, "config.json"))
}

// rewriteStrings passes every string value of a JSON text to clean. It returns
// the text with those replaced that clean changed, and where they stand.
func rewriteStrings(data []byte, clean Cleaner) (text []byte, fields []string, err error) {
	if !json.Valid(data) { // which also bounds the depth
		return data, nil, errors.New("no JSON")
	}
	w := rewriter{dec: json.NewDecoder(bytes.NewReader(data)), data: data, clean: clean}
	if err := w.value("", ""); err != nil {
		return data, nil, err
	}
	return append(w.out, data[w.copied:]...), w.fields, nil
}

type rewriter struct {
	dec    *json.Decoder
	data   []byte
	clean  Cleaner
	out    []byte
	copied int64 // bytes of data that are in out
	fields []string
}

func (w *rewriter) value(path, key string) error {
	start := w.dec.InputOffset()
	t, err := w.dec.Token()
	if err != nil {
		return err
	}
	switch t := t.(type) {
	case json.Delim:
		for i := 0; w.dec.More(); i++ {
			step, name := strconv.Itoa(i), key
			if t == '{' {
				k, err := w.dec.Token()
				if err != nil {
					return err
				}
				name, _ = k.(string) // the decoder lets only strings be keys
				step = name
			}
			if path != "" {
				step = path + "." + step
			}
			if err := w.value(step, name); err != nil {
				return err
			}
		}
		_, err = w.dec.Token()
		return err
	case string:
		if c := w.clean(key, t); c != t {
			end := w.dec.InputOffset()
			start += int64(bytes.IndexByte(w.data[start:end], '"')) // after a colon, a comma, white space
			w.out = append(append(w.out, w.data[w.copied:start]...), encodeJSON(c)...)
			w.copied = end
			w.fields = append(w.fields, path)
		}
	}
	return nil
}
