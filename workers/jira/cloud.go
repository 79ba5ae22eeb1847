package jira

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// cloudPage reads a page by its token, which Jira keeps for seven days.
func (p *Provider) cloudPage(ctx context.Context, s site, q workers.ItemQuery, token string) (workers.ItemPage, error) {
	chosen := jql(q, s.zone)
	question := map[string]any{"jql": chosen + order, "maxResults": q.Size, "fields": s.fields(q), "properties": []string{property}}
	if token != "" {
		question["nextPageToken"] = token
	}
	var answer struct {
		Issues []issue `json:"issues"`
		Next   string  `json:"nextPageToken"`
		Last   bool    `json:"isLast"`
	}
	_, err := p.client.Ask(ctx, s.api+"search/jql", question, &answer)
	if refused, ok := errors.AsType[*rest.StatusError](err); ok && refused.Status == http.StatusBadRequest && token != "" {
		// The search was accepted before.
		return workers.ItemPage{}, fmt.Errorf("%w: %w", workers.ErrCursor, err)
	}
	if err != nil {
		return workers.ItemPage{}, s.needy(err)
	}
	page := workers.ItemPage{Next: answer.Next}
	if answer.Last {
		page.Next = ""
	}
	if token == "" {
		var counted struct {
			Count int `json:"count"`
		}
		if _, err := p.client.Ask(ctx, s.api+"search/approximate-count", map[string]string{"jql": chosen}, &counted); err != nil {
			return workers.ItemPage{}, s.needy(err)
		}
		page.Total = counted.Count
	}
	page.Items, err = p.items(ctx, s, q, answer.Issues, q.Fresh)
	return page, err
}
