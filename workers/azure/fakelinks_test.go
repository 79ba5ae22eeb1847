package azure_test

import (
	"encoding/json"
	"path"
	"strconv"
	"strings"

	"github.com/specweave/specweave/workers/providertest"
)

// The kinds of links that are made.
const (
	hyperlink = "Hyperlink"
	above     = "System.LinkTypes.Hierarchy-Reverse"
)

// relations are the links of an item.
func relations(i providertest.Issue) (list []map[string]any) {
	const api = "https://dev.azure.com/acme/_apis/wit/"
	if i.Mark != "" {
		list = append(list, map[string]any{"rel": "AttachedFile", "url": api + "attachments/1", "attributes": map[string]any{"name": "x"}},
			map[string]any{"rel": hyperlink, "url": "https://github.com/specweave/specweave#" + i.Mark, "attributes": map[string]any{"comment": "made by specweave"}})
	}
	if i.Parent > 0 {
		list = append(list, map[string]any{"rel": above, "url": api + "workItems/" + strconv.FormatInt(i.Parent, 10), "attributes": map[string]any{"name": "Parent"}})
	}
	return list
}

// linked is an item with its relations, which are not told if there are none.
func linked(i providertest.Issue) map[string]any {
	item := described(i, nil)
	if list := relations(i); len(list) > 0 {
		item["relations"] = list
	}
	return item
}

// relate adds a link to an item, or removes one, or says why that is not possible.
func relate(i *providertest.Issue, o operation) (why string) {
	if o.Op == "remove" {
		n, err := strconv.Atoi(strings.TrimPrefix(o.Path, "/relations/"))
		if list := relations(*i); err != nil || n >= len(list) || list[n]["rel"] != above {
			return "VS403677: Relation index is out of range."
		}
		i.Parent = 0
		return ""
	}
	var link struct {
		Rel string `json:"rel"`
		URL string `json:"url"`
	}
	_ = json.Unmarshal(o.Value, &link) // what is none has no kind
	number, _ := strconv.ParseInt(path.Base(link.URL), 10, 64)
	switch {
	case link.Rel == hyperlink:
		_, i.Mark, _ = strings.Cut(link.URL, "#")
	case link.Rel != above:
		return "VS402323: Work item link type x does not exist."
	case number == i.Number:
		return "TF201035: You cannot add a Parent link to this work item because it would result in a circular relationship."
	case i.Parent != 0:
		return "TF201036: You cannot add a Parent link between work items 1 and 2 because a work item can have only one Parent link."
	default:
		i.Parent = number
	}
	return ""
}

// typeOf is the type of an item.
func typeOf(i providertest.Issue) string {
	if i.Has([]string{"epic"}) {
		return "Epic"
	}
	return "User Story"
}
