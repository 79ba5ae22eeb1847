package syncer

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/specweave/specweave/jobs"
	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/importer"
	"github.com/specweave/specweave/workers/rest"
)

// TestMain makes the test binary a worker that kills itself at its n-th step
// where the environment says so.
func TestMain(m *testing.M) {
	project := os.Getenv("SPECWEAVE_TEST_PROJECT")
	if project == "" {
		os.Exit(m.Run())
	}
	left, err := strconv.Atoi(os.Getenv("SPECWEAVE_TEST_CRASH_AT"))
	if err == nil {
		_, err = jobs.Attempt{
			Store: jobs.Open(project), Log: jobs.NewLog(os.Stderr),
			Workers: map[jobs.Type]jobs.Worker{jobs.SyncExternal: New(Options{
				step: func(string) {
					if left--; left == 0 {
						kill()
					}
				},
				Connect: func(context.Context, importer.Source, float64, func(string, ...any)) (importer.Tracker, error) {
					return importer.Tracker{Provider: remote(os.Getenv("SPECWEAVE_TEST_TRACKER"))}, nil
				},
			})},
		}.Run(context.Background(), os.Getenv("SPECWEAVE_TEST_JOB"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func kill() {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {} // until the signal arrives
}

func encode(c call) ([]byte, error) {
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(c)
	return b.Bytes(), err
}

// remote is a [tracker] in another process.
type remote string

type call struct {
	Query  workers.ItemQuery
	Cursor string
	Number string
	Write  workers.Write
}

type answer struct {
	Page workers.ItemPage
	Item workers.Item
	Err  string // changed, gone or another
}

func (r remote) ask(method string, c call) (a answer, err error) {
	body, err := encode(c)
	if err != nil {
		return a, err
	}
	res, err := http.Post(string(r)+"/"+method, "application/octet-stream", bytes.NewReader(body))
	if err != nil {
		return a, &rest.NetworkError{Err: err}
	}
	defer res.Body.Close()
	if err := gob.NewDecoder(res.Body).Decode(&a); err != nil {
		return a, &rest.NetworkError{Err: err}
	}
	switch a.Err {
	case "":
		return a, nil
	case "changed":
		return a, workers.ErrChanged
	case "gone":
		return a, &rest.StatusError{Status: http.StatusNotFound, Method: method}
	}
	return a, errors.New(a.Err)
}

func (remote) Abilities() workers.Abilities { return able }

func (r remote) Page(_ context.Context, q workers.ItemQuery, cursor string) (workers.ItemPage, error) {
	a, err := r.ask("page", call{Query: q, Cursor: cursor})
	return a.Page, err
}

func (r remote) Item(_ context.Context, q workers.ItemQuery, number string) (workers.Item, error) {
	a, err := r.ask("item", call{Query: q, Number: number})
	return a.Item, err
}

func (r remote) Write(_ context.Context, w workers.Write) (workers.Item, error) {
	a, err := r.ask("write", call{Write: w})
	return a.Item, err
}

// serve lets other processes ask a tracker.
func serve(t *testing.T, tr *tracker) string {
	t.Helper()
	var mu sync.Mutex
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var c call
		if err := gob.NewDecoder(req.Body).Decode(&c); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		var a answer
		var err error
		switch req.URL.Path {
		case "/page":
			a.Page, err = tr.Page(req.Context(), c.Query, c.Cursor)
		case "/item":
			a.Item, err = tr.Item(req.Context(), c.Query, c.Number)
		case "/write":
			a.Item, err = tr.Write(req.Context(), c.Write)
		}
		switch {
		case errors.Is(err, workers.ErrChanged):
			a.Err = "changed"
		case rest.Gone(err):
			a.Err = "gone"
		case err != nil:
			a.Err = err.Error()
		}
		_ = gob.NewEncoder(w).Encode(a)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// A sync is killed at every step in turn, and gone on with: nothing is made
// twice and nothing is lost.
func TestCrashSweep(t *testing.T) {
	t.Parallel()
	for n := 1; ; n++ {
		r := newRig(t)
		start := time.Now()
		r.t.clock = func() time.Time { return start.Add(r.now.Sub(time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC))) }
		r.item("One", "Text.")
		r.item("Two", "Text.")
		r.sync()
		f := r.story("1")
		f.SetTitle("Ours")
		f.Comment("A word of ours.")
		r.save(f)
		r.t.touch(r.t.find("2"))
		r.t.find("2").Title = "Theirs"
		r.write("us-001-new.md", "# US-001: New\n\n**Status**: Open\n\n## Description\n\nText.\n\n## Comments\n\n### New comment\n\nAnother word.\n")
		server := serve(t, r.t)
		r.create()
		run := func(crashAt int) bool {
			c := exec.CommandContext(t.Context(), os.Args[0])
			c.Env = append(os.Environ(), "SPECWEAVE_TEST_PROJECT="+r.project, "SPECWEAVE_TEST_JOB="+r.id, "SPECWEAVE_TEST_TRACKER="+server, "SPECWEAVE_TEST_CRASH_AT="+strconv.Itoa(crashAt))
			out, err := c.CombinedOutput()
			if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 1 {
				t.Fatalf("killed at step %d: %s", n, out)
			}
			return err == nil
		}
		survived := run(n)
		if !survived {
			if !run(0) {
				t.Fatalf("killed at step %d: it does not go on", n)
			}
			v, err := jobs.Open(r.project).Find(r.id)
			check(t, err)
			if v.State.Status == jobs.Paused { // it was killed where it cannot know
				r.now = r.now.Add(settled)
				r.patient(server)
			}
		}
		if made := len(r.t.items); made != 3 {
			t.Fatalf("killed at step %d: %d items", n, made)
		}
		if c := r.t.items[0].Comments; len(c) != 1 || r.t.items[0].Title != "Ours" {
			t.Fatalf("killed at step %d: %+v", n, r.t.items[0].Item)
		}
		if i := r.t.items[2]; i.Title != "New" || len(i.Comments) != 1 {
			t.Fatalf("killed at step %d: %+v", n, i.Item)
		}
		if r.story("2").Title() != "Theirs" || r.story("3").Title() != "New" {
			t.Fatalf("killed at step %d: stories", n)
		}
		counts := make(map[string]int)
		check(t, ReadReport(r.project, r.id, func(l Line) error {
			counts[string(l.Outcome)+" "+string(l.Side)]++
			return nil
		}))
		if counts["created there"] != 1 || counts["updated there"] != 3 || counts["updated here"] != 1 {
			t.Fatalf("killed at step %d: %v\n%s", n, counts, r.report())
		}
		if survived {
			t.Logf("survived %d crash points", n-1)
			return
		}
	}
}

// patient runs the job once more, at a time at which what was in doubt shows.
func (r *rig) patient(server string) {
	r.Helper()
	o := r.options()
	o.now = func() time.Time { return time.Now().Add(settled) }
	o.Connect = func(context.Context, importer.Source, float64, func(string, ...any)) (importer.Tracker, error) {
		return importer.Tracker{Provider: remote(server)}, nil
	}
	s, err := jobs.Attempt{
		Store: jobs.Open(r.project), Log: jobs.NewLog(testLog{r.TB}),
		Workers: map[jobs.Type]jobs.Worker{jobs.SyncExternal: New(o)},
	}.Run(r.Context(), r.id)
	check(r.TB, err)
	if s.Status != jobs.Completed {
		r.Fatalf("%+v", s)
	}
}
