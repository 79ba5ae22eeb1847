package syncer

import (
	"slices"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/stories"
)

// reduce takes from a change what the permissions do not allow, and says what
// that was.
func (p Permissions) reduce(c *change) (denied []string) {
	if c.write.Comment != nil {
		if p.Upsert {
			return nil
		}
		c.write.Comment = nil
		return []string{"comments"}
	}
	if c.write.Number == "" && !p.Upsert {
		c.write.Fields, c.keys = workers.Fields{}, nil
		return []string{"new items"}
	}
	for _, name := range fieldNames {
		if fieldValue(c.write.Fields, name) == nil {
			continue
		}
		if name == "status" && p.UpdateStatus || name != "status" && p.Upsert {
			continue
		}
		denied = append(denied, name)
		c.drop(name)
	}
	return denied
}

// fieldNames are those of [workers.RefusedError].
var fieldNames = []string{"title", "body", "criteria", "status", "priority", "labels", "assignees", "parent"}

var fieldKeys = map[string]string{
	"title": stories.KeyTitle, "body": stories.KeyBody, "criteria": stories.KeyCriteria, "status": stories.KeyStatus,
	"priority": stories.KeyPriority, "labels": stories.KeyLabels, "assignees": stories.KeyAssignees, "parent": stories.KeyParent,
}

// fieldValue is the value of a field; nil if it stays as it is.
func fieldValue(f workers.Fields, name string) any {
	var v any
	set := false
	switch name {
	case "title":
		v, set = f.Title, f.Title != nil
	case "body":
		v, set = f.Body, f.Body != nil
	case "criteria":
		v, set = f.Criteria, f.Criteria != nil
	case "status":
		v, set = []any{f.Status, f.State}, f.Status != nil
	case "priority":
		v, set = f.Priority, f.Priority != nil
	case "labels":
		v, set = f.Labels, f.Labels != nil
	case "assignees":
		v, set = f.Assignees, f.Assignees != nil
	case "parent":
		v, set = f.Parent, f.Parent != nil
	}
	if !set {
		return nil
	}
	return v
}

// drop takes a field out of a change. Criteria that are a part of the body go
// with it.
func (c *change) drop(name string) {
	f := &c.write.Fields
	gone := []string{fieldKeys[name]}
	switch name {
	case "title":
		f.Title = nil
	case "body":
		f.Body, c.based = nil, false
		if f.Criteria == nil {
			gone = append(gone, stories.KeyCriteria)
		}
	case "criteria":
		f.Criteria = nil
	case "status", "state":
		f.Status, f.State = nil, ""
		gone = []string{stories.KeyStatus}
	case "priority":
		f.Priority = nil
	case "labels":
		f.Labels = nil
		if !slices.Contains(c.keys, stories.KeyStatus) { // it only went along
			f.Status, f.State = nil, ""
		}
		if !slices.Contains(c.keys, stories.KeyPriority) {
			f.Priority = nil
		}
	case "assignees":
		f.Assignees = nil
	case "parent":
		f.Parent = nil
	}
	c.keys = slices.DeleteFunc(c.keys, func(k string) bool { return slices.Contains(gone, k) })
}

// empty reports whether fields change nothing.
func empty(f workers.Fields) bool {
	return !slices.ContainsFunc(fieldNames, func(n string) bool { return fieldValue(f, n) != nil })
}
