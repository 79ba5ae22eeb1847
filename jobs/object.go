package jobs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// object is a JSON object that keeps the order of its fields and the bytes of
// their values, so that what others wrote is passed on as they wrote it.
type object []field

type field struct {
	key string
	raw json.RawMessage
}

// parseObject reads one JSON object and nothing after it.
func parseObject(data []byte) (object, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	if err := delim(dec, '{'); err != nil {
		return nil, err
	}
	o := object{}
	for dec.More() {
		k, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var f field
		f.key, _ = k.(string) // the decoder lets only strings be keys
		if err := dec.Decode(&f.raw); err != nil {
			return nil, err
		}
		o = append(o, f)
	}
	if err := delim(dec, '}'); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the end of the object")
	}
	return o, nil
}

// parseArray splits one JSON array into its elements.
func parseArray(data []byte) ([]json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	if err := delim(dec, '['); err != nil {
		return nil, err
	}
	var all []json.RawMessage
	for dec.More() {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, err
		}
		all = append(all, raw)
	}
	return all, delim(dec, ']')
}

func delim(dec *json.Decoder, want json.Delim) error {
	t, err := dec.Token()
	if err != nil {
		return err
	}
	if t != want {
		return fmt.Errorf("found %v where %v belongs", t, want)
	}
	return nil
}

func (o object) get(key string) json.RawMessage {
	for _, f := range o {
		if f.key == key {
			return f.raw
		}
	}
	return nil
}

// set replaces the value of key in its place or adds it at the end; a nil raw
// removes it.
func (o *object) set(key string, raw json.RawMessage) {
	for i, f := range *o {
		if f.key != key {
			continue
		}
		if raw == nil {
			*o = append((*o)[:i], (*o)[i+1:]...)
		} else {
			(*o)[i].raw = raw
		}
		return
	}
	if raw != nil {
		*o = append(*o, field{key, raw})
	}
}

// encode writes the object as JSON.stringify(…, null, 2) would at the given
// indentation, values verbatim but for the indentation of ours.
func (o object) encode(indent string) []byte {
	if len(o) == 0 {
		return []byte("{}")
	}
	var b bytes.Buffer
	b.WriteString("{")
	for i, f := range o {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n" + indent + "  ")
		b.Write(encodeJSON(f.key))
		b.WriteString(": ")
		b.Write(f.raw)
	}
	b.WriteString("\n" + indent + "}")
	return b.Bytes()
}

func encodeArray(all []json.RawMessage, indent string) json.RawMessage {
	if len(all) == 0 {
		return json.RawMessage("[]")
	}
	var b bytes.Buffer
	b.WriteString("[")
	for i, raw := range all {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n" + indent + "  ")
		b.Write(raw)
	}
	b.WriteString("\n" + indent + "]")
	return b.Bytes()
}

// encodeJSON encodes v without escaping <, > and &, which JavaScript does not
// either. v holds strings, numbers and the like only, so it cannot fail.
func encodeJSON(v any) json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// indentJSON encodes v as JSON.stringify(…, null, 2) would, for a place that is
// indented already.
func indentJSON(v any, indent string) json.RawMessage {
	var b bytes.Buffer
	_ = json.Indent(&b, encodeJSON(v), indent, "  ")
	return b.Bytes()
}
