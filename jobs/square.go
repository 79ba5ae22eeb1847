package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"
)

// square makes up for what was not written when it should have been: entries
// in background-jobs.json that are older than their journals, because
// SpecWeave's lock was busy or a worker was killed after its last line, entries
// of jobs that are gone, and result.json of jobs that are over. It writes only
// what differs. What a living worker does is its own to publish.
func (s *Store) square(ctx context.Context, views []View) error {
	stale, ghosts, rebuild := s.differences(views)
	var errs []error
	for _, v := range views {
		if !v.Foreign && !v.Damaged && v.State.Status.Terminal() {
			errs = append(errs, s.completeResult(v.Job.ID))
		}
	}
	if len(stale)+len(ghosts) == 0 && !rebuild {
		return errors.Join(errs...)
	}
	errs = append(errs, ignoreBusy(s.publish(ctx, squareWait, func(p *projection) {
		for _, id := range stale {
			if v, err := s.view(id, false); err == nil || errors.Is(err, ErrCorrupt) {
				p.put(v)
			}
		}
		for _, id := range ghosts {
			p.remove(id)
		}
	})))
	return errors.Join(errs...)
}

// differences compares the projection with the journals. A file that is
// damaged, or missing although there are jobs, is to be made anew.
func (s *Store) differences(views []View) (stale, ghosts []string, rebuild bool) {
	type entry struct {
		ID        string    `json:"id"`
		Status    Status    `json:"status"`
		UpdatedAt time.Time `json:"updatedAt"`
		Schema    int       `json:"schemaVersion"`
	}
	p, damaged := readProjection(filepath.Join(s.Dir(), projectionName))
	if p == nil {
		return nil, nil, damaged || len(views) > 0
	}
	entries := make(map[string]entry, len(p.jobs))
	for _, raw := range p.jobs {
		var e entry
		if _ = json.Unmarshal(raw, &e); e.Schema == 0 || !validID(e.ID) {
			continue
		}
		entries[e.ID] = e
		if _, err := os.Lstat(s.path(e.ID, "")); errors.Is(err, os.ErrNotExist) {
			ghosts = append(ghosts, e.ID)
		}
	}
	for _, v := range views {
		if v.Foreign || v.Alive || v.Damaged {
			continue
		}
		e := entries[v.Job.ID]
		if e.Status != v.State.Status || !e.UpdatedAt.Equal(v.State.UpdatedAt) {
			stale = append(stale, v.Job.ID)
		}
	}
	return stale, ghosts, false
}

// completeResult writes the result of a job that is over, if there is none.
func (s *Store) completeResult(id string) error {
	if _, err := os.Lstat(s.path(id, "result.json")); !errors.Is(err, os.ErrNotExist) {
		return nil
	}
	c, err := s.Claim(id)
	if errors.Is(err, ErrClaimed) { // its worker is about to
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if !c.state.Status.Terminal() {
		return nil
	}
	return c.writeResult()
}

// squareWait bounds how long square waits for SpecWeave's lock: whoever holds it
// may have set right what is stale, and the next one makes up for the rest.
const squareWait = 100 * time.Millisecond
