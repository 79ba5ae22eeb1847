package syncer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// A tracker that refuses is asked once, and told of each time.
func TestRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.item("One", "Text.")
	r.sync()
	r.t.forbidden = "bad"
	f := r.story("1")
	f.SetTitle("A bad one")
	f.SetStatus("Completed")
	r.save(f)
	refused := `refused  1: title "A bad one": not here; allowed: "another"` + "\n"
	r.said("updated there 1: status\n" + refused)
	if i := r.t.find("1"); i.Title != "One" || i.Status != workers.StatusCompleted {
		t.Errorf("%+v", i.Item)
	}
	asked := r.t.asked
	r.said(refused)
	r.said(refused)
	if r.t.asked != asked+2 { // a page each
		t.Errorf("%d requests", r.t.asked-asked)
	}
	f = r.story("1")
	f.SetTitle("A good one")
	r.save(f)
	r.said("updated there 1: title\n")
	r.said("")
}

// A tracker that accepts a value and has the old one is not asked again and
// again.
func TestStubborn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.t.stubborn = "x"
	r.item("One", "Text.")
	r.sync()
	f := r.story("1")
	f.SetList("Labels", []string{"x"})
	r.save(f)
	refused := "refused  1: labels: the tracker accepted the change and kept none\n"
	r.said(refused)
	wrote := r.t.wrote
	r.said(refused)
	r.said(refused)
	if r.t.wrote != wrote {
		t.Error("it was written again")
	}
	f = r.story("1")
	f.SetList("Labels", []string{"x", "y"}) // of which it takes one
	r.save(f)
	r.said("updated there 1: labels\nrefused  1: labels: the tracker took the change and has \"y\"\n")
	wrote = r.t.wrote
	r.said("")
	if r.t.wrote != wrote {
		t.Error("it was written again")
	}
}

func TestGone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.item("One", "Text.")
	r.sync()
	f := r.story("1")
	f.SetTitle("Ours")
	r.save(f)
	r.t.items[0].gone = true
	r.said("gone there 1: the item is gone; the story is left\n")
	if r.story("1").Title() != "Ours" {
		t.Error("the story was changed")
	}
	r.config.Permissions.Delete = true
	r.said("gone there 1: the item is gone; the story is in the archive\n")
	if p := r.story("1").Path; !strings.Contains(p, "_archive") {
		t.Error(p)
	}
	r.said("")
}

// Nobody has edited the stories of items that are gone: it is noticed by whoever
// reads all.
func TestGoneUnedited(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, title := range []string{"One", "Two", "Three"} {
		r.item(title, "Text.")
	}
	r.sync()
	r.t.items[0].gone, r.t.items[1].gone = true, true
	f := r.story("2")
	f.SetTitle("Ours")
	r.save(f)
	r.said("gone there 2: the item is gone; the story is left\n")
	r.config.All = true
	r.said("gone there 1: the item is gone; the story is left\ngone there 2: the item is gone; the story is left\n")
	r.config.Labels = []string{"web"} // the others may have lost it
	r.said("gone there 2: the item is gone; the story is left\n")
	r.config.Labels = nil
	r.config.Permissions.Delete = true
	r.said("gone there 1: the item is gone; the story is in the archive\ngone there 2: the item is gone; the story is in the archive\n")
	r.said("")
	if r.story("3").Title() != "Three" {
		t.Error("the story was changed")
	}
}

// An item whose story a person removed is closed where the profile allows that,
// once.
func TestRemoved(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.item("One", "Text.")
	r.item("Two", "Text.")
	r.sync()
	check(t, os.Remove(r.story("1").Path))
	r.t.touch(r.t.find("1"))
	r.said("gone here 1: a person removed the story; the item is left\n")
	if i := r.t.find("1"); i.Status != workers.StatusOpen {
		t.Errorf("%+v", i.Item)
	}
	r.config.Permissions.Delete = true
	if got := r.sync(); !strings.Contains(got, "updated there 1: status\n") || r.t.find("1").Status != workers.StatusCompleted || r.t.find("2").Status != workers.StatusOpen {
		t.Errorf("%s, %+v", got, r.t.find("1").Item)
	}
	r.t.touch(r.t.find("1"))
	r.t.find("1").Status = workers.StatusOpen
	r.now = r.now.Add(time.Hour)
	r.sync()
	if r.t.find("1").Status != workers.StatusOpen || r.t.wrote != 1 {
		t.Errorf("%+v", r.t.find("1").Item)
	}
}

// A limit pauses the job until then, and it goes on where it was.
func TestLimit(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for n := range 3 {
		r.write(fmt.Sprintf("us-00%d-x.md", n+1), fmt.Sprintf("# US-00%d: Story %d\n\nText.\n", n+1, n+1))
	}
	limit := &limited{tracker: r.t, left: 1}
	r.writer = limit
	r.create()
	if s := r.attempt(); s.Status != jobs.Paused || !s.ResumeAfter.Equal(limit.until) || len(r.t.items) != 1 {
		t.Errorf("%+v, %d items", s, len(r.t.items))
	}
	limit.left = 100
	if s := r.attempt(); s.Status != jobs.Completed || len(r.t.items) != 3 {
		t.Errorf("%+v, %d items", s, len(r.t.items))
	}
	if got := r.report(); strings.Count(got, "created there") != 3 {
		t.Error(got)
	}
	r.said("")
}

// limited takes so many writes.
type limited struct {
	*tracker
	left  int
	until time.Time
}

func (l *limited) Write(ctx context.Context, w workers.Write) (workers.Item, error) {
	if l.left--; l.left < 0 {
		l.until = time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
		return workers.Item{}, &rest.LimitError{Until: l.until, Err: errors.New("slow down")}
	}
	return l.tracker.Write(ctx, w)
}

func TestItemLimit(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for n := range 7 {
		r.item(fmt.Sprint("Item ", n), "Text.")
	}
	r.write("us-001-x.md", "# US-001: Ours\n\nText.\n")
	r.config.Limit = 3
	got := r.sync()
	if strings.Count(got, "created here") != 3 || !strings.Contains(got, "left out") || !strings.Contains(got, "1 changed stories are left out") || r.t.wrote != 0 {
		t.Error(got)
	}
	got = r.sync()
	if strings.Count(got, "created here") != 3 {
		t.Error(got)
	}
	got = r.sync()
	if strings.Count(got, "created here") != 1 || strings.Count(got, "created there") != 1 || strings.Contains(got, "left out") {
		t.Error(got)
	}
}

// failing answers all writes with an error.
type failing struct {
	*tracker
	err error
}

func (f failing) Write(context.Context, workers.Write) (workers.Item, error) {
	return workers.Item{}, f.err
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		err    error
		status jobs.Status
		report string
	}{
		{"credential", &rest.StatusError{Status: http.StatusUnauthorized, Method: "POST"}, jobs.CompletedWithWarnings, ""},
		{"odd", &rest.StatusError{Status: http.StatusUnprocessableEntity, Method: "POST", Message: "no"}, jobs.CompletedWithWarnings, "refused  : POST : 422 Unprocessable Entity: no\n"},
		{"forbidden", &rest.StatusError{Status: http.StatusForbidden, Method: "POST", Need: "write"}, jobs.CompletedWithWarnings, "refused  : POST : 403 Forbidden (needs write)\n"},
		{"certificate", &rest.CertificateError{Host: "x", Err: errors.New("no")}, jobs.CompletedWithWarnings, ""},
		{"in doubt", &rest.StatusError{Status: http.StatusInternalServerError, Method: "POST"}, jobs.Paused, "skipped  : the tracker did not answer; it will be asked what became of the change\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.write("us-001-x.md", "# US-001: Ours\n\nText.\n")
			r.writer = failing{r.t, c.err}
			r.create()
			if s := r.attempt(); s.Status != c.status || s.Current() > s.Total {
				t.Errorf("%+v", s)
			}
			if got := r.report(); got != c.report {
				t.Error(got)
			}
			r.writer = nil
			r.now = r.now.Add(time.Hour)
			r.sync()
			if len(r.t.items) != 1 && c.name != "odd" { // which is not tried again
				t.Errorf("%d items", len(r.t.items))
			}
		})
	}
}

func TestCredentialGone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.config.Credentials = map[string]string{"https://gitea.test": "env:GITEA_TOKEN"}
	r.create()
	if s := r.attempt(); s.Status != jobs.Paused || !s.ResumeAfter.IsZero() || r.t.asked != 0 {
		t.Errorf("%+v", s)
	}
	r.input.Attended = true
	if s := r.attempt(); s.Status != jobs.Completed {
		t.Errorf("%+v", s)
	}
}

func TestBusy(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	l, err := take(r.project, "web", "0badcafe")
	check(t, err)
	defer func() { check(t, l.close()) }()
	r.create()
	if s := r.attempt(); s.Status != jobs.Failed || !strings.Contains(s.Error, "job 0badcafe") {
		t.Errorf("%+v", s)
	}
}
