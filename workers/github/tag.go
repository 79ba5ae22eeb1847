package github

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/go-github/v92/github"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// tag asks the list of REST whether it is what q.Tag stands for, else for what it
// is now, and what stands for that. There is no tag for a list of several pages:
// that of the first says nothing of the others.
func (p *Provider) tag(ctx context.Context, q workers.ItemQuery) (tag string, list []*github.Issue, same bool, err error) {
	if !q.Tagged && q.Tag == "" {
		return "", nil, false, nil
	}
	header := http.Header{}
	if q.Tag != "" {
		header.Set("If-None-Match", q.Tag)
	}
	q.Size = 0
	answer, err := p.client.Send(ctx, http.MethodGet, p.oldest(q), header, nil, &list)
	if status, ok := errors.AsType[*rest.StatusError](err); ok && status.Status == http.StatusNotModified && q.Tag != "" {
		return q.Tag, nil, true, nil
	}
	if err != nil || rest.Next(answer) != "" {
		return "", nil, false, err
	}
	return answer.Get("ETag"), list, false, nil
}

// shows reports whether a page has all of a list, as it is there. Another request
// may be answered by a server that is behind.
func shows(page workers.ItemPage, list []*github.Issue) bool {
	updated := make(map[string]time.Time, len(page.Items))
	for _, i := range page.Items {
		updated[i.Number] = i.Updated
	}
	return page.Next == "" && !slices.ContainsFunc(list, func(one *github.Issue) bool {
		at, ok := updated[strconv.Itoa(one.GetNumber())]
		return !one.IsPullRequest() && (!ok || at.Before(one.GetUpdatedAt().Time))
	})
}
