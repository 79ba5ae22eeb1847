package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/units"
	"github.com/specweave/specweave/units/unitstest"
)

// startOf is the line of an attempt that died, in a unit of the job.
func startOf(unit string) string {
	return fmt.Sprintf(`"k":"start","proc":{"pid":1,"started":1},"boot":"before","unit":%q`, unit)
}

// forget makes the fake forget its units at the end: nothing runs in them.
func forget(t *testing.T, fake *unitstest.Fake) {
	t.Helper()
	t.Cleanup(func() {
		st, _ := fake.Status(context.Background(), "")
		for name := range st {
			fake.Set(name, units.Status{})
		}
	})
}

// The manager says how a worker died, and what is to be done follows from how
// often that has happened.
func TestEnded(t *testing.T) {
	t.Parallel()
	begin := `"k":"begin","item":"acme/big"`
	s, other := startOf("u"), startOf("other")
	for name, c := range map[string]struct {
		journal        []string
		result, status string
		want           jobs.Status
		reason         string
		armed          bool
	}{
		"killed":              {[]string{s, begin}, "signal", "KILL", jobs.Paused, "the worker was killed by signal KILL", false},
		"out of memory":       {[]string{s}, "oom-kill", "KILL", jobs.Paused, "the worker was killed by the memory limit", false},
		"hung":                {[]string{s}, "watchdog", "ABRT", jobs.Paused, "the worker made no progress and was killed by the watchdog", false},
		"crashed":             {[]string{s}, "exit-code", "2", jobs.Paused, "the worker ended with exit code 2", false},
		"in order":            {[]string{s}, "success", "0", jobs.Running, "", false},
		"of another unit":     {[]string{other}, "signal", "KILL", jobs.Running, "", false},
		"over before":         {[]string{s, `"k":"end","status":"completed"`}, "signal", "KILL", jobs.Completed, "", false},
		"at the same place":   {[]string{s, s, s, begin}, "signal", "KILL", jobs.Failed, "given up: 3 attempts died one after the other at acme/big: the worker was killed by signal KILL", false},
		"too often for it":    {[]string{s, s, s, `"k":"done","item":"a"`}, "signal", "KILL", jobs.Paused, "the worker was killed by signal KILL", true},
		"hostile words":       {[]string{s}, "\x1b[2J", "\n", jobs.Paused, `the worker died (\x1b[2J, status \x0a)`, false},
		"a person stopped it": {[]string{s, "stop"}, "signal", "KILL", jobs.Paused, "stopped by the user", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, fake := launcher(t, waits)
			fake.Run = nil
			forget(t, fake)
			stop := c.journal[len(c.journal)-1] == "stop"
			if stop {
				c.journal = c.journal[:len(c.journal)-1]
			}
			id := left(t, l, c.journal...)
			if stop {
				if err := os.WriteFile(strings.Replace(l.Store.LogPath(id), "worker.log", "stop", 1), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var log strings.Builder
			if err := l.Ended(t.Context(), id, "u", c.result, c.status, jobs.NewLog(&log)); err != nil {
				t.Fatal(err)
			}
			v, err := l.Store.Find(id)
			if err != nil || v.State.Status != c.want || v.State.Error != c.reason {
				t.Errorf("%v: %s: %q, want %s: %q", err, v.State.Status, v.State.Error, c.want, c.reason)
			}
			if v.State.Lost != (c.want == jobs.Paused) || v.Interrupted() != (v.State.Status == jobs.Running || v.State.Lost && !stop) {
				t.Errorf("%+v", v)
			}
			if specs := fake.Specs(); (len(specs) == 1) != c.armed || c.armed && specs[0].NotBefore.IsZero() {
				t.Errorf("started: %+v", specs)
			}
			if (log.Len() > 0) != v.State.Lost && c.want != jobs.Failed {
				t.Errorf("log: %s", log.String())
			}
		})
	}
}

// The epilogue is part of what the manager is asked for.
func TestLaunchAsksForTheEpilogue(t *testing.T) {
	t.Parallel()
	l, fake := launcher(t, func(context.Context, jobs.Job, *jobs.Progress) error { return errors.New("no") })
	l.Epilogue = func(id string) []string { return []string{"/specweave", "ended", id} }
	job, _, err := l.Launch(t.Context(), jobs.CloneRepos, nil)
	if err != nil {
		t.Fatal(err)
	}
	until(t, l.Store, job.ID, jobs.Failed)
	if s := fake.Specs()[0]; fmt.Sprint(s.After) != fmt.Sprint([]string{"/specweave", "ended", job.ID}) {
		t.Errorf("%v", s.After)
	}
}

// What the system says is shown beside what the journal says.
func TestWitness(t *testing.T) {
	t.Parallel()
	l, fake := launcher(t, waits)
	forget(t, fake)
	dead := left(t, l, died)
	over := left(t, l, died, `"k":"end","status":"completed"`)
	fake.Set(units.Name(l.Store.Project(), dead, 1), units.Status{State: units.Failed, Result: "oom-kill"})
	fake.Set(units.Name(l.Store.Project(), dead, 2), units.Status{State: units.Waiting})
	fake.Set(units.Name(l.Store.Project(), over, 1), units.Status{State: units.Failed})
	views, err := l.Store.List()
	if err == nil {
		err = l.Store.Witness(t.Context(), fake, views)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range views {
		if v.Job.ID == over && v.Unit != nil || v.Job.ID == dead && (v.Unit == nil || v.Unit.State != units.Waiting) {
			t.Errorf("%+v", v)
		}
		if v.Doubtful() != (v.Job.ID == dead) {
			t.Errorf("%+v", v)
		}
	}
	fake.StatusErr = func(string) error { return errors.New("bus hangs") }
	if err := l.Store.Witness(t.Context(), fake, views); err == nil {
		t.Error("no error")
	}
}

func TestDrain(t *testing.T) {
	t.Parallel()
	in := make(chan struct{})
	l, _ := launcher(t, func(_ context.Context, _ jobs.Job, p *jobs.Progress) error {
		if p.Seen("a") {
			return p.Done("b")
		}
		if err := p.Begin("a"); err != nil {
			return err
		}
		<-in
		return errors.Join(p.Done("a"), p.Begin("b"))
	})
	job, _, err := l.Launch(t.Context(), jobs.CloneRepos, nil)
	if err != nil {
		t.Fatal(err)
	}
	person := left(t, l, died, `"k":"pause","err":"stopped by the user"`)
	system := left(t, l, died, `"k":"pause","until":"2026-01-02T03:04:05Z","err":"shutdown"`)
	busy, err := l.Drain(t.Context())
	if err != nil || len(busy) != 1 || busy[0].ID != job.ID {
		t.Fatal(busy, err)
	}
	close(in)
	for id, reason := range map[string]string{job.ID: "drained by the user", person: "stopped by the user", system: "drained by the user"} {
		v := until(t, l.Store, id, jobs.Paused)
		if v.State.Error != reason || !v.State.ResumeAfter.IsZero() {
			t.Errorf("%s: %+v", id, v.State)
		}
	}
	if did := reconcile(t, l); did != "" {
		t.Error(did)
	}
	if _, err := l.Resume(t.Context(), job.ID); err != nil {
		t.Fatal(err)
	}
	if v := until(t, l.Store, job.ID, jobs.Completed); v.State.Done != 2 {
		t.Errorf("%+v", v.State)
	}
}
