package syncer

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// slow takes a write, and carries it out when it likes.
type slow struct {
	*tracker
	write *workers.Write
}

func (s slow) Write(_ context.Context, w workers.Write) (workers.Item, error) {
	*s.write = w
	return workers.Item{}, &rest.NetworkError{Method: "POST", Err: errors.New("reset")}
}

// A clock that is set back does not make what was just sent long ago.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.item("One", "Text.")
	r.sync()
	f := r.story("1")
	f.Comment("Once.")
	r.save(f)
	late := slow{r.t, new(workers.Write)}
	r.writer = late
	r.create()
	if s := r.attempt(); s.Status != jobs.Paused {
		t.Errorf("%+v", s)
	}
	r.now = r.now.Add(-time.Hour)
	r.t.clock = func() time.Time { return r.now.Add(time.Hour) }
	r.writer = nil
	began := r.now
	if s := r.attempt(); s.Status != jobs.Paused || s.ResumeAfter.Before(began.Add(settled)) || s.ResumeAfter.After(r.now.Add(settled)) || r.t.wrote != 0 {
		t.Errorf("%s until %s", s.Status, s.ResumeAfter)
	}
	_, err := r.t.carryOut(*late.write)
	check(t, err)
	r.now = r.now.Add(settled)
	if s := r.attempt(); s.Status != jobs.Completed || len(r.t.find("1").Comments) != 1 {
		t.Errorf("%s: %+v", s.Status, r.t.find("1").Comments)
	}
}
