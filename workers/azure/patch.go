package azure

import (
	"slices"
	"strconv"
	"strings"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// The fields that are written to.
const (
	description = "System.Description"
	steps       = "Microsoft.VSTS.TCM.ReproSteps"
	criteria    = "Microsoft.VSTS.Common.AcceptanceCriteria"
	urgency     = "Microsoft.VSTS.Common.Priority"
)

// operation is one of JSON Patch (RFC 6902).
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

type patch struct{ operations []operation }

func (p *patch) add(path string, value any) {
	p.operations = append(p.operations, operation{"add", path, value})
}

// set sets a field, to nothing by "".
func (p *patch) set(field string, value any) { p.add("/fields/"+field, value) }

// patch is what makes an item that is as it is now one with the values of f, but
// for its state. The zero item is a new one.
func (at project) patch(k kind, f workers.Fields, now workItem) (patch, error) {
	item := now.item(at)
	var p patch
	if f.Title != nil && *f.Title != item.Title {
		p.set("System.Title", *f.Title)
	}
	if f.Body != nil && f.Body.Raw != item.Body.Raw {
		if err := p.body(k, *f.Body, now); err != nil {
			return p, err
		}
	}
	if f.Criteria != nil && f.Criteria.Raw != item.Criteria.Raw {
		if !k.has(criteria) {
			return p, &workers.RefusedError{Field: "criteria", Reason: "items of type " + workers.Show(k.Name) + " have no field for them"}
		}
		if err := p.text(criteria, *f.Criteria, now); err != nil {
			return p, err
		}
	}
	if f.Priority != nil && *f.Priority != item.Priority {
		if err := p.priority(*f.Priority); err != nil {
			return p, err
		}
	}
	if f.Labels != nil && !slices.Equal(sorted(*f.Labels), sorted(item.Labels)) {
		if err := p.tags(*f.Labels, item.Labels); err != nil {
			return p, err
		}
	}
	if f.Assignees != nil && !slices.Equal(*f.Assignees, item.Assignees) {
		if len(*f.Assignees) > 1 {
			return p, &workers.RefusedError{Field: "assignees", Value: strings.Join(*f.Assignees, ", "), Reason: "a work item has one assignee"}
		}
		p.set("System.AssignedTo", strings.Join(*f.Assignees, ""))
	}
	if f.Parent != nil && !strings.EqualFold(*f.Parent, item.Parent) {
		if err := p.parent(at, *f.Parent, now); err != nil {
			return p, err
		}
	}
	return p, nil
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// raw is a text for a field in a format.
func raw(t workers.Text, format string) (string, error) {
	if t.Raw == "" || t.Markup == workers.HTML || t.Markup == workers.Markdown && strings.EqualFold(format, "markdown") {
		return t.Raw, nil
	}
	return "", &workers.InputError{Input: workers.Show(string(t.Markup)), Reason: "no text for this field of Azure DevOps, which takes HTML"}
}

func (p *patch) text(field string, t workers.Text, now workItem) error {
	s, err := raw(t, now.Formats[field])
	if err == nil && s != now.text(field) {
		p.set(field, s)
	}
	return err
}

// body sets the description or the steps that show a bug, whichever body read it
// from. For a new item that has both it is the steps: the form of a bug shows no
// description.
func (p *patch) body(k kind, t workers.Text, now workItem) error {
	switch {
	case now.text(description) != "" && now.text(steps) != "":
		heading := "<h2>Repro Steps</h2>"
		if t.Markup == workers.Markdown {
			heading = "## Repro Steps"
		}
		first, second, ok := strings.Cut(t.Raw, heading)
		if !ok {
			return &workers.RefusedError{Field: "body", Reason: "it is kept in two fields, and the heading Repro Steps between them is gone"}
		}
		if err := p.text(description, workers.Text{Raw: strings.TrimRight(first, "\n"), Markup: t.Markup}, now); err != nil {
			return err
		}
		return p.text(steps, workers.Text{Raw: strings.TrimLeft(second, "\n"), Markup: t.Markup}, now)
	case now.text(steps) != "", now.text(description) == "" && len(k.Fields) > 0 && k.has(steps):
		return p.text(steps, t, now)
	}
	return p.text(description, t, now)
}

// priority sets what priority reads.
func (p *patch) priority(level string) error {
	if level == "" {
		p.operations = append(p.operations, operation{Op: "remove", Path: "/fields/" + urgency})
		return nil
	}
	n, err := strconv.Atoi(strings.TrimPrefix(level, "P"))
	if err != nil || n < 0 || n > 4 {
		return &workers.RefusedError{Field: "priority", Value: level, Reason: "none of ours", Allowed: []string{"P0", "P1", "P2", "P3", "P4"}}
	}
	p.set(urgency, n+1)
	return nil
}

// tags sets all of them. Where there are some, to add would leave those
// ("Work Items - Update", learn.microsoft.com/rest/api/azure/devops/wit).
func (p *patch) tags(list, now []string) error {
	for _, tag := range list {
		if strings.ContainsAny(tag, ";,") {
			return &workers.RefusedError{Field: "labels", Value: tag, Reason: "a tag has no comma and no semicolon in it"}
		}
	}
	p.set("System.Tags", strings.Join(list, "; "))
	if len(now) > 0 {
		p.operations[len(p.operations)-1].Op = "replace"
	}
	return nil
}

// parent replaces the link to the item above.
func (p *patch) parent(at project, above string, now workItem) error {
	if i := slices.IndexFunc(now.Relations, func(r relation) bool { return r.Rel == parentLink }); i >= 0 {
		p.operations = append(p.operations, operation{Op: "remove", Path: "/relations/" + strconv.Itoa(i)})
	}
	if above == "" {
		return nil
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(strings.ToUpper(above), "ADO-"), 10, 63)
	if err != nil {
		return &workers.RefusedError{Field: "parent", Value: above, Reason: "not the ID of a work item"}
	}
	link := at.client.Base().JoinPath(rest.Path(at.organisation), "_apis", "wit", "workItems", strconv.FormatUint(n, 10))
	p.add("/relations/-", map[string]string{"rel": parentLink, "url": link.String()})
	return nil
}
