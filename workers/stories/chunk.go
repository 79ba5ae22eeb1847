package stories

import (
	"strings"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// chunk is a piece of a story's file: all of them in a row are the file, byte
// for byte. One with a key holds a value that is merged with that of the
// source; one without is whatever stands between those.
type chunk struct {
	key             string
	pre, val, after string
}

// The keys of chunks are a header's name, "## " and a section's heading, and
// "- " and the name of a line of metadata.
const (
	titleKey     = "Title"
	statusKey    = "Status"
	priorityKey  = "Priority"
	bodyKey      = "## Description"
	criteriaKey  = "## Acceptance Criteria"
	tasksKey     = "## Tasks"
	conflictsKey = "## Import Conflicts"
	metadataHead = "## External Metadata"
	idKey        = "- External ID"
	featureKey   = "- Feature ID"
	parentKey    = "- Parent ID"
	importedKey  = "- Imported At"
	updatedKey   = "- Updated At"
	createdKey   = "- Created At"
	urlKey       = "- External URL"
	hashKey      = "- Content Hash"
)

var (
	titleLine  = lazyregexp.New(`^(# (?:US-\d+E?: ?)?)(.*)$`)
	headerLine = lazyregexp.New(`^(\*\*([A-Z][A-Za-z ]*)\*\*: ?)(.*)$`)
	metaLine   = lazyregexp.New(`^(\s*-\s+\*\*([A-Z][A-Za-z ]*)\*\*:\s*)(.*)$`)
)

// text is the file that chunks add up to.
func text(chunks []chunk) string {
	n := 0
	for _, c := range chunks {
		n += len(c.pre) + len(c.val) + len(c.after)
	}
	var b strings.Builder
	b.Grow(n)
	for _, c := range chunks {
		b.WriteString(c.pre)
		b.WriteString(c.val)
		b.WriteString(c.after)
	}
	return b.String()
}

// find returns the chunk of a key, nil if there is none.
func find(chunks []chunk, key string) *chunk {
	for i := range chunks {
		if chunks[i].key == key {
			return &chunks[i]
		}
	}
	return nil
}

// value is that of a key; "" if there is none.
func value(chunks []chunk, key string) string {
	if c := find(chunks, key); c != nil {
		return c.val
	}
	return ""
}

// parse cuts a file into chunks. It takes whatever is there: of two places with
// one key only the first has it.
func parse(file string) []chunk {
	p := parser{seen: make(map[string]bool)}
	matter := max(frontMatterEnd(file), len(file)-len(strings.TrimPrefix(file, byteOrderMark)))
	if matter > 0 {
		p.raw(file[:matter])
	}
	var f fence
	for line := range strings.Lines(file[matter:]) {
		if f.next(line) {
			p.other(line)
			continue
		}
		p.line(line)
	}
	p.close(false)
	return p.chunks
}

// parser is parse half way.
type parser struct {
	chunks  []chunk
	seen    map[string]bool
	heading string // of the section that is open
	start   string // its heading's line
	body    strings.Builder
	place   place
}

// place is where in a story a line stands.
type place int

const (
	header place = iota // above the first section
	section
	tail // below the heading of the metadata
)

func (p *parser) line(line string) {
	bare := strings.TrimRight(line, "\r\n")
	switch {
	case strings.HasPrefix(bare, "## "):
		isTail := strings.TrimRight(bare, " ") == metadataHead
		p.close(isTail)
		if isTail {
			p.place = tail
			p.raw(line)
			return
		}
		p.place, p.heading, p.start = section, "## "+strings.TrimSpace(bare[3:]), line
	case p.place == header && strings.HasPrefix(bare, "# ") && !p.seen[titleKey]:
		m := titleLine.FindStringSubmatch(bare)
		p.add(chunk{titleKey, m[1], m[2], line[len(bare):]})
	case p.place == header && strings.HasPrefix(bare, "**"):
		p.keyed(headerLine, "", bare, line)
	case p.place == tail && strings.Contains(bare, "- "):
		p.keyed(metaLine, "- ", bare, line)
	default:
		p.other(line)
	}
}

func (p *parser) keyed(pattern *lazyregexp.Regexp, prefix, bare, line string) {
	m := pattern.FindStringSubmatch(bare)
	if m == nil || prefix+m[2] == titleKey {
		p.raw(line)
		return
	}
	p.add(chunk{prefix + m[2], m[1], m[3], line[len(bare):]})
}

// other takes a line that is no structure.
func (p *parser) other(line string) {
	if p.place == section {
		p.body.WriteString(line)
		return
	}
	p.raw(line)
}

func (p *parser) raw(s string) { p.chunks = append(p.chunks, chunk{val: s}) }

func (p *parser) add(c chunk) {
	if p.seen[c.key] {
		p.raw(c.pre + c.val + c.after)
		return
	}
	p.seen[c.key] = true
	p.chunks = append(p.chunks, c)
}

// close ends a section. The rule above the metadata is no part of the last.
func (p *parser) close(isLast bool) {
	if p.place != section {
		return
	}
	body := p.body.String()
	p.body.Reset()
	rule := ""
	trimmed := strings.TrimRight(body, " \t\r\n")
	if isLast && (trimmed == "---" || strings.HasSuffix(trimmed, "\n---")) {
		at := len(trimmed) - len("---")
		body, rule = body[:at], body[at:]
	}
	val := strings.Trim(body, "\r\n")
	val = strings.TrimRight(val, " \t\r\n")
	at := strings.Index(body, val)
	p.add(chunk{p.heading, p.start + body[:at], val, body[at+len(val):]})
	if rule != "" {
		p.raw(rule)
	}
}
