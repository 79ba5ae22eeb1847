package jobs

import "encoding/json"

// Counts is what became of the parts of an item that is worked through part by
// part: the issues of a project that is imported. They count in the place of
// the item, which does not count itself.
type Counts struct {
	Done      int `json:"done"`
	Updated   int `json:"updated,omitempty"`   // of Done, those that were there and have been brought up to date
	Unchanged int `json:"unchanged,omitempty"` // of Done, those that were there, with nothing newer
}

// part is how far the work on an item of many parts is.
type part struct {
	counts Counts
	place  json.RawMessage
}

// Advance notes how far the work on item is: place, a cursor of the worker's
// own, and what all its parts before that place came to. The note is durable
// when Advance returns, and everything before the place must already be. The
// error is a [*PauseError] when a person wants nothing more to begin; the note
// is written all the same.
func (p *Progress) Advance(item string, place any, n Counts) error {
	b, err := json.Marshal(place)
	if err != nil {
		return err
	}
	if err := p.note(Event{Kind: KindCursor, Item: item, Cursor: b, Counts: &n}); err != nil {
		return err
	}
	if p.drain != nil && p.drain() {
		return &PauseError{Reason: errDrained.Error()}
	}
	return nil
}

// Place unmarshals the last place of item into v and reports whether there was
// one.
func (p *Progress) Place(item string, v any) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.Place(item, v)
}

// Place unmarshals the last place of item into v and reports whether there was
// one, see [Progress.Advance].
func (s *State) Place(item string, v any) (bool, error) {
	at, ok := s.parts[item]
	if !ok {
		return false, nil
	}
	return true, json.Unmarshal(at.place, v)
}

// Whole notes that all parts of item are dealt with. Their effects must be on
// disk, and [Progress.Advance] must have counted them.
func (p *Progress) Whole(item string) error {
	return p.note(Event{Kind: KindDone, Item: item, How: Whole})
}

// Result notes fields for result.json beside those of every job. v becomes a
// JSON object and holds no secret; the last one counts.
func (p *Progress) Result(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return p.note(Event{Kind: KindResult, Result: b})
}

// advancePart counts what is new since the item's last place.
func (s *State) advancePart(e Event) {
	s.advanced()
	was, now := s.parts[e.Item].counts, Counts{}
	if e.Counts != nil {
		now = *e.Counts
	}
	if s.parts == nil {
		s.parts = map[string]part{}
	}
	s.parts[e.Item] = part{now, e.Cursor}
	s.Done += now.Done - was.Done
	s.Updated += now.Updated - was.Updated
	s.Skipped += now.Unchanged - was.Unchanged
	s.pace.batch(e.Time, now.Done-was.Done)
}

// wholePart ends an item whose parts were counted.
func (s *State) wholePart(e Event) {
	s.advanced()
	s.succeed(e.Item)
}

// redeem takes an item from those that failed.
func (s *State) redeem(item string) {
	f, ok := s.failed[item]
	if !ok {
		return
	}
	delete(s.failed, item)
	if !f.again {
		s.Failed--
	}
}
