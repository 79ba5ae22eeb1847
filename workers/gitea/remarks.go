package gitea

import (
	"context"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/specweave/specweave/workers"
)

// Gitea does not say of an issue that a comment on it was changed: its time stays
// (UpdateComment in services/issue/comments.go). Those of a repository that were
// changed are listed by themselves, and their issues come after the others where
// comments are wanted of what changed.

const remarks = "comments "

// parseRemarks reads the cursor of a page of comments.
func parseRemarks(cursor string) (number int, ok bool) {
	text, ok := strings.CutPrefix(cursor, remarks)
	number, err := strconv.Atoi(text)
	return number, ok && err == nil && number > 0
}

// remarked returns the issues with comments on a page of those that were changed
// since q.Since, without those that the list of issues has.
func (p *Provider) remarked(ctx context.Context, q workers.ItemQuery, number int) (workers.ItemPage, error) {
	size := startSize
	if q.Size > 0 {
		size = min(q.Size, size)
	}
	v := url.Values{"since": {q.Since.UTC().Format(time.RFC3339)}, "page": {strconv.Itoa(number)}, "limit": {strconv.Itoa(size)}}
	var list []struct {
		comment
		IssueURL string `json:"issue_url"` // "": of a pull request
	}
	header, err := p.client.Get(ctx, within(q.Source, "issues", "comments")+"?"+v.Encode(), &list)
	if err != nil {
		return workers.ItemPage{}, err
	}
	var page workers.ItemPage
	if total, _ := strconv.Atoi(header.Get("X-Total-Count")); len(list) > 0 && number*len(list) < total {
		page.Next = remarks + strconv.Itoa(number+1)
	}
	seen := make(map[string]bool)
	for _, c := range list {
		above := path.Base(c.IssueURL)
		if _, err := strconv.ParseUint(above, 10, 63); err != nil || seen[above] || !c.Updated.After(c.Created) {
			continue
		}
		seen[above] = true
		one, err := p.issue(ctx, q.Source, above)
		switch {
		case workers.ClassOf(err) == workers.ClassNotFound: // by now
			continue
		case err != nil:
			return workers.ItemPage{}, err
		case !one.Updated.Before(q.Since), !q.Closed && one.State == "closed", !one.matches(q):
			continue
		}
		item := one.item(q.Source)
		if item.Comments, err = p.comments(ctx, q.Source, item.Number); err != nil {
			return workers.ItemPage{}, err
		}
		page.Items = append(page.Items, item)
	}
	return page, nil
}
