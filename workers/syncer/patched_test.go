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

// What a person wrote here, and takes out again, goes at the tracker too, though
// nobody sees it there: the story has shown all of the text.
func TestTextTakenOut(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const text = "One.\n\n<!-- a secret -->\n\n<b>Two</b>."
	r.write("us-001-x.md", "# US-001: Ours\n\n## Description\n\n"+text+"\n")
	r.sync()
	if got := r.t.find("1").Body.Raw; got != text {
		t.Fatalf("%q", got)
	}
	for _, c := range []struct{ from, to, want string }{
		{"<!-- a secret -->\n\n", "", "One.\n\n<b>Two</b>."},
		{"<b>Two</b>", "Two", "One.\n\nTwo."},
	} {
		f := r.story("1")
		f.Text = strings.Replace(f.Text, c.from, c.to, 1)
		r.save(f)
		r.said("updated there 1: description\n")
		if got := r.t.find("1").Body.Raw; got != c.want {
			t.Errorf("%q, not %q", got, c.want)
		}
	}
}

// A comment that was changed at both sides is written over at neither, though the
// item's version does not tell.
func TestCommentChangedUnseen(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	i := r.item("One", "Text.")
	r.t.comment(i, "ann", "Theirs.", "")
	r.sync()
	f := r.story("1")
	f.Text = strings.Replace(f.Text, "Theirs.", "Ours.", 1)
	r.save(f)
	r.t.find("1").Comments[0].Body.Raw = "Theirs, better."
	r.said("updated here 1: \nconflict  1: changed here and at the source: Comments; the story shows the source's in its section Import Conflicts, which has to be settled and removed\n")
	if got := r.t.find("1").Comments[0].Body.Raw; got != "Theirs, better." {
		t.Errorf("%q", got)
	}
	if f := r.story("1"); !strings.Contains(f.Text, "Ours.") || !strings.Contains(f.Text, "Theirs, better.") {
		t.Error(f.Text)
	}
}
