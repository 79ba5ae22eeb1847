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

// lost carries out writes, and answers neither those nor who asks for an item.
type lost struct{ *tracker }

func (l lost) Write(ctx context.Context, w workers.Write) (workers.Item, error) {
	if _, err := l.tracker.Write(ctx, w); err != nil {
		return workers.Item{}, err
	}
	return workers.Item{}, &rest.StatusError{Status: http.StatusInternalServerError, Method: "POST"}
}

func (lost) Item(context.Context, workers.ItemQuery, string) (workers.Item, error) {
	return workers.Item{}, &rest.StatusError{Status: http.StatusBadGateway, Method: "GET"}
}

// What one profile does not know the end of is not done by another once more.
func TestSharedSource(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.item("One", "Text.")
	r.sync()
	f := r.story("1")
	f.Comment("Once.")
	r.save(f)
	r.writer = lost{r.t}
	r.create()
	if s := r.attempt(); s.Status != jobs.CompletedWithWarnings {
		t.Errorf("%+v", s)
	}
	r.writer = nil
	r.config.Profile = "other"
	if got := r.sync(); !strings.Contains(got, "skipped  1: it is not known yet what became of the last change: profile web has to be synced first") {
		t.Error(got)
	}
	r.config.Profile = "web"
	r.sync()
	r.said("")
	if i := r.t.find("1"); len(i.Comments) != 1 || strings.Count(r.story("1").Text, "Once.") != 1 {
		t.Errorf("%+v\n%s", i.Comments, r.story("1").Text)
	}
}

// Of two profiles one at a time syncs a source.
func TestSharedBusy(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.item("One", "Text.")
	r.sync()
	lock, err := (&run{project: r.project}).hold(r.config.Sources[0].Item())
	check(t, err)
	r.create()
	if s := r.attempt(); s.Status != jobs.CompletedWithWarnings || !strings.Contains(s.Failures()[0].Error, "for another profile") {
		t.Errorf("%+v", s)
	}
	check(t, lock.Close())
	r.said("")
}
