package jira

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// issueType is what is read of a type of issues.
type issueType struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Subtask bool   `json:"subtask"`
}

// kind is the type with a name of a project's issues, or that of stories.
func (p *Provider) kind(ctx context.Context, s site, project, name string) (issueType, error) {
	list, err := p.kinds(ctx, s, project)
	if err != nil {
		return issueType{}, err
	}
	wanted := []string{name}
	if name == "" {
		wanted = []string{"Story", "User Story", "Task"}
	}
	for _, w := range wanted {
		if i := slices.IndexFunc(list, func(t issueType) bool { return strings.EqualFold(t.Name, w) }); i >= 0 {
			return list[i], nil
		}
	}
	refused := &workers.RefusedError{Field: "type", Value: wanted[0], Reason: "the project has no such type, or not for this user"}
	for _, t := range list {
		refused.Allowed = append(refused.Allowed, t.Name)
	}
	return issueType{}, refused
}

// kinds asks for the types of issues that the user may create in a project, once.
func (p *Provider) kinds(ctx context.Context, s site, project string) ([]issueType, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if list, ok := p.types[project]; ok {
		return list, nil
	}
	list, err := pages(p.client, s.api+"issue/createmeta/"+rest.Path(project)+"/issuetypes", func(ref string, start int) (page []issueType, more bool, err error) {
		var answer struct {
			Cloud  []issueType `json:"issueTypes"`
			Server []issueType `json:"values"`
			Total  int         `json:"total"`
		}
		_, err = p.client.Get(ctx, ref, &answer)
		page = append(answer.Cloud, answer.Server...)
		return page, start+len(page) < answer.Total, err
	})
	if err != nil {
		return nil, s.lacks(err, "write:jira-work", "Create Issues")
	}
	if p.types == nil {
		p.types = make(map[string][]issueType)
	}
	p.types[project] = list
	return list, nil
}

// pages reads the list at ref, which is told in pages.
func pages[T any](c *rest.Client, ref string, ask func(ref string, start int) (page []T, more bool, err error)) ([]T, error) {
	var list []T
	var asked rest.Pages
	for {
		if err := asked.Next(c, ref); err != nil {
			return nil, err
		}
		page, more, err := ask(ref+"?startAt="+strconv.Itoa(len(list)), len(list))
		if err != nil {
			return nil, err
		}
		if list = append(list, page...); !more || len(page) == 0 {
			return list, nil
		}
	}
}

// option is what is read of a priority.
type option struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// priorityID is the id of the site's first priority that means level; "" for none.
func (p *Provider) priorityID(ctx context.Context, s site, level string) (string, error) {
	if level == "" {
		return "", nil
	}
	list, err := p.priorities(ctx, s)
	if err != nil {
		return "", err
	}
	refused := &workers.RefusedError{Field: "priority", Value: level, Reason: "the site has no priority of this level"}
	for _, o := range list {
		of := priority(o.Name)
		if of == level {
			return o.ID, nil
		}
		if of != "" && !slices.Contains(refused.Allowed, of) {
			refused.Allowed = append(refused.Allowed, of)
		}
	}
	return "", refused
}

// priorities asks for those of the site, once.
func (p *Provider) priorities(ctx context.Context, s site) ([]option, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.levels != nil {
		return p.levels, nil
	}
	var list []option
	var err error
	if s.cloud {
		list, err = pages(p.client, s.api+"priority/search", func(ref string, _ int) (page []option, more bool, err error) {
			var answer struct {
				Values []option `json:"values"`
				Last   bool     `json:"isLast"`
			}
			_, err = p.client.Get(ctx, ref, &answer)
			return answer.Values, !answer.Last, err
		})
	} else {
		_, err = p.client.Get(ctx, s.api+"priority", &list)
	}
	if err != nil {
		return nil, s.needy(err)
	}
	p.levels = list
	return list, nil
}

// user is what is read of one.
type user struct {
	person
	Email string `json:"emailAddress"`
}

// accountID is the id of a person on Cloud, which is looked up for nobody.
var accountID = lazyregexp.New(`^(?:[0-9a-f]{24}|(?:[0-9]+|[a-z]+):[0-9A-Za-z-]{8,})$`)

// assignee is what Jira calls the one whom names name: an account id on Cloud, a
// user name on Data Center; "" for nobody. People are found by those, by what is
// shown of them, and by their address.
func (p *Provider) assignee(ctx context.Context, s site, names []string) (string, error) {
	switch len(names) {
	case 0:
		return "", nil
	case 1:
	default:
		return "", &workers.RefusedError{Field: "assignees", Value: strings.Join(names, ", "), Reason: "an issue of Jira has one assignee"}
	}
	parameter := "username"
	if s.cloud {
		parameter = "query"
	}
	if s.cloud && accountID.MatchString(names[0]) {
		return names[0], nil
	}
	var found []user
	if _, err := p.client.Get(ctx, s.api+"user/search?"+url.Values{parameter: {names[0]}}.Encode(), &found); err != nil {
		return "", s.lacks(err, "read:jira-user", "Browse users and groups")
	}
	if id, err := pick(found, names[0]); id != "" || err != nil {
		return id, err
	}
	return "", &workers.RefusedError{Field: "assignees", Value: names[0], Reason: "nobody of that name, or not to be seen by this user"}
}

// pick returns the id of the one that name is the name of; "" if there is none.
func pick(found []user, name string) (string, error) {
	var ids []string
	for _, u := range found {
		id := u.id()
		if id == name {
			return id, nil
		}
		if id != "" && (strings.EqualFold(id, name) || strings.EqualFold(u.Display, name) || strings.EqualFold(u.Email, name)) {
			ids = append(ids, id)
		}
	}
	switch len(ids) {
	case 0:
		return "", nil
	case 1:
		return ids[0], nil
	}
	return "", &workers.RefusedError{Field: "assignees", Value: name, Reason: "several have that name", Allowed: ids}
}
