package jira

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// property is the key of the property of issues and comments that holds the mark
// of the [workers.Write] that made them.
const property = "specweave"

// marked are the properties of what a write makes.
func marked(mark string) []map[string]string {
	if mark == "" {
		return nil
	}
	return []map[string]string{{"key": property, "value": mark}}
}

func (i issue) mark() string { return markOf(i.Properties[property]) }

func (c comment) mark() string {
	for _, p := range c.Properties {
		if p.Key == property {
			return markOf(p.Value)
		}
	}
	return ""
}

// markOf reads the value of a property, which may be anything.
func markOf(raw json.RawMessage) string {
	var mark string
	if json.Unmarshal(raw, &mark) != nil {
		return ""
	}
	return mark
}

// always is for what is read by itself.
func always(time.Time) bool { return true }

// own reports whether this user is a person, as far as both are known.
func (s site) own(p person) bool { return s.me == "" || p.id() == "" || p.id() == s.me }

// markComments adds to comments of items the marks of those with some ids.
func (p *Provider) markComments(ctx context.Context, s site, list []workers.Item, ids []int64) error {
	marks := make(map[string]string)
	for some := range slices.Chunk(ids, pageSize) {
		var answer struct {
			Values []comment `json:"values"`
		}
		if _, err := p.client.Ask(ctx, s.api+"comment/list?expand=properties", map[string]any{"ids": some}, &answer); err != nil {
			return s.needy(err)
		}
		for _, c := range answer.Values {
			marks[c.ID] = c.mark()
		}
	}
	for _, item := range list {
		for n := range item.Comments {
			if c := &item.Comments[n]; c.Mark == "" {
				c.Mark = marks[c.ID]
			}
		}
	}
	return nil
}

// markOfIssue asks for the mark of an issue, which has none if it has gone.
func (p *Provider) markOfIssue(ctx context.Context, s site, key string) (string, error) {
	var one issue
	query := url.Values{"fields": {"created"}, "properties": {property}}
	_, err := p.client.Get(ctx, s.api+"issue/"+rest.Path(key)+"?"+query.Encode(), &one)
	if refused, ok := errors.AsType[*rest.StatusError](err); ok && refused.Status == http.StatusNotFound {
		return "", nil
	}
	return one.mark(), s.needy(err)
}
