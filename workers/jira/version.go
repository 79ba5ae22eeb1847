package jira

import (
	"encoding/json"

	"github.com/specweave/specweave/workers"
)

// version tells apart what happened to an issue within a millisecond. Documents
// are compared by what they say: Jira does not promise to write one in the same way
// wherever it tells it.
func version(item workers.Item) string {
	item.Body.Raw = canonical(item.Body)
	return workers.VersionOf(item)
}

// canonical is a text as all that means the same has it: without the order of
// keys, spaces and the names that an editor gives to nodes.
func canonical(t workers.Text) string {
	var document any
	if t.Markup != workers.ADF || json.Unmarshal([]byte(t.Raw), &document) != nil {
		return t.Raw
	}
	anonymous(document)
	data, err := json.Marshal(document)
	if err != nil {
		return t.Raw
	}
	return string(data)
}

// anonymous removes the names of nodes.
func anonymous(v any) {
	switch v := v.(type) {
	case []any:
		for _, child := range v {
			anonymous(child)
		}
	case map[string]any:
		for _, child := range v {
			anonymous(child)
		}
		attrs, ok := v["attrs"].(map[string]any)
		if delete(attrs, "localId"); ok && len(attrs) == 0 {
			delete(v, "attrs")
		}
	}
}
