package syncer

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// deaf takes texts and keeps the old ones. blind does not show single items.
type (
	deaf  struct{ *tracker }
	blind struct {
		*tracker
		status int
	}
)

func (d deaf) Write(ctx context.Context, w workers.Write) (workers.Item, error) {
	w.Fields.Body, w.Fields.Criteria = nil, nil
	return d.tracker.Write(ctx, w)
}

func (b blind) Item(context.Context, workers.ItemQuery, string) (workers.Item, error) {
	return workers.Item{}, &rest.StatusError{Status: b.status, Method: "GET"}
}

const commented = "One.\n\n<!-- keep -->\n\nTwo."

// A text that was kept is not sent again and again, whatever of it is left as the
// tracker has it.
func TestTextKept(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	i := r.item("One", commented)
	i.Criteria = workers.Text{Raw: "- a\n\n<!-- keep -->\n\n- b", Markup: workers.Markdown}
	r.sync()
	f := r.story("1")
	f.Text = strings.Replace(strings.Replace(f.Text, "Two.", "Three.", 1), ": b", ": c", 1)
	r.save(f)
	r.writer = deaf{r.t}
	refused := "refused  1: body: the tracker accepted the change and kept the old text\nrefused  1: criteria: the tracker accepted the change and kept the old text\n"
	r.said(refused)
	wrote := r.t.wrote
	r.said(refused)
	if r.t.wrote != wrote {
		t.Error("it was written again")
	}
}

// A text is not written over one that could not be read.
func TestTextUnread(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.item("One", commented)
	r.sync()
	f := r.story("1")
	f.Text = strings.Replace(f.Text, "Two.", "Three.", 1)
	r.save(f)
	r.writer = blind{r.t, http.StatusBadGateway}
	r.create()
	if s := r.attempt(); s.Status != jobs.CompletedWithWarnings || s.Failed != 1 || r.t.wrote != 0 {
		t.Errorf("%s, %d written", s.Status, r.t.wrote)
	}
	r.writer = nil
	r.said("updated there 1: description\n")
	if got := r.t.find("1").Body.Raw; got != strings.Replace(commented, "Two.", "Three.", 1) {
		t.Errorf("%q", got)
	}
}
