package workers

import (
	"bytes"
	"encoding/json"
	"iter"
)

// document is a JSON file that is someone else's: a change leaves every byte
// alone that it is not about, and what it adds is laid out as what is there.
type document struct{ text []byte }

// span is where a value stands in a document. A change moves those behind it.
type span struct{ from, to int }

// property is a member of an object, or with no key an element of an array.
type property struct {
	key   string
	value any
}

// readDocument checks that text is one JSON object. The error says where it is
// not, and repeats one character at most.
func readDocument(text []byte) (*document, *misplaced) {
	var whole json.RawMessage
	if err := json.Unmarshal(text, &whole); err != nil {
		return nil, syntax(err)
	}
	d := &document{text}
	if d.kind(d.root()) != '{' {
		return nil, &misplaced{0, "not an object"}
	}
	return d, nil
}

func (d *document) root() span {
	from := len(d.text) - len(bytes.TrimLeft(d.text, jsonSpace))
	return span{from, len(bytes.TrimRight(d.text, jsonSpace))}
}

// kind is the first character of a value: { [ " t f n or one of a number.
func (d *document) kind(s span) byte { return d.text[s.from] }

func (d *document) raw(s span) json.RawMessage { return d.text[s.from:s.to] }

// find follows keys from one object into the next. Of members with the same
// key the last one counts, as in JavaScript.
func (d *document) find(in span, keys ...string) (at span, ok bool) {
	for _, key := range keys {
		if d.kind(in) != '{' {
			return span{}, false
		}
		ok = false
		d.each(in, func(k string, s span) {
			if k == key {
				at, ok = s, true
			}
		})
		if !ok {
			return span{}, false
		}
		in = at
	}
	return in, true
}

// elements returns the elements of an array.
func (d *document) elements(array span) []span {
	var all []span
	d.each(array, func(_ string, s span) { all = append(all, s) })
	return all
}

// each calls f for what an object or array holds; for other values it does
// nothing.
func (d *document) each(in span, f func(key string, s span)) {
	kind := d.kind(in)
	if kind != '{' && kind != '[' {
		return
	}
	dec := json.NewDecoder(bytes.NewReader(d.raw(in))) // which cannot fail: the text was checked
	_, _ = dec.Token()
	for dec.More() {
		var key string
		if kind == '{' {
			t, _ := dec.Token()
			key, _ = t.(string)
		}
		var raw json.RawMessage
		if dec.Decode(&raw) != nil {
			return
		}
		end := in.from + int(dec.InputOffset())
		f(key, span{end - len(raw), end})
	}
}

// set gives a member of an object another value, or adds it.
func (d *document) set(object span, key string, value any) error {
	old, ok := d.find(object, key)
	if !ok {
		return d.add(object, property{key, value})
	}
	lead := indentation(d.text, old.from)
	text, err := property{"", value}.encode(newline(d.text), lead, d.unit())
	if err == nil {
		d.splice(old, text)
	}
	return err
}

// add puts a member at the end of an object.
func (d *document) add(in span, p property) error {
	return d.addAll(in, func(yield func(property) bool) { yield(p) })
}

// addAll puts members at the end of an object or an array. There may be
// thousands: each is made when its turn comes.
func (d *document) addAll(in span, all iter.Seq[property]) error {
	inner := d.text[in.from+1 : in.to-1]
	body := bytes.TrimRight(inner, jsonSpace)
	lead, unit, nl := "", d.unit(), newline(d.text)
	first := inner[:len(inner)-len(bytes.TrimLeft(inner, jsonSpace))]
	switch i := bytes.LastIndexByte(first, '\n'); {
	case len(body) > 0 && i < 0: // all on one line
		unit = ""
	case len(body) > 0:
		lead = string(first[i+1:])
	default:
		lead = indentation(d.text, in.from) + unit
	}
	at := in.from + 1 + len(body)
	var b bytes.Buffer
	b.Write(d.text[:at])
	n := 0
	for p := range all {
		if n > 0 || len(body) > 0 {
			b.WriteByte(',')
		}
		n++
		if unit != "" {
			b.WriteString(nl + lead)
		}
		text, err := p.encode(nl, lead, unit)
		if err != nil {
			return err
		}
		b.Write(text)
	}
	if n == 0 {
		return nil
	}
	if len(body) == 0 && unit != "" {
		b.WriteString(nl + indentation(d.text, in.from))
		at = in.to - 1
	}
	b.Write(d.text[at:])
	d.text = b.Bytes()
	return nil
}

func (d *document) splice(s span, text []byte) {
	d.text = bytes.Join([][]byte{d.text[:s.from], text, d.text[s.to:]}, nil)
}

// unit is what the file is indented with: what stands before the first member
// of its object, two spaces in an empty one, "" where all is on one line.
func (d *document) unit() string {
	root := d.root()
	inner := d.text[root.from+1 : root.to-1]
	space := inner[:len(inner)-len(bytes.TrimLeft(inner, jsonSpace))]
	if len(space) == len(inner) {
		return "  "
	}
	i := bytes.LastIndexByte(space, '\n')
	if i < 0 {
		return ""
	}
	return string(space[i+1:])
}

func newline(text []byte) string {
	if bytes.Contains(text, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

// indentation is what the line of a place begins with.
func indentation(text []byte, at int) string {
	line := text[bytes.LastIndexByte(text[:at], '\n')+1 : at]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// encode writes p as JSON.stringify would; without a unit on one line.
func (p property) encode(nl, lead, unit string) ([]byte, error) {
	text, err := marshal(p.value)
	if err != nil {
		return nil, err
	}
	colon := ":"
	if unit != "" {
		var b bytes.Buffer
		if err := json.Indent(&b, text, lead, unit); err != nil {
			return nil, err
		}
		text, colon = b.Bytes(), ": "
		if nl != "\n" {
			text = bytes.ReplaceAll(text, []byte("\n"), []byte(nl))
		}
	}
	if p.key == "" {
		return text, nil
	}
	key, err := marshal(p.key)
	return append(append(key, colon...), text...), err
}

// marshal leaves <, > and & as they are, as JavaScript does.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
