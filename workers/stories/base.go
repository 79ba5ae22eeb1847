package stories

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/specweave/specweave/workers"
)

// base is what a story was when it came from its source last: the hash of each
// value, by key. That is enough to merge, which asks of a value only whether it
// has changed. Keys that begin with "=" are of no value: see below.
type base map[string]string

const (
	// rawPrefix begins the key of what the source said of a value, where that
	// is not the value's own hash: the hash of its raw text, or what it has
	// instead of a value that was sent to it.
	rawPrefix   = "=Raw "
	versionKey  = "=Version"  // of the item
	changedKey  = "=Updated"  // when the item was changed last, by its source's clock
	commentsSum = "=Comments" // [toldComments]
	namesKey    = "=Names"    // names with a comma, a line each
	labelsSum   = "=Labels"   // [Draft.labels]
)

// nothing is what a source says of a value that it does not have.
const nothing = "-"

// baseOf is the base that chunks of a source leave behind. What says nothing of
// the source is left out.
func baseOf(chunks []chunk) base {
	b := make(base, len(chunks))
	for _, c := range chunks {
		if c.key != "" && c.key != importedKey && c.key != hashKey && c.key != conflictsKey {
			b[c.key] = hash(plain(c.key, c.val))
		}
	}
	return b
}

// hashOf is the hash of a value as a base has it.
func hashOf(key, val string) string { return hash(plain(key, val)) }

// said is what the source says of a key, as a hash.
func (d Draft) said(key string, theirs []chunk) string {
	if raw := d.Raw[key]; raw != "" {
		return raw
	}
	if c := find(theirs, key); c != nil {
		return hash(plain(key, c.val))
	}
	return nothing
}

// pins are the values that the source has not changed, whatever theirs has, by
// key: their hashes stay those of the base, or become those of what was sent.
func (d Draft) pins(old base, theirs []chunk) base {
	pins := make(base)
	for key := range old {
		if key, ok := strings.CutPrefix(key, rawPrefix); ok && old[rawPrefix+key] == d.said(key, theirs) {
			pins[key] = old[key]
		}
	}
	for key, sum := range d.Sent {
		if key != KeyComments && !d.keeps(key, old, theirs) {
			pins[key] = sum
		}
	}
	return pins
}

// keeps reports whether a source took a value that was sent to it, and has what
// it had before.
func (d Draft) keeps(key string, old base, theirs []chunk) bool {
	if old == nil || !slices.Contains(d.Other, key) {
		return false
	}
	return d.said(key, theirs) == or(or(old[rawPrefix+key], old[key]), nothing)
}

// stale reports whether a draft is of a time before what is known: listings of
// some trackers are behind their items.
func (d Draft) stale(old base) bool {
	if d.answers() || d.Item.Updated.IsZero() {
		return false
	}
	was, err := time.Parse(time.RFC3339, old[changedKey])
	return err == nil && d.Item.Updated.Before(was)
}

// unsaid reports whether a draft says nothing of a key: it was not asked for.
func (d Draft) unsaid(key string) bool {
	switch key {
	case bodyKey, criteriaKey, tasksKey:
		return false
	}
	return strings.HasPrefix(key, "## ") && (key != KeyComments || d.Comments == nil) &&
		!slices.ContainsFunc(d.Sections, func(s Section) bool { return "## "+oneLine(s.Heading) == key })
}

// unheard reports whether comments may have changed of which a draft says nothing:
// then it is not known what the item is now.
func (d Draft) unheard(old base) bool {
	_, known := old[commentsSum]
	return known && d.Comments == nil && !d.answers() && d.Item.Version != old[versionKey]
}

// base is what a draft leaves behind, whose values are theirs but for those that
// are pinned.
func (d Draft) base(old, pins base, theirs []chunk) base {
	b := baseOf(theirs)
	for key, raw := range d.Raw {
		if raw != "" {
			b[rawPrefix+key] = raw
		}
	}
	for key, sum := range pins {
		if b[key] = sum; sum == "" {
			delete(b, key)
		}
		if said := d.said(key, theirs); said != or(sum, nothing) {
			b[rawPrefix+key] = said
		}
	}
	for key, sum := range old {
		if d.unsaid(key) || key == commentsSum && d.Comments == nil {
			b[key] = sum
		}
	}
	if d.Item.Version != "" && !d.unheard(old) {
		b[versionKey] = d.Item.Version
	}
	if !d.Item.Updated.IsZero() {
		b[changedKey] = d.Item.Updated.UTC().Format(time.RFC3339Nano)
	}
	b[labelsSum] = d.labels()
	var names []string
	for _, n := range slices.Concat(d.Item.Labels, d.Item.Assignees) {
		if n = words(n); strings.Contains(n, ",") {
			names = append(names, n)
		}
	}
	if names != nil {
		b[namesKey] = strings.Join(names, "\n")
	}
	return b
}

// labels is the hash of an item's labels but for those that stand for a status or
// a priority, on trackers that have no fields for them.
func (d Draft) labels() string {
	names := slices.DeleteFunc(slices.Sorted(slices.Values(d.Item.Labels)), func(l string) bool {
		one := []string{l}
		return workers.PriorityOf(one) != "" || workers.StatusOf(false, one) != workers.StatusOpen
	})
	return hash(list(names))
}

// firstBase is the base of a new story.
func (d Draft) firstBase(theirs []chunk) base {
	b := d.base(nil, d.pins(nil, theirs), theirs)
	if d.Comments != nil {
		delete(b, KeyComments)
		_, b[commentsSum] = discuss(&discussion{d: d}, "", nil)
	}
	return b
}

// sourceHash is what an item has to say, wherever its story lies. Tasks are
// items of their own, and what is not always asked for is left to moreHash.
func (d Draft) sourceHash(theirs []chunk) digest {
	var b strings.Builder
	for _, c := range theirs {
		switch c.key {
		case "", importedKey, hashKey, featureKey, tasksKey, "- Orphan", "Project":
			continue
		case bodyKey, criteriaKey:
		default:
			if strings.HasPrefix(c.key, "## ") {
				continue
			}
		}
		b.WriteString(c.key + "\x00" + or(d.Raw[c.key], plain(c.key, c.val)) + "\x00")
	}
	if d.Item.Version != "" {
		b.WriteString(versionKey + "\x00" + d.Item.Version)
	}
	return parseDigest(hash(b.String()))
}

// moreHash is what a draft says besides; 0 if it does not.
func (d Draft) moreHash() digest {
	if d.Comments == nil && d.Sections == nil {
		return 0
	}
	var b strings.Builder
	for _, c := range d.Comments {
		b.WriteString(c.ID + "\x00" + c.heading() + "\x00" + or(c.Raw, c.Text) + "\x00")
	}
	for _, s := range d.Sections {
		b.WriteString("\x00" + s.Heading + "\x00" + s.Text)
	}
	return parseDigest(hash(b.String()))
}

// is reports whether a value is the one that the source had, however a person
// writes it.
func (b base) is(key, val string) bool {
	was := b[key]
	if was == hash(plain(key, val)) || val == "" && was == "" {
		return true
	}
	switch key {
	case statusKey:
		status, ok := StatusOf(val)
		return ok && was == hash(string(status))
	case bodyKey:
		return was == hash(noBody) && val == "" || was == "" && val == noBody
	case criteriaKey:
		return was == hash(plain(key, criterionLines(criteriaIn(val), 1)))
	}
	return false
}

// same reports whether two bases have the same values, but for comments.
func (b base) same(other base) bool {
	values := func(b base) base {
		b = b.clone()
		maps.DeleteFunc(b, func(key, _ string) bool { return strings.HasPrefix(key, "=") || key == KeyComments })
		return b
	}
	return maps.Equal(values(b), values(other))
}

// clone is a base that may be changed.
func (b base) clone() base {
	if b == nil {
		return make(base)
	}
	return maps.Clone(b)
}
