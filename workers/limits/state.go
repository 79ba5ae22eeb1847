package limits

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/specweave/specweave/platform"
)

const schemaVersion = 1

// state is what the file of a host and credential holds.
type state struct {
	Schema int `json:"schemaVersion"`
	window
	Used   int64   `json:"used"` // when the file was last written
	Boot   string  `json:"boot"` // that the leases are of: a process does not outlive it
	Leases []lease `json:"leases"`
}

// lease is what one gate of one process has.
type lease struct {
	platform.Proc
	ID      uint32 `json:"id"` // of the gate, within the process
	Slots   int    `json:"slots"`
	Waits   int64  `json:"waits,omitempty"`   // since when it wants another slot; 0: it does not
	Refresh int64  `json:"refresh,omitempty"` // when it last said so
}

const (
	maxFile   = 64 << 10 // bytes
	maxLeases = 400      // of about 100 bytes

	// impatient is how long a waiting gate may be silent before it is taken for
	// one that wants nothing any more: its process may be stopped.
	impatient = 2 * time.Second
	// patience is how long a gate without any slot waits for others to give one
	// back. Then it takes one, whatever the file says.
	patience = 10 * time.Minute
)

var errNewer = errors.New("was written by a newer version")

// decode reads a state. Whatever data is, what it returns can do no harm; the
// error says that something had to be thrown away. It wraps errNewer for a file
// that must be left alone.
func decode(data []byte, boot string, now int64) (*state, error) {
	s := &state{Schema: schemaVersion, window: fresh(), Boot: boot}
	if len(bytes.TrimSpace(data)) == 0 {
		return s, nil
	}
	var read state
	// What follows the first value is the tail of a longer one that a killed
	// process was about to cut off.
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(&read); err != nil {
		return s, fmt.Errorf("is damaged: %w", err)
	}
	switch {
	case read.Schema > schemaVersion:
		return s, fmt.Errorf("has schema %d: %w", read.Schema, errNewer)
	case read.Schema != schemaVersion:
		return s, errors.New("is not of this program")
	}
	read.sane(now)
	if read.Boot == boot {
		s.Leases = slices.DeleteFunc(read.Leases, func(l lease) bool {
			return l.PID <= 0 || l.Slots < 0 || l.Slots > most || l.Waits < 0 || l.Slots == 0 && l.Waits == 0
		})
		s.Leases = s.Leases[:min(len(s.Leases), maxLeases)]
	}
	idle := now-max(read.Used, read.Until) > forgets.Milliseconds() || read.Used > now
	if !idle || len(s.Leases) > 0 || read.Until > now {
		s.window = read.window
	}
	return s, nil
}

func (s *state) encode(now int64) ([]byte, error) {
	s.Used = now
	data, err := json.Marshal(s)
	return append(data, '\n'), err
}

// taken is how many slots are taken.
func (s *state) taken() int {
	n := 0
	for _, l := range s.Leases {
		n += l.Slots
	}
	return n
}

// admits reports whether mine may take one more slot. mine need not be among
// the leases; its Waits says since when it wants the slot.
func (s *state) admits(mine lease, now int64) bool {
	others := 0
	for _, l := range s.Leases {
		if l.same(mine) {
			continue
		}
		others += l.Slots
	}
	if others+mine.Slots >= s.slots() {
		return mine.Slots == 0 && now-mine.Waits > patience.Milliseconds()
	}
	return !slices.ContainsFunc(s.Leases, func(l lease) bool {
		return !l.same(mine) && l.waiting(now) && l.before(mine)
	})
}

func (l lease) same(m lease) bool { return l.Proc == m.Proc && l.ID == m.ID }

func (l lease) waiting(now int64) bool {
	return l.Waits > 0 && now-l.Refresh < impatient.Milliseconds() && l.Refresh <= now
}

// before is the order in which gates that wait get slots.
func (l lease) before(m lease) bool {
	switch {
	case l.Slots != m.Slots:
		return l.Slots < m.Slots
	case l.Waits != m.Waits:
		return l.Waits < m.Waits
	case l.PID != m.PID:
		return l.PID < m.PID
	}
	return l.ID < m.ID
}

// put replaces the lease of a gate; one that has and wants nothing goes.
func (s *state) put(mine lease) {
	s.Leases = slices.DeleteFunc(s.Leases, mine.same)
	if mine.Slots > 0 || mine.Waits > 0 {
		s.Leases = append(s.Leases, mine)
	}
}

// bury removes the leases of processes that are gone, and reports whether there
// were any.
func (s *state) bury(alive func(platform.Proc) bool) bool {
	n := len(s.Leases)
	s.Leases = slices.DeleteFunc(s.Leases, func(l lease) bool { return !alive(l.Proc) })
	return len(s.Leases) < n
}
