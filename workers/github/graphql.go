package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

const issuesQuery = `query($owner:String!,$name:String!,$first:Int!,$after:String,$filter:IssueFilters){
repository(owner:$owner,name:$name){issues(first:$first,after:$after,filterBy:$filter,orderBy:{field:CREATED_AT,direction:ASC}){
totalCount pageInfo{hasNextPage endCursor} nodes{number title body state url createdAt updatedAt closedAt
issueType{name} milestone{title} parent{number repository{nameWithOwner}}
labels(first:100){nodes{name}} assignees(first:20){nodes{login}}
comments(first:100){pageInfo{hasNextPage} nodes{fullDatabaseId author{login} createdAt updatedAt body}}}}}}`

const countQuery = `query($owner:String!,$name:String!,$filter:IssueFilters){
repository(owner:$owner,name:$name){issues(filterBy:$filter){totalCount}}}`

// sizes are tried one after another: a page that takes GitHub too long is
// answered with a 502 ("Rate limits and query limits for the GraphQL API",
// docs.github.com).
var sizes = []int{100, 25, 5}

// graphql requests the page after a cursor of GraphQL, till says how far the
// issues were read.
func (p *Provider) graphql(ctx context.Context, q workers.ItemQuery, after string, till reached) (workers.ItemPage, error) {
	variables := variablesOf(q)
	if after != "" {
		variables["after"] = after
	}
	var issues connection
	var err error
	for _, size := range sizes {
		variables["first"] = min(size, sizeOf(q))
		issues, err = p.ask(ctx, issuesQuery, variables)
		if e, ok := errors.AsType[*rest.StatusError](err); !ok || e.Status < http.StatusInternalServerError {
			break
		}
	}
	if err != nil {
		return workers.ItemPage{}, err
	}
	page := workers.ItemPage{Total: issues.TotalCount}
	for _, n := range issues.Nodes {
		till = till.after(n.CreatedAt, n.Number)
		item := n.item(q.Source)
		if n.Comments.PageInfo.HasNextPage { // all of them again: few issues have so many
			if item.Comments, err = p.comments(ctx, q.Source, item.Number); err != nil {
				return workers.ItemPage{}, err
			}
		}
		page.Items = append(page.Items, item)
	}
	if issues.PageInfo.HasNextPage {
		page.Next = till.cursor(url.Values{"graphql": {issues.PageInfo.EndCursor}})
	}
	return page, nil
}

// count returns how many issues there are, 0 if GitHub does not say.
func (p *Provider) count(ctx context.Context, q workers.ItemQuery) (int, error) {
	if !p.plain.Load() {
		issues, err := p.ask(ctx, countQuery, variablesOf(q))
		if err == nil || !refused(err) {
			return issues.TotalCount, err
		}
		p.plain.Store(true)
	}
	if q.Milestone != "" {
		return 0, nil // the search knows titles only
	}
	var result struct {
		Total int `json:"total_count"`
	}
	_, err := p.client.Get(ctx, "search/issues?"+url.Values{"q": {qualify(q)}, "per_page": {"1"}}.Encode(), &result)
	if err != nil && refused(err) {
		return 0, nil
	}
	return result.Total, err
}

func variablesOf(q workers.ItemQuery) map[string]any {
	owner, name, _ := strings.Cut(q.Source, "/")
	filter := map[string]any{"states": []string{"OPEN"}}
	if q.Closed {
		filter["states"] = []string{"OPEN", "CLOSED"}
	}
	if !q.Since.IsZero() {
		filter["since"] = q.Since.UTC().Format(time.RFC3339)
	}
	if len(q.Labels) > 0 {
		filter["labels"] = q.Labels
	}
	switch q.Milestone {
	case "":
	case "none":
		filter["milestoneNumber"] = nil
	default:
		filter["milestoneNumber"] = q.Milestone
	}
	return map[string]any{"owner": owner, "name": name, "filter": filter}
}

// ask sends a query. An answer with errors in it is an error, however much else
// it holds.
func (p *Provider) ask(ctx context.Context, query string, variables map[string]any) (connection, error) {
	var answer struct {
		Data struct {
			Repository struct {
				Issues connection `json:"issues"`
			} `json:"repository"`
		} `json:"data"`
		Errors []refusal `json:"errors"`
	}
	header, err := p.client.Ask(ctx, graphqlURL(p.client.Base()), map[string]any{"query": query, "variables": variables}, &answer)
	if err != nil {
		return connection{}, err
	}
	if len(answer.Errors) > 0 {
		return connection{}, p.refusal(header, answer.Errors[0])
	}
	return answer.Data.Repository.Issues, nil
}

// graphqlURL is /graphql beside the root of REST, or on a server of one's own
// /api/graphql beside its /api/v3 ("Forming calls with GraphQL",
// docs.github.com).
func graphqlURL(base *url.URL) string {
	u := *base
	u.Path = strings.TrimSuffix(u.Path, "v3/") + "graphql"
	return u.String()
}

// refusal is an error in an answer of GraphQL.
type refusal struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

// statuses are those that REST gives to the same refusals.
var statuses = map[string]int{
	"NOT_FOUND": http.StatusNotFound, "FORBIDDEN": http.StatusForbidden, "INSUFFICIENT_SCOPES": http.StatusForbidden,
	"INTERNAL": http.StatusInternalServerError, "SERVICE_UNAVAILABLE": http.StatusServiceUnavailable,
}

// refusal makes the error that package rest has for it: limits too come with
// status 200 here.
func (p *Provider) refusal(h http.Header, r refusal) error {
	err := &rest.StatusError{
		Status: cmp.Or(statuses[r.Type], http.StatusUnprocessableEntity),
		Method: http.MethodPost, URL: graphqlURL(p.client.Base()), Message: p.client.Redact(r.Message),
	}
	switch {
	case slices.Contains([]string{"RATE_LIMITED", "RATE_LIMIT"}, r.Type), strings.Contains(r.Message, "secondary rate limit"):
		err.Status = http.StatusTooManyRequests
		until := time.Now().Add(time.Minute)
		if quota := p.client.Quota(); quota.Remaining == 0 && quota.Reset.After(until) {
			until = quota.Reset
		}
		if n, e := strconv.Atoi(h.Get("Retry-After")); e == nil && n > 0 && n < 24*60*60 {
			until = time.Now().Add(time.Duration(n) * time.Second)
		}
		return &rest.LimitError{Until: until, Err: err}
	case strings.HasPrefix(r.Type, "INVALID_CURSOR"):
		return fmt.Errorf("%w: %w", workers.ErrCursor, err)
	}
	return err
}
