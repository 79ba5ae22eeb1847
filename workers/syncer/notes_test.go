package syncer

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/specweave/specweave/jobs"
)

// notes is a [journal] in memory. What is noted outlives a crash.
type notes struct {
	places map[string][]byte
	whole  map[string]bool
	failed map[string]string
	result []byte
	log    *strings.Builder
}

func newNotes(log *strings.Builder) *notes {
	return &notes{places: map[string][]byte{}, whole: map[string]bool{}, failed: map[string]string{}, log: log}
}

func (n *notes) Place(item string, v any) (bool, error) {
	if n.places[item] == nil {
		return false, nil
	}
	return true, json.Unmarshal(n.places[item], v)
}

func (n *notes) Advance(item string, v any, _ jobs.Counts) (err error) {
	n.places[item], err = json.Marshal(v)
	return err
}
func (n *notes) Seen(item string) bool   { return n.whole[item] }
func (n *notes) Begin(string) error      { return nil }
func (n *notes) Whole(item string) error { n.whole[item] = true; return nil }
func (n *notes) Fail(item, class, message string) error {
	n.failed[item] = class + ": " + message
	return nil
}
func (n *notes) Total(int) error { return nil }
func (n *notes) Result(v any) (err error) {
	n.result, err = json.Marshal(v)
	return err
}
func (n *notes) Alive()                       {}
func (n *notes) Logf(format string, a ...any) { fmt.Fprintf(n.log, format+"\n", a...) }
