package workers

import (
	"encoding/json"
	"fmt"
	"time"
)

// isoTime is how JavaScript writes a time of UTC.
const isoTime = "2006-01-02T15:04:05.000Z"

// enrol adds to the text of a config.json, nil for none, the repositories that
// it lacks; m is new. Entries that are there stay as they are; but one that waits for its
// repository, with the name as its id and no path, gets the path.
func enrol(text []byte, project string, m *members, there []Repository, now time.Time) ([]byte, int, error) {
	if text == nil {
		text = []byte("{}")
	}
	d, bad := readDocument(text)
	if bad != nil {
		return nil, 0, fmt.Errorf("it is no JSON object: %s at offset %d", bad.reason, bad.offset)
	}
	section, list := "umbrella", "childRepos"
	if at, ok := d.find(d.root(), "workspace"); ok && d.kind(at) != 'n' { // null
		section, list = "workspace", "repos"
	}
	known, ok := d.find(d.root(), section)
	if ok && d.kind(known) != 'n' && d.kind(known) != '{' {
		return nil, 0, fmt.Errorf("%s in it is no object", section)
	}
	array, filled := d.find(d.root(), section, list)
	if filled = filled && d.kind(array) != 'n'; filled && d.kind(array) != '[' {
		return nil, 0, fmt.Errorf("%s.%s in it is no array", section, list)
	}

	paths := map[string]bool{}
	waiting := map[string]int{} // id to index
	if filled {
		for i, s := range d.elements(array) {
			var e struct {
				ID     string `json:"id"`
				Path   string `json:"path"`
				Prefix string `json:"prefix"`
			}
			_ = json.Unmarshal(d.raw(s), &e) // what is no string counts as none
			m.take(e.ID, e.Prefix)
			if e.Path == "" {
				waiting[e.ID] = i
			} else {
				paths[samePlace(project, e.Path)] = true
			}
		}
	}
	n := 0
	var fresh []int // in there
	for at, r := range there {
		if paths[samePlace(project, r.Path)] {
			continue
		}
		n++
		if i, ok := waiting[r.Name]; ok && !m.shared[fold(r.Name)] {
			delete(waiting, r.Name)
			array, _ = d.find(d.root(), section, list)
			if err := d.set(d.elements(array)[i], "path", r.Path); err != nil {
				return nil, 0, err
			}
			continue
		}
		fresh = append(fresh, at)
	}
	if n == 0 {
		return d.text, 0, nil
	}
	var err error
	switch {
	case filled:
	case ok && d.kind(known) == '{':
		err = d.set(known, list, []member{})
	default:
		err = d.set(d.root(), section, umbrella{true, []member{}, "clone-job", now.UTC().Format(isoTime)})
	}
	if err != nil {
		return nil, 0, err
	}
	array, _ = d.find(d.root(), section, list)
	err = d.addAll(array, func(yield func(property) bool) {
		for _, at := range fresh {
			r := there[at]
			e := m.add(r)
			if section == "umbrella" {
				e = e.child(r, now)
			}
			if !yield(property{"", e}) {
				return
			}
		}
	})
	return d.text, n, err
}

// umbrella is what clone-worker.js writes where there is none.
type umbrella struct {
	Enabled      bool     `json:"enabled"`
	ChildRepos   []member `json:"childRepos"`
	DetectedFrom string   `json:"detectedFrom"`
	DetectedAt   string   `json:"detectedAt"`
}
