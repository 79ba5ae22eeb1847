package jira

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// discussion is a page of an issue's comments.
type discussion struct {
	Comments []comment `json:"comments"`
	Total    int       `json:"total"`
}

// comment is what is read of a comment.
type comment struct {
	ID         string          `json:"id"`
	Author     person          `json:"author"`
	Editor     person          `json:"updateAuthor"`
	Body       json.RawMessage `json:"body"`
	Created    string          `json:"created"`
	Updated    string          `json:"updated"`
	Properties []struct {
		Key   string          `json:"key"`
		Value json.RawMessage `json:"value"`
	} `json:"properties"`
}

func (s site) comment(c comment) workers.Comment {
	return workers.Comment{
		ID: c.ID, Author: c.Author.String(), Created: parseTime(c.Created), Updated: parseTime(c.Updated), Body: s.text(c.Body), Mark: c.mark(),
	}
}

// ours reports whether this user may have written a comment when made says so.
func (s site) ours(c comment, made func(time.Time) bool) bool {
	return made(parseTime(c.Created)) && s.own(c.Author) || made(parseTime(c.Updated)) && s.own(c.Editor)
}

// comments returns those of an issue, the oldest first. A search tells some of
// them and how many there are, and never their properties.
func (p *Provider) comments(ctx context.Context, s site, i issue, made func(time.Time) bool) ([]comment, error) {
	told := read[discussion](i, "comment")
	marked := !s.cloud && slices.ContainsFunc(told.Comments, func(c comment) bool { return s.ours(c, made) })
	if told.Total <= len(told.Comments) && !marked {
		return told.Comments, nil
	}
	var list []comment
	var pages rest.Pages
	ref := s.api + "issue/" + rest.Path(i.Key) + "/comment?"
	for {
		if err := pages.Next(p.client, ref); err != nil {
			return nil, err
		}
		query := url.Values{"startAt": {strconv.Itoa(len(list))}, "maxResults": {strconv.Itoa(pageSize)}, "orderBy": {"created"}}
		if !s.cloud { // which does not know it here
			query.Set("expand", "properties")
		}
		var page discussion
		_, err := p.client.Get(ctx, ref+query.Encode(), &page)
		if refused, ok := errors.AsType[*rest.StatusError](err); ok && refused.Status == http.StatusNotFound { // since it was found
			return told.Comments, nil
		}
		if err != nil {
			return nil, s.needy(err)
		}
		list = append(list, page.Comments...)
		if len(page.Comments) == 0 || len(list) >= page.Total {
			return list, nil
		}
	}
}
