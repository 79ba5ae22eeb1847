package jira

import (
	"context"
	"net/http"
	"strings"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// Abilities are those of the site. Until the Provider has asked it for something,
// they are what its address tells: criteria go to a field of the site's own, of
// which nothing is known then.
func (p *Provider) Abilities() workers.Abilities {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := site{cloud: p.onCloud()}
	if p.site != nil {
		s = *p.site
	}
	can := workers.Abilities{Markup: workers.Wiki, Criteria: len(s.areas) > 0, Parent: s.cloud || len(s.epic) > 0, Assignees: true, Priority: true, Labels: true}
	if s.cloud {
		can.Markup = workers.ADF
	}
	return can
}

// Write carries out w. Fields go in one request, the status, which is changed by
// a transition of the issue's workflow, in another: before them if the issue is
// done, because such issues are often closed to changes, else after them. A new
// issue is created first, and then passes to the status. An error of the second
// request is one that [rest.InDoubt] is true of.
//
// It reads the issue before and after, the transitions for a status, the
// priorities of the site and the types of the project once, and looks up whom an
// issue is assigned to.
func (p *Provider) Write(ctx context.Context, w workers.Write) (workers.Item, error) {
	s, err := p.learn(ctx)
	if err != nil {
		return workers.Item{}, err
	}
	if s.nobody != nil {
		return workers.Item{}, s.nobody
	}
	if w.Number == "" {
		return p.create(ctx, s, w)
	}
	now, err := p.one(ctx, s, workers.ItemQuery{Source: w.Source}, w.Number)
	if err != nil {
		return workers.Item{}, err
	}
	item := s.item(p.client.Base(), w.Source, now)
	if err := w.Check(item); err != nil {
		return workers.Item{}, err
	}
	if w.Comment != nil {
		return p.writeComment(ctx, s, w, now)
	}
	return p.update(ctx, s, w, now, item)
}

// create makes an issue.
func (p *Provider) create(ctx context.Context, s site, w workers.Write) (workers.Item, error) {
	kind, err := p.kind(ctx, s, w.Source, w.Fields.Type)
	if err != nil {
		return workers.Item{}, err
	}
	c, err := p.change(ctx, s, w.Fields, issue{}, kind.Subtask)
	if err != nil {
		return workers.Item{}, err
	}
	c.Fields["project"], c.Fields["issuetype"] = map[string]string{"key": w.Source}, map[string]string{"id": kind.ID}
	c.Properties = marked(w.Mark)
	var made struct {
		Key string `json:"key"`
	}
	if err := p.send(ctx, s, http.MethodPost, "issue", c, &made); err != nil {
		return workers.Item{}, err
	}
	if made.Key == "" {
		return workers.Item{}, rest.Doubt(workers.NoItem("the new issue"))
	}
	item, err := p.after(ctx, s, w, made.Key)
	if err != nil {
		return workers.Item{}, err
	}
	move, err := p.transition(ctx, s, w.Fields, item)
	if err != nil || move == nil {
		return item, rest.Doubt(err)
	}
	if err := p.move(ctx, s, item, *move); err != nil {
		return workers.Item{}, rest.Doubt(err)
	}
	return p.after(ctx, s, w, made.Key)
}

// update changes an issue that is as it is now.
func (p *Provider) update(ctx context.Context, s site, w workers.Write, now issue, item workers.Item) (workers.Item, error) {
	kind := read[issueType](now, "issuetype")
	c, err := p.change(ctx, s, w.Fields, now, kind.Subtask)
	if err != nil {
		return workers.Item{}, err
	}
	move, err := p.transition(ctx, s, w.Fields, item)
	if err != nil {
		return workers.Item{}, err
	}
	var steps []func() error
	if len(c.Fields)+len(c.Update) > 0 {
		steps = append(steps, func() error {
			return p.send(ctx, s, http.MethodPut, "issue/"+rest.Path(now.Key), c, &struct{}{})
		})
	}
	if move != nil {
		steps = append(steps, func() error { return p.move(ctx, s, item, *move) })
	}
	if len(steps) == 2 && item.Status == workers.StatusCompleted {
		steps[0], steps[1] = steps[1], steps[0]
	}
	for n, step := range steps {
		if err := step(); err != nil && n > 0 {
			return workers.Item{}, rest.Doubt(err)
		} else if err != nil {
			return workers.Item{}, err
		}
	}
	if len(steps) == 0 {
		return item, nil
	}
	return p.after(ctx, s, w, now.Key)
}

// writeComment makes or changes a comment of an issue.
func (p *Provider) writeComment(ctx context.Context, s site, w workers.Write, now issue) (workers.Item, error) {
	body, err := s.raw(w.Comment.Body)
	if err != nil {
		return workers.Item{}, err
	}
	method, ref := http.MethodPost, "issue/"+rest.Path(now.Key)+"/comment"
	if w.Comment.ID != "" {
		method, ref = http.MethodPut, ref+"/"+rest.Path(w.Comment.ID)
	}
	question := map[string]any{"body": body}
	if w.Mark != "" {
		question["properties"] = marked(w.Mark)
	}
	var made comment
	if err := p.send(ctx, s, method, ref, question, &made); err != nil {
		return workers.Item{}, err
	}
	if made.ID == "" || w.Comment.ID != "" && made.ID != w.Comment.ID {
		return workers.Item{}, rest.Doubt(workers.NoItem("the comment"))
	}
	item, err := p.after(ctx, s, w, now.Key)
	if err != nil {
		return workers.Item{}, err
	}
	c := s.comment(made)
	c.Mark = w.Mark // an answer does not have to tell of properties
	item.Comments = []workers.Comment{c}
	return item, nil
}

// after reads what came of a write.
func (p *Provider) after(ctx context.Context, s site, w workers.Write, key string) (workers.Item, error) {
	now, err := p.one(ctx, s, workers.ItemQuery{Source: w.Source}, key)
	if err != nil {
		return workers.Item{}, rest.Doubt(err)
	}
	return s.item(p.client.Base(), w.Source, now), nil
}

// onCloud goes by the address of the site. Not all of Cloud's tell.
func (p *Provider) onCloud() bool {
	return strings.HasSuffix(p.client.Base().Hostname(), ".atlassian.net")
}
