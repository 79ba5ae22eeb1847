package syncer

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

const (
	testPlatform = "gitea"
	testSource   = "acme/web"
)

// issue is an item of [tracker].
type issue struct {
	workers.Item
	before  *workers.Item // it was until touched; nil: there was none
	touched time.Time     // by the tracker's clock
	gone    bool
	of      string // the title that it was made with
}

// faults are how often a [tracker] does what, of 1000 requests.
type faults struct {
	limit, lostBefore, lostAfter, late, crash, stale, meanwhile, status int
}

// tracker is a [workers.Writer] that keeps real state in memory: items with
// versions, marks and comments, behind a listing that may be behind them. Its
// faults are drawn from rnd.
type tracker struct {
	rnd    *rand.Rand
	clock  func() time.Time    // its own
	pass   func(time.Duration) // time
	able   workers.Abilities
	faults faults

	items    []*issue
	comments int
	pending  []func() // writes that land later
	due      []time.Time

	byLabels  bool   // it knows open and closed, and says the rest by labels
	stubborn  string // label that it takes and forgets
	forbidden string // title that it refuses
	moved     string // number of an item that is at another source now
	shut      bool   // it refuses a status, after the rest of a write was carried out
	cut       bool   // it is cut off before the status of a new item, once
	edit      func() // somebody else does something; may be nil

	last               workers.Write // that came
	asked, wrote, same int
	violation          string // a write that must never have come
}

// lag is how long the listing may be behind.
const lag = 30 * time.Second

var errMoved = &workers.InputError{Input: "acme/web#1", Reason: "moved to \"elsewhere\""}

var errCrash = errors.New("crash")

func (t *tracker) chance(per1000 int) bool { return per1000 > 0 && t.rnd.IntN(1000) < per1000 }

// enter is the beginning of each request.
func (t *tracker) enter() error {
	t.asked++
	t.pass(time.Duration(1+t.rnd.IntN(3)) * time.Second)
	t.land()
	if t.edit != nil && t.chance(t.faults.meanwhile) {
		t.edit()
	}
	switch {
	case t.chance(t.faults.crash):
		panic(errCrash)
	case t.chance(t.faults.limit):
		return &rest.LimitError{Until: t.clock().Add(time.Duration(2+t.rnd.IntN(60)) * time.Minute), Err: errors.New("slow down")}
	}
	return nil
}

// land carries out what was late.
func (t *tracker) land() {
	for len(t.due) > 0 && !t.due[0].After(t.clock()) {
		f, clock, pass := t.pending[0], t.clock, t.pass
		due := t.due[0]
		t.pending, t.due = t.pending[1:], t.due[1:]
		t.clock, t.pass = func() time.Time { return due }, func(time.Duration) {} // it was then
		f()
		t.clock, t.pass = clock, pass
	}
}

func (t *tracker) find(number string) *issue {
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(t.items) || t.items[n-1].gone {
		return nil
	}
	return t.items[n-1]
}

// touch is to be called before an item is changed.
func (t *tracker) touch(i *issue) {
	before := i.Item
	before.Comments, before.Labels, before.Assignees = slices.Clone(before.Comments), slices.Clone(before.Labels), slices.Clone(before.Assignees)
	i.before, i.touched = &before, t.clock()
	i.Updated = t.clock().UTC().Truncate(time.Second)
	n, _ := strconv.Atoi(i.Version)
	i.Version = strconv.Itoa(n + 1)
	t.pass(time.Second)
}

func (t *tracker) make(title string) *issue {
	n := strconv.Itoa(len(t.items) + 1)
	now := t.clock().UTC().Truncate(time.Second)
	i := &issue{touched: t.clock(), Item: workers.Item{
		Platform: testPlatform, Source: testSource, ID: testPlatform + "#" + testSource + "#" + n, Number: n,
		URL: "https://gitea.test/" + testSource + "/issues/" + n, Title: title, Body: workers.Text{Markup: workers.Markdown},
		Status: workers.StatusOpen, State: "open", Created: now, Updated: now, Version: "1",
	}}
	t.items = append(t.items, i)
	t.pass(time.Second)
	return i
}

func (t *tracker) comment(i *issue, author, text, mark string) workers.Comment {
	t.touch(i)
	t.comments++
	c := workers.Comment{
		ID: strconv.Itoa(t.comments), Author: author, Created: i.Updated, Updated: i.Updated,
		Body: workers.Text{Raw: text, Markup: workers.Markdown}, Mark: mark,
	}
	i.Comments = append(i.Comments, c)
	return c
}

// shown is an item as an answer has it.
func shown(i workers.Item, comments bool) workers.Item {
	i.Labels, i.Assignees, i.Comments = slices.Clone(i.Labels), slices.Clone(i.Assignees), slices.Clone(i.Comments)
	if !comments {
		i.Comments = nil
	}
	return i
}

// marked hides the marks that nobody has asked for.
func marked(i workers.Item, q workers.ItemQuery) workers.Item {
	fresh := func(made time.Time) bool { return !q.Since.IsZero() && !made.Before(q.Since) }
	if !fresh(i.Created) {
		i.Mark = ""
	}
	for n := range i.Comments {
		if !fresh(i.Comments[n].Created) {
			i.Comments[n].Mark = ""
		}
	}
	return i
}

func (t *tracker) Abilities() workers.Abilities { return t.able }

func (t *tracker) Page(_ context.Context, q workers.ItemQuery, cursor string) (workers.ItemPage, error) {
	if err := t.enter(); err != nil {
		return workers.ItemPage{}, err
	}
	if t.chance(t.faults.status) {
		return workers.ItemPage{}, &rest.NetworkError{Method: "GET", URL: "https://gitea.test/", Err: errors.New("reset")}
	}
	from := 0
	if cursor != "" {
		from, _ = strconv.Atoi(cursor)
	}
	var p workers.ItemPage
	tag, stale := t.tag(q), false
	if q.Tag != "" && q.Tag == tag {
		t.same++
		return workers.ItemPage{Tag: tag, Same: true}, nil
	}
	size := 2 + t.rnd.IntN(2)
	if q.Size > 0 {
		size = q.Size
	}
	for n := from; n < len(t.items); n++ {
		if len(p.Items) == size {
			p.Next = strconv.Itoa(n)
			break
		}
		i := t.items[n]
		item := i.Item
		if t.clock().Sub(i.touched) < lag && t.chance(t.faults.stale) {
			stale = true
			if i.before == nil {
				continue
			}
			item = *i.before
		}
		if i.gone || item.Updated.Before(q.Since) || !q.Closed && item.Status == workers.StatusCompleted {
			continue
		}
		p.Items = append(p.Items, marked(shown(item, q.Comments), q))
	}
	t.rnd.Shuffle(len(p.Items), func(a, b int) { p.Items[a], p.Items[b] = p.Items[b], p.Items[a] })
	if cursor == "" && p.Next == "" && !stale {
		p.Tag = tag
	}
	return p, nil
}

// tag stands for all that answers a query; "" if none is wanted.
func (t *tracker) tag(q workers.ItemQuery) string {
	if !q.Tagged {
		return ""
	}
	tag := "tag"
	for _, i := range t.items {
		if !i.gone && !i.Updated.Before(q.Since) {
			tag += " " + i.Number + "=" + i.Version
		}
	}
	return tag
}

func (t *tracker) Item(_ context.Context, q workers.ItemQuery, number string) (workers.Item, error) {
	if err := t.enter(); err != nil {
		return workers.Item{}, err
	}
	if t.chance(t.faults.status) {
		return workers.Item{}, &rest.StatusError{Status: http.StatusBadGateway, Method: "GET"}
	}
	i := t.find(number)
	if number == t.moved {
		return workers.Item{}, errMoved
	}
	if i == nil {
		return workers.Item{}, &rest.StatusError{Status: http.StatusNotFound, Method: "GET"}
	}
	return marked(shown(i.Item, q.Comments), q), nil
}
