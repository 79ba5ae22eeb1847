package gitea

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// Provider reads and writes the issues of a repository. It reads the newest first: Gitea lists them
// in no other order and pages them by number only (ListIssues in
// routers/api/v1/repo/issue.go), so that pages are read with [rest.Place].
type Provider struct {
	client *rest.Client
	ahead  ahead
	labels labels
}

// NewProvider returns a Provider over a client whose base is
// https://HOST/api/v1/.
func NewProvider(client *rest.Client) *Provider {
	return &Provider{client: client, ahead: ahead{client: client}}
}

// startSize is how many issues a page are asked for: as many as a server gives
// unless it was told otherwise (MAX_RESPONSE_ITEMS).
const startSize = 50

// Page returns the page of the issues of q.Source, OWNER/REPO, at cursor. It
// does one request, besides those for pages that will be asked for next, and with
// q.Comments one more for each issue that has any, a few at once. With q.Comments
// and q.Since it has at least one page more, for comments that were changed.
func (p *Provider) Page(ctx context.Context, q workers.ItemQuery, cursor string) (workers.ItemPage, error) {
	if number, ok := parseRemarks(cursor); ok {
		return p.remarked(ctx, q, number)
	}
	place, ok := rest.ParsePlace(cursor)
	switch {
	case cursor == "":
		place = rest.Place{Size: startSize}
	case !ok:
		return workers.ItemPage{}, fmt.Errorf("cursor %q: %w", cursor, workers.ErrCursor)
	}
	place.Most = q.Size
	list, header, err := p.ahead.get(ctx, q, place)
	if err != nil {
		return workers.ItemPage{}, err
	}
	rows := make([]rest.Row, len(list))
	for i, one := range list {
		rows[i] = rest.Row{At: one.Created, ID: one.ID}
	}
	from, to, next, done := place.Read(rows, rest.Next(header) != "", rest.NewestFirst)
	page := workers.ItemPage{}
	page.Total, _ = strconv.Atoi(header.Get("X-Total-Count"))
	switch {
	case !done:
		page.Next = next.String()
	case q.Comments && !q.Since.IsZero() && q.Search == "":
		page.Next = remarks + "1"
	}
	var remarked []int // of the page
	for _, one := range list[from:to] {
		if !one.matches(q) {
			page.Total = 0 // of more than was asked for
			continue
		}
		if q.Comments && one.Comments > 0 {
			remarked = append(remarked, len(page.Items))
		}
		page.Items = append(page.Items, one.item(q.Source))
	}
	err = rest.Beside(ctx, len(remarked), func(ctx context.Context, n int) (err error) {
		item := &page.Items[remarked[n]]
		item.Comments, err = p.comments(ctx, q.Source, item.Number)
		return err
	})
	if err != nil {
		return workers.ItemPage{}, err
	}
	return page, nil
}

// within is the reference of something in a repository, OWNER/REPO.
func within(source string, segments ...string) string {
	owner, name, _ := strings.Cut(source, "/")
	return rest.Path(append([]string{"repos", owner, name}, segments...)...)
}

func query(q workers.ItemQuery, place rest.Place) url.Values {
	number, size := place.Page()
	v := url.Values{
		"type": {"issues"}, "state": {"open"},
		"page": {strconv.Itoa(number)}, "limit": {strconv.Itoa(size)},
	}
	if q.Closed {
		v.Set("state", "all")
	}
	if !q.Since.IsZero() {
		v.Set("since", q.Since.UTC().Format(time.RFC3339))
	}
	if len(q.Labels) > 0 {
		v.Set("labels", strings.Join(q.Labels, ","))
	}
	if q.Milestone != "" {
		v.Set("milestones", q.Milestone)
	}
	if q.Search != "" {
		v.Set("q", q.Search)
	}
	return v
}

// comments returns those of an issue. They come all at once.
func (p *Provider) comments(ctx context.Context, source, number string) ([]workers.Comment, error) {
	var list []comment
	ref := within(source, "issues", number, "comments")
	if _, err := p.client.Get(ctx, ref, &list); err != nil {
		return nil, err
	}
	comments := make([]workers.Comment, len(list))
	for i, c := range list {
		comments[i] = c.comment()
	}
	return comments, nil
}

// issue is what is read of an Issue (modules/structs/issue.go in Gitea).
type issue struct {
	ID        int64   `json:"id"`
	Number    int64   `json:"number"`
	HTMLURL   string  `json:"html_url"`
	Title     string  `json:"title"`
	Body      string  `json:"body"`
	State     string  `json:"state"`
	Labels    []label `json:"labels"`
	Assignees []user  `json:"assignees"`
	Milestone *struct {
		ID    int64  `json:"id"`
		Title string `json:"title"`
	} `json:"milestone"`
	Created  time.Time  `json:"created_at"`
	Updated  time.Time  `json:"updated_at"`
	Closed   *time.Time `json:"closed_at"`
	Comments int        `json:"comments"`
	// Content is another one after each change of the body, since Gitea 1.26.
	Content *int64 `json:"content_version"`
}

type label struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

type user struct {
	Login string `json:"login"`
}

type comment struct {
	ID      int64     `json:"id"`
	User    user      `json:"user"`
	Body    string    `json:"body"`
	Created time.Time `json:"created_at"`
	Updated time.Time `json:"updated_at"`
}

func (c comment) comment() workers.Comment {
	body, mark := workers.CutMark(c.Body)
	return workers.Comment{
		ID: strconv.FormatInt(c.ID, 10), Author: c.User.Login, Created: c.Created, Updated: c.Updated,
		Body: workers.Text{Raw: body, Markup: workers.Markdown}, Mark: mark,
	}
}

// matches looks again for labels and milestone: Gitea drops from a query those
// that it does not know.
func (i issue) matches(q workers.ItemQuery) bool {
	if q.Milestone != "" && (i.Milestone == nil || i.Milestone.Title != q.Milestone && strconv.FormatInt(i.Milestone.ID, 10) != q.Milestone) {
		return false
	}
	labels := i.labels()
	return !slices.ContainsFunc(q.Labels, func(l string) bool { return !slices.Contains(labels, l) })
}

func (i issue) labels() []string {
	names := make([]string, len(i.Labels))
	for n, l := range i.Labels {
		names[n] = l.Name
	}
	return names
}

func (i issue) item(source string) workers.Item {
	number := strconv.FormatInt(i.Number, 10)
	labels := i.labels()
	body, mark := workers.CutMark(i.Body)
	item := workers.Item{
		Platform: "gitea", Source: source, ID: "gitea#" + source + "#" + number, Number: number, URL: i.HTMLURL,
		Title: i.Title, Body: workers.Text{Raw: body, Markup: workers.Markdown}, Mark: mark,
		Type: workers.TypeOf(labels), State: i.State, Status: workers.StatusOf(i.State == "closed", labels),
		Priority: workers.PriorityOf(labels), Labels: labels, Created: i.Created, Updated: i.Updated,
	}
	for _, a := range i.Assignees {
		item.Assignees = append(item.Assignees, a.Login)
	}
	if i.Milestone != nil {
		item.Milestone = i.Milestone.Title
	}
	if i.Closed != nil {
		item.Closed = *i.Closed
	}
	item.Version = workers.VersionOf(item)
	return item
}
