package jobs

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/specweave/specweave/platform"
)

// Live is how far the work on an item in hand is. It is for those who watch:
// no journal holds it, and it is gone with its worker.
type Live struct {
	Item    string `json:"item"`
	Phase   string `json:"phase"`           // in a word or two, such as "receiving"
	Percent int    `json:"percent"`         // of the phase; -1: nobody knows
	Bytes   int64  `json:"bytes,omitempty"` // received for the item so far, in all its tries
}

// maxLive bounds progress.json, in bytes, and maxLiveItems what is taken from it.
const (
	maxLive      = 1 << 20
	maxLiveItems = 1024
)

// Report says how far the work on an item is. It costs no write: whoever
// watches sees it within a second or so. Of an item that is not in hand nothing
// is said.
func (p *Progress) Report(l Live) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Contains(p.state.Running, l.Item) {
		return
	}
	p.state.live = l.put(p.state.live)
	if p.reported != nil {
		p.reported()
	}
}

func (l Live) put(all []Live) []Live {
	if i := indexLive(all, l.Item); i >= 0 {
		all[i] = l
		return all
	}
	return append(all, l)
}

func indexLive(all []Live, item string) int {
	return slices.IndexFunc(all, func(l Live) bool { return l.Item == item })
}

// At returns how far the work on an item in hand is, if it said so.
func (s *State) At(item string) (Live, bool) {
	if i := indexLive(s.live, item); i >= 0 && slices.Contains(s.Running, item) {
		return s.live[i], true
	}
	return Live{}, false
}

// Live returns how far the items in hand are that said so, in the order of
// their beginning.
func (s *State) Live() []Live {
	var all []Live
	for _, item := range s.Running {
		if l, ok := s.At(item); ok {
			all = append(all, l)
		}
	}
	return all
}

// Received returns how many bytes all attempts have received for the items that
// have ended and for those in hand.
func (s *State) Received() int64 {
	n := s.Bytes
	for _, l := range s.Live() {
		n += l.Bytes
	}
	return n
}

// String is "receiving 45%, 12.3 MiB".
func (l Live) String() string {
	text := Printable(l.Phase)
	if l.Percent >= 0 {
		text += fmt.Sprintf(" %d%%", l.Percent)
	}
	if l.Bytes > 0 {
		text += ", " + Size(l.Bytes)
	}
	return text
}

// Size shows a number of bytes as git does: "12.3 MiB".
func Size(n int64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	x, names := float64(n)/unit, "KMGTPE"
	for x >= unit-0.05 && len(names) > 1 {
		x, names = x/unit, names[1:]
	}
	return fmt.Sprintf("%.1f %ciB", x, names[0])
}

// writeLive replaces progress.json. It is worth no sync: after a power cut
// there is no worker that it could tell of.
func (s *Store) writeLive(id string, all []Live) error {
	path := s.path(id, "progress.json")
	data, err := json.Marshal(append([]Live{}, all...))
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".tmp", data, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".tmp", path)
}

func (s *Store) removeLive(id string) {
	_ = os.Remove(s.path(id, "progress.json"))
	_ = os.Remove(s.path(id, "progress.json.tmp"))
}

// readLive reads what the worker of a job that runs last said. Without the file,
// or with one that makes no sense, nothing is known.
func (s *Store) readLive(id string) []Live {
	f, err := platform.Open(s.path(id, "progress.json"))
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxLive))
	var all []Live
	if err != nil || json.Unmarshal(data, &all) != nil {
		return nil
	}
	all = all[:min(len(all), maxLiveItems)]
	for i := range all {
		all[i].Percent, all[i].Bytes = min(max(all[i].Percent, -1), 100), max(all[i].Bytes, 0)
	}
	return all
}
