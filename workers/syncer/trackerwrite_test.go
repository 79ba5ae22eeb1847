package syncer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

func (t *tracker) Write(_ context.Context, w workers.Write) (workers.Item, error) {
	if err := t.enter(); err != nil {
		return workers.Item{}, err
	}
	if t.chance(t.faults.lostBefore) {
		return workers.Item{}, &rest.NetworkError{Method: "POST", Err: errors.New("reset")}
	}
	i := t.find(w.Number)
	t.last = w
	switch {
	case w.Number != "" && w.Number == t.moved:
		return workers.Item{}, errMoved
	case w.Mark == "":
		t.violation = "a write without a mark"
	case w.Number != "" && i == nil:
		return workers.Item{}, &rest.StatusError{Status: http.StatusNotFound, Method: "PATCH"}
	case i != nil && w.Version != "" && w.Version != i.Version:
		return workers.Item{}, workers.ErrChanged
	case i != nil && w.Version == "" && w.Comment == nil:
		t.violation = fmt.Sprintf("a write to %s whatever it is now", w.Number)
	case w.Fields.Title != nil && t.forbidden != "" && strings.Contains(*w.Fields.Title, t.forbidden):
		return workers.Item{}, &workers.RefusedError{Field: "title", Value: *w.Fields.Title, Reason: "not here", Allowed: []string{"another"}}
	}
	if t.chance(t.faults.late) {
		t.pending = append(t.pending, func() { _, _ = t.carryOut(w) })
		due := t.clock().Add(time.Duration(t.rnd.IntN(40)) * time.Second)
		if n := len(t.due); n > 0 && t.due[n-1].After(due) {
			due = t.due[n-1]
		}
		t.due = append(t.due, due)
		return workers.Item{}, &rest.StatusError{Status: http.StatusGatewayTimeout, Method: "POST"}
	}
	if t.cut && w.Number == "" {
		t.cut, w.Fields.Status = false, nil
		_, err := t.carryOut(w)
		return workers.Item{}, cmp.Or(err, error(&rest.NetworkError{Method: "POST", Err: errors.New("reset")}))
	}
	item, err := t.carryOut(w)
	if err != nil {
		return workers.Item{}, err
	}
	switch {
	case t.chance(t.faults.lostAfter):
		return workers.Item{}, &rest.StatusError{Status: http.StatusInternalServerError, Method: "POST"}
	case t.chance(t.faults.crash):
		panic(errCrash)
	}
	return item, nil
}

// lastWritten is the item that was written last; nil if it is not there.
func (t *tracker) lastWritten() *issue {
	if t.last.Number != "" {
		return t.find(t.last.Number)
	}
	for _, i := range t.items {
		if i.Mark != "" && i.Mark == t.last.Mark && !i.gone {
			return i
		}
	}
	return nil
}

// label sets what a tracker that says it by labels shows.
func (t *tracker) label(i *issue, closed bool, labels []string) {
	i.Labels = labels
	i.State = map[bool]string{false: "open", true: "closed"}[closed]
	i.Status, i.Priority = workers.StatusOf(closed, labels), workers.PriorityOf(labels)
}

// carryOut does what a write says, if it still may.
func (t *tracker) carryOut(w workers.Write) (workers.Item, error) {
	t.wrote++
	if t.shut && w.Fields.Status != nil {
		refused := &workers.RefusedError{Field: "status", Value: string(*w.Fields.Status), Reason: "no transition leads there"}
		if w.Fields.Status = nil; reflect.DeepEqual(w.Fields, workers.Fields{}) {
			return workers.Item{}, refused
		}
		_, err := t.carryOut(w)
		return workers.Item{}, cmp.Or(err, rest.Doubt(refused))
	}
	i := t.find(w.Number)
	if w.Number == "" {
		i = t.make("")
		i.Mark, i.of = w.Mark, given(w.Fields.Title)
	} else if i == nil || w.Version != "" && w.Version != i.Version {
		return workers.Item{}, workers.ErrChanged
	}
	if c := w.Comment; c != nil {
		if c.ID == "" {
			made := t.comment(i, "specweave", c.Body.Raw, w.Mark)
			item := shown(i.Item, false)
			item.Comments = []workers.Comment{made}
			return item, nil
		}
		at := slices.IndexFunc(i.Comments, func(o workers.Comment) bool { return o.ID == c.ID })
		if at < 0 {
			return workers.Item{}, &rest.StatusError{Status: http.StatusNotFound, Method: "PATCH"}
		}
		t.touch(i)
		i.Comments[at].Body.Raw, i.Comments[at].Updated = c.Body.Raw, i.Updated
		item := shown(i.Item, false)
		item.Comments = []workers.Comment{i.Comments[at]}
		return item, nil
	}
	if w.Number != "" {
		t.touch(i)
	}
	f := w.Fields
	if f.Title != nil {
		i.Title = *f.Title
	}
	if f.Body != nil {
		i.Body = workers.Text{Raw: strings.TrimSpace(f.Body.Raw), Markup: workers.Markdown}
	}
	if f.Criteria != nil {
		i.Criteria = *f.Criteria
	}
	if t.byLabels {
		labels, err := f.Relabel(i.Labels)
		if err != nil {
			return workers.Item{}, err
		}
		closed := i.State == "closed"
		if f.Status != nil {
			closed = *f.Status == workers.StatusCompleted
		}
		t.label(i, closed, labels)
		f.Status, f.Priority, f.Labels = nil, nil, nil
	}
	if f.Status != nil {
		i.Status = *f.Status
		i.State = map[workers.ItemStatus]string{workers.StatusOpen: "open", workers.StatusInProgress: "doing", workers.StatusCompleted: "closed"}[i.Status]
	}
	if f.Priority != nil {
		i.Priority = *f.Priority
	}
	if f.Labels != nil {
		labels := slices.DeleteFunc(slices.Clone(*f.Labels), func(l string) bool { return l == t.stubborn })
		i.Labels = labels
	}
	if f.Assignees != nil {
		i.Assignees = slices.Clone(*f.Assignees)
	}
	return shown(i.Item, false), nil
}
