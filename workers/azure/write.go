package azure

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// The resources that are used to write, by their ids among the API's routes.
const (
	itemID   = "72c7ddf8-2cdc-4f60-90cd-ab71c14a399b"
	createID = "62d3d110-0047-428c-ad3c-4fe872c91c74"
)

// itemVersion is the newest of the API of single items that is understood.
const itemVersion = "7.2-preview.3"

// related asks for an item with its relations.
var related = url.Values{"$expand": {"relations"}}

// Abilities are those of the types of stories. In the process Basic they have no
// field for criteria, which is known once a project was read from.
func (p *Provider) Abilities() workers.Abilities {
	p.mu.Lock()
	defer p.mu.Unlock()
	can := workers.Abilities{Markup: workers.HTML, Criteria: true, Parent: true, Assignees: true, Priority: true, Labels: true}
	for _, list := range p.known {
		if k, err := (project{kinds: list}).kind(""); err == nil && !k.has(criteria) {
			can.Criteria = false
		}
	}
	return can
}

// Write carries out w. All fields go in one request, which the server carries out
// only on the revision that was read. A new item is created in the state that its
// workflow begins with, and passes to another in a second request: an error of
// that one is one that [rest.InDoubt] is true of.
//
// It reads the item before, and after a comment.
func (p *Provider) Write(ctx context.Context, w workers.Write) (workers.Item, error) {
	at, err := p.project(w.Source)
	if err != nil {
		return workers.Item{}, err
	}
	if err := p.learn(ctx, &at); err != nil {
		return workers.Item{}, err
	}
	if w.Number == "" {
		return at.create(ctx, w)
	}
	now, err := at.one(ctx, w.Number)
	if err != nil {
		return workers.Item{}, err
	}
	if err := w.Check(now.item(at)); err != nil {
		return workers.Item{}, err
	}
	if w.Comment != nil {
		return at.comment(ctx, w, now)
	}
	return at.update(ctx, w, now)
}

// one reads an item with its relations. That of another project is refused.
func (at project) one(ctx context.Context, number string) (w workItem, err error) {
	n, err := strconv.ParseUint(number, 10, 63)
	if err != nil {
		return w, &workers.InputError{Input: workers.Show(number), Reason: "not the id of a work item"}
	}
	route := map[string]string{"id": strconv.FormatUint(n, 10)}
	if err := ask(ctx, at.client, at.organisation, request{resource: itemID, version: itemVersion, route: route, query: related}, &w); err != nil {
		return w, err
	}
	if w.ID != int64(n) {
		return w, workers.NoItem(number)
	}
	in := w.text("System.TeamProject")
	if _, err := uuid.Parse(at.name); err != nil && in != "" && !strings.EqualFold(in, at.name) { // it is named by its name
		return w, &workers.InputError{Input: workers.Show(number), Reason: "moved to the project " + workers.Show(in)}
	}
	return w, nil
}

// create makes an item.
func (at project) create(ctx context.Context, w workers.Write) (workers.Item, error) {
	k, err := at.kind(w.Fields.Type)
	if err != nil {
		return workers.Item{}, err
	}
	if _, err := k.state(w.Fields, workers.Item{}); err != nil {
		return workers.Item{}, err
	}
	p, err := at.patch(k, w.Fields, workItem{})
	if err != nil {
		return workers.Item{}, err
	}
	if w.Mark != "" {
		p.add("/relations/-", marked(w.Mark))
	}
	var made workItem
	route := map[string]string{"type": url.PathEscape(k.Name)} // the client escapes whole segments only
	if err := at.send(ctx, w, k, request{resource: createID, version: itemVersion, method: http.MethodPost, route: route, query: related, change: p.operations}, &made); err != nil {
		return workers.Item{}, err
	}
	if made.ID == 0 {
		return workers.Item{}, rest.Doubt(workers.NoItem("the new work item"))
	}
	w.Fields = workers.Fields{Status: w.Fields.Status, State: w.Fields.State}
	item, err := at.update(ctx, w, made)
	return item, rest.Doubt(err)
}

// update changes an item that is as it is now.
func (at project) update(ctx context.Context, w workers.Write, now workItem) (workers.Item, error) {
	item := now.item(at)
	k, err := at.kind(item.Type)
	if err != nil { // it is hidden from people
		k = kind{Name: item.Type}
	}
	p, err := at.patch(k, w.Fields, now)
	if err != nil {
		return workers.Item{}, err
	}
	state, err := k.state(w.Fields, item)
	if err != nil {
		return workers.Item{}, err
	}
	if state != "" {
		p.set("System.State", state)
	}
	if len(p.operations) > 0 {
		operations := append([]operation{{Op: "test", Path: "/rev", Value: now.Rev}}, p.operations...)
		route := map[string]string{"id": item.Number}
		id := now.ID
		now = workItem{}
		if err := at.send(ctx, w, k, request{resource: itemID, version: itemVersion, method: http.MethodPatch, route: route, query: related, change: operations}, &now); err != nil {
			return workers.Item{}, err
		}
		if now.ID != id {
			return workers.Item{}, rest.Doubt(workers.NoItem(item.Number))
		}
		item = now.item(at)
	}
	item.Links = nil // nobody asked for them
	return item, nil
}

// comment makes or changes a comment on an item.
func (at project) comment(ctx context.Context, w workers.Write, now workItem) (workers.Item, error) {
	number := strconv.FormatInt(now.ID, 10)
	raw, err := raw(w.Comment.Body, "")
	if err != nil {
		return workers.Item{}, err
	}
	r := request{
		resource: commentsID, version: "7.1-preview.4", method: http.MethodPost, route: map[string]string{"workItemId": number},
		change: map[string]string{"text": withMark(raw, w.Mark)},
	}
	if w.Comment.ID != "" {
		if _, err := strconv.ParseUint(w.Comment.ID, 10, 63); err != nil {
			return workers.Item{}, &workers.InputError{Input: workers.Show(w.Comment.ID), Reason: "not the id of a comment"}
		}
		r.method, r.route["commentId"] = http.MethodPatch, w.Comment.ID
	}
	var made comment
	if err := at.send(ctx, w, kind{}, r, &made); err != nil {
		return workers.Item{}, err
	}
	written := made.comment()
	if written.ID == "0" || w.Comment.ID != "" && written.ID != w.Comment.ID {
		return workers.Item{}, rest.Doubt(workers.NoItem("the comment"))
	}
	if now, err = at.one(ctx, number); err != nil {
		return workers.Item{}, rest.Doubt(err)
	}
	item := now.item(at)
	item.Links, item.Comments = nil, []workers.Comment{written}
	return item, nil
}

// send sends a change of w, to an item of type k.
func (at project) send(ctx context.Context, w workers.Write, k kind, r request, into any) error {
	return k.refused(w, at.ask(ctx, r, into))
}
